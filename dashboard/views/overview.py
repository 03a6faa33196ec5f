"""Overview: what was sold in a period beside the one before, where, and what stands out."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, count, day, money, percent

now = layout.frame()
unit = now.currency

st.title("Overview", anchor=False)
filters_left, filters_right = st.columns([3, 1])
with filters_left:
    period = layout.choose_period()
with filters_right:
    location_id, location_name = layout.choose_location()
asked = {**period.values, "since": period.start, "location": location_id}
written = {"Period": period.text, "Location": location_name}
of_all = now.viewer.sees_all  # who reads the sums of days in place of invoices
of_lines = {"from": period.start, "to": period.end, "location": location_id}


def write_change(key: str, change: float | None) -> str | None:
    """Write the change against the period before, in percent or, of a ratio, in points."""
    if change is None:
        return None
    return f"{100 * change:+.1f} {'points' if key.endswith('_ratio') else '%'}"


with layout.section("", f"{period.text}, beside the {period.days} days before."):
    totals = queries.OVERVIEW_CARDS_OF_ALL if of_all else queries.OVERVIEW_CARDS_OF_SOME
    found = now.rows(totals, **{**asked, "since": period.previous_start})
    figures = found[0] if found else {}
    if not figures:
        layout.empty("Nothing was invoiced in this period and place.")
    numbers: list[tuple[str, str, Callable[[float | None], str], str]] = [
        (f"Revenue, {unit}", "revenue", money, "Net amount of all lines, returns deducted."),
        ("Orders", "order_count", count, "Invoices with a sale."),
        ("Customers", "customer_count", count, "Known customers with an order."),
        (f"Average order, {unit}", "average_order_value", money, "Revenue over orders."),
        ("Margin, % of revenue", "margin_ratio", lambda ratio: percent(ratio, 1),
         "Margin over revenue of the lines whose cost is known, "
         f"{percent(figures.get('costed_ratio'))} of all revenue."),
    ]  # fmt: skip
    with layout.cards():
        for label, key, write, help_text in numbers:
            change = write_change(key, figures.get(f"{key}_change"))
            before = write(figures.get(f"{key}_before"))
            layout.card(
                label, write(figures.get(key)), change=change, help=help_text,
                note=f"was {before}" if change else "nothing to compare with",
            )  # fmt: skip
    layout.link_to_lines("The invoice lines behind these numbers", **of_lines)

with layout.section(
    "What stands out",
    f"Scores are of {day(now.as_of_date)}, whatever the period above.",
):
    insights = now.row(queries.INSIGHTS)
    reasons = {row["score_name"]: row for row in now.rows(queries.NOT_SCORED_REASONS)}
    with layout.cards():
        if insights["churn_scored_count"]:
            layout.card(
                "High churn risk, customers", count(insights["high_risk_count"]),
                note=f"of {count(insights['churn_scored_count'])} with a score",
                help="Customers whose churn_probability is high, who have not lapsed yet.",
            )  # fmt: skip
        if insights["value_scored_count"]:
            layout.card(
                f"Average predicted value, {unit}", money(insights["average_predicted_value"]),
                note=f"of {count(insights['value_scored_count'])} with a score",
                help="Mean of what customers are expected to spend within the score's horizon.",
            )  # fmt: skip
    for name, scored in (("churn", "churn_scored_count"), ("value", "value_scored_count")):
        if not insights[scored] and name in reasons:
            layout.not_yet(f"No {name} score: {layout.plain(reasons[name]['not_scored_reason'])}")
    opportunities = now.ask(
        queries.ACTIONS, is_own_list=False, limit=5, **queries.NO_ACTION_FILTER
    )  # fmt: skip
    if opportunities.num_rows:
        st.markdown("**The largest opportunities**")
        layout.show(
            opportunities,
            {
                "customer_name": Column("Customer"),
                "what_to_do": Column("What to do"),
                "sales_rep_name": Column("Sales rep"),
                "expected_value": Column(f"Expected value, {unit}", "money"),
                "reason": Column("Why"),
            },
            "largest-opportunities", opens=layout.open_customer,
        )  # fmt: skip
    else:
        layout.empty("No action is worth its time at the moment.")

with layout.section(
    f"Revenue and orders, {unit}",
    "Bars are revenue (left axis), the line is orders (right axis). A pale bar is a period that is "
    "not whole.",
):
    grain = "day" if period.days <= 92 else "week" if period.days <= 370 else "month"
    trend = now.ask(
        queries.OVERVIEW_TREND_OF_ALL if of_all else queries.OVERVIEW_TREND_OF_SOME,
        grain=grain, **asked,
    )  # fmt: skip
    if trend.num_rows:
        layout.chart(
            trend, charts.revenue_and_orders(grain, unit), "Revenue and orders over time",
            {
                "period_start": Column(f"{grain.capitalize()} from", "date"),
                "revenue": Column(f"Revenue, {unit}", "money"),
                "order_count": Column("Orders", "count"),
                "is_complete": Column("Whole", "yes_no"),
            },
            "revenue-and-orders", written,
        )  # fmt: skip
    else:
        layout.empty("Nothing was invoiced in this period and place.")

with layout.section("Where revenue comes from", "Each bar is a part of the period's revenue."):
    views = {
        "Region": (queries.REVENUE_BY_REGION_OF_SOME, queries.REVENUE_BY_REGION_OF_ALL),
        "Location": (queries.REVENUE_BY_LOCATION_OF_SOME, queries.REVENUE_BY_LOCATION_OF_ALL),
        "Category": (queries.REVENUE_BY_CATEGORY_OF_SOME, queries.REVENUE_BY_CATEGORY_OF_ALL),
        "Channel": (queries.REVENUE_BY_CHANNEL_OF_SOME, queries.REVENUE_BY_CHANNEL_OF_ALL),
    }
    by = st.segmented_control(
        "By", list(views), default="Region", key="by", bind="query-params", required=True
    )
    parts = now.ask(views[by or "Region"][of_all], **asked)

    def open_part(row: dict[str, Any]) -> None:
        """Open the invoice lines of a bar."""
        key = str(by).lower()
        part = {key: row.get("region" if key == "region" else f"{key}_id") or ""}
        layout.open_lines(**{**of_lines, **part})

    if parts.num_rows:
        layout.chart(
            parts, charts.bars_by_name(parts, "name", "revenue", f"Revenue, {unit}"),
            f"Revenue by {by}",
            {"name": Column(str(by)), "revenue": Column(f"Revenue, {unit}", "money")},
            f"revenue-by-{str(by).lower()}", written, opens=open_part,
        )  # fmt: skip
    else:
        layout.empty("Nothing was invoiced in this period and place.")

with layout.section("Top products", "The ten products with the most revenue of the period."):
    products = now.ask(
        queries.TOP_PRODUCTS_OF_ALL
        if of_all and location_id is None
        else queries.TOP_PRODUCTS_OF_SOME,
        **asked,
    )
    if products.num_rows:
        layout.chart(
            products, charts.bars_by_name(products, "name", "revenue", f"Revenue, {unit}"),
            "Revenue of the ten top products",
            {
                "name": Column("Product"),
                "revenue": Column(f"Revenue, {unit}", "money"),
                "quantity": Column("Quantity", "count"),
                "order_count": Column("Orders", "count"),
            },
            "top-products", written,
            opens=lambda row: layout.open_lines(item=row["item_id"], **of_lines),
        )  # fmt: skip
    else:
        layout.empty("No product was invoiced in this period and place.")

with layout.section(
    "Sales to take along", "One row a day, location and product: for a spreadsheet of your own."
):
    layout.offer_query(
        queries.SALES_EXPORT, asked, "sales-by-day-location-product", written,
        {
            "invoice_date": Column("Date", "date"), "location_name": Column("Location"),
            "item_name": Column("Product"), "quantity": Column("Quantity", "number"),
            "revenue": Column(f"Revenue, {unit}", "money"),
            "order_count": Column("Orders", "count"),
        },
    )  # fmt: skip
