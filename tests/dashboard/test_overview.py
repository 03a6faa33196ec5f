"""The overview's figures are those of the marts."""

from __future__ import annotations

from tests.dashboard.conftest import Open, figures
from tests.warehouse.harness import Warehouse


def test_cards_of_all_time_are_the_sums_of_daily_sales(
    open_page: Open, published: Warehouse
) -> None:
    (sums,) = published.query(
        """
        select sum(revenue) as revenue, cast(sum(order_count) as int) as order_count,
            sum(revenue) / sum(order_count) as average_order_value
        from opportunity_marts.daily_sales
        """
    )
    shown = figures(open_page("overview", period="All"))
    assert shown["Revenue, EUR"] == f"{sums['revenue']:,.0f}"
    assert shown["Orders"] == f"{sums['order_count']:,}"
    assert shown["Average order, EUR"] == f"{sums['average_order_value']:,.0f}"
