"""All engines give the same rows: the demo company, and Online Retail II in `make test-long`.

Raw rows arrive as a company's do, by the loader: COPY on PostgreSQL, Spark's own readers on Spark.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.parity import compare, differences, show
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.source import DEMO_FILES, Source
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.harness import Warehouse

PUBLIC_TABLES = 30


def built_on_duckdb(source: Source, folder: Path) -> Warehouse:
    engine = DuckDBEngine(folder)
    source.build_on(engine, with_tests=True)
    return engine.warehouse


def check_parity(
    company: str, reference: Warehouse, other: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints a line a table, and fails on any difference."""
    comparisons = compare(reference, other)
    with capsys.disabled():
        show(f"{company}: {other.name} beside duckdb", comparisons)
    assert len(comparisons) >= PUBLIC_TABLES
    assert not differences(comparisons), "\n".join(differences(comparisons))


@pytest.fixture(scope="module")
def demo_on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return built_on_duckdb(DEMO_FILES, tmp_path_factory.mktemp("duckdb"))


def test_demo_company_on_postgres(
    demo_on_duckdb: Warehouse,
    postgres_server: PostgresServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine = PostgresEngine(tmp_path, postgres_server)
    DEMO_FILES.build_on(engine)
    check_parity("The demo company", demo_on_duckdb, engine, capsys)


def test_demo_company_on_spark(
    demo_on_duckdb: Warehouse, demo_on_spark: SparkEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    check_parity("The demo company", demo_on_duckdb, demo_on_spark, capsys)


@pytest.fixture(scope="module")
def online_retail(real_data: Path) -> Source:
    return Source(
        "online_retail",
        real_data / "online_retail_ii.parquet",
        {"connectors": ["online_retail"]},
    )


@pytest.fixture(scope="module")
def online_retail_on_duckdb(
    online_retail: Source, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    return built_on_duckdb(online_retail, tmp_path_factory.mktemp("duckdb"))


def test_every_row_of_online_retail_ii_is_accepted_or_rejected(
    online_retail_on_duckdb: Warehouse,
) -> None:
    [accepted] = online_retail_on_duckdb.query(
        "select count(*) as lines, sum(net_amount) as amount from opportunity_core.fct_invoice_line"
    )
    [rejected] = online_retail_on_duckdb.query(
        "select count(*) as lines, sum(net_amount) as amount from opportunity_core.rejected_rows"
    )
    assert (accepted["lines"], rejected["lines"]) == (1_033_036, 34_335)
    assert accepted["amount"] + rejected["amount"] == Decimal("19287250.5680")


@pytest.mark.long
def test_online_retail_ii_on_postgres(
    online_retail: Source,
    online_retail_on_duckdb: Warehouse,
    postgres_server: PostgresServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine = PostgresEngine(tmp_path, postgres_server)
    online_retail.build_on(engine)
    check_parity("Online Retail II", online_retail_on_duckdb, engine, capsys)


@pytest.mark.long
def test_online_retail_ii_on_spark(
    online_retail: Source,
    online_retail_on_duckdb: Warehouse,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine = SparkEngine(tmp_path)
    online_retail.build_on(engine)
    check_parity("Online Retail II", online_retail_on_duckdb, engine, capsys)
