"""The customer page: its figures are the marts', and the lines that it links to add up to them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, queries, warehouse
from dashboard.layout import Period
from tests.dashboard.conftest import Open, figures
from tests.warehouse.harness import Warehouse

CUSTOMERS = ("C00254", "C00066", "C00904", "C00076")
NO_SUCH_CUSTOMER = "There is no such customer among yours. Find one by name or code above."


def of(published: Warehouse, customer: str, table: str = "customer_360") -> dict[str, Any]:
    (row,) = published.query(
        f"select * from opportunity_marts.{table} where customer_id = '{customer}'"
    )
    return row


def texts(app: AppTest) -> str:
    return "\n".join(
        str(getattr(element, "value", ""))
        for kind in ("title", "markdown", "caption", "info", "warning", "error")
        for element in app.get(kind)
    )


@contextmanager
def seen_by(viewer_id: str) -> Iterator[None]:
    viewer = access.Viewer(viewer_id, "Ines Corrado", is_manager=False)
    with patch.object(access, "viewer", return_value=viewer):
        yield


@contextmanager
def answers(change: Callable[[str, pa.Table], pa.Table]) -> Iterator[None]:
    """Let the page read something else than the warehouse holds."""
    read = warehouse.read

    def changed(viewer: str, sql: str, **values: warehouse.Value) -> pa.Table:
        return change(sql, read(viewer, sql, **values))

    with patch.object(warehouse, "read", changed):
        yield


def with_value(table: pa.Table, column: str, value: Any) -> pa.Table:
    place = table.column_names.index(column)
    return table.set_column(place, column, [[value] * table.num_rows])


def test_cards_are_those_of_customer_360(open_page: Open, published: Warehouse) -> None:
    mart = of(published, "C00254")
    value = of(published, "C00254", "customer_lifetime_value")
    app = open_page("customer", customer="C00254")
    shown = figures(app)
    assert shown["Spend, EUR"] == f"{mart['actual_spend']:,.0f}"
    assert shown["Orders"] == f"{mart['frequency']:,}"
    assert shown["Margin"] == f"{100 * mart['margin_ratio']:.1f} %"
    assert shown["Churn"] == f"{100 * mart['churn_probability']:.0f} %"
    assert shown["Predicted, EUR"] == f"{mart['predicted_value']:,.0f}"
    assert shown["At risk, EUR"] == f"{mart['value_at_risk']:,.2f}"
    assert shown["Gap to mean, EUR"] == f"{mart['opportunity_gap']:,.2f}"
    assert [metric.value for metric in app.metric if metric.label == "Peer gap, EUR"] == [
        f"{mart['peer_gap']:,.2f}"
    ] * 2
    (predicted,) = (metric for metric in app.metric if metric.label == "Predicted, EUR")
    assert predicted.proto.delta_description == (
        f"{value['predicted_lower']:,.0f} to {value['predicted_upper']:,.0f}"
    )
    (months,) = (frame.value for frame in app.dataframe if "Whole" in str(frame.proto.columns))
    assert sum(months["order_count"]) == mart["frequency"]
    assert sum(months["spend"]) == pytest.approx(float(mart["actual_spend"]))


def test_actions_are_shown_with_their_reason_unless_the_customer_is_left_alone(
    open_page: Open, published: Warehouse
) -> None:
    (action,) = published.query(
        """
        select customer_id, reason from opportunity_marts.next_best_action
        where not is_holdout and action_type = 'wallet_gap'
        order by expected_value desc, customer_id limit 1
        """
    )
    shown = texts(open_page("customer", customer=action["customer_id"]))
    assert action["reason"].rstrip(".") in shown.replace("\\", "")
    assert "Grow to the peers' level" in shown
    assert "left alone on purpose" in texts(open_page("customer", customer="C00254"))


def test_tabs_hold_the_rows_of_the_marts(open_page: Open, published: Warehouse) -> None:
    def counted(table: str, condition: str = "true") -> int:
        (row,) = published.query(
            f"select count(*) as n from opportunity_marts.{table}"
            f" where customer_id = 'C00254' and {condition}"
        )
        return int(row["n"])

    categories = open_page("customer", customer="C00254", show="Categories")
    changes, missing, bought = (frame.value for frame in categories.dataframe[-3:])
    assert len(changes) == counted("churn_risk")
    assert (
        sum(missing["state"] == "Never bought") == of(published, "C00254")["missing_category_count"]
    )
    assert len(bought) == counted("category_penetration", "has_category = 1")
    items = open_page("customer", customer="C00254", show="Items")
    offers, reorders = (frame.value for frame in items.dataframe[-2:])
    assert len(offers) == counted("item_recommendation")
    assert list(reorders["overdue_days"]) == [
        row["overdue_days"]
        for row in published.query(
            "select overdue_days from opportunity_marts.item_reorder_due"
            " where customer_id = 'C00254' order by rank"
        )
    ]
    invoices = open_page("customer", customer="C00254", show="Invoices").dataframe[-1].value
    assert len(invoices) == 119
    assert list(invoices["invoice_date"]) == sorted(invoices["invoice_date"], reverse=True)


def test_lapsed_categories_are_told_from_those_never_bought(
    open_page: Open, published: Warehouse
) -> None:
    (row,) = published.query(
        """
        select customer_id, count(*) as n from opportunity_marts.category_penetration
        where penetration_status = 'lapsed'
        group by customer_id order by n desc, customer_id limit 1
        """
    )
    app = open_page("customer", customer=row["customer_id"], show="Categories")
    (missing,) = (frame.value for frame in app.dataframe if "state" in frame.value.columns)
    assert sum(missing["state"] == "Bought before") == row["n"]


def test_a_customer_without_an_order_says_what_is_not_computed(open_page: Open) -> None:
    shown = texts(open_page("customer", customer="C00076"))
    assert "Not computed yet.** Churn: No order yet" in shown
    assert "No benchmark: Bought nothing in a category" in shown
    assert "Nothing has been invoiced to this customer yet" in shown


def test_a_foreign_customer_is_as_unknown_as_one_that_is_not_there(open_page: Open) -> None:
    with seen_by("R05"):
        foreign = open_page("customer", customer="C00254")
        unknown = open_page("customer", customer="' or 1 = 1 --")
    assert [info.value for info in foreign.info] == [NO_SUCH_CUSTOMER]
    assert texts(foreign) == texts(unknown)
    assert not foreign.metric
    assert not any("C00254" in option for box in foreign.selectbox for option in box.options)


def test_search_finds_by_name_and_code_and_the_choice_is_kept_in_the_address(
    open_page: Open, published: Warehouse
) -> None:
    app = open_page("customer")
    assert "No customer is chosen" in texts(app)
    assert len(app.selectbox[0].options) == 50
    assert app.selectbox[0].options == sorted(app.selectbox[0].options)
    app.text_input(key="find").set_value("c00254").run()
    assert app.selectbox[0].options == ["Velvet Mill Coffee House · C00254"]
    app.selectbox[0].set_value("C00254").run()
    assert app.query_params["customer"] == "C00254"
    assert app.title[0].value == "Velvet Mill Coffee House"
    app.text_input(key="find").set_value("no such name").run()
    assert app.selectbox[0].value == "C00254"
    app.selectbox[0].set_value(None).run()
    assert "customer" not in app.query_params
    assert "No customer is chosen" in texts(app)


def test_pages_that_were_left_are_let_go_of(open_page: Open) -> None:
    """Streamlit keeps the functions of each box for as long as a visit lasts."""
    app = open_page("customer", customer="C00254")

    def pages_in_memory() -> int:
        gc.collect()
        title = "Customer: who they are"
        return sum(
            type(one) is dict and str(one.get("__doc__")).startswith(title)
            for one in gc.get_objects()
        )

    before = pages_in_memory()
    titles = {app.title[0].value}
    for customer in ("C00001", "C00002", "C00003", "C00004", "C00005"):
        app.query_params["customer"] = customer
        app.run()
        titles.add(app.title[0].value)
    assert len(titles) == 6
    assert pages_in_memory() - before < 2


@pytest.mark.parametrize(
    "name",
    [
        "x" * 10_000,
        "'; drop table customer_360; --",
        "<script>alert(1)</script>",
        ":red[*a*] $x$ `b",
    ],
)
def test_any_name_is_shown_as_it_is(open_page: Open, name: str) -> None:
    def renamed(sql: str, table: pa.Table) -> pa.Table:
        named = sql in (queries.CUSTOMER, queries.CUSTOMER_MATCHES)
        return with_value(table, "customer_name", name) if named else table

    with answers(renamed):
        app = open_page("customer", customer="C00254")
    assert app.title[0].value.replace("\\", "") == (name if len(name) < 120 else "x" * 119 + "…")
    assert figures(app)["Orders"] == "111"


@pytest.mark.parametrize(
    "query", [queries.CUSTOMER_CHURN, queries.CUSTOMER_MATCHES], ids=["churn", "search"]
)
def test_a_failing_query_leaves_the_rest_of_the_page(open_page: Open, query: str) -> None:
    def failing(sql: str, table: pa.Table) -> pa.Table:
        if sql == query:
            raise warehouse.QueryFailed("The disk is gone.")
        return table

    with answers(failing):
        app = open_page("customer", customer="C00254", show="Categories")
    assert "The disk is gone" in app.error[0].value
    assert len(app.dataframe) >= 2
    assert figures(app)["Orders"] == "111"


def test_links_of_a_category_lead_to_the_lines_of_each_number(open_page: Open) -> None:
    app = open_page("customer", customer="C00254", show="Categories")
    (key,) = (frame.key for frame in app.dataframe if "change-by-category" in str(frame.key))
    app.session_state[str(key)] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    links = [link.proto.query_string for link in app.get("page_link")]
    assert sum("category=" in link for link in links) == 3
    assert any("from=2026-01-02&to=2026-04-01" in link for link in links)
    assert any("from=2026-04-02&to=2026-06-30" in link for link in links)


# --- The lines behind a number add up to it -------------------------------------------------------


@pytest.fixture(scope="module")
def sums(published: Warehouse) -> Iterator[Callable[..., dict[str, Any]]]:
    """What the page's own query says of linked lines, as decimals."""
    with duckdb.connect(str(published.path), read_only=True) as connection:
        connection.execute("set search_path = 'opportunity_core,opportunity_marts'")

        def totals(sql: str = queries.LINE_TOTALS, **address: Any) -> dict[str, Any]:
            values = dict.fromkeys(
                ("customer", "category", "item", "location", "channel", "region", "invoice", "kind")
            )
            values |= {"start_date": date(2024, 1, 2), "end_date": date(2026, 6, 30)}
            names = {"from": "start_date", "to": "end_date"}
            values |= {names.get(name, name): value for name, value in address.items()}
            used = {name: value for name, value in values.items() if f"${name}" in sql}
            (row,) = connection.sql(sql, params=used).to_arrow_table().to_pylist()
            return dict(row)

        yield totals


def many_customers(published: Warehouse) -> list[str]:
    """Every fiftieth customer, and some odd ones."""
    rows = published.query(
        "select customer_id from opportunity_marts.customer_360 order by customer_id"
    )
    return [*CUSTOMERS, *(row["customer_id"] for row in rows[::50])]


def test_the_lines_of_the_cards_add_up(
    sums: Callable[..., dict[str, Any]], published: Warehouse
) -> None:
    for customer in many_customers(published):
        mart = of(published, customer)
        assert (sums(customer=customer, kind="spend")["net_amount"] or 0) == mart["actual_spend"]
        assert sums(customer=customer, kind="sales")["invoice_count"] == mart["frequency"]
        assert sums(customer=customer)["margin_amount"] == mart["profit"]


def test_the_lines_of_a_category_add_up(
    sums: Callable[..., dict[str, Any]], published: Warehouse
) -> None:
    rows = published.query("select * from opportunity_marts.churn_risk order by customer_id")
    window = Period.last(90, date(2026, 6, 30))
    recent = {"from": window.start, "to": window.end}
    previous = {"from": window.previous_start, "to": window.previous_end}
    chosen = {*many_customers(published)}
    compared = [row for row in rows if row["customer_id"] in chosen]
    assert len(compared) > 30
    for row in compared:
        of_category = {
            "customer": row["customer_id"], "category": row["category_id"], "kind": "spend",
        }  # fmt: skip
        assert (sums(**of_category, **recent)["net_amount"] or 0) == row["recent_spend"]
        assert sums(**of_category, **previous)["net_amount"] == row["prev_spend"]
    for customer in CUSTOMERS:
        for row in published.query(
            f"select * from opportunity_marts.category_penetration where customer_id = '{customer}'"
        ):
            linked = sums(customer=customer, category=row["category_id"], kind="spend")
            assert (linked["net_amount"] or 0) == row["total_spend"]


def test_the_lines_of_months_and_invoices_add_up(
    sums: Callable[..., dict[str, Any]], published: Warehouse
) -> None:
    for customer in CUSTOMERS:
        with duckdb.connect(str(published.path), read_only=True) as connection:
            connection.execute("set search_path = 'opportunity_core,opportunity_marts'")
            values = {"customer": customer, "as_of_date": date(2026, 6, 30)}
            months, invoices = (
                connection.sql(sql, params=values).to_arrow_table().to_pylist()
                for sql in (queries.CUSTOMER_MONTHS, queries.CUSTOMER_INVOICES)
            )
        for month in months[-12:]:
            window = {"from": month["period_start"], "to": month["period_end"]}
            linked = sums(customer=customer, kind="spend", **window)
            assert (linked["net_amount"] or 0) == month["spend"]
            orders = sums(customer=customer, kind="sales", **window)["invoice_count"]
            assert orders == month["order_count"]
        for invoice in invoices[:20]:
            linked = sums(invoice=invoice["invoice_id"])
            assert (linked["net_amount"] or 0) == invoice["net_amount"]
            assert linked["line_count"] == invoice["line_count"]


@pytest.mark.parametrize("kind", [None, "spend"])
def test_whole_invoices_add_up_to_the_same_as_their_lines(
    sums: Callable[..., dict[str, Any]], kind: str | None
) -> None:
    for filters in ({}, {"region": "West"}, {"region": ""}, {"location": "L08", "channel": "WEB"}):
        by_invoice = sums(queries.LINE_TOTALS_OF_INVOICES, kind=kind, **filters)
        assert by_invoice == sums(queries.LINE_TOTALS, kind=kind, **filters)
