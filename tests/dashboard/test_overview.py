"""The overview's figures are those of the marts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open, figures
from tests.dashboard.tables import shown
from tests.warehouse.harness import Warehouse

AS_OF = date(2026, 6, 30)


def sums(published: Warehouse, first: date, last: date, location: str | None = None) -> Any:
    """What daily_sales and the invoices say of a period, both ends included."""
    of_location = f" and location_id = '{location}'" if location else ""
    [row] = published.query(
        f"""
        select
            sum(revenue) as revenue,
            cast(sum(order_count) as int) as orders,
            sum(revenue) / sum(order_count) as average,
            (
                select count(distinct customer_id) from opportunity_core.fct_invoice
                where sale_line_count > 0 and customer_id <> '__unknown__'
                and invoice_date between '{first}' and '{last}'{of_location}
            ) as customers,
            (
                select sum(margin_amount) / sum(costed_amount) from opportunity_core.fct_invoice
                where invoice_date between '{first}' and '{last}'{of_location}
            ) as margin
        from opportunity_marts.daily_sales
        where date_day between '{first}' and '{last}'{of_location}
        """
    )
    return row


def check(app: Any, now: Any, before: Any | None) -> None:
    """Fails unless the cards are these sums, and their changes those against the ones before."""
    cards = figures(app)
    assert cards["Revenue, EUR"] == f"{now['revenue']:,.0f}"
    assert cards["Orders"] == f"{now['orders']:,}"
    assert cards["Customers"] == f"{now['customers']:,}"
    assert cards["Average order, EUR"] == f"{now['average']:,.0f}"
    assert cards["Margin, % of revenue"] == f"{100 * now['margin']:.1f} %"
    changes = {metric.label: metric.delta for metric in app.metric}
    if before is None:
        assert set(changes.values()) == {""}
        return
    for label, key in (
        ("Revenue, EUR", "revenue"), ("Orders", "orders"), ("Customers", "customers"),
        ("Average order, EUR", "average"),
    ):  # fmt: skip
        assert changes[label] == f"{100 * (float(now[key]) / float(before[key]) - 1):+.1f} %"
    points = 100 * (float(now["margin"]) - float(before["margin"]))
    assert changes["Margin, % of revenue"] == f"{points:+.1f} points"


@pytest.mark.parametrize("days", [7, 90])
def test_a_period_is_beside_the_one_before_of_as_many_days(
    open_page: Open, published: Warehouse, days: int
) -> None:
    start = AS_OF - timedelta(days=days - 1)
    before = start - timedelta(days=days), start - timedelta(days=1)
    app = open_page("overview", period=f"{days}D")
    check(app, sums(published, start, AS_OF), sums(published, *before))


def test_all_of_time_has_nothing_before_it(open_page: Open, published: Warehouse) -> None:
    app = open_page("overview", period="All")
    check(app, sums(published, date(2024, 1, 1), AS_OF), None)


def test_a_location_is_followed_by_every_number(open_page: Open, published: Warehouse) -> None:
    app = open_page("overview", period="90D", location="L08", by="Category")
    start = AS_OF - timedelta(days=89)
    before = start - timedelta(days=90), start - timedelta(days=1)
    now = sums(published, start, AS_OF, "L08")
    check(app, now, sums(published, *before, "L08"))
    total = float(now["revenue"])
    for first_column in ("period_start", "name"):
        revenue = sum(row["revenue"] for row in shown(app, first_column))
        assert revenue == pytest.approx(total, abs=0.005), first_column


def test_days_chosen_by_hand_go_along_to_the_invoice_lines(open_page: Open) -> None:
    app = open_page("overview", period="Custom", start="2026-06-02", end="2026-06-20")
    assert any("2 Jun 2026 to 20 Jun 2026" in caption.value for caption in app.caption)
    (key,) = (frame.key for frame in app.dataframe if "revenue-by-region" in str(frame.key))
    app.session_state[str(key)] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.query_params["from"] == "2026-06-02" and app.query_params["to"] == "2026-06-20"


def test_top_products_are_those_of_the_mart(open_page: Open, published: Warehouse) -> None:
    expected = published.query(
        """
        select item_name, revenue from opportunity_marts.product_performance
        where is_product order by revenue desc, item_id limit 10
        """
    )
    app = open_page("overview", period="All")
    rows = shown(app, "name", number=1)
    assert [row["name"] for row in rows] == [row["item_name"] for row in expected]
    assert [row["revenue"] for row in rows] == [float(row["revenue"]) for row in expected]


def test_what_stands_out_is_of_the_viewers_customers(open_page: Open, published: Warehouse) -> None:
    [expected] = published.query(
        """
        select count(*) filter (churn_band = 'high') as high, avg(predicted_value) as average
        from opportunity_marts.customer_360 where sales_rep_id = 'R05'
        """
    )
    with patch.object(access, "viewer", lambda: access.Viewer("R05", "Ines", is_manager=False)):
        app = open_page("overview")
    cards = figures(app)
    assert cards["High churn risk, customers"] == str(expected["high"])
    assert cards["Average predicted value, EUR"] == f"{expected['average']:,.0f}"


def rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose ratios may be of decimals or of floats."""
    return [
        {key: round(value, 9) if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]


@pytest.mark.parametrize("since", [date(2024, 1, 2), date(2026, 4, 11), date(2027, 1, 1)])
@pytest.mark.parametrize(
    ("name", "location"),
    [
        (name.removesuffix("_OF_ALL"), location)
        for name in vars(queries)
        if re.fullmatch("(OVERVIEW|REVENUE|TOP_PRODUCTS).*_OF_ALL", name)
        # The items of a place are read from the lines for everybody.
        for location in (None, "L02")
        if location is None or not name.startswith("TOP_PRODUCTS")
    ],
)
@pytest.mark.usefixtures("published")
def test_sums_of_days_are_those_of_the_invoices(
    name: str, since: date, location: str | None
) -> None:
    """Whoever sees all reads other tables than who sees some, and would see the same in them."""

    def asked(kind: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = warehouse.read(
            warehouse.EVERYTHING, getattr(queries, f"{name}_OF_{kind}"), grain="month",
            since=since, start_date=max(since, date(2026, 5, 21)), end_date=AS_OF,
            location=location,
        ).to_pylist()  # fmt: skip
        return rounded(rows)

    assert asked("ALL") == asked("SOME")
    assert asked("ALL") or since > AS_OF
