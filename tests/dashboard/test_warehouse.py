"""What the page reads: one viewer's rows, of one build, whatever is typed into it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import streamlit as st

from dashboard import warehouse
from tests.dashboard.conftest import published_at
from tests.warehouse.harness import PROJECT, Warehouse

TABLES_WITH_CUSTOMERS = """
select table_schema, table_name
from information_schema.columns
where column_name = 'customer_id' and table_schema in ('opportunity_core', 'opportunity_marts')
order by table_name
"""
REPS = [f"R0{number}" for number in range(1, 7)]


@pytest.fixture
def copied(published: Warehouse, tmp_path: Path) -> Iterator[Path]:
    """A link to a copy of the demo company, as `make build` publishes it."""
    (tmp_path / "first").mkdir()
    shutil.copy(published.path, tmp_path / "first" / published.path.name)
    link = tmp_path / published.path.name
    link.symlink_to(tmp_path / "first" / published.path.name)
    with published_at(link):
        yield link
    st.cache_resource.clear()


def seen_by(published: Warehouse) -> dict[str, set[str]]:
    """Each rep's customers by the raw list: their own, those below, for managers nobody's too."""
    lists = PROJECT / "seeds" / "demo"
    manager_of = {
        row["sales_rep_code"]: row["manager_code"]
        for row in csv.DictReader((lists / "dw_sales_rep.csv").open())
    }
    rep_of = {
        row["customer_id"]: row["sales_rep_id"]
        for row in published.query(
            "select customer_id, sales_rep_id from opportunity_core.dim_customer"
        )
    }

    def is_below(rep: str | None, viewer: str) -> bool:
        while rep:
            if rep == viewer:
                return True
            rep = manager_of.get(rep)
        return False

    return {
        viewer: {
            customer
            for customer, rep in rep_of.items()
            if is_below(rep, viewer) or (rep is None and viewer in manager_of.values())
        }
        for viewer in REPS
    }


def test_every_table_with_customers_holds_the_viewers_only(published: Warehouse) -> None:
    seen = seen_by(published)
    tables = [row["table_name"] for row in published.query(TABLES_WITH_CUSTOMERS)]
    assert {"fct_invoice_line", "customer_360", "next_best_action"} <= set(tables)
    for table in tables:
        for viewer in (*REPS, warehouse.NOTHING, "R99"):
            sql = f"select customer_id from {table} group by customer_id"
            found = set(warehouse.read(viewer, sql)["customer_id"].to_pylist())
            assert found <= seen.get(viewer, set()), (table, viewer)
    for viewer in REPS:
        found = set(warehouse.read(viewer, "select customer_id from dim_customer")[0].to_pylist())
        assert found == seen[viewer]
    everybody = warehouse.read(warehouse.EVERYTHING, "select customer_id from dim_customer")
    (there,) = published.query("select count(*) as customers from opportunity_core.dim_customer")
    assert everybody.num_rows == there["customers"]


def test_one_viewers_cached_rows_are_nobody_elses(published: Warehouse) -> None:
    sql = "select customer_id from customer_360"
    first, second = (set(warehouse.read(viewer, sql)[0].to_pylist()) for viewer in ("R05", "R06"))
    assert first and second and not first & second


TYPED = {
    "quote": "' or 1 = 1 --", "statement": "'; drop table dim_customer; --", "percent": "%",
    "placeholder": "$viewer", "everything": "*", "long": "x" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_what_is_typed_is_a_value(published: Warehouse, typed: str) -> None:
    sql = "select customer_id from dim_customer where customer_name = $name"
    assert warehouse.read("R05", sql, name=typed).num_rows == 0


def test_the_next_build_is_shown_once_it_is_published(copied: Path) -> None:
    sql = "select count(*) as n from dim_customer"
    before = warehouse.published()
    warehouse.read("*", sql)
    following = copied.parent / "second" / copied.name
    following.parent.mkdir()
    shutil.copy(copied.resolve(), following)
    with duckdb.connect(str(following)) as connection:
        connection.execute("update opportunity_core.build_info set build_id = 'the next'")
        connection.execute("delete from opportunity_core.dim_customer where customer_id = 'C00001'")
    (n,) = warehouse.read("*", sql)["n"].to_pylist()
    new_link = copied.parent / "link"
    new_link.symlink_to(following)
    new_link.replace(copied)
    warehouse.published.clear()  # as two seconds later
    assert warehouse.published().build_id == "the next" != before.build_id
    assert warehouse.read("*", sql)["n"].to_pylist() == [n - 1]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with (
        published_at(tmp_path / "nothing.duckdb"),
        pytest.raises(warehouse.QueryFailed, match="make build"),
    ):
        warehouse.read("*", "select 1 as one")
    st.cache_resource.clear()


def test_a_file_that_is_being_written_says_so(copied: Path) -> None:
    with duckdb.connect(str(copied.resolve())), pytest.raises(warehouse.QueryFailed):
        warehouse.read("*", "select 1 as one")


def test_a_query_that_fails_says_why(published: Warehouse) -> None:
    with pytest.raises(warehouse.QueryFailed, match="no_such_table"):
        warehouse.read("*", "select 1 from no_such_table")
