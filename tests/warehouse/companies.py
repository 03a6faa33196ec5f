"""Small odd companies, made from a number: few customers and items, many edges and bad rows.

The number seeds all choices. Drawn field by field, most companies would be variations of the few
that came first; this way each is as rich as the other, and the number alone brings it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from tests.warehouse.harness import Company

RawRow = dict[str, str | None]
Choice = TypeVar("Choice")

LAST_DAY = date(2024, 3, 31)
BUILD_DATE = "2024-04-15"

# Days before the last one: window edges of 30, 90 and 365 days, ends of months, long ago.
DAYS_BACK = (
    0,
    0,
    1,
    15,
    29,
    30,
    31,
    59,
    60,
    61,
    89,
    90,
    91,
    120,
    179,
    180,
    181,
    364,
    365,
    366,
    500,
)

ODD_NUMBERS = (
    None, "", " ", "NaN", "1e5", "infinity", "-inf", "abc", "1,5", "1.2.3", "--1", "1 000", "0x1F",
    "1234567890123", "١٢", "  7 ", "+3", ".5", "5.", ".", "-0", "0.00004", "0.00005", "-0.00005",
    "12345678901", "123456789012", "000000000001",
)  # fmt: skip
ODD_DATES = (
    None, "", "yesterday", "today", "infinity", "epoch", "2023-02-29", "2024-02-30", "2024-13-01",
    "31/03/2024", "20240331", "2024-3-1", "2024-03-31 25:00:00", "1969-12-31", "2024-04-15",
    "2024-04-16", "9999-12-31", "0001-01-01", " 2024-03-30 ", "2024-02-29", "2024-03-30T23:59:59Z",
    "2024-03-30 09:15:00+02:00", "1900-02-29", "2000-02-29",
)  # fmt: skip
CUSTOMER_CODES = ("C1", "c1", "C10", "C9", "Ångström", "O'Neil", 'say "hi"', "顧客", "😀", "_%")
ITEM_CODES = ("I1", "I10", "I2", "i1", "É1", "it's", 'in"ch', "品", "🍎", "a%b_", "POST", "post")
CATEGORIES = ("K1", "K2", "k1", "Ä'1", "K 3")
STOCK_CODES = (
    "85123A", "85123a", "22423", "22423.0", " 22423", "10002", "POST", "post", "M", "m",
    "gift_0001_20", "TEST001", "DCGS0003", "1", "C2", "é12", "BANK CHARGES", "47566B", "85099C",
)  # fmt: skip
DESCRIPTIONS = (
    "WHITE HANGING HEART",
    "white hanging heart",
    " CAKE STAND ",
    "?",
    None,
    "",
    "Ärmel",
)


class Maker:
    """Chooses: the usual most of the time, something odd at the company's own rate."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.random = Random(number)
        self.oddness = self.one_of(0.0, 0.02, 0.05, 0.15)

    def one_of(self, *values: Choice) -> Choice:
        return self.random.choice(values)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def mostly(self, usual: Choice, odd: Sequence[Choice]) -> Choice:
        return self.random.choice(odd) if self.chance(self.oddness) else usual

    def some_of(self, values: Sequence[Choice], least: int, most: int) -> list[Choice]:
        return self.random.sample(values, min(self.random.randint(least, most), len(values)))

    def padded(self, code: str) -> str:
        return self.mostly(code, (f" {code}", f"{code}  ", f"\t{code}\u00a0"))

    def day(self) -> str:
        return (LAST_DAY - timedelta(days=self.one_of(*DAYS_BACK))).isoformat()

    def moment(self) -> str:
        return f"{self.day()} {self.one_of('08:26:00', '09:05:59', '23:59:59.999', '00:00:00')}"

    def with_copies(self, rows: list[RawRow], changes: Sequence[tuple[str, str | None]]) -> None:
        """Repeats some rows, whole or with one column changed, and mixes them in."""
        if rows and self.oddness:
            for _ in range(self.random.randint(0, 3)):
                copy = dict(self.one_of(*rows))
                if self.chance(0.5):
                    column, value = self.one_of(*changes)
                    copy[column] = value
                rows.insert(self.random.randint(0, len(rows)), copy)

    def thresholds(self) -> dict[str, Any]:
        """Vars that change what the marts count; as often as not the defaults."""
        choices: dict[str, tuple[Any, ...]] = {
            "basket_max_items": (0, 2, 3),
            "basket_max_rules": (0, 1, 5),
            "basket_max_q": (0.5, 1),
            "basket_window_days": (60, 365),
            "basket_half_life_days": (30,),
            "duplicate_min_confidence": (0.5, 0.75),
            "rfm_monetary": ("net", "sales"),
            "churn_window_days": (30, 91, 1),
            "churn_drop_threshold": (0.1, 1, 0.25),
            "churn_max_p_value": (0.5, 1),
            "churn_min_expected_purchases": (0, 1, 0.5),
            "churn_min_purchase_ratio": (0, 1),
            "churn_min_value_ratio": (0, 1),
            "peer_window_days": (30, 100, 1),
            "peer_quantile": (0, 0.5, 1),
            "peer_max_growth_ratio": (0, 0.3, 10),
            "penetration_active_days": (30, 366),
            "abc_cut_a": (0.5, 0.25),
            "earliest_plausible_date": ("2023-03-31", "1900-01-01"),
            "as_of_date": ("2024-03-31", "2024-03-30", "2024-02-29", "2023-12-31", "2024-06-30"),
        }
        return {
            **self.list_vars(),
            **self.score_vars(),
            "build_date": BUILD_DATE,
            # The companies have few customers.
            "peer_min_customers": self.one_of(1, 1, 2, 20),
            "basket_min_count": self.one_of(1, 1, 2, 5),
            "basket_min_support": self.one_of(0.01, 0, 0.1, 0.25),
            "basket_min_confidence": self.one_of(0.2, 0, 0.5, 0.8),
            **{name: self.one_of(*values) for name, values in choices.items() if self.chance(0.3)},
        }

    def list_vars(self) -> dict[str, Any]:
        """Vars of the lists of items, drawn apart so that they change nothing else of a company."""
        random = Random(f"lists of {self.number}")
        choices: dict[str, tuple[Any, ...]] = {
            "recommendation_count": (1, 2, 3),
            "recommendation_horizon_days": (30, 91, 365),
            "recommendation_offer_days": (60, 365, 1),
            "recommendation_latest_items": (1, 2, 3),
            "recommendation_min_customers": (1, 1, 3, 0),
            "recommendation_neighbours": (1, 2),
            "recommendation_half_life_days": (7, 365),
            "recommendation_recency_half_life_days": (1, 30),
            "recommendation_popularity_weight": (0, 1, 0.01),
            "recommendation_min_shown": (0, 1, 5, 5),
            "reorder_count": (1, 2),
            "reorder_half_life_days": (1, 30),
            "reorder_min_gaps": (0, 1, 2),
        }
        return {
            name: random.choice(values) for name, values in choices.items() if random.random() < 0.4
        }

    def score_vars(self) -> dict[str, Any]:
        """Vars of the scores of customers, drawn apart as well."""
        random = Random(f"scores of {self.number}")
        choices: dict[str, tuple[Any, ...]] = {
            "churn_horizon_days": (30, 91, 365, 1),
            "churn_band_high": (0.5, 1),
            "churn_band_medium": (0, 0.4),
            "churn_lapsed_days": (30, 90),
            "churn_min_history_days": (0, 30, 366),
            "churn_snapshot_days": (5, 40),
            "churn_half_life_days": (15, 60),
            "value_horizon_days": (30, 91, 365),
            "value_interval": (0.5, 0.99),
            "whale_share": (0, 0.2, 1),
            "actions_per_customer": (0, 1, 2),
            "actions_per_rep": (0, 1, 3),
            "actions_per_kind": (0, 1, 2),
            "action_valid_days": (0, 30),
            "action_holdout_ratio": (0, 0.5, 1),
        }
        return {
            "churn_min_repeat_customers": random.choice((0, 0, 1, 2, 30)),
            **{
                name: random.choice(values)
                for name, values in choices.items()
                if random.random() < 0.4
            },
        }


def dw_company(number: int) -> Company:
    """A company of connector dw."""
    make = Maker(number)
    item_codes = make.some_of(ITEM_CODES, 1, 7)
    customer_codes = make.some_of(CUSTOMER_CODES, 1, 6)
    bundles = [make.some_of(item_codes, 1, 4) for _ in range(3)]
    categories = make.some_of(CATEGORIES, 1, 3)
    has_optional_columns = make.chance(0.6)

    items: list[RawRow] = [
        {
            "item_code_365": make.padded(code),
            "item_description": make.mostly(f"name of {code}", (None, "", " x ")),
            "category_code": make.mostly(make.one_of(*categories), (None, "", " K1 ")),
            "is_active": make.one_of(None, "true", "false", " NO ", "1", "?"),
            "unit_cost": make.mostly("1.5", ODD_NUMBERS),
        }
        for code in item_codes
        if make.chance(0.9)
    ]
    make.with_copies(
        items, [("category_code", "K2"), ("item_description", "!"), ("item_code_365", None)]
    )

    headers: list[RawRow] = []
    lines: list[RawRow] = []
    for place in range(make.one_of(0, 1, 5, 10, 15, 20, 25, 30, 40, 40)):
        invoice = f"{place}" if place % 7 else f"№ {place}'"
        kind = make.one_of("sale", "sale", "sale", "sale", " SALE", "Return", "adjustment")
        header: RawRow = {
            "invoice_no_365": make.mostly(invoice, (None, "", f" {invoice}\n")),
            "customer_code_365": make.mostly(
                make.one_of(*customer_codes), (None, "", "not listed")
            ),
            "invoice_date": make.mostly(make.day(), ODD_DATES),
            "invoice_type": make.mostly(kind, ("refund", None, "", "sales")),
            "total_grand": make.mostly(make.one_of("10", "0", "20.5"), ODD_NUMBERS),
        }
        if has_optional_columns:
            header |= {
                "invoice_time": make.one_of(None, "08:05", "23:59:59", " 00:00 ", "24:00", "noon"),
                "location_code": make.one_of("L1", "L2", "ł", None),
                "channel_code": make.one_of("web", "shop", "", None),
                "sales_rep_code": make.one_of("R1", "R2", None),
                "currency_code": make.one_of("EUR", None),
            }
        headers.append(header)
        sign = "-" if kind == "Return" else ""
        sold: list[str | None] = list(make.one_of(*bundles))
        if make.chance(0.5):
            sold.append(make.one_of(*item_codes))
        for at, item in enumerate(sold if make.chance(0.95) else []):
            back = "-" if make.chance(0.05) else sign
            amount = make.one_of("10", "2.5", "0.3333", "19.99", "7", "0", "100.00005")
            line: RawRow = {
                "id": make.mostly(f"{place}-{at}", (None, " 1-0", "1-0", "x")),
                "invoice_no_365": make.mostly(invoice, (None, "nowhere", f" {invoice}")),
                "item_code_365": make.mostly(item, (None, " ", "unheard of")),
                "quantity": make.mostly(back + make.one_of("1", "3", "0.25", "0"), ODD_NUMBERS),
                "line_total_incl": make.mostly(back + amount, ODD_NUMBERS),
            }
            if has_optional_columns:
                without_tax = make.one_of(None, None, back + "8.3333")
                line["line_total_excl"] = make.mostly(without_tax, ODD_NUMBERS)
                cost = make.one_of(None, back + "4", back + "12.5")
                line["cost_amount"] = make.mostly(cost, ODD_NUMBERS)
            lines.append(line)
    make.with_copies(headers, [("invoice_date", "2024-03-01"), ("invoice_type", "return")])
    make.with_copies(lines, [("quantity", "9"), ("line_total_incl", "NaN"), ("id", None)])

    tables = {"dw_invoice_header": headers, "dw_invoice_line": lines, "dw_item": items}
    # Which tables there are decides what dbt has to parse anew, so there are few choices.
    lists = make.one_of("none", "customers", "all")
    if lists != "none":
        tables["dw_customer"] = customer_list(make, customer_codes)
    if lists == "all":
        tables |= other_lists(make)
    variables = make.thresholds()
    if make.chance(0.3):
        variables["id_prefix"] = {"dw": make.one_of("dw-", "'")}
    return Company(tables={"dw": tables}, vars=variables)


def customer_list(make: Maker, codes: Sequence[str]) -> list[RawRow]:
    """A customer list that lacks some customers and has one who never bought."""
    rows: list[RawRow] = [
        {
            "customer_code_365": make.padded(code),
            "customer_name": make.one_of("Name", None, " "),
            "region": make.one_of("north", None),
            "country": make.one_of("GR", None),
            "sales_rep_code": make.one_of("R1", "R9", None),
            "sign_up_date": make.one_of("2020-01-01", "2023-02-29", None),
        }
        for code in (*codes, "never buys")
        if make.chance(0.8)
    ]
    make.with_copies(rows, [("customer_code_365", None), ("region", "south")])
    return rows


def other_lists(make: Maker) -> dict[str, list[RawRow]]:
    """The other optional tables of connector dw."""
    return {
        "dw_location": [
            {"location_code": "L1", "location_name": "One", "region": "R", "country": "CY"},
            {"location_code": make.one_of("L1", "L2", None), "country": "DE"},
        ],
        "dw_sales_rep": [
            {"sales_rep_code": "R1", "manager_code": "R0"},
            {"sales_rep_code": make.one_of("R1", "", "R2"), "sales_rep_name": "Rep"},
            {"sales_rep_code": "R9", "manager_code": "R1"},
            {"sales_rep_code": "R5", "manager_code": "R6"},
            {"sales_rep_code": "R6", "manager_code": "R5"},
        ],
        "dw_channel": [
            {"channel_code": "web", "channel_name": "Web"},
            {"channel_code": make.one_of("web", None, " shop")},
        ],
        "dw_inventory_snapshot": [
            {
                "snapshot_date": make.day() if make.chance(0.7) else make.one_of(*ODD_DATES),
                "item_code_365": make.one_of("I1", "I1", None, "not listed"),
                "on_hand_quantity": "5" if make.chance(0.7) else make.one_of(*ODD_NUMBERS),
                "location_code": make.one_of("L1", None),
            }
            for _ in range(make.random.randint(0, 4))
        ],
    }


def online_retail_company(number: int) -> Company:
    """A company of connector online_retail."""
    make = Maker(number)
    codes = make.some_of(STOCK_CODES, 1, 8)
    customers = make.some_of(["13085.0", "13085", "12346", "12347.0", None, " 12346 ", "12"], 1, 5)
    bundles = [make.some_of(codes, 1, 4) for _ in range(3)]
    rows: list[RawRow] = []
    for place in range(make.one_of(0, 1, 5, 10, 15, 20, 25, 30, 40, 40)):
        letter = make.one_of("", "", "", "", "C", "A")
        invoice = f"{letter}{536365 + place}"
        moments = [make.moment() for _ in range(make.one_of(1, 1, 1, 2, 3))]
        customer = make.one_of(*customers)
        country = make.one_of("United Kingdom", "EIRE", "Österreich", None)
        for item in make.one_of(*bundles):
            quantity = make.one_of("1", "6", "12", "12", "0", "-2")
            if letter == "C":
                quantity = make.one_of("-1", "-6")
            price = make.one_of("2.55", "0.42", "3.39", "10", "0", "0.00005")
            rows.append(
                {
                    "Invoice": make.mostly(invoice, (None, "", f" {invoice}", f"{invoice}.0")),
                    "StockCode": make.mostly(item, (None, " ")),
                    "Description": make.one_of(*DESCRIPTIONS),
                    "Quantity": make.mostly(quantity, ODD_NUMBERS),
                    "InvoiceDate": make.mostly(make.one_of(*moments), ODD_DATES),
                    "Price": make.mostly(price, (*ODD_NUMBERS, "-5.5", "-0.01")),
                    "Customer ID": make.mostly(customer, ("99999", None, "", "x1")),
                    "Country": make.mostly(country, ("France", None, "")),
                }
            )
    make.with_copies(rows, [("Description", "a"), ("Description", None), ("Quantity", "NaN")])
    variables = make.thresholds()
    variables["online_retail_reject_duplicates"] = make.chance(0.7)
    if make.chance(0.3):
        variables["id_prefix"] = {"online_retail": make.one_of("or-", "é ")}
    return Company(tables={"online_retail": {"online_retail_lines": rows}}, vars=variables)
