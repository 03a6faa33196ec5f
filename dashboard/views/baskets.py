"""Baskets: what is bought together, more often than chance, and which items are one product."""

from typing import Any

import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, count, percent, plain, short

now = layout.frame()

st.title("Baskets", anchor=False)
st.caption(
    f"A basket is the set of products on one sale invoice. These are the baskets of all customers "
    f"up to {layout.day(now.as_of_date)}, whoever looks; no customer is named."
)


def in_ratio(percentage: float) -> float:
    """Return a percentage as a ratio of as many decimals as people type."""
    return round(percentage / 100, 12)


# --- Filters ----------------------------------------------------------------------------------

item: str | None = None
items: dict[str, str] = {}
category: str | None = None
categories: dict[str, str] = {}
with layout.section(""):
    items = layout.names(now.rows(queries.BASKET_ITEMS), "item_id", "item_name")
    categories = layout.names(now.rows(queries.BASKET_CATEGORIES), "category_id", "category_name")
    left, right = st.columns([3, 2])
    with left:
        item = layout.choose("Item", items, "item", "All items: choose one, or type its name")
    with right:
        category = layout.choose("Category of either item", categories, "category")
thresholds_in_address = {"support", "confidence", "lift", "significant"} & set(st.query_params)
with st.expander("Thresholds", expanded=bool(thresholds_in_address)):
    first, second, third = st.columns(3)
    least_support = first.number_input(
        "Least support, %", 0.0, 100.0, 0.0, step=0.5, format="%.2f",
        key="support", bind="query-params", help="Share of all baskets that hold both items.",
    )  # fmt: skip
    least_confidence = second.number_input(
        "Least confidence, %", 0.0, 100.0, 0.0, step=5.0, format="%.1f",
        key="confidence", bind="query-params",
        help="Share of the baskets with the first item that also hold the second.",
    )  # fmt: skip
    least_lift = third.number_input(
        "Least lift", 0.0, None, 0.0, step=0.5, format="%.2f", key="lift", bind="query-params",
        help="Confidence over the second item's share of all baskets; 1 is no association.",
    )  # fmt: skip
    only_significant = st.toggle(
        "Only significant rules", key="significant", bind="query-params",
        help="Rules that are hardly chance, given how many pairs there are.",
    )  # fmt: skip

asked: dict[str, Any] = {
    "item": item,
    "category": category,
    "least_support": in_ratio(least_support),
    "least_confidence": in_ratio(least_confidence),
    "least_lift": least_lift,
    "only_significant": only_significant,
}
whose = {"Customers of": "everybody"}
of_choice = {
    **whose,
    "Item": items[item] if item else "All items",
    "Category of an item": categories[category] if category else "All",
}
written = {
    **of_choice,
    "Least support": f"{least_support:g} %",
    "Least confidence": f"{least_confidence:g} %",
    "Least lift": f"{least_lift:g}",
    "Only significant": "yes" if only_significant else "no",
}

# --- What the rules rest on -------------------------------------------------------------------

population: dict[str, Any] = {}
with layout.section(""):
    population = now.row(queries.BASKET_POPULATION)
    with layout.cards():
        layout.card(
            "Baskets", count(population.get("total_basket_count")),
            help="Sale invoices with a product on them.",
        )  # fmt: skip
        layout.card(
            "Baskets left out", count(population.get("left_out_basket_count")),
            help="Baskets of more items than the build counts (basket_max_items).",
        )  # fmt: skip
        layout.card(
            "Rules", count(population.get("rule_count")),
            help="Pairs that passed the build's thresholds, each in one or both directions.",
        )  # fmt: skip

thresholds = (
    f"In the build an item counts from {count(population.get('frequent_basket_count'))} baskets "
    "on: the larger of basket_min_count and basket_min_support. A rule needs as large a share of "
    "baskets, and basket_min_confidence, which the tables do not hold."
)


def say_why_empty(number: int | None, what: str, none: str) -> None:
    """Say why a list is empty: the build found nothing, or the filters leave nothing."""
    if not population.get("total_basket_count"):
        layout.empty("There is no basket yet: no sale invoice has a product on it.")
    elif number:
        layout.empty(f"No {what} passes the filters; without them there are {number:,}.")
    else:
        layout.empty(none)


# --- Bought together --------------------------------------------------------------------------

with layout.section(
    f"Frequently bought together with {plain(short(items[item]))}"
    if item
    else "Frequently bought together",
    "Offer these to who has the item. Best first: by how many times more often than chance.",
):
    if not item:
        st.write("Choose an item above, or a row of the rules below.")
    else:
        together = now.ask(queries.BOUGHT_TOGETHER, item=item)
        best = together.slice(0, 5).to_pylist()
        st.markdown(
            "\n".join(
                f"- **{plain(short(row['to_item_name']))}**: of the "
                f"{count(row['from_basket_count'])} baskets with {plain(short(items[item]))}, "
                f"{count(row['basket_count'])} also had it ({percent(row['confidence'])}), "
                f"{row['adjusted_lift']:,.1f} times as many as chance would give."
                for row in best
            )
        )
        if best:
            layout.show(
                together,
                {
                    "to_item_name": Column("Bought with it"),
                    "basket_count": Column("Baskets with both", "count"),
                    "from_basket_count": Column("Baskets with the item", "count"),
                    "confidence": Column("Confidence, %", "percent"),
                    "adjusted_lift": Column("Adjusted lift", "number"),
                    "is_significant": Column("Significant", "yes_no"),
                    "last_seen_date": Column("Last together", "date"),
                },
                "bought-together", {**whose, "Item": items[item]},
            )  # fmt: skip
        else:
            say_why_empty(
                None, "rule", f"No rule leads from {plain(short(items[item]))}. {thresholds}"
            )
        layout.link_to_lines(
            "The sale lines of this item"
            + ("" if now.viewer.sees_all else ", as far as they are of your customers"),
            item=item, kind="sales",
        )  # fmt: skip

# --- Rules ------------------------------------------------------------------------------------


def choose_item(row: dict[str, Any]) -> None:
    """Take a rule's first item as the chosen one."""
    if row["from_item_id"] in items and row["from_item_id"] != item:
        st.query_params["item"] = row["from_item_id"]
        st.rerun()


with layout.section(
    "Rules",
    "A row says: who has the first item has the second. Adjusted lift is the baskets with both "
    "over those expected by chance, given how large baskets are; the q-value is the share of "
    "false finds among rules as strong as this one. Choose a row to see all that goes with its "
    "first item.",
):
    rules = now.ask(queries.BASKET_RULES, **asked)
    if rules.num_rows:
        matching = rules["matching_count"][0].as_py()
        if matching > rules.num_rows:
            st.caption(f"The first {rules.num_rows:,} of {matching:,} rules, by rank.")
        layout.show(
            rules,
            {
                "from_item_name": Column("Who has"),
                "to_item_name": Column("Also has"),
                "basket_count": Column("Baskets with both", "count"),
                "confidence": Column("Confidence, %", "percent"),
                "adjusted_lift": Column("Adjusted lift", "number", "1 is chance."),
                "support": Column("Support, %", "percent", "Share of all baskets."),
                "lift": Column("Lift", "number", "The textbook figure; 1 is chance."),
                "from_basket_count": Column("Baskets with the first", "count"),
                "to_basket_count": Column("Baskets with the second", "count"),
                "expected_count": Column("Expected by chance, baskets", "number"),
                "q_value": Column("q-value", "small"),
                "is_significant": Column("Significant", "yes_no"),
                "from_category_name": Column("Category of the first"),
                "to_category_name": Column("Category of the second"),
                "last_seen_date": Column("Last together", "date"),
            },
            "basket-rules", written, opens=choose_item,
        )  # fmt: skip
    if rules.num_rows > 2:  # fewer make no picture
        st.caption(
            "Each point is a rule. Far right: in many baskets. High up: who has the first item "
            "mostly has the second. Yellow: far more often than chance. The best offers are high "
            "and yellow; those to the right reach the most baskets."
        )
        charts.draw(
            rules.select(
                [
                    "from_item_name", "to_item_name", "basket_count", "support", "confidence",
                    "adjusted_lift",
                ]
            ),
            charts.rules_scatter(), "Rules by support and confidence, coloured by adjusted lift",
        )  # fmt: skip
    if not rules.num_rows:
        say_why_empty(
            population.get("rule_count"), "rule",
            f"No two items are together often enough for a rule. {thresholds}",
        )  # fmt: skip

# --- Triples ----------------------------------------------------------------------------------

with layout.section(
    "Two items that lead to a third",
    "Who has both items has the third, more often than either item alone says.",
):
    triples = now.ask(queries.BASKET_TRIPLES, **asked)
    if triples.num_rows:
        matching = triples["matching_count"][0].as_py()
        if matching > triples.num_rows:
            st.caption(f"The first {triples.num_rows:,} of {matching:,} rules, by rank.")
        layout.show(
            triples,
            {
                "from_item_name_1": Column("Who has"),
                "from_item_name_2": Column("And"),
                "to_item_name": Column("Also has"),
                "basket_count": Column("Baskets with all three", "count"),
                "from_basket_count": Column("Baskets with the two", "count"),
                "confidence": Column("Confidence, %", "percent"),
                "best_pair_confidence": Column(
                    "Confidence of one item, %", "percent", "The better of the two items alone."
                ),
                "adjusted_lift": Column("Adjusted lift", "number"),
                "support": Column("Support, %", "percent"),
                "lift": Column("Lift", "number"),
                "expected_count": Column("Expected, baskets", "number"),
                "q_value": Column("q-value", "small"),
            },
            "basket-triples", written,
        )  # fmt: skip
    else:
        say_why_empty(
            population.get("triple_count"), "rule of three items",
            "No two items together say more about a third than one of them alone.",
        )  # fmt: skip

# --- Duplicates -------------------------------------------------------------------------------

with layout.section(
    "Probably the same product twice",
    "A very high lift is often no habit of customers but one product under two codes. Look at "
    "these before acting on their rules.",
):
    duplicates = now.ask(queries.DUPLICATE_ITEMS, **asked)
    if duplicates.num_rows:
        matching = duplicates["matching_count"][0].as_py()
        if matching > duplicates.num_rows:
            st.caption(f"The first {duplicates.num_rows:,} of {matching:,} pairs, by baskets.")
        layout.show(
            duplicates,
            {
                "item_name_a": Column("Item"),
                "item_id_a": Column("Code"),
                "item_name_b": Column("Other item"),
                "item_id_b": Column("Other code"),
                "reason": Column("Why"),
                "basket_count": Column("Baskets with both", "count"),
                "confidence_a_to_b": Column("Of the first's baskets, %", "percent"),
                "confidence_b_to_a": Column("Of the other's baskets, %", "percent"),
                "adjusted_lift": Column("Adjusted lift", "number"),
            },
            "duplicate-items", of_choice,
        )  # fmt: skip
    else:
        say_why_empty(
            population.get("duplicate_count"), "pair",
            "No two codes have the same name, and none are in nearly the same baskets.",
        )  # fmt: skip
