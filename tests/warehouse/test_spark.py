"""The warehouse on Spark: every model of the demo company, in a local session."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publish.locking import locked
from tests.unit.small_project import make_small_project
from tests.unit.test_load import FIELDS, HEADER, LINE, write_workbook
from tests.warehouse.engines.parity import check_parity
from tests.warehouse.engines.source import DEMO_FILES
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.few_models import make_project_of_few_models
from tests.warehouse.harness import PROJECT, RawTable, Warehouse
from tests.warehouse.publishing import Build

TRUTHS = json.loads((PROJECT / "seeds" / "demo" / "truths.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def demo_on_spark(tmp_path_factory: pytest.TempPathFactory) -> SparkEngine:
    """The demo company, loaded from its files and built in a session, without data tests."""
    engine = SparkEngine(tmp_path_factory.mktemp("spark"))
    DEMO_FILES.build_on(engine)
    return engine


def rows_of(engine: SparkEngine, table: str, columns: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Columns of a built table, given with their DuckDB types."""
    with duckdb.connect() as connection:
        engine.copy_into(connection, "found", table, dict(columns))
        return connection.execute("from found").fetchall()


def test_demo_company_is_the_same_as_on_duckdb(
    demo: Warehouse, demo_on_spark: SparkEngine, record_property: Callable[[str, object], None]
) -> None:
    check_parity("The demo company", demo, demo_on_spark, record_property)


def test_header_mismatches_are_those_planted(demo_on_spark: SparkEngine) -> None:
    money = "decimal(18,4)"
    found = rows_of(
        demo_on_spark,
        "core.header_mismatch",
        {"invoice_id": "varchar", "header_amount": money, "line_amount": money},
    )
    assert set(found) == {
        (row["invoice"], Decimal(row["header_total"]), Decimal(row["line_total"]))
        for row in TRUTHS["header_mismatches"]["invoices"]
    }


@pytest.mark.parametrize("fact", ["core.fct_invoice", "core.fct_invoice_line"])
def test_a_fact_has_a_folder_for_each_of_its_months(demo_on_spark: SparkEngine, fact: str) -> None:
    found = rows_of(demo_on_spark, fact, {"invoice_date": "date", "invoice_month": "date"})
    months: set[date] = {month for _, month in found}
    assert len(months) > 12
    assert all(day.replace(day=1) == month for day, month in found)
    folders = {path.name for path in demo_on_spark.folder_of(fact).iterdir() if path.is_dir()}
    assert folders == {f"invoice_month={month}" for month in months}


def test_missing_values_of_a_seed_arrive_as_missing(tmp_path: Path) -> None:
    engine = SparkEngine(tmp_path)
    engine.project = make_project_of_few_models(tmp_path / "project", ())
    engine.dbt(["seed", "--select", "dw_sales_rep"], {})
    landed = f"read_parquet('{engine.warehouse}/opportunity_demo.db/dw_sales_rep/*.parquet')"
    written = f"read_csv('{PROJECT}/seeds/demo/dw_sales_rep.csv', all_varchar = true)"
    with duckdb.connect() as connection:
        rows, expected = (
            connection.execute(f"from {source} order by all").fetchall()
            for source in (landed, written)
        )
    assert rows == expected
    assert any(None in row for row in expected)


def test_second_build_at_once_says_so_and_stops(tmp_path: Path) -> None:
    engine = SparkEngine(tmp_path)
    with locked(tmp_path / "target" / "build" / "spark" / "lock", "target spark"):
        sentence = Build(engine).refuses()
    assert f"another build or load of target spark is running, process {os.getpid()}" in sentence
    assert not engine.warehouse.exists()


def test_landed_tables_replace_those_before(demo_on_spark: SparkEngine) -> None:
    columns = ["Customer ID", "note"]
    rows: list[Mapping[str, str | None]] = [
        {"Customer ID": "1", "note": ""},
        {"Customer ID": None, "note": "it's \"\\ü"},
    ]
    for given in (rows, rows[:1]):
        demo_on_spark.land({"elsewhere": {"some_table": RawTable(columns, given)}})
        (place,) = (demo_on_spark.warehouse / "elsewhere.db").iterdir()
        with duckdb.connect() as connection:
            landed = connection.execute(f"from read_parquet('{place}/*.parquet')").fetchall()
        assert landed == [tuple(row[column] for column in columns) for row in given]


@pytest.mark.long
def test_every_test_of_the_project_passes(demo_on_spark: SparkEngine, tmp_path: Path) -> None:
    """Data tests on the demo company, and unit tests, for which all raw tables must be there."""
    demo_on_spark.dbt(["test", "--select", "test_type:data"], DEMO_FILES.variables)
    both = {**DEMO_FILES.variables, "connectors": ["dw", "online_retail"]}
    lines = tmp_path / "lines.csv"
    lines.write_text(f"{HEADER}\n{LINE}\n")
    demo_on_spark.load("online_retail", lines, both)
    demo_on_spark.dbt(["test", "--select", "test_type:unit"], both)


def test_each_load_replaces_what_was_there(tmp_path: Path) -> None:
    """A CSV over a table of another program, then a workbook, then a Parquet file with types."""
    csv = tmp_path / "lines.csv"
    csv.write_text(f"{HEADER}\n{LINE}\n{LINE}\n")
    moment = datetime(2010, 1, 2, 7, 45)
    row = [489434.0, "79323P", "LIGHTS", -1.0, moment, 6.95, None, "UK"]
    book = write_workbook(tmp_path / "lines.xlsx", {"2010": [FIELDS, row]})
    parquet = tmp_path / "lines.parquet"
    duckdb.execute(f"""
        copy (
            select
                'C1' as Invoice, date '2010-01-31' as StockCode, time '10:00:01' as Description,
                -2 as Quantity, timestamp_ns '2010-01-31 10:00:00.123456789' as InvoiceDate,
                cast(1.25 as decimal(12, 3)) as Price, cast(7 as ubigint) as "Customer ID",
                timestamp '2010-01-31 10:00:00' as Country
        ) to '{parquet}' (format parquet)
    """)
    project = tmp_path / "project"
    project.mkdir()
    output = SparkEngine(tmp_path).run(
        sys.executable, "-m", "tests.warehouse.engines.load_in_spark",
        *map(str, (make_small_project(project), csv, book, parquet)),
    )  # fmt: skip
    after_csv, after_book, after_parquet = map(json.loads, output.splitlines())

    assert after_csv["columns"] == [[name, "string"] for name in FIELDS]
    assert after_csv["rows"] == [LINE.split(",")] * 2
    assert after_book["columns"] == [[name, "string"] for name in (*FIELDS, "sheet")]
    assert after_book["rows"] == [
        ["489434", "79323P", "LIGHTS", "-1", "2010-01-02 07:45:00", "6.95", None, "UK", "2010"]
    ]
    kinds = [
        "string", "date", "string", "int", "timestamp_ntz", "decimal(12,3)", "decimal(20,0)",
        "timestamp_ntz",
    ]  # fmt: skip
    assert after_parquet["columns"] == [list(pair) for pair in zip(FIELDS, kinds, strict=True)]
    assert after_parquet["rows"] == [
        ["C1", "2010-01-31", "10:00:01.000000", -2, "2010-01-31 10:00:00.123456", "1.250", "7",
         "2010-01-31 10:00:00"]
    ]  # fmt: skip
    for after in (after_csv, after_book, after_parquet):
        view, *loads = after["tables"]
        assert view == "online_retail_lines"
        assert len(loads) == 1
