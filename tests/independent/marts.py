"""Every mart by name, with the columns of its key."""

from __future__ import annotations

from collections.abc import Callable

from tests.independent import marts_baskets, marts_customers, marts_items, marts_sales
from tests.independent.marts_sales import Row
from tests.independent.star import Star

MARTS: dict[str, tuple[Callable[[Star], list[Row]], tuple[str, ...]]] = {
    "basket_pair": (marts_baskets.basket_pair, ("item_id_a", "item_id_b")),
    "basket_rule": (marts_baskets.basket_rule, ("from_item_id", "to_item_id")),
    "basket_triple_rule": (
        marts_baskets.basket_triple_rule,
        ("from_item_id_1", "from_item_id_2", "to_item_id"),
    ),
    "duplicate_item_pair": (marts_baskets.duplicate_item_pair, ("item_id_a", "item_id_b")),
    "category_penetration": (
        marts_customers.category_penetration,
        ("customer_id", "category_id"),
    ),
    "share_of_wallet": (marts_customers.share_of_wallet, ("customer_id",)),
    "churn_risk": (marts_customers.churn_risk, ("customer_id", "category_id")),
    "item_recommendation": (marts_items.item_recommendation, ("customer_id", "item_id")),
    "item_reorder_due": (marts_items.item_reorder_due, ("customer_id", "item_id")),
    "customer_rfm": (marts_customers.customer_rfm, ("customer_id",)),
    "cohort_retention": (marts_customers.cohort_retention, ("cohort_month", "cohort_index")),
    "customer_360": (marts_customers.customer_360, ("customer_id",)),
    "daily_sales": (marts_sales.daily_sales, ("date_day", "location_id", "channel_id")),
    "daily_category_sales": (
        marts_sales.daily_category_sales,
        ("date_day", "location_id", "category_id"),
    ),
    "daily_item_sales": (marts_sales.daily_item_sales, ("date_day", "item_id")),
    "daily_customers": (marts_sales.daily_customers, ("date_day", "previous_order_date")),
    "daily_region_sales": (
        marts_sales.daily_region_sales,
        ("date_day", "location_id", "region"),
    ),
    "hourly_sales": (marts_sales.hourly_sales, ("date_day", "location_id", "hour_of_day")),
    "revenue_by_channel": (marts_sales.revenue_by_channel, ("month_start", "channel_id")),
    "revenue_by_category": (marts_sales.revenue_by_category, ("month_start", "category_id")),
    "category_margin_monthly": (
        marts_sales.category_margin_monthly,
        ("month_start", "category_id"),
    ),
    "product_performance": (marts_sales.product_performance, ("item_id",)),
    "sales_by_hour": (marts_sales.sales_by_hour, ("hour_of_day",)),
    "sales_by_weekday": (marts_sales.sales_by_weekday, ("day_of_week",)),
}
