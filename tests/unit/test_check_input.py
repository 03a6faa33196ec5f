"""The gate: it stops for what would make every number wrong, and warns of the rest."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingest import check_input as gate
from ingest.check_input import Report
from ingest.contract import Contract, read_contract
from ingest.errors import REFUSED, STOPPED, InputError
from ingest.load import load
from tests.unit.small_project import make_small_project
from tests.warehouse.engines.postgres import PostgresServer

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
            "item_length": "1",
            "item_width": "1",
            "item_height": "1",
            "item_weight": "1",
            "number_of_pieces": "1",
            "selling_qty": "1",
            "unit_cost": "1",
            "unit_price": "1",
            "lead_time_days": "1",
            "ordering_cost": "1",
            "holding_cost_pct": "0.2",
            "is_active": "",
        }
    ],
}
SETTINGS: dict[str, Any] = {"use_demo_data": False, "dw_optional_tables": []}
Tables = dict[str, list[dict[str, Any]]]
Check = Callable[..., Report]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project of this one's sources and vars and of two small seeds, which parses fast."""
    return make_small_project(tmp_path_factory.mktemp("project"), seeds=GOOD)


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


def changed(*changes: tuple[str, str, list[Any]]) -> Tables:
    """Return the good tables with columns' values replaced from the first row on."""
    tables = {name: [dict(row) for row in rows] for name, rows in GOOD.items()}
    for table, column, values in changes:
        for row, value in zip(tables[table], values, strict=False):
            row[column] = value
    return tables


def throughout(table: str, column: str, value: Any) -> tuple[str, str, list[Any]]:
    return table, column, [value] * len(GOOD[table])


def without_columns(tables: Tables, *left_out: tuple[str, str]) -> Tables:
    return {
        table: [
            {column: row[column] for column in row if (table, column) not in left_out}
            for row in rows
        ]
        for table, rows in tables.items()
    }


def without_rows(table: str) -> list[dict[str, Any]]:
    return [dict.fromkeys(GOOD[table][0])]


def starts(sentences: list[str], of: list[str]) -> list[str]:
    """Return the sentences, cut to the length of the ones that are expected, in that order."""
    return [
        next((each[: len(start)] for each in sentences if each.startswith(start)), "")
        for start in of
    ]


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


def test_missing_or_empty_tables_stop(check: Check) -> None:
    tables = {
        "dw_invoice_header": without_rows("dw_invoice_header"),
        "dw_invoice_line": without_rows("dw_invoice_line"),
    }
    report = check(tables)
    expected = [
        "dw.dw_item, the table for dw_item, cannot be read (Catalog Error: Table with name dw_item",
        "dw.dw_invoice_header is empty, and without dw_invoice_header there is nothing to count",
        "dw.dw_invoice_line is empty, and without dw_invoice_line there is nothing to count",
    ]
    assert starts(report.problems, expected) == expected
    assert len(report.problems) == len(expected)


def test_missing_columns_and_empty_keys_stop(check: Check) -> None:
    tables = changed(
        throughout("dw_invoice_header", "invoice_no_365", None),
        throughout("dw_invoice_header", "invoice_date", "01/02/2024"),
        throughout("dw_invoice_line", "id", " "),
        throughout("dw_invoice_line", "invoice_no_365", ""),
        throughout("dw_invoice_line", "item_code_365", ""),
        throughout("dw_item", "item_code_365", None),
    )
    report = check(
        without_columns(tables, ("dw_item", "category_code"), ("dw_invoice_line", "cost_amount"))
    )
    is_empty = "is empty in every row, and it is a key"
    expected = [
        f"dw.dw_invoice_header.invoice_no_365 {is_empty}",
        "dw.dw_invoice_header.invoice_date has not one date that can be read; export it as yyyy",
        f"dw.dw_invoice_line.id {is_empty}",
        f"dw.dw_invoice_line.invoice_no_365 {is_empty}",
        f"dw.dw_invoice_line.item_code_365 {is_empty}",
        f"dw.dw_item.item_code_365 {is_empty}",
        "dw.dw_item has no column category_code; load it with that column, or map category_code",
        "dw.dw_invoice_line has no column cost_amount; load it with that column, or map",
    ]
    assert starts(report.problems, expected) == expected
    assert len(report.problems) == len(expected)


def test_all_else_warns_and_does_not_stop(check: Check) -> None:
    tables = changed(
        throughout("dw_invoice_header", "customer_code_365", None),
        ("dw_invoice_header", "invoice_date", ["yesterday", "1024-01-01"]),
        ("dw_invoice_header", "invoice_time", ["noon"]),
        ("dw_invoice_line", "quantity", ["1e3", "many"]),
        throughout("dw_invoice_line", "line_total_incl", "10000000000"),
    )
    report = check({**tables, "dw_item": without_rows("dw_item")})
    outside = "has values outside the plausible range from"
    expected = [
        "dw.dw_invoice_header.customer_code_365 is empty in every row; check",
        "dw.dw_invoice_header.invoice_date has values that are no ISO dates",
        f"dw.dw_invoice_header.invoice_date {outside} 1970-01-01 to",
        "dw.dw_invoice_header.invoice_time has values that are no times of day",
        "dw.dw_invoice_line.quantity has values that are no plain decimal numbers",
        f"dw.dw_invoice_line.line_total_incl {outside} -1,000,000,000 to 1,000,000,000",
        "dw.dw_item is empty",
    ]
    assert report.problems == []
    assert starts(report.warnings, expected) == expected
    assert len(report.warnings) == len(expected)
    numbers = next(each for each in report.warnings if "quantity" in each)
    assert numbers.endswith("(10.0 % of the values, such as '1e3', 'many')")


def test_few_bad_values_are_left_to_the_build(check: Check) -> None:
    report = check(changed(("dw_invoice_line", "quantity", ["many"])))
    assert report.warnings == []


def test_columns_are_looked_for_under_the_names_of_the_map(check: Check) -> None:
    tables = without_columns(
        changed(
            throughout("dw_invoice_line", "own name", "-1"),
            throughout("dw_item", "own name", "-1"),
        ),
        ("dw_invoice_line", "cost_amount"),
    )
    items = tables.pop("dw_item")
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
    assert report.problems == [
        "schema opportunity_demo has none of the tables of connector dw; run make build first, "
        "which makes the demo's tables"
    ]
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
    with pytest.raises(InputError, match=r"no DuckDB file .*; run make load or make build first"):
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


def test_load_and_gate_on_postgres(
    tmp_path: Path,
    project: Path,
    postgres_server: PostgresServer,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = postgres_server.new_database()
    for name, value in {**postgres_server.settings, "PGDATABASE": database}.items():
        monkeypatch.setenv(name, value)
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    line = '489434,85048,"12"" BALL, RED\nGLASS",12,2009-12-01 07:45:00,6.95,,France'
    path = tmp_path / "lines.csv"
    path.write_text(f"{header}\n{line}\n{line}\n", "utf-8")
    with closing(postgres_server.connect(database)) as connection:
        cursor = connection.cursor()

        def rows() -> list[tuple[Any, ...]]:
            cursor.execute("select * from online_retail.online_retail_lines")
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
        report = gate.check_input("postgres", given, project)
        assert len(report.problems) == 1
        assert "Invoice is empty in every row" in report.problems[0]
    monkeypatch.setenv("PGHOST", str(tmp_path))
    with pytest.raises(InputError, match="cannot connect to PostgreSQL at"):
        load("online_retail", path, "postgres", project_dir=project)
