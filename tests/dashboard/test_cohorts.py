"""The cohorts page counts for each viewer what cohort_retention counts for the company."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open, figures
from tests.dashboard.tables import answers, shown
from tests.warehouse.harness import Warehouse


def ask(sql: str, viewer: str = warehouse.EVERYTHING, **values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.read(viewer, sql, **values).to_pylist()
    return rows


def cell(
    cohort: tuple[int, int], index: int, size: int, active: int, is_complete: bool = True
) -> dict[str, Any]:
    year, month = cohort
    months = year * 12 + month - 1 + index
    return {
        "cohort_month": date(year, month, 1), "cohort_index": index,
        "period_month": date(months // 12, months % 12 + 1, 1), "cohort_size": size,
        "active_customers": active, "retention_rate": active / size, "revenue": 10.0 * active,
        "margin": None if active == 0 else 3.0, "is_complete": is_complete,
    }  # fmt: skip


@contextmanager
def company_of(cells: list[dict[str, Any]]) -> Iterator[None]:
    """Let the queries of whole cohorts read a cohort_retention of other cells."""
    read = warehouse.read
    of_cells = (queries.COHORTS_OF_ALL, queries.COHORTS_TOGETHER_OF_ALL)
    schema = read(warehouse.EVERYTHING, queries.COHORTS_OF_ALL).schema
    mart = pa.Table.from_pylist(cells, schema=schema)

    def answered(viewer: str, sql: str, **values: warehouse.Value) -> pa.Table:
        if sql not in of_cells:
            return read(viewer, sql, **values)
        with duckdb.connect() as connection:
            connection.register("cohort_retention", mart)
            return connection.sql(sql, params=values).to_arrow_table()

    with patch.object(warehouse, "read", answered):
        yield


def drawn(app: AppTest, place: int) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(app.get("vega_lite_chart")[place].proto.spec)
    return spec


def test_counted_by_customer_equals_the_mart_in_every_cell(published: Warehouse) -> None:
    of_all, counted = ask(queries.COHORTS_OF_ALL), ask(queries.COHORTS_OF_SOME)
    assert len(of_all) > 400
    ratios = [row.pop("retention_rate") for row in counted]
    assert ratios == pytest.approx([row.pop("retention_rate") for row in of_all], abs=1e-11)
    for row in (*of_all, *counted):
        row["revenue"] = round(row["revenue"], 4)
        row["margin"] = row["margin"] and round(row["margin"], 4)
    assert counted == of_all


def test_cohorts_together_are_the_sums_of_their_complete_cells(published: Warehouse) -> None:
    """The same counted by customer; and never of a month that is not over."""
    span: dict[str, Any] = {"latest": 3, "earlier": 12}
    of_all = ask(queries.COHORTS_TOGETHER_OF_ALL, **span)
    assert ask(queries.COHORTS_TOGETHER_OF_SOME, **span) == of_all
    complete = [row for row in ask(queries.COHORTS_OF_ALL) if row["is_complete"]]
    assert [row["cohort_index"] for row in of_all] == sorted({c["cohort_index"] for c in complete})
    for row in of_all:
        cells = [cell for cell in complete if cell["cohort_index"] == row["cohort_index"]]
        for name, some in (("latest", cells[-3:]), ("earlier", cells[-15:-3])):
            bought, size = (
                sum(cell[column] for cell in some) for column in ("active_customers", "cohort_size")
            )
            assert (row[f"{name}_active"] or 0, row[f"{name}_size"] or 0) == (bought, size)
            assert row[f"{name}_rate"] == (pytest.approx(bought / size) if some else None)
            months = [row[f"{name}_first"], row[f"{name}_last"]] if some else []
            assert months == [cell["cohort_month"] for cell in (some[:1] + some[-1:])]
        assert row["active_customers"] == sum(cell["active_customers"] for cell in cells)
        assert row["cohort_size"] == sum(cell["cohort_size"] for cell in cells)
        assert row["retention_rate"] == row["active_customers"] / row["cohort_size"]


def test_a_rep_sees_cohorts_of_their_own_customers(open_page: Open, published: Warehouse) -> None:
    expected = published.query(
        """
        with own as (
            select invoices.customer_id, cast(date_trunc('month', invoice_date) as date) as month
            from opportunity_core.fct_invoice as invoices
            inner join opportunity_core.customer_access as access
                on invoices.customer_id = access.customer_id and access.viewer_id = 'R05'
            where sale_line_count > 0
            group by all
        ),
        firsts as (select customer_id, min(month) as cohort from own group by customer_id)
        select cohort, month, count(*) as n
        from own inner join firsts using (customer_id) group by all
        """
    )
    viewer = access.Viewer("R05", "Ines Corrado", is_manager=False)
    with patch.object(access, "viewer", return_value=viewer):
        app = open_page("cohorts", cohort="2024-01")
    cells = shown(app, "cohort_month")
    assert {
        (row["cohort_month"], row["period_month"]): row["active_customers"]
        for row in cells if row["active_customers"]
    } == {(row["cohort"], row["month"]): row["n"] for row in expected}  # fmt: skip
    # Cells without anybody are there, up to the clock, and cohorts of others are not.
    cohorts = {row["cohort"] for row in expected}
    assert {row["cohort_month"] for row in cells} == cohorts
    assert len(cells) == sum((2026 - cohort.year) * 12 + 6 - cohort.month + 1 for cohort in cohorts)
    customers = shown(app, "customer_name")
    assert {row["sales_rep_name"] for row in customers} == {"Ines Corrado"}


def test_customers_of_a_cell_make_up_its_numbers(published: Warehouse) -> None:
    for cells in ([row] for row in ask(queries.COHORTS_OF_ALL)[::41]):
        (row,) = cells
        values = {
            "first_cohort": row["cohort_month"], "last_cohort": row["cohort_month"],
            "index": row["cohort_index"], "limit": 1000,
        }  # fmt: skip
        listed = ask(queries.COHORT_CUSTOMERS, bought=None, **values)
        assert len(listed) == row["cohort_size"]
        assert sum(customer["is_active"] for customer in listed) == row["active_customers"]
        assert sum(customer["spend"] for customer in listed) == pytest.approx(row["revenue"])
        assert sum(customer["margin_amount"] or 0 for customer in listed) == pytest.approx(
            row["margin"] or 0
        )
        bought = ask(queries.COHORT_CUSTOMERS, bought="yes", **values)
        assert len(bought) == row["active_customers"] and all(c["is_active"] for c in bought)
        did_not = ask(queries.COHORT_CUSTOMERS, bought="no", **values)
        assert len(bought) + len(did_not) == len(listed)
        for some in (listed, bought, did_not):
            assert {customer["matching_count"] for customer in some} <= {len(some)}


CELLS = [
    *(cell((2025, month), 0, 10, 10) for month in range(1, 7)),
    *(cell((2025, month), 1, 10, month) for month in range(1, 6)),
    cell((2025, 6), 1, 10, 9, is_complete=False),
    cell((2025, 1), 2, 10, 0),
]
CELLS.sort(key=lambda row: (row["cohort_month"], row["cohort_index"]))


def test_cards_add_up_complete_cells_of_the_latest_cohorts(
    open_page: Open, published: Warehouse
) -> None:
    """Of month 1 the latest with the whole month behind them are March to May, 3 + 4 + 5 of 30,
    beside January and February, 1 + 2 of 20; June's 9 of 10 are not over."""
    with company_of(CELLS):
        app = open_page("cohorts")
        assert figures(app) == {"Bought in month 1": "40 %", "Bought in month 2": "0 %"}
        first, second = app.metric
        assert first.delta == "+25 points" and "12 of the 30 customers" in first.help
        assert "of Mar 2025 to May 2025; before, 3 of the 20 of Jan 2025 to Feb 2025" in first.help
        assert second.delta in ("", None)
        app.button(key="card-1").click().run()
        assert dict(app.query_params) == {"cohort": "latest", "since": "1", "who": "no"}
        assert any("Of 30 customers who first ordered in Mar 2025 to May 2025, 12" in text.value
                   for text in app.caption)  # fmt: skip


def test_months_that_are_not_over_are_marked_and_in_no_curve(
    open_page: Open, published: Warehouse
) -> None:
    with company_of(CELLS):
        app = open_page("cohorts", measure="Margin", across="Calendar month")
    heatmap = drawn(app, 0)
    assert heatmap["encoding"]["x"]["field"] == "month"
    assert heatmap["layer"][0]["encoding"]["color"]["field"] == "margin"
    assert heatmap["layer"][0]["encoding"]["color"]["title"] == "Margin, EUR"
    assert heatmap["layer"][1]["encoding"]["shape"]["scale"]["domain"] == [
        "Month is not over", "No line with a known cost",
    ]  # fmt: skip
    assert len(shown(app, "cohort_month")) == len(CELLS)  # and no cell of the future
    mean = [row for row in shown(app, "line") if row["line"] == "All cohorts"]
    assert [(row["cohort_index"], row["active_customers"], row["cohort_size"]) for row in mean] == [
        (0, 60, 60), (1, 15, 50), (2, 0, 10),
    ]  # fmt: skip


def test_states(open_page: Open, published: Warehouse) -> None:
    with company_of([cell((2026, 6), 0, 3, 3, is_complete=False)]):
        app = open_page("cohorts")
        assert "Cohorts need several months of data" in app.warning[0].value
        assert not app.get("vega_lite_chart")
    with company_of([]):
        app = open_page("cohorts")
        assert "No customer has ordered yet" in app.info[0].value
    with answers(COHORTS_OF_ALL=warehouse.QueryFailed("no_such_table")):
        app = open_page("cohorts")
        assert "This could not be read" in app.error[0].value
    with answers(COHORTS_TOGETHER_OF_ALL=warehouse.QueryFailed("no_such_table")):
        app = open_page("cohorts")
        assert len(app.error) == 2 and len(app.get("vega_lite_chart")) == 1
    with company_of([cell((2026, 5), 0, 3, 3), cell((2026, 5), 1, 3, 3, False)]):
        app = open_page("cohorts", cohort="latest")
        assert "No cohort has a whole month after its first one" in app.warning[0].value
        assert "No cohort has this month behind it" in app.info[0].value


def test_a_cell_of_the_address_lists_its_customers(open_page: Open, published: Warehouse) -> None:
    (expected,) = published.query(
        """
        select cohort_size, active_customers, revenue from opportunity_marts.cohort_retention
        where cohort_month = date '2024-03-01' and cohort_index = 5
        """
    )
    app = open_page("cohorts", cohort="2024-03", since="5", who="yes")
    rows = shown(app, "customer_name")
    assert len(rows) == expected["active_customers"]
    assert not any("The first" in caption.value for caption in app.caption)
    text = f"Of {expected['cohort_size']} customers who first ordered in Mar 2024, {len(rows)} "
    assert any(text in caption.value for caption in app.caption)
