"""Top lists: the largest opportunities, gaps and risks across all customers, one list at a time."""

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import layout, queries
from dashboard.layout import Column, count, money

SHOWN = 50
BASKETS_PAGE = "views/baskets.py"
WHO = {"sales_rep_name": Column("Sales rep"), "region": Column("Region")}
HELD_OUT = {
    "is_holdout": Column("Held out", "yes_no", "Leave alone, so that what acting brings can be "
                         "measured"),
}  # fmt: skip

now = layout.frame()
unit = now.currency


def first_of(table: pa.Table, total: int, things: str) -> str:
    """Say how many of how many are shown."""
    shown = table.num_rows
    return (
        f"{shown:,} {things}." if shown >= total else f"The first {shown:,} of {total:,} {things}."
    )


def show(table: pa.Table, columns: dict[str, Column], name: str, said: str, **written: str) -> None:
    """Show a list of customers, any of whom can be opened."""
    st.caption(said)
    layout.show(table, columns, name, {**written, "Shown": said}, opens=layout.open_customer)


def opportunities() -> None:
    """Show the actions with the largest expected value."""
    totals = now.row(queries.TOP_OPPORTUNITIES_TOTALS)
    if not totals["action_count"]:
        layout.not_yet("There is no action yet: My customers says why.")
        return
    table = now.ask(queries.ACTIONS, is_own_list=False, limit=SHOWN, **queries.NO_ACTION_FILTER)
    said = first_of(table, totals["total"], "actions")
    if totals["held_out_customer_count"]:
        said += (
            f" {totals['held_out_customer_count']:,} customers are held out and have none: leave "
            "them alone, so that what acting brings can be measured."
        )
    if not table.num_rows:
        layout.empty(said)
        return
    columns = {
        "customer_name": Column("Customer"),
        "what_to_do": Column("What to do"),
        "expected_value": Column(f"Expected value, {unit}", "money"),
        "probability": Column("Probability", "percent"),
        "reason": Column("Reason"),
        "suggested_quantity": Column("Quantity, units", "number"),
        "expires_on": Column("Valid until", "date"),
        **WHO,
    }
    show(table, columns, "largest-opportunities", said)


def gaps() -> None:
    """Show who spends least of what is to be had."""
    against = st.segmented_control(
        "Against", ["Peers", "Mean (baseline)"], default="Peers", key="against",
        bind="query-params", required=True,
        help="Peers are customers alike in region, RFM segment and main category. The mean of all "
        "customers is the plain baseline: most customers lie below it.",
    ) or "Peers"  # fmt: skip
    by_peers = against == "Peers"
    totals = now.row(queries.TOP_GAPS_TOTALS, by_peers=by_peers)
    if by_peers and totals["customer_count"] and not totals["scored_count"]:
        layout.not_yet(
            f"No customer has a benchmark. One reason: {layout.plain(totals['reason'])} "
            "The gap to the mean is there."
        )
        return
    table = now.ask(queries.TOP_GAPS, by_peers=by_peers, limit=SHOWN)
    if not table.num_rows:
        layout.empty(f"No customer spends less than {'their peers' if by_peers else 'the mean'}.")
        return
    of_peers = {
        "peer_gap": Column(
            f"Gap to peers, {unit}", "money", "Over the days in which peers are compared"
        ),
        "peer_benchmark_spend": Column(
            f"Benchmark of peers, {unit}", "money", "The quantile of their spend that the build "
            "names",
        ),
    }  # fmt: skip
    of_all = {"opportunity_gap": Column(f"Gap to the mean (baseline), {unit}", "money")}
    columns = {
        "customer_name": Column("Customer"),
        **(of_peers | of_all if by_peers else of_all | of_peers),
        "actual_spend": Column(f"Spend so far, {unit}", "money", "Since the beginning"),
        "peer_group": Column("Peers"),
        "peer_customer_count": Column("Number of peers", "count"),
        **WHO, **HELD_OUT,
    }  # fmt: skip
    if by_peers:
        said = first_of(table, totals["total"], "customers who spend less than their peers")
        without = totals["customer_count"] - totals["scored_count"]
        if without:
            said += f" {without:,} have no benchmark. One reason: {layout.plain(totals['reason'])}"
    else:
        said = first_of(table, totals["total"], "customers who spend less than the mean")
        said += f" The mean is {money(totals['avg_spend'])} {unit} a customer, since the beginning."
    show(table, columns, "wallet-gaps", said, Against=against)


def category_risks() -> None:
    """Show the categories in which customers buy less often than chance would have it."""
    totals = now.row(queries.TOP_CATEGORY_RISKS_TOTALS)
    if totals["row_count"] and not totals["scored_count"]:
        layout.not_yet(
            f"None of {count(totals['row_count'])} categories of customers can be judged. "
            f"One reason: {layout.plain(totals['reason'])}"
        )
        return
    table = now.ask(queries.TOP_CATEGORY_RISKS, limit=SHOWN)
    judged = (
        f"{count(totals['scored_count'])} of {count(totals['row_count'])} could be judged; "
        "the others have too few purchases to tell chance from change."
    )
    if not table.num_rows:
        layout.empty(f"No category of a customer is at risk. {judged}")
        return
    columns = {
        "customer_name": Column("Customer"),
        "category_name": Column("Category"),
        "value_at_risk": Column(f"Value at risk, {unit}", "money", "Previous less recent spend"),
        "prev_spend": Column(f"Previous spend, {unit}", "money"),
        "recent_spend": Column(f"Recent spend, {unit}", "money"),
        "drop_pct": Column("Drop", "percent"),
        "reason": Column("Reason"),
        **WHO, **HELD_OUT,
    }  # fmt: skip
    said = first_of(table, totals["total"], "categories of customers at risk")
    said += f" Value at risk of all: {money(totals['value_at_risk'])} {unit}. {judged}"
    show(table, columns, "categories-at-risk", said)


def customer_risks() -> None:
    """Show who is likely to order no more, the most spend first."""
    totals = now.row(queries.TOP_CUSTOMER_RISKS_TOTALS)
    if totals["customer_count"] and not totals["scored_count"]:
        layout.not_yet(
            f"No customer has a churn probability. One reason: {layout.plain(totals['reason'])}"
        )
        return
    table = now.ask(queries.TOP_CUSTOMER_RISKS, limit=SHOWN)
    gone = f"{count(totals['lapsed_count'])} have lapsed already, and are not listed."
    if not table.num_rows:
        layout.empty(f"No customer is at high risk. {gone}")
        return
    columns = {
        "customer_name": Column("Customer"),
        "expected_revenue": Column(
            f"Spend at stake, {unit}", "money",
            "Last year's spend brought to the churn horizon, times the probability. Empty: the "
            "last order is no longer ago than usual",
        ),
        "churn_probability": Column("Churn probability", "percent"),
        "reason": Column("Reason"),
        "last_purchase_date": Column("Last purchase", "date"),
        "actual_spend": Column(f"Spend so far, {unit}", "money"),
        "predicted_value": Column(f"Predicted spend, {unit}", "money"),
        **WHO, **HELD_OUT,
    }  # fmt: skip
    said = f"{first_of(table, totals['total'], 'customers at high risk')} {gone}"
    show(table, columns, "customers-at-risk", said)


def reorders() -> None:
    """Show the items that customers usually have bought again by now."""
    totals = now.row(queries.TOP_REORDERS_TOTALS)
    table = now.ask(queries.TOP_REORDERS, limit=SHOWN)
    if not table.num_rows:
        layout.empty("No reorder is due.")
        return
    if not totals["scored_count"]:
        layout.not_yet(
            f"What a reorder brings is not known. One reason: {layout.plain(totals['reason'])}"
        )
    columns = {
        "customer_name": Column("Customer"),
        "item_name": Column("Item"),
        "expected_revenue": Column(f"Expected revenue, {unit}", "money"),
        "purchase_probability": Column("Probability", "percent"),
        "suggested_quantity": Column("Quantity, units", "number"),
        "due_date": Column("Due since", "date"),
        "overdue_days": Column("Days overdue", "count"),
        "last_invoice_date": Column("Last bought", "date"),
        "reason": Column("Reason"),
        **WHO, **HELD_OUT,
    }  # fmt: skip
    show(table, columns, "due-reorders", first_of(table, totals["total"], "reorders that are due"))


def open_item(row: dict[str, Any]) -> None:
    """Go to what is bought with the item of a rule."""
    layout.go_to(BASKETS_PAGE, {"item": row["from_item_id"]})


def rules() -> None:
    """Show which items are bought together most beyond chance."""
    totals = now.row(queries.TOP_RULES_TOTALS)
    table = now.ask(queries.TOP_RULES, limit=SHOWN)
    if not table.num_rows:
        layout.empty("No pair of items is bought together often enough for a rule.")
        return
    st.caption(
        f"{first_of(table, totals['total'], 'rules')} {count(totals['significant_count'])} are "
        f"significant. Found in {count(totals['total_basket_count'])} baskets of all customers."
    )
    columns = {
        "rule_rank": Column("Rank", "count"),
        "from_item_name": Column("Who buys"),
        "to_item_name": Column("also buys"),
        "adjusted_lift": Column("Lift", "number", "Baskets with both, over those of chance"),
        "confidence": Column("Confidence", "percent", "Of baskets with the first item"),
        "basket_count": Column("Baskets with both", "count"),
        "expected_count": Column("Expected by chance", "number", "Knows the sizes of baskets"),
        "from_basket_count": Column("Baskets with the first", "count"),
        "to_basket_count": Column("Baskets with the second", "count"),
        "q_value": Column("False-discovery rate", "number"),
        "is_significant": Column("Significant", "yes_no"),
    }
    layout.show(table, columns, "strongest-rules", opens=open_item)


def most_valuable() -> None:
    """Show who is expected to spend most."""
    totals = now.row(queries.TOP_CUSTOMERS_TOTALS)
    if totals["customer_count"] and not totals["total"]:
        layout.not_yet(
            f"No customer has a predicted value. One reason: {layout.plain(totals['reason'])}"
        )
        return
    table = now.ask(queries.TOP_CUSTOMERS, limit=SHOWN)
    if not table.num_rows:
        layout.empty("There is no customer here.")
        return
    columns = {
        "customer_name": Column("Customer"),
        "predicted_value": Column(f"Predicted spend, {unit}", "money"),
        "is_whale": Column("Whale", "yes_no", "Among the few of highest predicted spend of all"),
        "value_tier": Column("Tier"),
        "actual_spend": Column(f"Spend so far, {unit}", "money"),
        "last_purchase_date": Column("Last purchase", "date"),
        "churn_probability": Column("Churn probability", "percent"),
        **WHO,
    }
    said = first_of(table, totals["total"], "customers with a predicted value")
    show(table, columns, "most-valuable", f"{said} {count(totals['whale_count'])} are whales.")


LISTS = {
    "Opportunities": (
        opportunities, "Largest opportunities",
        "What to do, by expected value: margin where the cost is known, else revenue.",
    ),
    "Wallet gaps": (
        gaps, "Largest wallet gaps",
        "How much more customers would spend if they were like others.",
    ),
    "Category risks": (
        category_risks, "Categories at risk",
        "Where customers buy less often than before, beyond chance and season.",
    ),
    "Customer risks": (
        customer_risks, "Customers at risk",
        "Who is likely to order no more, by the spend that is at stake.",
    ),
    "Reorders": (
        reorders, "Due reorders",
        "What customers usually buy again and have not yet, by expected revenue.",
    ),
    "Rules": (
        rules, "Strongest rules",
        "What is bought together, by how far beyond chance. Choose a row to see more of the item.",
    ),
    "Most valuable": (
        most_valuable, "Most valuable customers", "Who is expected to spend most.",
    ),
}  # fmt: skip

st.title("Top lists", anchor=False)
name = st.segmented_control(
    "List", list(LISTS), default="Opportunities", key="list", bind="query-params", required=True,
    label_visibility="collapsed",
) or "Opportunities"  # fmt: skip
show_list, title, how_to_read = LISTS[name]
with layout.section(title, f"{how_to_read} As of {layout.day(now.as_of_date)}."):
    show_list()
