"""Customer: who they are, what to talk about, and every number with the lines behind it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, count, day, money, percent, plain, short

now = layout.frame()
unit = now.currency
STATES = {"never": "Never bought", "lapsed": "Bought before", "active": "All returned"}
CARD = 165  # pixels: two cards stand side by side on a phone


@st.fragment
def choose_customer(chosen: Mapping[str, Any]) -> None:
    """Ask for a customer: the box lists those that the search finds, fifty at most."""
    place = st.popover("Another customer", icon=":material/search:") if chosen else st.container()
    choice = chosen.get("customer_id")
    with place, layout.section(""):
        search = st.text_input(
            "Find a customer", key="find", placeholder="Part of a name or code", type="search",
            live=True, max_chars=200, width=360,
        )  # fmt: skip
        found = now.rows(queries.CUSTOMER_MATCHES, search=(search or "").strip() or None)
        names = {row["customer_id"]: row["customer_name"] for row in found}
        matches = found[0]["match_count"] if found else 0
        listed = f"{count(matches)} by name"
        if matches > len(found):
            listed = f"the first {len(found)} of {count(matches)} by name"
        if chosen and chosen["customer_id"] not in names:
            names = {chosen["customer_id"]: chosen["customer_name"], **names}
        # Streamlit keeps what labels a box for as long as a visit lasts: a function of this page
        # would keep all that the page showed.
        labels = {key: f"{short(name, 80)} · {short(key, 40)}" for key, name in names.items()}
        choice = st.selectbox(
            f"Customer ({listed})", list(labels), filter_mode="contains", width=360, index=None,
            format_func=labels.__getitem__,
            placeholder="Choose a customer" if labels else "Nobody is called so",
            key="customer", on_change=layout.put_in_address, args=("customer",),
        )  # fmt: skip
    if choice != chosen.get("customer_id"):
        st.rerun()


asked_id = st.query_params.get("customer", "")
customer: Mapping[str, Any] = {}
is_read = False
with layout.section(""):
    customer = now.row(queries.CUSTOMER, customer=asked_id) if asked_id else {}
    is_read = True
if not customer:
    st.title("Customer", anchor=False)
st.session_state["customer"] = customer.get("customer_id")
choose_customer(customer)
if not customer:
    if asked_id and is_read:
        layout.empty("There is no such customer among yours. Find one by name or code above.")
    elif is_read:
        layout.empty("No customer is chosen. Find one by name or code above.")
    st.stop()

customer_id: str = customer["customer_id"]
written = {"Customer": f"{customer['customer_name']} ({customer_id})"}


def open_lines(**filters: object) -> None:
    """Go to invoice lines of this customer."""
    layout.open_lines(customer=customer_id, **filters)


def days_ago(days: int) -> str:
    """Return how long ago a day was, in words."""
    return {0: "that day", 1: "1 day ago"}.get(days, f"{days} days ago")


# --- Who ----------------------------------------------------------------------------------------

st.title(plain(short(customer["customer_name"], 120)), anchor=False)
place = [part for part in (customer["region"], customer["country"]) if part]
facts = [
    customer_id if customer_id != customer["customer_name"] else None,
    customer["customer_segment"],
    ", ".join(place) or "no region",
    f"rep {customer['sales_rep_name']}" if customer["sales_rep_name"] else "no sales rep",
    customer["location_name"],
    f"since {day(customer['sign_up_date'] or customer['first_purchase_date'])}"
    if customer["sign_up_date"] or customer["first_purchase_date"]
    else None,
    f"last order {day(customer['last_purchase_date'])}, {days_ago(customer['recency_days'])}"
    if customer["last_purchase_date"]
    else "no order yet",
]
st.markdown(" · ".join(plain(short(fact)) for fact in facts if fact))
marks = [
    ("blue", customer["rfm_segment"]),
    ("gray", f"Revenue class {customer['abc_revenue']}"),
    ("gray", f"Profit class {customer['abc_profit']}" if customer["abc_profit"] else None),
    ("violet", f"{customer['value_tier']} value" if customer["value_tier"] else None),
    ("violet", "Whale" if customer["is_whale"] else None),
]
st.markdown(" ".join(f":{color}-badge[{plain(short(mark))}]" for color, mark in marks if mark))

# --- Numbers ------------------------------------------------------------------------------------

at_risk = customer["at_risk_category_count"]
cards: list[tuple[str, str, str, str]] = [
    (f"Spend, {unit}", money(customer["actual_spend"]), "net, of all time",
     "Net amount of all sale and return lines."),
    ("Orders", count(customer["frequency"]), "of all time", "Invoices with a sale line."),
    ("Margin", percent(customer["margin_ratio"], 1),
     "no cost is known" if customer["profit"] is None else f"{money(customer['profit'])} {unit}",
     "Margin over revenue, and in money, of the lines whose cost is known."),
    ("Churn", percent(customer["churn_probability"]), customer["churn_band"] or "not computed yet",
     "Probability that no order comes within the horizon of the score. Its band is low, medium, "
     "high, or lapsed where the last order is long ago."),
    (f"Predicted, {unit}", money(customer["predicted_value"]),
     "not computed yet" if customer["predicted_value"] is None
     else "no range yet" if customer["predicted_lower"] is None
     else f"{money(customer['predicted_lower'])} to {money(customer['predicted_upper'])}",
     "Expected spend within the horizon of the score, and the range in which the spend of most "
     "customers of like prediction fell."),
    (f"At risk, {unit}", money(customer["value_at_risk"]),
     f"{at_risk} {'category' if at_risk == 1 else 'categories'}",
     "What was spent less than before in the categories at risk: see Categories below."),
    (f"Peer gap, {unit}", money(customer["peer_gap"]),
     "no benchmark" if customer["peer_gap"] is None
     else f"against {count(customer['peer_customer_count'])} peers",
     "What the customer would spend more to reach its peers: see Spend and peers below."),
]  # fmt: skip
with layout.cards():
    for label, value, note, meaning in cards:
        layout.card(label, value, note=note, help=meaning, width=CARD)
with st.container(horizontal=True):
    layout.link_to_lines("Lines of the spend", customer=customer_id, kind="spend")
    layout.link_to_lines("Lines of the orders", customer=customer_id, kind="sales")
    if customer["profit"] is not None:
        layout.link_to_lines("Lines of the margin", customer=customer_id)

if customer["churn_not_scored_reason"] or customer["value_not_scored_reason"]:
    missing = {
        "Churn": customer["churn_not_scored_reason"],
        "Predicted spend": customer["value_not_scored_reason"],
    }
    layout.not_yet(
        " ".join(f"{name}: {plain(reason)}" for name, reason in missing.items() if reason)
    )
if customer["churn_probability"] is not None:
    reasons = [customer["reason_1"], customer["reason_2"]]
    st.caption("Churn: " + " ".join(plain(reason) for reason in reasons if reason))

with layout.section(
    "What to do next",
    f"As of {day(now.as_of_date)}, the most valuable first. The expected value is margin where "
    "it is known, else revenue.",
):
    actions = now.ask(queries.CUSTOMER_ACTIONS, customer=customer_id)
    if not actions.num_rows:
        layout.empty("No action is worth its time for this customer at the moment.")
    elif actions["is_holdout"][0].as_py():
        layout.empty(
            "This customer is one of those left alone on purpose, to measure by them what actions "
            "bring. No action is proposed."
        )
    else:
        for action in actions.to_pylist():
            about = f": {plain(short(action['about'], 80))}" if action["about"] else ""
            st.markdown(
                f"**{action['kind_name']}{about}**  \n{plain(action['reason'])}  \n"
                f":gray[Expected {money(action['expected_value'])} {plain(unit)}, "
                f"probability {percent(action['probability'])}, "
                f"good until {day(action['expires_on'])}]"
            )
        with st.expander(f"{actions.num_rows} rows and their export"):
            layout.show(
                actions,
                {
                    "kind_name": Column("Action"),
                    "about": Column("What about"),
                    "expected_value": Column(
                        f"Expected value, {unit}", "money",
                        "Margin where it is known, else revenue, times the probability.",
                    ),
                    "probability": Column("Probability", "percent"),
                    "suggested_quantity": Column("Quantity", "number"),
                    "expires_on": Column("Good until", "date"),
                    "rank_for_rep": Column("Place on the rep's list", "count"),
                    "reason": Column("Why"),
                },
                "next-actions", written,
                opens=lambda row: open_lines(
                    item=None if row["action_type"] == "cross_sell" else row["item_id"],
                    category=None if row["action_type"] == "missing_category"
                    else row["category_id"],
                    kind="spend",
                ),
            )  # fmt: skip

# --- Everything else, a tab at a time -------------------------------------------------------------

spend_tab, categories_tab, items_tab, invoices_tab = st.tabs(
    ["Spend and peers", "Categories", "Items", "Invoices"], key="show", bind="query-params"
)

if spend_tab.open:
    with (
        spend_tab,
        layout.section(
            f"Spend and orders by month, {unit}",
            "Bars are net spend (left axis), the line is orders (right axis). A pale bar is a "
            "month that is not over. A row below opens its lines.",
        ),
    ):
        months = now.ask(
            queries.CUSTOMER_MONTHS, customer=customer_id, as_of_date=now.as_of_date
        )  # fmt: skip
        if months.num_rows:
            layout.chart(
                months, charts.revenue_and_orders("month", unit, "spend"),
                "Spend and orders of the customer by month",
                {
                    "period_start": Column("Month from", "date"),
                    "spend": Column(f"Spend, {unit}", "money"),
                    "order_count": Column("Orders", "count"),
                    "is_complete": Column("Whole", "yes_no"),
                },
                "spend-by-month", written,
                opens=lambda row: open_lines(
                    kind="spend", **{"from": row["period_start"], "to": row["period_end"]}
                ),
            )  # fmt: skip
        else:
            layout.empty("Nothing has been invoiced to this customer yet.")
    with (
        spend_tab,
        layout.section(
            "Share of wallet",
            "Peers are customers like this one who bought lately. The benchmark is what the better "
            "of them spend in the time in which peers are compared, not of all time.",
        ),
    ):
        if customer["no_benchmark_reason"]:
            layout.not_yet(f"No benchmark: {plain(customer['no_benchmark_reason'])}")
        else:
            st.markdown(
                f"Compared with **{count(customer['peer_customer_count'])} customers**: "
                f"{plain(short(customer['peer_group'], 200))}."
            )
        with layout.cards():
            layout.card(
                f"Benchmark, {unit}", money(customer["peer_benchmark_spend"]),
                note="no benchmark" if customer["peer_benchmark_spend"] is None
                else "of the peers",
                help="A high quantile of what the peers spent in all categories, without the "
                "customer.", width=CARD,
            )  # fmt: skip
            layout.card(
                f"Peer gap, {unit}", money(customer["peer_gap"]),
                note="no benchmark" if customer["peer_gap"] is None else "the measure to use",
                help="The least of the gap in all, the gaps of the categories together, and a "
                "share of the customer's own spend: nobody is asked for more than they can give.",
                width=CARD,
            )  # fmt: skip
            layout.card(
                f"Gap to mean, {unit}", money(customer["opportunity_gap"]),
                note="baseline only",
                help=f"What the spend of {money(customer['actual_spend'], unit)} is below the mean "
                f"of all customers, {money(customer['avg_spend'], unit)}. It takes every customer "
                "for alike, and is here to compare with.", width=CARD,
            )  # fmt: skip

if categories_tab.open:
    with (
        categories_tab,
        layout.section(
            "Change by category",
            f"As of {day(now.as_of_date)}, categories at risk first. A category is at risk where "
            "it is bought less often than chance and season explain; fell says that spend fell by "
            "much, which may be chance. Choose a row for the lines behind its numbers.",
        ),
    ):
        changes = now.ask(queries.CUSTOMER_CHURN, customer=customer_id)
        rows = changes.to_pylist()
        window = layout.Period.last(rows[0]["window_days"], now.as_of_date) if rows else None

        def show_links(row: Mapping[str, Any]) -> None:
            """Offer the lines of a category's three numbers."""
            of = {"customer": customer_id, "category": row["category_id"], "kind": "spend"}
            name = plain(short(row["category_name"], 30))
            days = layout.Period.last(row["window_days"], now.as_of_date)
            layout.link_to_lines(
                f"{name}, previous: {money(row['prev_spend'], unit)}",
                **of, **{"from": days.previous_start, "to": days.previous_end},
            )  # fmt: skip
            layout.link_to_lines(
                f"{name}, recent: {money(row['recent_spend'], unit)}",
                **of, **{"from": days.start, "to": days.end},
            )  # fmt: skip
            layout.link_to_lines(f"{name}, all time: {money(row['total_spend'], unit)}", **of)

        if window:
            st.caption(f"Previous is {window.previous_text}, recent is {window.text}.")
            marks_of = [
                "At risk" if row["is_at_risk"] else "Fell" if row["churn_flag"] else ""
                for row in rows
            ]
            layout.show(
                changes.append_column("mark", [marks_of]),
                {
                    "category_name": Column("Category"),
                    "mark": Column("Mark"),
                    "prev_spend": Column(f"Previous, {unit}", "money"),
                    "recent_spend": Column(f"Recent, {unit}", "money"),
                    "drop_pct": Column("Drop", "percent"),
                    "value_at_risk": Column(
                        f"Spent less, {unit}", "money",
                        "Previous less recent spend, not below 0. It counts as value at risk where "
                        "the category is at risk.",
                    ),
                    "total_spend": Column(f"All time, {unit}", "money"),
                    "reason": Column("Why"),
                },
                "change-by-category", written, opens=show_links,
            )  # fmt: skip
        else:
            layout.empty(
                "Nothing was bought in the previous window, so there is nothing to compare with."
            )
    with (
        categories_tab,
        layout.section(
            "Missing categories",
            "What this customer does not buy, and how many of its peers do. Expected spend is what "
            "such a customer's peers spend there on average. A row opens its lines, if any.",
        ),
    ):
        missed = now.ask(queries.CUSTOMER_MISSING_CATEGORIES, customer=customer_id)
        if missed.num_rows:
            reason = missed["no_benchmark_reason"][0].as_py()
            if reason:
                layout.not_yet(f"No benchmark: {plain(reason)}")
            states = [STATES[status] for status in missed["penetration_status"].to_pylist()]
            layout.show(
                missed.append_column("state", [states]),
                {
                    "category_name": Column("Category"),
                    "state": Column("State"),
                    "last_invoice_date": Column("Last bought", "date"),
                    "peer_penetration_ratio": Column("Peers who buy it", "percent"),
                    "expected_spend": Column(f"Expected spend, {unit}", "money"),
                    "adoption_probability": Column(
                        "Chance to begin", "percent",
                        "How often customers who lacked the category began to buy it; only for "
                        "those who never did.",
                    ),
                    "total_spend": Column(f"Spend so far, {unit}", "money"),
                },
                "missing-categories", written,
                opens=lambda row: open_lines(category=row["category_id"], kind="spend"),
            )  # fmt: skip
        else:
            layout.empty("This customer buys in every category.")
    with (
        categories_tab,
        layout.section(
            "Categories bought", "Net spend of all time. A row opens the lines that add up to it."
        ),
    ):
        bought = now.ask(queries.CUSTOMER_CATEGORIES, customer=customer_id)
        if bought.num_rows:
            layout.show(
                bought,
                {
                    "category_name": Column("Category"),
                    "total_spend": Column(f"All time, {unit}", "money"),
                    "last_invoice_date": Column("Last bought", "date"),
                },
                "categories-bought", written,
                opens=lambda row: open_lines(category=row["category_id"], kind="spend"),
            )  # fmt: skip
        else:
            layout.empty("Nothing has been bought in any category yet.")

if items_tab.open:
    with (
        items_tab,
        layout.section(
            "New items to offer",
            "What the customer has not bought yet, the best first. A row opens the customer's "
            "lines of the item that speaks for it.",
        ),
    ):
        offers = now.ask(queries.CUSTOMER_RECOMMENDATIONS, customer=customer_id)
        if offers.num_rows:
            reason = offers["not_scored_reason"][0].as_py()
            if reason:
                layout.not_yet(f"No expected revenue: {plain(reason)}")
            layout.show(
                offers,
                {
                    "item_name": Column("Item"),
                    "category_name": Column("Category"),
                    "reason": Column("Why"),
                    "suggested_quantity": Column("Quantity", "number"),
                    "purchase_probability": Column("Probability", "percent"),
                    "expected_revenue": Column(f"Expected revenue, {unit}", "money"),
                },
                "new-items", written,
                opens=lambda row: open_lines(item=row["evidence_item_id"], kind="sales"),
            )  # fmt: skip
        else:
            layout.empty("There is no new item to offer to this customer.")
    with (
        items_tab,
        layout.section(
            "Items to reorder",
            f"What the customer usually buys again. Overdue days are as of {day(now.as_of_date)}; "
            "a negative number says how many days are left. A row opens its lines.",
        ),
    ):
        reorders = now.ask(queries.CUSTOMER_REORDERS, customer=customer_id)
        if reorders.num_rows:
            reason = reorders["not_scored_reason"][0].as_py()
            if reason:
                layout.not_yet(f"No expected revenue: {plain(reason)}")
            layout.show(
                reorders,
                {
                    "item_name": Column("Item"),
                    "due_date": Column("Due", "date", "Empty where there are too few purchases."),
                    "overdue_days": Column("Overdue, days", "count"),
                    "last_invoice_date": Column("Last bought", "date"),
                    "suggested_quantity": Column("Quantity", "number"),
                    "purchase_probability": Column("Probability", "percent"),
                    "expected_revenue": Column(f"Expected revenue, {unit}", "money"),
                    "reason": Column("Why"),
                },
                "items-to-reorder", written,
                opens=lambda row: open_lines(item=row["item_id"], kind="sales"),
            )  # fmt: skip
        else:
            layout.empty("This customer has bought no item yet that could be ordered again.")

if invoices_tab.open:
    with invoices_tab, layout.section("Invoices", "The latest first. A row opens its lines."):
        invoices = now.ask(
            queries.CUSTOMER_INVOICES, customer=customer_id, as_of_date=now.as_of_date
        )  # fmt: skip
        if invoices.num_rows:
            total = invoices["invoice_count"][0].as_py()
            if total > invoices.num_rows:
                st.caption(f"The latest {invoices.num_rows} of {count(total)} invoices.")
            types = [kind.capitalize() for kind in invoices["invoice_type"].to_pylist()]
            layout.show(
                invoices.append_column("type", [types]),
                {
                    "invoice_date": Column("Date", "date"),
                    "invoice_id": Column("Number"),
                    "type": Column("Type"),
                    "location_name": Column("Location"),
                    "line_count": Column("Lines", "count"),
                    "net_amount": Column(f"Net amount, {unit}", "money"),
                },
                "invoices", written,
                opens=lambda row: open_lines(invoice=row["invoice_id"]),
            )  # fmt: skip
        else:
            layout.empty("Nothing has been invoiced to this customer yet.")
