"""Customers: who is worth how much, who leaves, and what groups they fall into."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, count, money

POINTS_SHOWN, CUSTOMERS_SHOWN = 2000, 200

# What to do with customers, by the start of their bucket of expected spend.
STRATEGIES = {
    0: "Leave them to mail and web shop; a visit costs more than it can bring.",
    50: "Give one reason to come back: a reminder of what they are about to run out of.",
    100: "Widen what they buy: call about the first recommendation on their page.",
    250: "Keep the rhythm: call regularly, and visit when an order is late.",
    500: "Give them a rep who knows them, visits before they ask, and answers the same day.",
}

now = layout.frame()
unit = now.currency

# What every list says of a customer.
COLUMNS: dict[str, Column] = {
    "customer_name": Column("Customer"),
    "region": Column("Region"),
    "sales_rep_name": Column("Sales rep"),
    "last_purchase_date": Column("Last order", "date"),
    "frequency": Column("Orders", "count", "Of all time."),
    "monetary": Column(f"Monetary value, {unit}", "money", "Of all time."),
    "predicted_value": Column(f"Expected spend, {unit}", "money"),
}


def list_customers(
    table: pa.Table,
    total: int | None,
    columns: Mapping[str, Column],
    name: str,
    filters: Mapping[str, str],
    order: str,
) -> None:
    """Show customers, each of whom opens, and say how many of how many they are."""
    if total is not None and table.num_rows < total:
        st.caption(f"The first {table.num_rows:,} of {total:,} customers, by {order}.")
    layout.show(table, columns, name, filters, opens=layout.open_customer)


# --- Filters ----------------------------------------------------------------------------------

st.title("Customers", anchor=False)
asked: dict[str, str | None] = {"segment": None, "region": None, "location": None}
written: dict[str, str] = {}
with st.popover("Filters", icon=":material/tune:"), layout.section(""):
    places = layout.names(now.rows(queries.LOCATIONS), "location_id", "location_name")
    for label, key, options in (
        ("Segment", "segment", layout.values_of("customer_segment")),
        ("Region", "region", layout.values_of("region")),
        ("Location of most invoices", "location", places),
    ):
        asked[key] = layout.choose(label, options, key)
        if choice := asked[key]:
            written[label] = options[choice]
st.caption(
    " · ".join([
        f"Scores and totals are of all time, as of **{layout.day(now.as_of_date)}**",
        *(
            f"{layout.plain(name)} **{layout.plain(layout.short(value))}**"
            for name, value in written.items()
        ),
    ])
)  # fmt: skip

# --- Cards ------------------------------------------------------------------------------------

numbers: dict[str, Any] = {}
with layout.section(""):
    numbers = now.row(queries.CUSTOMERS_CARDS, **asked)
    is_churn_scored, is_value_scored = numbers["churn_scored_count"], numbers["value_scored_count"]
    with layout.cards():
        layout.card(
            "Customers", count(numbers["customer_count"]),
            help=f"{numbers['buyer_count']:,} of them have ordered at least once.",
        )  # fmt: skip
        layout.card(
            "At high risk", count(numbers["high_count"] if is_churn_scored else None),
            help="Customers in the churn band high: probably no order soon.",
        )  # fmt: skip
        layout.card(
            "Lapsed", count(numbers["lapsed_count"] if is_churn_scored else None),
            help="Customers whose last order is so long ago that they count as gone.",
        )  # fmt: skip
        layout.card(
            f"Average value, {unit}", money(numbers["average_predicted_value"]),
            help="Mean of what customers are expected to spend from now on, the predicted lifetime "
            f"value; of the {is_value_scored:,} who have one.",
        )  # fmt: skip

buyers, total = numbers.get("buyer_count"), numbers.get("customer_count")

# --- RFM --------------------------------------------------------------------------------------

with layout.section(
    "RFM segments",
    "Segments by recency, frequency and monetary value. Where the bar of revenue is longer than "
    "that of customers, the segment is worth more than its number; the more of its revenue a "
    "company has in At Risk and Cannot Lose, the more it stands to lose.",
):
    segments = now.ask(queries.RFM_SEGMENTS, **asked)
    if segments.num_rows:
        layout.chart(
            segments,
            charts.shares_by_name(
                segments, "rfm_segment",
                {"customer_share": "Customers", "revenue_share": "Revenue"},
            ),
            "Share of customers and of revenue by RFM segment",
            {
                "rfm_segment": Column("Segment"),
                "customer_count": Column("Customers", "count"),
                "customer_share": Column("Customers, %", "percent"),
                "revenue": Column(f"Revenue, {unit}", "money"),
                "revenue_share": Column("Revenue, %", "percent"),
                "average_recency_days": Column("Mean days since the last order", "number"),
                "average_frequency": Column("Mean orders", "number"),
                "average_predicted_value": Column(f"Mean expected spend, {unit}", "money"),
            },
            "rfm-segments", written,
        )  # fmt: skip
        sizes = {row["rfm_segment"]: row["customer_count"] for row in segments.to_pylist()}
        without_order = total - buyers if total is not None and buyers is not None else 0
        if without_order:
            sizes["No order yet"] = without_order
            st.caption(f"{without_order:,} more customers have no order yet and no segment.")
        rfm = layout.choose(
            "List the customers of", {name: name for name in sizes}, "rfm", "No segment"
        )
        if rfm:
            list_customers(
                now.ask(queries.CUSTOMERS_OF_RFM_SEGMENT, rfm=rfm, limit=CUSTOMERS_SHOWN, **asked),
                sizes[rfm], COLUMNS, "customers-of-segment", {**written, "RFM segment": rfm},
                "monetary value",
            )  # fmt: skip
    else:
        layout.empty("No customer that passes the filters has ordered, so there is no segment.")

with layout.section(
    "Recency and frequency",
    "Each point is a customer. Those on the left ordered lately, those at the top often; a bright "
    "point on the right was worth much and has gone quiet.",
):
    points = now.ask(queries.RECENCY_AND_FREQUENCY, limit=POINTS_SHOWN, **asked)
    if points.num_rows:
        if buyers and points.num_rows < buyers:
            st.caption(
                f"The {points.num_rows:,} of {buyers:,} customers with the highest monetary value."
            )
        layout.chart(
            points, charts.recency_and_frequency(unit),
            "Customers by days since the last order and number of orders",
            {
                "customer_name": Column("Customer"),
                "rfm_segment": Column("Segment"),
                "recency_days": Column("Days since the last order", "count"),
                "frequency": Column("Orders", "count"),
                "monetary": Column(f"Monetary value, {unit}", "money"),
            },
            "recency-and-frequency", written, opens=layout.open_customer,
        )  # fmt: skip
    else:
        layout.empty("No customer that passes the filters has ordered.")

# --- Whom to look at --------------------------------------------------------------------------

not_scored: list[dict[str, Any]] = []
with layout.section(""):
    not_scored = now.rows(queries.VALUE_NOT_SCORED, **asked)


def say_why_not_scored(what: str) -> None:
    """Say why no customer has a score."""
    if not_scored:
        layout.not_yet(f"{what} {layout.plain(not_scored[0]['not_scored_reason'])}")
    else:
        layout.empty("No customer passes the filters.")


with layout.section(
    "Lapsing customers",
    "Customers who have gone, or most likely order no more, the most valuable first. High: the "
    "probability of no order is high. Lapsed: the last order is too long ago to hope for another.",
):
    bands = {
        "high": ("High", numbers.get("high_count")),
        "lapsed": ("Lapsed", numbers.get("lapsed_count")),
    }
    if not numbers.get("churn_scored_count"):
        say_why_not_scored("No customer has a probability of leaving.")
    elif not (numbers["high_count"] or numbers["lapsed_count"]):
        layout.empty("Nobody that passes the filters is at high risk or lapsed.")
    else:
        band = layout.choose(
            "Churn band", {key: f"{name} ({size:,})" for key, (name, size) in bands.items()},
            "band", "High and lapsed",
        )  # fmt: skip
        lapsing = now.ask(queries.LAPSING_CUSTOMERS, band=band, limit=CUSTOMERS_SHOWN, **asked)
        list_customers(
            lapsing,
            sum(size or 0 for key, (_, size) in bands.items() if band in (None, key)),
            {
                "customer_name": Column("Customer"),
                "monetary": COLUMNS["monetary"],
                "last_purchase_date": COLUMNS["last_purchase_date"],
                "churn_band": Column("Churn band"),
                "churn_probability": Column("Probability of no order", "percent"),
                "reason_1": Column("Main reason"),
                "region": COLUMNS["region"],
                "sales_rep_name": COLUMNS["sales_rep_name"],
            },
            "lapsing-customers", {**written, "Churn band": bands[band][0] if band else "all"},
            "monetary value",
        )  # fmt: skip

with layout.section(
    "Whales",
    "The few customers, of the whole company, who are expected to spend the most.",
):
    whales = now.ask(queries.WHALES, limit=CUSTOMERS_SHOWN, **asked)
    if whales.num_rows:
        list_customers(
            whales, numbers.get("whale_count"),
            {
                "customer_name": Column("Customer"),
                "predicted_value": COLUMNS["predicted_value"],
                "monetary": COLUMNS["monetary"],
                "last_purchase_date": COLUMNS["last_purchase_date"],
                "frequency": COLUMNS["frequency"],
                "churn_probability": Column("Probability of no order", "percent"),
                "region": COLUMNS["region"],
                "sales_rep_name": COLUMNS["sales_rep_name"],
            },
            "whales", written, "expected spend",
        )  # fmt: skip
    elif numbers.get("value_scored_count"):
        layout.empty("None of the customers that pass the filters is a whale.")
    else:
        say_why_not_scored("No customer has an expected spend.")

# --- Lifetime value ---------------------------------------------------------------------------


def show_value_groups(by: str) -> None:
    """Show how many customers are worth how much, and list those of a group."""
    if by == "Tier":
        table = now.ask(queries.VALUE_TIERS, **asked)
        keys = table["value_tier"].to_pylist()
        labels = [str(key) for key in keys]
    else:
        table = now.ask(queries.VALUE_BUCKETS, **asked)
        keys = table["bucket_start"].to_pylist()
        labels = [
            f"{start:,} and more" if end is None else f"{start:,} to under {end:,}"
            for start, end in zip(keys, table["bucket_end"].to_pylist(), strict=True)
        ]
    table = layout.with_column(table, "name", labels)
    layout.chart(
        table, charts.bars_of_groups(table, "name", "customer_count", "Customers"),
        f"Customers by {by.lower()} of expected spend",
        {
            "name": Column(f"Expected spend, {unit}" if by == "Amount" else "Tier"),
            "customer_count": Column("Customers", "count"),
            "customer_share": Column("Customers, %", "percent"),
            "predicted_value": Column(f"Expected spend together, {unit}", "money"),
            "revenue": Column(f"Revenue of all time, {unit}", "money"),
            "revenue_share": Column("Revenue, %", "percent"),
        },
        f"customers-by-{by.lower()}", written,
    )  # fmt: skip
    for row in not_scored:
        st.caption(
            f"Not in it: {row['customer_count']:,} customers without a score. "
            f"{layout.plain(row['not_scored_reason'])}"
        )
    if by == "Amount":
        st.markdown(
            "\n".join(
                f"- **{label}** {unit}: {STRATEGIES[start]}"
                for start, label in zip(keys, labels, strict=True)
                if start in STRATEGIES
            )
        )
    names = {str(key): label for key, label in zip(keys, labels, strict=True)}
    chosen = layout.choose("List the customers of", names, "value", "No group")
    if chosen is None:
        return
    sizes = dict(zip(names, table["customer_count"].to_pylist(), strict=True))
    listed = (
        now.ask(queries.CUSTOMERS_OF_TIER, tier=chosen, limit=CUSTOMERS_SHOWN, **asked)
        if by == "Tier"
        else now.ask(
            queries.CUSTOMERS_OF_VALUE_BUCKET, bucket_start=int(chosen), limit=CUSTOMERS_SHOWN,
            **asked,
        )
    )  # fmt: skip
    if listed.num_rows:
        list_customers(
            listed, sizes[chosen], COLUMNS, "customers-of-group",
            {**written, by: names[chosen]}, "expected spend",
        )  # fmt: skip
    else:
        layout.empty("No customer is in this group.")


with layout.section(
    "Lifetime value",
    "How many customers are expected to spend how much from now on, within the horizon of the "
    "score. A bucket holds its lower end and not its upper one; a tier is a rank among all.",
):
    if numbers.get("value_scored_count"):
        by = st.segmented_control(
            "Group by", ["Amount", "Tier"], default="Amount", key="by", bind="query-params",
            required=True,
        )  # fmt: skip
        show_value_groups(by or "Amount")
    else:
        say_why_not_scored("No customer has an expected spend.")

# --- Orders in a period -----------------------------------------------------------------------

with layout.section(
    "Customers by orders in a period",
    "Healthy is a broad middle: most customers Regular or Loyal, a few VIP who do not bring all "
    "of the revenue, and each month some New who move up. Many in Once say that customers do not "
    "come back.",
):
    period = layout.choose_period("90D")
    of_period = {**asked, "start_date": period.start, "end_date": period.end}
    written_of_period = {"Period": period.text, **written}
    is_all = period.start <= now.first_date and period.end >= now.as_of_date
    groups = now.ask(
        queries.ORDER_GROUPS_OF_ALL_TIME if is_all else queries.ORDER_GROUPS, **of_period
    )
    group_sizes = {row["order_group"]: row["customer_count"] for row in groups.to_pylist()}
    with_order = sum(group_sizes.values())
    if with_order:
        layout.chart(
            groups, charts.bars_of_groups(groups, "order_group_name", "customer_count",
                                          "Customers"),
            "Customers by number of orders in the period",
            {
                "order_group_name": Column("Group"),
                "customer_count": Column("Customers", "count"),
                "customer_share": Column("Customers, %", "percent"),
                "order_count": Column("Orders", "count"),
                "spend": Column(f"Spend, {unit}", "money"),
            },
            "customers-by-orders", written_of_period,
        )  # fmt: skip
        if total is not None and total > with_order:
            st.caption(f"{total - with_order:,} more customers have no order from {period.text}.")
        group = layout.choose(
            "List the customers of", {name: name for name in group_sizes}, "group", "No group"
        )
        if group and group_sizes[group]:
            list_customers(
                now.ask(
                    queries.CUSTOMERS_OF_ORDER_GROUP_OF_ALL_TIME if is_all
                    else queries.CUSTOMERS_OF_ORDER_GROUP, order_group=group, limit=CUSTOMERS_SHOWN,
                    **of_period,
                ),
                group_sizes[group],
                {
                    "customer_name": Column("Customer"),
                    "order_count": Column("Orders in the period", "count"),
                    "spend": Column(f"Spend in the period, {unit}", "money"),
                    "first_purchase_date": Column("First order", "date"),
                    "last_purchase_date": Column("Last order", "date"),
                    "region": COLUMNS["region"],
                    "sales_rep_name": COLUMNS["sales_rep_name"],
                },
                "customers-of-order-group", {**written_of_period, "Group": group}, "spend",
            )  # fmt: skip
        elif group:
            layout.empty("No customer is in this group.")
    else:
        layout.empty(f"No customer that passes the filters ordered from {period.text}.")
