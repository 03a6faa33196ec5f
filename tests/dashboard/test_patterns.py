"""Hours, days and seasons are counted as the marts count them, for whoever looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open
from tests.dashboard.tables import answers, shown
from tests.warehouse.harness import Row, Warehouse

# The demo company's clock is 30 June 2026, and its first invoice of 2 January 2024: of the thirty
# whole months the last twenty-four are two whole years.
SEASON = "month_start between date '2024-07-01' and date '2026-06-01'"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
REP = "R05"
OF_REP = (
    "customer_id in (select customer_id from opportunity_core.customer_access "
    f"where viewer_id = '{REP}')"
)


@contextmanager
def as_rep() -> Iterator[None]:
    """Look as a rep."""
    with patch.object(access, "viewer", lambda: access.Viewer(REP, "Rep", is_manager=False)):
        yield


def hour_name(hour: int | None) -> str:
    """How the page writes an hour."""
    return "No time" if hour is None else f"{hour:02d}:00 to {hour:02d}:59"


def counted(rows: list[Any], slot: str, names: Any) -> dict[str, tuple[Any, int, int]]:
    """Revenue, orders and days with an order by the slot's name."""
    return {
        names(row[slot]): (
            round(float(row["revenue"]), 4),
            row["order_count"],
            row["trading_day_count"],
        )
        for row in rows
    }


def hours(rows: list[Any]) -> dict[str, tuple[Any, int, int]]:
    """By hour."""
    return counted(rows, "hour_of_day", hour_name)


def weekdays(rows: list[Any]) -> dict[str, tuple[Any, int, int]]:
    """By day of the week."""
    return counted(rows, "day_of_week", lambda day: DAYS[day - 1])


def of_page(app: AppTest, column: str) -> dict[str, tuple[Any, int, int]]:
    """The same as the page shows them."""
    return {
        row[column]: (round(row["revenue"], 4), row["order_count"], row["trading_day_count"])
        for row in shown(app, column)
    }


def invoices(published: Warehouse, slot: str, condition: str) -> list[Row]:
    """The invoices counted by a slot."""
    return published.query(
        f"""
        select {slot} as slot, sum(net_amount) as revenue,
            count(case when sale_line_count > 0 then 1 end) as order_count,
            count(distinct case when sale_line_count > 0 then invoice_date end) as trading_day_count
        from opportunity_core.fct_invoice
        where line_count > 0 and {condition}
        group by slot
        """
    )


def seasons(rows: list[Any]) -> dict[tuple[str, str], Any]:
    """Revenue by category and calendar month."""
    return {
        (row["category_name"], row["month_name"]): pytest.approx(float(row["revenue"]), abs=1e-6)
        for row in rows
    }


def test_of_all_time_and_places_hours_and_days_are_those_of_the_marts(
    open_page: Open, published: Warehouse
) -> None:
    app = open_page("patterns", period="All")
    assert of_page(app, "hour_name") == hours(published.rows("marts.sales_by_hour"))
    assert of_page(app, "weekday") == weekdays(published.rows("marts.sales_by_weekday"))
    (row,) = [row for row in shown(app, "weekday") if row["weekday"] == "Monday"]
    assert row["orders_per_trading_day"] == pytest.approx(
        row["order_count"] / row["trading_day_count"]
    )


def test_seasons_are_the_months_of_revenue_by_category(
    open_page: Open, published: Warehouse
) -> None:
    app = open_page("patterns")
    months = published.query(
        f"""
        select categories.category_name, extract(month from sales.month_start) as calendar_month,
            sum(sales.revenue) as revenue, bool_and(sales.is_complete) as is_complete
        from opportunity_marts.revenue_by_category as sales
        inner join opportunity_core.dim_category as categories using (category_id)
        where {SEASON} group by all
        """
    )
    assert all(row["is_complete"] for row in months)
    for row in months:
        row["month_name"] = MONTHS[row["calendar_month"] - 1]
    rows = shown(app, "category_name")
    assert {(row["category_name"], row["month_name"]): row["revenue"] for row in rows} == {
        (category, month): seasons(months).get((category, month), 0)
        for category in {row["category_name"] for row in months}
        for month in MONTHS
    }
    whole = {
        category: sum(row["revenue"] for row in months if row["category_name"] == category)
        for category in {row["category_name"] for row in months}
    }
    peaks = {
        (row["category_name"], row["month_name"])
        for row in months
        if 6 * row["revenue"] >= whole[row["category_name"]]
        and row["category_name"] != "Uncategorised"
    }
    assert peaks == {(row["category_name"], row["month_name"]) for row in rows if row["is_peak"]}
    (sentence,) = [text.value for text in app.markdown if text.value.startswith("Seasonal")]
    assert peaks
    for category in whole:
        assert (f"**{category}**" in sentence) == (category in {name for name, _ in peaks})
    assert all(
        row["month_share"] == pytest.approx(row["revenue"] / float(whole[row["category_name"]]))
        for row in rows
    )


def test_of_everybody_invoices_add_up_to_the_marts(published: Warehouse) -> None:
    values: dict[str, Any] = {
        "start_date": date(2024, 1, 2), "end_date": date(2026, 6, 30), "location": None,
    }  # fmt: skip

    def asked(sql: str) -> list[Row]:
        rows: list[Row] = warehouse.read(warehouse.EVERYTHING, sql, **values).to_pylist()
        return rows

    marts = published.rows("marts.sales_by_hour")
    assert hours(asked(queries.SALES_BY_HOUR_OF_SOME)) == hours(marts)
    assert hours(asked(queries.SALES_BY_HOUR_OF_ALL)) == hours(marts)
    of_all = asked(queries.SALES_BY_WEEKDAY_OF_SOME)
    assert weekdays(of_all) == weekdays(published.rows("marts.sales_by_weekday"))
    for location in (None, "L02"):
        values["location"] = location
        rows = asked(queries.SALES_BY_WEEKDAY_OF_ALL)
        assert weekdays(rows) == weekdays(asked(queries.SALES_BY_WEEKDAY_OF_SOME))
        assert hours(asked(queries.SALES_BY_HOUR_OF_ALL)) == hours(
            asked(queries.SALES_BY_HOUR_OF_SOME)
        )
        assert asked(queries.SEASONALITY_OF_ALL) == [
            {**row, "month_share": pytest.approx(row["month_share"])}
            for row in asked(queries.SEASONALITY_OF_SOME)
        ]
    assert weekdays(rows) != weekdays(of_all)


def test_period_and_location_are_followed(open_page: Open, published: Warehouse) -> None:
    app = open_page("patterns", period="90D", location="L02", measure="Revenue")
    condition = "invoice_date between date '2026-04-02' and date '2026-06-30'"
    rows = invoices(published, "hour(invoice_at)", f"{condition} and location_id = 'L02'")
    assert of_page(app, "hour_name") == counted(rows, "slot", hour_name)
    busiest = max(rows, key=lambda row: row["revenue"])
    said = [text.value for text in app.markdown if text.value.startswith("Busiest")]
    assert said[0] == f"Busiest: {hour_name(busiest['slot'])}, {busiest['revenue']:,.0f} EUR."
    (link,) = [link for link in app.get("page_link") if "behind both" in link.proto.label]
    assert link.proto.query_string == "from=2026-04-02&to=2026-06-30&location=L02"
    (lines,) = published.query(
        """
        select sum(net_amount) as revenue from opportunity_core.fct_invoice_line
        where location_id = 'L02' and invoice_date between '2024-07-01' and '2026-06-30'
        """
    )
    assert sum(row["revenue"] for row in shown(app, "category_name")) == pytest.approx(
        float(lines["revenue"])
    )


def test_a_rep_sees_their_own_customers_only(open_page: Open, published: Warehouse) -> None:
    with as_rep():
        app = open_page("patterns", period="All", category="Tea")
    rows = invoices(published, "isodow(invoice_date)", OF_REP)
    assert of_page(app, "weekday") == counted(rows, "slot", lambda day: DAYS[day - 1])
    rows = invoices(published, "hour(invoice_at)", OF_REP)
    assert of_page(app, "hour_name") == counted(rows, "slot", hour_name)
    months = published.query(
        f"""
        select categories.category_name, extract(month from sales.invoice_month) as calendar_month,
            sum(sales.net_amount) as revenue
        from opportunity_marts.invoice_category as sales
        inner join opportunity_core.dim_category as categories using (category_id)
        where sales.{OF_REP} and {SEASON.replace("month_start", "sales.invoice_month")}
        group by all
        """
    )
    expected = {
        (row["category_name"], MONTHS[row["calendar_month"] - 1]): float(row["revenue"])
        for row in months
    }
    for row in shown(app, "category_name"):
        key = (row["category_name"], row["month_name"])
        assert row["revenue"] == pytest.approx(expected.get(key, 0), abs=1e-6)
    tea = published.query(
        f"""
        select cast(date_trunc('month', invoice_date) as date) as month_start,
            sum(net_amount) as revenue
        from opportunity_core.fct_invoice_line
        where category_id = 'Tea' and {OF_REP} group by all order by all
        """
    )
    assert [(row["month_start"], row["revenue"]) for row in shown(app, "month_start")] == [
        (row["month_start"], pytest.approx(float(row["revenue"]))) for row in tea
    ]


def test_invoices_without_a_time_are_counted_apart(open_page: Open) -> None:
    timed = {"hour_of_day": 9, "revenue": 10.0, "order_count": 2, "trading_day_count": 1}
    untimed = {"hour_of_day": None, "revenue": 990.0, "order_count": 7, "trading_day_count": 3}
    with answers(SALES_BY_HOUR_OF_ALL=[timed, untimed]):
        app = open_page("patterns")
    assert [row["hour_name"] for row in shown(app, "hour_name")] == [
        "09:00 to 09:59", "No time",
    ]  # fmt: skip
    assert any(
        "7 more orders, 990 EUR, are on invoices without a time" in caption.value
        for caption in app.caption
    )
    with answers(SALES_BY_HOUR_OF_ALL=[untimed]):
        app = open_page("patterns")
    assert any("bears a time" in info.value for info in app.info)


def test_less_than_twelve_whole_months_have_no_seasons_yet(open_page: Open) -> None:
    clock = {"as_of_date": date(2026, 6, 29), "first_invoice_date": date(2025, 7, 15)}
    with answers(FRAME=[{**clock, "currency_code": "EUR"}]):
        app = open_page("patterns")
    (warning,) = app.warning
    assert "need 12 whole months, and there are 11, from" in warning.value
    assert not shown(app, "category_name")
    clock["as_of_date"] = date(2026, 6, 30)  # and the first month counts as the marts count it
    with answers(FRAME=[{**clock, "currency_code": "EUR"}]):
        assert shown(open_page("patterns"), "category_name")


def test_an_empty_period_says_so(open_page: Open) -> None:
    with answers(SALES_BY_HOUR_OF_ALL=[], SALES_BY_WEEKDAY_OF_ALL=[], SEASONALITY_OF_ALL=[]):
        app = open_page("patterns", period="7D")
    assert len(app.info) == 3
    assert not app.error
