"""The demo company on a real PostgreSQL in an en_US database: all is green, with DuckDB's rows.

There `order by`, `<` and `max()` of text follow the locale unless a column says otherwise, so
an order by it would show.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest

from dashboard.warehouse import LARGE_TABLES
from tests.unit.small_project import make_small_project
from tests.unit.test_load import HEADER, LINE
from tests.warehouse.engines.parity import check_parity
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.source import DEMO_FILES
from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS, BuildFailed, Warehouse

INDEXED = {
    *(
        (table, "customer_id")
        for table in (
            "category_penetration", "churn_risk", "customer_360", "customer_abc", "customer_churn",
            "customer_lifetime_value", "customer_rfm", "dim_customer", "fct_invoice",
            "fct_invoice_line", "item_recommendation", "item_reorder_due", "next_best_action",
            "share_of_wallet",
        )
    ),
    *(
        (table, "item_id")
        for table in (
            "daily_item_sales", "dim_item", "fct_invoice_line", "item_recommendation",
            "item_reorder_due", "next_best_action", "product_performance",
        )
    ),
    ("basket_rule", "from_item_id"),
    ("basket_rule", "to_item_id"),
    ("basket_pair", "item_id_a"),
    ("basket_triple_rule", "to_item_id"),
    ("duplicate_item_pair", "item_id_a"),
    *(
        (table, "category_id")
        for table in (
            "category_margin_monthly", "category_penetration", "churn_risk", "daily_category_sales",
            "dim_item", "fct_invoice_line", "next_best_action", "product_performance",
            "revenue_by_category",
        )
    ),
    *(
        (table, "date_day")
        for table in (
            "daily_customers", "daily_category_sales", "daily_item_sales", "daily_region_sales",
            "daily_sales", "hourly_sales",
        )
    ),
    ("fct_invoice", "invoice_date"),
    ("fct_invoice_line", "invoice_date"),
}  # fmt: skip


@pytest.fixture
def postgres(demo_on_postgres: PostgresEngine) -> PostgresEngine:
    """The demo company, loaded from its files; models, data tests and unit tests by `dbt build`."""
    return demo_on_postgres


def test_every_public_table_has_the_rows_of_duckdb(
    demo: Warehouse, postgres: PostgresEngine, record_property: Callable[[str, object], None]
) -> None:
    check_parity("The demo company", demo, postgres, record_property)


def test_seeds_land_what_the_files_hold(
    postgres_server: PostgresServer, postgres: PostgresEngine, tmp_path: Path
) -> None:
    """Plain `dbt build` of the demo company begins with them."""
    seeded = PostgresEngine(tmp_path, postgres_server)
    seeded.dbt(["seed", "--select", "dw_customer", "dw_sales_rep"], {})
    for table in ("dw_customer", "dw_sales_rep"):
        rows = []
        for engine, schema in ((postgres, "dw"), (seeded, f"{SCHEMA_OF_TESTS}_demo")):
            with closing(engine.connect()) as connection, connection.cursor() as cursor:
                cursor.execute(f"select * from {schema}.{table} order by 1")
                rows.append([tuple(map(str, row)) for row in cursor.fetchall()])
        assert rows[0] == rows[1] != []


def test_database_orders_text_by_locale(postgres: PostgresEngine) -> None:
    """Else the parity of these tables says nothing of the order of text."""
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("select datcollate from pg_database where datname = current_database()")
        if not cursor.fetchone()[0].startswith("en_US"):
            pytest.skip("this PostgreSQL server does not know the locale en_US")
        cursor.execute("select 'a' < 'B', 'a' collate \"C\" < 'B'")
        assert cursor.fetchall() == [(True, False)]


def test_filters_of_the_page_have_an_index(postgres: PostgresEngine) -> None:
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"""
            select tablename, (regexp_match(indexdef, '[(]([a-z_]+)[,)]'))[1]
            from pg_indexes
            where schemaname in ('{SCHEMA_OF_TESTS}_core', '{SCHEMA_OF_TESTS}_marts')
            """
        )
        indexed = set(cursor.fetchall())
    assert indexed >= INDEXED


def test_rows_lie_in_the_order_of_an_index(postgres: PostgresEngine) -> None:
    """Else a range index leads to the whole table, and a customer's rows lie on a page each."""
    expected = {
        *(("fct_invoice", "invoice_date"), ("fct_invoice_line", "invoice_date")),
        *((table, "customer_id") for table, layer in LARGE_TABLES.items() if layer == "marts"),
    }
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"""
            select tablename, attname, correlation
            from pg_stats
            where schemaname in ('{SCHEMA_OF_TESTS}_core', '{SCHEMA_OF_TESTS}_marts')
            """
        )
        found = {(table, column): correlation for table, column, correlation in cursor.fetchall()}
        cursor.execute(
            f"""
            select tablename
            from pg_indexes
            where
                schemaname = '{SCHEMA_OF_TESTS}_core'
                and lower(indexdef) like '%using brin (invoice_date)'
            """
        )
        assert set(cursor.fetchall()) == {("fct_invoice",), ("fct_invoice_line",)}
    assert {place: found[place] for place in expected if found[place] < 0.99999} == {}


def test_text_orders_by_code_point_in_every_public_table(postgres: PostgresEngine) -> None:
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"""
            select tables.table_name, columns.column_name, columns.collation_name
            from information_schema.columns as columns
            inner join information_schema.tables as tables
                using (table_schema, table_name)
            where
                columns.table_schema in ('{SCHEMA_OF_TESTS}_core', '{SCHEMA_OF_TESTS}_marts')
                and columns.data_type = 'text'
                and tables.table_type = 'BASE TABLE'
                and tables.table_name <> 'build_info'
            """
        )
        found = cursor.fetchall()
    assert len(found) > 90
    assert [row for row in found if row[2] != "C"] == []


def test_unit_tests_of_the_other_connector_pass(postgres: PostgresEngine, tmp_path: Path) -> None:
    """The demo company is one of dw alone; a unit test needs but the raw table's columns."""
    both = {**DEMO_FILES.variables, "connectors": ["dw", "online_retail"]}
    lines = tmp_path / "lines.csv"
    lines.write_text(f"{HEADER}\n{LINE}\n")
    postgres.load("online_retail", lines, both)
    postgres.dbt(["test", "--select", "path:models/staging/online_retail,test_type:unit"], both)


def test_a_constraint_in_a_contract_is_refused(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """A table that is created from its select cannot have one."""
    engine = PostgresEngine(tmp_path, postgres_server)
    engine.project = make_small_project(tmp_path)
    (engine.project / "macros").mkdir()
    copy(PROJECT / "macros" / "engines" / "create_table_as.sql", engine.project / "macros")
    (engine.project / "models" / "limited.sql").write_text(
        "{{ config(materialized='table') }} select cast(1 as int) as number"
    )
    (engine.project / "models" / "limited.yml").write_text(
        """
        models:
          - name: limited
            config: {contract: {enforced: true}}
            columns: [{name: number, data_type: int, constraints: [{type: not_null}]}]
        """
    )
    with pytest.raises(BuildFailed, match="limited has constraints in its contract"):
        engine.dbt(["run", "--select", "limited"], {})
