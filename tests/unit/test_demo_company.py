"""The demo company: what is planted is found again by counting its rows, independently."""

import csv
import json
import math
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from bench.demo.contract import TABLES
from bench.demo_company import main

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds" / "demo"
AS_OF = date(2026, 6, 30)
Row = dict[str, str]


class Demo:
    """A folder of generated CSV files: all rows, and the accepted ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truths: dict[str, Any] = json.loads((folder / "truths.json").read_text("utf-8"))
        self.raw = {table: self._rows(table) for table in TABLES}
        self.accepted = {table: self._without_rejected(table) for table in TABLES}
        self.headers = {row["invoice_no_365"]: row for row in self.accepted["dw_invoice_header"]}
        self.lines = self.accepted["dw_invoice_line"]
        self.lines_of: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            self.lines_of[self.header(line)["customer_code_365"]].append(line)
        self.category = {
            row["item_code_365"]: row["category_code"] for row in self.accepted["dw_item"]
        }

    def _rows(self, table: str) -> list[Row]:
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def _without_rejected(self, table: str) -> list[Row]:
        rows = list(self.raw[table])
        for bad in self.truths["rejected_rows"]["rows"]:
            if bad["table"] == table:
                rows.remove({column: bad["raw"].get(column, "") for column in TABLES[table]})
        return rows

    def header(self, line: Row) -> Row:
        return self.headers[line["invoice_no_365"]]

    def spend(self, customer: str, newest: int, oldest: int, category: str = "") -> Decimal:
        """Net amount of sale and return lines from `newest` to before `oldest` days ago."""
        total = Decimal(0)
        for line in self.lines_of[customer]:
            header = self.header(line)
            if header["invoice_type"] == "adjustment":
                continue
            age = (AS_OF - date.fromisoformat(header["invoice_date"])).days
            mine = not category or self.category[line["item_code_365"]] == category
            if newest <= age < oldest and mine:
                total += net(line)
        return total


def net(line: Row) -> Decimal:
    return Decimal(line["line_total_excl"] or line["line_total_incl"] or "0")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    assert main(["--out", str(folder), "--lines", "25000", "--seed", "20240101"]) == 0
    return Demo(folder)


def test_seeds_are_what_the_command_writes(demo: Demo) -> None:
    names = [f"{table}.csv" for table in TABLES] + ["truths.json"]
    differing = [n for n in names if (demo.folder / n).read_bytes() != (SEEDS / n).read_bytes()]
    assert not differing, "run python -m bench.demo_company --out seeds/demo"


def test_columns_are_the_contract() -> None:
    text = (ROOT / "models/staging/dw/_dw__sources.yml").read_text("utf-8")
    contract = {
        table["name"]: {c["name"]: c["config"]["meta"]["kind"] for c in table["columns"]}
        for table in yaml.safe_load(text)["sources"][0]["tables"]
    }
    assert contract == TABLES
    assert {t: list(c) for t, c in contract.items()} == {t: list(c) for t, c in TABLES.items()}


def test_files_are_small_and_plain(demo: Demo) -> None:
    files = list(demo.folder.glob("*.csv"))
    assert len(files) == len(TABLES)
    assert sum(f.stat().st_size for f in files) < 4_000_000
    assert not any(b"\r" in f.read_bytes() for f in files)
    for table, columns in TABLES.items():
        assert list(demo.raw[table][0]) == list(columns)
    marked = {m["value"] for m in demo.truths["marked_values"]["values"]}
    patterns = {"number": r"-?\d+(\.\d+)?", "date": r"\d{4}-\d\d-\d\d", "time": r"\d\d:\d\d"}
    for table, columns in TABLES.items():
        for column, pattern in ((c, patterns[k]) for c, k in columns.items() if k in patterns):
            values = {row[column] for row in demo.accepted[table]} - marked
            assert not [v for v in values if v and not re.fullmatch(pattern, v)], (table, column)


def test_the_company_has_the_promised_shape(demo: Demo) -> None:
    assert 20_000 <= len(demo.lines) <= 30_000
    assert 6_000 <= len(demo.headers) <= 8_000
    assert len(demo.accepted["dw_customer"]) == 400
    assert len({row["customer_name"] for row in demo.accepted["dw_customer"]}) == 400
    assert len({row["email"] for row in demo.accepted["dw_customer"]}) == 400
    assert len(demo.accepted["dw_item"]) == 250 + 1
    assert len(set(demo.category.values()) - {""}) == 12
    assert [len(demo.accepted[t]) for t in ("dw_sales_rep", "dw_location", "dw_channel")] == [
        6,
        8,
        3,
    ]
    assert len({row["region"] for row in demo.accepted["dw_location"]}) == 4
    managers = {row["manager_code"] for row in demo.accepted["dw_sales_rep"]} - {""}
    assert managers == {"R01", "R02"}
    days = {row["invoice_date"] for row in demo.headers.values()}
    assert (min(days)[:7], max(days)) == ("2024-01", "2026-06-30")
    assert {row["invoice_time"][:2] for row in demo.headers.values()} <= {
        f"{hour:02d}" for hour in range(8, 18)
    }


def test_keys_are_unique_and_references_resolve(demo: Demo) -> None:
    for table, key in (
        ("dw_invoice_header", "invoice_no_365"),
        ("dw_invoice_line", "id"),
        ("dw_item", "item_code_365"),
        ("dw_customer", "customer_code_365"),
    ):
        keys = [row[key] for row in demo.accepted[table]]
        assert "" not in keys and len(keys) == len(set(keys)), table
    assert {line["invoice_no_365"] for line in demo.lines} == set(demo.headers)
    for column, table in (
        ("location_code", "dw_location"),
        ("channel_code", "dw_channel"),
        ("sales_rep_code", "dw_sales_rep"),
    ):
        listed = {row[column] for row in demo.accepted[table]} | {""}
        assert {row[column] for row in demo.headers.values()} <= listed


def test_nobody_orders_before_signing_up(demo: Demo) -> None:
    signed_up = {r["customer_code_365"]: r["sign_up_date"] for r in demo.accepted["dw_customer"]}
    for row in demo.headers.values():
        day = signed_up.get(row["customer_code_365"], "soon")
        assert day == "soon" or day <= row["invoice_date"], row


def test_row_counts_and_money(demo: Demo) -> None:
    assert demo.truths["raw_row_counts"] == {t: len(rows) for t, rows in demo.raw.items()}
    assert demo.truths["accepted_row_counts"] == {t: len(rows) for t, rows in demo.accepted.items()}
    lines = demo.raw["dw_invoice_line"]
    money = demo.truths["money"]
    excl = sum(Decimal(line["line_total_excl"] or "0") for line in lines)
    assert Decimal(money["raw_line_total_excl"]) == excl
    assert Decimal(money["raw_net_amount"]) == sum(net(line) for line in lines)
    assert Decimal(money["accepted_net_amount"]) == sum(net(line) for line in demo.lines)


def test_counts(demo: Demo) -> None:
    found: Counter[str] = Counter()
    listed = set(demo.category)
    no_cost = set(demo.truths["items"]["without_cost"])
    for header in demo.headers.values():
        found[f"{header['invoice_type']}_invoices"] += 1
        found["invoices_without_customer"] += header["customer_code_365"] == ""
    baskets = set()
    for line in demo.lines:
        header, item, quantity = demo.header(line), line["item_code_365"], int(line["quantity"])
        is_sale = header["invoice_type"] == "sale"
        negative = is_sale and (quantity < 0 or net(line) < 0)
        is_return = negative or header["invoice_type"] == "return"
        found["return_lines"] += is_return
        found["negative_lines_on_sale_invoices"] += negative
        found["adjustment_lines"] += header["invoice_type"] == "adjustment"
        found["sale_lines"] += is_sale and not negative
        found["postage_lines"] += item == "POST"
        found["free_lines"] += is_sale and net(line) == 0 and quantity > 0
        found["lines_without_customer"] += header["customer_code_365"] == ""
        found["lines_with_unknown_item_code"] += item != "" and item not in listed
        found["lines_without_item_code"] += item == ""
        found["lines_of_listed_items_without_category"] += (
            item in listed and item != "POST" and not demo.category[item]
        )
        found["lines_without_net_amount"] += line["line_total_excl"] == ""
        found["lines_without_cost"] += line["cost_amount"] == ""
        assert (line["cost_amount"] == "") == (item in no_cost)
        if is_return:
            assert quantity < 0 and net(line) <= 0 and Decimal(line["cost_amount"] or "0") <= 0
        if is_sale and not negative and item in listed and item != "POST":
            baskets.add(line["invoice_no_365"])
    found["baskets"] = len(baskets)
    assert demo.truths["counts"] == dict(found)
    assert min(found.values()) > 0
    assert 0.025 < found["return_invoices"] / len(demo.headers) < 0.035
    assert 0.01 < found["invoices_without_customer"] / len(demo.headers) < 0.03


def test_headers_total_their_lines_but_for_three(demo: Demo) -> None:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in demo.lines:
        totals[line["invoice_no_365"]] += Decimal(line["line_total_incl"])
    differing = [
        {"invoice": code, "header_total": header["total_grand"], "line_total": str(totals[code])}
        for code, header in demo.headers.items()
        if Decimal(header["total_grand"]) != totals[code]
    ]
    assert len(differing) == 3
    assert differing == demo.truths["header_mismatches"]["invoices"]


def test_planted_pairs_have_the_highest_adjusted_lift(demo: Demo) -> None:
    baskets: dict[str, set[str]] = defaultdict(set)
    for line in demo.lines:
        is_sale = demo.header(line)["invoice_type"] == "sale"
        item = line["item_code_365"]
        is_product = item in demo.category and item != "POST"
        if is_sale and is_product and int(line["quantity"]) >= 0 and net(line) >= 0:
            baskets[line["invoice_no_365"]].add(item)
    sizes = [len(basket) for basket in baskets.values()]
    item_counts = Counter(item for basket in baskets.values() for item in basket)
    least = max(5, math.ceil(len(baskets) / 100))
    frequent = {item for item, count in item_counts.items() if count >= least}
    pair_counts = Counter(
        pair for basket in baskets.values() for pair in combinations(sorted(basket & frequent), 2)
    )
    slots = sum(s * (s - 1) for s in sizes) / sum(sizes) ** 2

    def adjusted_lift(pair: tuple[str, str]) -> float:
        return pair_counts[pair] / (item_counts[pair[0]] * item_counts[pair[1]] * slots)

    found = [pair for pair, count in pair_counts.items() if count >= 5]
    best = sorted(found, key=adjusted_lift, reverse=True)
    planted = demo.truths["item_pairs"]["pairs"]
    wanted = {tuple(sorted((p["from_item"], p["to_item"]))) for p in planted}
    assert set(best[:6]) == wanted
    assert adjusted_lift(best[5]) > 1.5 * adjusted_lift(best[6])
    confident = {
        p for p in found if pair_counts[p] * 5 >= min(item_counts[p[0]], item_counts[p[1]])
    }
    assert confident == wanted
    assert demo.truths["item_pairs"]["total_basket_count"] == len(baskets)
    for pair in planted:
        one, other = pair["from_item"], pair["to_item"]
        both = pair_counts[(min(one, other), max(one, other))]
        counted = (both, item_counts[one], item_counts[other])
        names = ("basket_count", "from_basket_count", "to_basket_count")
        assert counted == tuple(pair[name] for name in names)
        assert both > 0.4 * item_counts[one]
        assert both > 0.014 * len(baskets)


def test_two_categories_have_a_season(demo: Demo) -> None:
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in demo.lines:
        month = demo.header(line)["invoice_date"][:7]
        amounts[demo.category.get(line["item_code_365"], ""), month] += net(line)
    months = {month for _, month in amounts}
    assert len(months) == 30
    for season in demo.truths["seasonality"]["categories"]:
        inside = {m for m in months if int(m[5:]) in season["peak_months"]}
        peak = mean(amounts[season["category"], month] for month in inside)
        rest = months - inside
        base = mean(amounts[season["category"], month] for month in rest)
        assert peak >= 2 * base
        assert float(peak / base) == pytest.approx(season["ratio"], abs=0.02)


def test_customers_who_left(demo: Demo) -> None:
    days: dict[str, list[str]] = defaultdict(list)
    for header in demo.headers.values():
        days[header["customer_code_365"]].append(header["invoice_date"])
    left = demo.truths["customers_who_left"]["customers"]
    assert len(left) == 20
    for customer in left:
        mine = days[customer["customer"]]
        assert max(mine) == customer["last_invoice_date"]
        assert date.fromisoformat(max(mine)) <= AS_OF - timedelta(days=150)
        assert len(mine) >= 10


def test_customers_who_fade(demo: Demo) -> None:
    fading = demo.truths["customers_who_fade_in_one_category"]["customers"]
    assert len(fading) == 10
    assert len({c["category"] for c in fading}) > 2
    for c in fading:
        recent, previous = (
            demo.spend(c["customer"], 90 * w, 90 * w + 90, c["category"]) for w in (0, 1)
        )
        assert (c["recent_spend"], c["previous_spend"]) == (str(recent), str(previous))
        assert 0 < recent < Decimal("0.3") * previous
        all_recent, all_before = (demo.spend(c["customer"], 90 * w, 90 * w + 90) for w in (0, 1))
        assert Decimal(c["other_recent_spend"]) == all_recent - recent
        assert Decimal(c["other_previous_spend"]) == all_before - previous
        assert 0.7 < (all_recent - recent) / (all_before - previous) < 1.4


def test_steady_customers(demo: Demo) -> None:
    steady = demo.truths["steady_customers"]["customers"]
    assert len(steady) == 20
    for c in steady:
        recent, previous = (demo.spend(c["customer"], 90 * w, 90 * w + 90) for w in (0, 1))
        assert (c["recent_spend"], c["previous_spend"]) == (str(recent), str(previous))
        assert 0.7 <= recent / previous <= 1.4
        for category in {row for row in demo.category.values() if row}:
            then = demo.spend(c["customer"], 90, 180, category)
            now = demo.spend(c["customer"], 0, 90, category)
            assert (then == 0 and now == 0) or now / then > 0.5


def test_growing_customers(demo: Demo) -> None:
    growing = demo.truths["growing_customers"]["customers"]
    assert len(growing) == 10
    for c in growing:
        recent, previous = (demo.spend(c["customer"], 180 * w, 180 * w + 180) for w in (0, 1))
        assert (c["recent_spend"], c["previous_spend"]) == (str(recent), str(previous))
        assert recent > Decimal("1.5") * previous > 0


def test_customer_and_item_lists_have_gaps(demo: Demo) -> None:
    listed = {row["customer_code_365"] for row in demo.accepted["dw_customer"]}
    invoiced = {row["customer_code_365"] for row in demo.headers.values()} - {""}
    told = demo.truths["customers"]
    assert sorted(listed - invoiced) == told["listed_but_never_invoiced"]
    assert sorted(invoiced - listed) == told["invoiced_but_not_listed"]
    assert listed - invoiced and invoiced - listed
    items = demo.accepted["dw_item"]
    told = demo.truths["items"]
    for name, column, value in (
        ("without_category", "category_code", ""),
        ("inactive", "is_active", "false"),
        ("without_cost", "unit_cost", ""),
    ):
        odd = [row["item_code_365"] for row in items if row[column] in (value, "n/a")]
        assert [code for code in odd if code != "POST"] == told[name]
    sold = {line["item_code_365"] for line in demo.lines} - {""}
    assert sorted(sold - set(demo.category)) == told["not_listed"]


def test_one_of_each_kind_of_bad_row(demo: Demo) -> None:
    counts = demo.truths["rejected_rows"]["counts"]
    assert set(counts["dw_invoice_header"]) == {
        "missing_key",
        "missing_date",
        "unparseable_date",
        "future_date",
        "implausible_date",
        "unknown_invoice_type",
        "duplicate_key",
    }
    assert set(counts["dw_invoice_line"]) == {
        "missing_key",
        "unparseable_number",
        "missing_number",
        "empty_line",
        "line_without_header",
        "rejected_header",
        "duplicate_key",
    }
    assert counts["dw_inventory_snapshot"].keys() == {
        "missing_key",
        "unparseable_date",
        "unparseable_number",
    }
    for table in ("dw_item", "dw_customer"):
        assert counts[table] == {"missing_key": 1, "duplicate_key": 1}
    for bad in demo.truths["rejected_rows"]["rows"]:
        if bad["reason"] == "duplicate_key":
            table, key = bad["table"], next(iter(TABLES[bad["table"]]))
            kept = next(row for row in demo.accepted[table] if row[key] == bad["key"])
            columns = list(TABLES[table])
            assert [kept[c] for c in columns] < [bad["raw"][c] for c in columns]
    keys = {"dw_invoice_line": "id", "dw_item": "item_code_365", "dw_customer": "customer_code_365"}
    for m in demo.truths["marked_values"]["values"]:
        row = next(r for r in demo.accepted[m["table"]] if r[keys[m["table"]]] == m["key"])
        assert row[m["column"]] == m["value"]


def test_stock_is_counted_weekly_at_one_place(demo: Demo) -> None:
    rows = demo.accepted["dw_inventory_snapshot"]
    days = sorted({date.fromisoformat(row["snapshot_date"]) for row in rows})
    assert days == [AS_OF - timedelta(days=7 * week) for week in reversed(range(26))]
    assert len(rows) == len({(r["snapshot_date"], r["item_code_365"]) for r in rows}) == 26 * 250
    assert {row["location_code"] for row in rows} == {"L01"}
    assert any(row["counted_quantity"] not in ("", row["on_hand_quantity"]) for row in rows)
    hours = [int(row["stockout_hours"]) for row in rows]
    assert 0 < sum(h > 0 for h in hours) < len(rows) / 4
    assert max(hours) <= 168
    assert min(int(row["on_hand_quantity"]) for row in rows) >= 0


def test_parquet_is_typed_and_repeatable(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        arguments = ["--out", str(folder), "--format", "parquet", "--lines", "10000"]
        assert main([*arguments, "--months", "18"]) == 0
        contents.append({f.name: f.read_bytes() for f in sorted(folder.iterdir())})
    assert contents[0] == contents[1]
    truths = json.loads(contents[0]["truths.json"])
    types = {"number": "decimal128(18, 4)", "date": "date32[day]"}
    for table, columns in TABLES.items():
        content = pq.read_table(tmp_path / "one" / f"{table}.parquet")
        found = {field.name: str(field.type) for field in content.schema}
        assert found == {c: types.get(kind, "string") for c, kind in columns.items()}
        assert content.num_rows == truths["raw_row_counts"][table]
    reasons = {row["reason"] for row in truths["rejected_rows"]["rows"]}
    assert {"future_date", "duplicate_key", "missing_number"} <= reasons
    assert not {"unparseable_date", "unparseable_number"} & reasons
    assert truths["marked_values"]["values"] == []
    assert truths["first_date"] == "2025-01-01"
    lines = pq.read_table(tmp_path / "one" / "dw_invoice_line.parquet").to_pylist()
    net_amount = sum(r["line_total_excl"] or r["line_total_incl"] or Decimal(0) for r in lines)
    assert net_amount == Decimal(truths["money"]["raw_net_amount"])
    assert abs(len(lines) - 10_000) < 1_000


def test_another_seed_is_another_company(demo: Demo, tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--seed", "7", "--lines", "10000"]) == 0
    lines = (tmp_path / "dw_invoice_line.csv").read_bytes()
    assert lines[:5000] != (demo.folder / "dw_invoice_line.csv").read_bytes()[:5000]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--out"),
        (["--out", "x", "--format", "xlsx"], "xlsx"),
        (["--out", "x", "--lines", "many"], "many"),
        (["--out", "x", "--lines", "9"], "--lines must be from"),
        (["--out", "x", "--months", "3"], "--months must be from"),
        (["--out", "x", "--months", "120"], "--lines of at least 36000"),
        (["--out", "x", "--seed", "-1"], "--seed"),
    ],
)
def test_bad_arguments_end_with_one_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_file_in_place_of_the_folder_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert main(["--out", str(tmp_path / "taken")]) == 1
    error = capsys.readouterr().err
    assert "cannot write to" in error and error.count("\n") == 1
