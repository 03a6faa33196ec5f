"""My customers: one ranked list of what to do, and the customers that it is about."""

from typing import Any

import streamlit as st

from dashboard import layout, queries
from dashboard.layout import Column, count, money

ACTIONS_SHOWN, CUSTOMERS_SHOWN = 200, 200
CARD = 170  # two fit beside one another on a phone

now = layout.frame()
unit = now.currency
# A rep has one list, which the mart ranks; whoever sees several reps' lists sees them by value.
is_own_list = not (now.viewer.sees_all or now.viewer.is_manager)


def of(shown: int, total: int | None, things: str) -> str:
    """Say how many of how many are shown."""
    if total is None or shown >= total:
        return f"{shown:,} {things}."
    return f"The first {shown:,} of {total:,} {things}; search or filter to see others."


def brief(amount: float) -> str:
    """Return an amount that fits a narrow card: millions from a million up."""
    return money(amount) if abs(amount) < 1e6 else f"{amount / 1e6:,.2f} M"


st.title("My customers", anchor=False)

left, right = st.columns([3, 1], vertical_alignment="bottom")
searched = left.text_input(
    "Search", key="search", bind="query-params", type="search", max_chars=200,
    placeholder="Customer name or code",
)  # fmt: skip
search = (searched or "").strip() or None
chosen: dict[str, str | None] = {"search": search}
written: dict[str, str] = {"Search": search} if search else {}

with right.popover("Filters", icon=":material/tune:", width="stretch"), layout.section(""):
    categories = layout.names(now.rows(queries.CATEGORIES), "category_id", "category_name")
    kinds = layout.names(now.rows(queries.ACTION_KINDS), "action_type", "kind_name")
    for label, key, options in (
        ("Region", "region", layout.values_of("region")),
        ("Segment", "segment", layout.values_of("customer_segment")),
        ("RFM segment", "rfm", layout.values_of("rfm_segment")),
        ("Category of the action", "category", categories),
        ("Kind of action", "kind", kinds),
    ):
        chosen[key] = layout.choose(label, options, key)
        if choice := chosen[key]:
            written[label] = options[choice]

asked = {"region": None, "segment": None, "rfm": None, "category": None, "kind": None, **chosen}
if written:
    st.caption(
        "Only: " + " · ".join(
            f"{layout.plain(name)} **{layout.plain(layout.short(value))}**"
            for name, value in written.items()
        )
    )  # fmt: skip

numbers: dict[str, Any] = {}
with layout.section(""):
    numbers = now.row(queries.CUSTOMERS_TOTALS, **asked)
    numbers |= now.row(queries.ACTIONS_TOTALS, **asked)
    with layout.cards():
        layout.card(
            "Customers", count(numbers["customer_count"]),
            help="Customers that pass the search and the filters for customers.", width=CARD,
        )  # fmt: skip
        layout.card(
            "Actions", count(numbers["action_count"]),
            help="Things to do for these customers, of the chosen category and kind. Customers "
            "who are held out have none.", width=CARD,
        )  # fmt: skip
        layout.card(
            f"Expected, {unit}", brief(numbers["expected_value"]),
            help="What is at stake in these actions together, times its probability: margin where "
            "the cost is known, else revenue. Actions for one customer can be about the same "
            "money, so it is no forecast of the sum.", width=CARD,
        )  # fmt: skip
        layout.card(
            f"Value at risk, {unit}", brief(numbers["value_at_risk"]),
            help="By how much these customers' spend has fallen in the categories at risk.",
            width=CARD,
        )  # fmt: skip


def show_actions() -> None:
    """Show the ranked list."""
    table = now.ask(queries.ACTIONS, is_own_list=is_own_list, limit=ACTIONS_SHOWN, **asked)
    shown = of(table.num_rows, numbers.get("action_count"), "actions")
    said = []
    if table.num_rows:
        said.append(shown)
    else:
        layout.empty("There is nothing to do here: no action passes the search and the filters.")
    if held_out := numbers.get("held_out_customer_count"):
        said.append(
            f"{held_out:,} more customers, with {numbers['held_out_action_count']:,} actions, are "
            "held out: leave them alone, so that what acting brings can be measured."
        )
    if said:
        st.caption(" ".join(said))
    if table.num_rows:
        columns = {
            "place": Column(
                "Rank", "count",
                "Place on your list. Missing places are customers held out, or filtered away."
                if is_own_list else "Place by expected value among the actions shown.",
            ),
            "customer_name": Column("Customer"),
            "what_to_do": Column("What to do"),
            "expected_value": Column(f"Expected value, {unit}", "money"),
            "probability": Column("Probability", "percent"),
            "reason": Column("Reason"),
            "suggested_quantity": Column("Quantity, units", "number", "Usual quantity of the item"),
            "expires_on": Column("Valid until", "date"),
            **({} if is_own_list else {"sales_rep_name": Column("Sales rep")}),
            "region": Column("Region"),
        }  # fmt: skip
        layout.show(
            table, columns, "actions", {**written, "Shown": shown}, opens=layout.open_customer
        )


def show_customers_instead() -> None:
    """Show what there is to know about the customers while no action is there."""
    reasons = "; ".join(
        f"{row['reason'].rstrip('.')} ({row['customer_count']:,} customers)"
        for row in now.rows(queries.ACTIONS_MISSING_REASONS)
    )
    layout.not_yet(
        "There is no action for these customers. "
        + (f"What the scores say: {layout.plain(reasons)}. " if reasons else "")
        + "Until there is, the list goes by value at risk and by the gap to peers."
    )
    table = now.ask(queries.CUSTOMERS_TO_LOOK_AT, limit=ACTIONS_SHOWN, **asked)
    if not table.num_rows:
        layout.empty("No customer passes the search and the filters.")
        return
    shown = of(table.num_rows, numbers.get("customer_count"), "customers")
    st.caption(shown)
    columns = {
        "customer_name": Column("Customer"),
        "value_at_risk": Column(f"Value at risk, {unit}", "money"),
        "peer_gap": Column(f"Gap to peers, {unit}", "money", "Empty: no benchmark"),
        "item_name": Column("Item to offer first"),
        "reason": Column("Reason"),
        **({} if is_own_list else {"sales_rep_name": Column("Sales rep")}),
        "region": Column("Region"),
    }  # fmt: skip
    layout.show(
        table, columns, "customers-to-look-at", {**written, "Shown": shown},
        opens=layout.open_customer,
    )  # fmt: skip


with layout.section(
    "What to do",
    (
        "Your list, the most valuable action first. "
        if is_own_list
        else "The actions of all customers that you see, by expected value. "
    )
    + f"As of {layout.day(now.as_of_date)}. Choose a row to open the customer.",
):
    if numbers.get("has_customers") is False:
        layout.empty("There is no customer here that you may see.")
    elif numbers.get("has_actions") is False:
        show_customers_instead()
    else:
        show_actions()

with layout.section(
    "All customers",
    "By name; the search and the filters for customers hold here too. "
    "Choose a row to open the customer.",
):
    customers = now.ask(queries.CUSTOMER_LIST, limit=CUSTOMERS_SHOWN, **asked)
    if customers.num_rows:
        shown = of(customers.num_rows, numbers.get("customer_count"), "customers")
        st.caption(shown)
        layout.show(
            customers,
            {
                "customer_name": Column("Customer"),
                "region": Column("Region"),
                "customer_segment": Column("Segment"),
                "rfm_segment": Column("RFM segment", help="Empty: no purchase yet"),
                "last_purchase_date": Column("Last purchase", "date"),
                "value_at_risk": Column(f"Value at risk, {unit}", "money"),
                "peer_gap": Column(f"Gap to peers, {unit}", "money", "Empty: no benchmark"),
                "churn_probability": Column(
                    "Churn probability", "percent", "Of no order soon. Empty: not computed"
                ),
                "is_holdout": Column("Held out", "yes_no", "Leave alone, to measure by"),
                **({} if is_own_list else {"sales_rep_name": Column("Sales rep")}),
                "customer_id": Column("Code"),
            },
            "customers", {**written, "Shown": shown}, opens=layout.open_customer,
        )  # fmt: skip
    else:
        layout.empty("No customer passes the search and the filters.")
