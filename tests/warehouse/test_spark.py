"""The warehouse on Spark: every model of the demo company, in a local session."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.warehouse.engines.parity import check_parity
from tests.warehouse.engines.source import DEMO_FILES
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.harness import PROJECT, RawTable, Warehouse

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


def test_missing_values_of_a_seed_arrive_as_missing(demo_on_spark: SparkEngine) -> None:
    demo_on_spark.dbt(["seed", "--select", "dw_customer"], {})
    landed = f"read_parquet('{demo_on_spark.warehouse}/opportunity_demo.db/dw_customer/*.parquet')"
    written = f"read_csv('{PROJECT}/seeds/demo/dw_customer.csv', all_varchar = true)"
    with duckdb.connect() as connection:
        rows, expected = (
            connection.execute(f"from {source} order by all").fetchall()
            for source in (landed, written)
        )
    assert rows == expected
    assert any(None in row for row in expected)


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
