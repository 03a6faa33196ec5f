"""All engines give the same rows: Online Retail II, and the demo company back-tested.

The demo company as of today is compared in test_postgres.py and test_spark.py. Raw rows arrive as a
company's do, by the loader: COPY on PostgreSQL, Spark's own readers on Spark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.parity import check_parity
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.source import DEMO_FILES, Source
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.harness import Warehouse


@pytest.fixture(scope="module")
def back_test() -> Source:
    """The demo company as of a day whose future is known, so that what scores were worth is too."""
    return replace(DEMO_FILES, variables={**DEMO_FILES.variables, "as_of_date": "2025-12-31"})


@pytest.fixture(scope="module")
def back_test_on_duckdb(back_test: Source, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    engine = DuckDBEngine(tmp_path_factory.mktemp("duckdb"))
    back_test.build_on(engine)
    assert {row["score_name"] for row in engine.warehouse.rows("marts.score_backtest")} == {
        "churn_risk", "customer_churn", "customer_lifetime_value", "item_recommendation",
        "item_reorder_due", "share_of_wallet",
    }  # fmt: skip
    return engine.warehouse


@pytest.mark.long
def test_back_test_on_postgres(
    back_test: Source,
    back_test_on_duckdb: Warehouse,
    postgres_server: PostgresServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    engine = PostgresEngine(tmp_path, postgres_server)
    back_test.build_on(engine)
    check_parity("The demo company, back-tested", back_test_on_duckdb, engine, record_property)


@pytest.mark.long
def test_back_test_on_spark(
    back_test: Source,
    back_test_on_duckdb: Warehouse,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    engine = SparkEngine(tmp_path)
    back_test.build_on(engine)
    check_parity("The demo company, back-tested", back_test_on_duckdb, engine, record_property)


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
    engine = DuckDBEngine(tmp_path_factory.mktemp("duckdb"))
    online_retail.build_on(engine, with_tests=True)
    return engine.warehouse


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
    record_property: Callable[[str, object], None],
) -> None:
    engine = PostgresEngine(tmp_path, postgres_server)
    online_retail.build_on(engine)
    check_parity("Online Retail II", online_retail_on_duckdb, engine, record_property)


@pytest.mark.long
def test_online_retail_ii_on_spark(
    online_retail: Source,
    online_retail_on_duckdb: Warehouse,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    engine = SparkEngine(tmp_path)
    online_retail.build_on(engine)
    check_parity("Online Retail II", online_retail_on_duckdb, engine, record_property)
