"""Invoice lines: what a number is made of, by the filters in the address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import layout, queries
from dashboard.layout import Column, count, day, money, percent, plain, short

now = layout.frame()
unit = now.currency
MOST_LINES = 1000
CARD = 165  # pixels: two cards stand side by side on a phone
NAMED = {
    "customer": ("Customer", "customer_name"), "region": ("Region of the customer", "region_name"),
    "invoice": ("Invoice", "invoice_id"), "item": ("Item", "item_name"),
    "category": ("Category", "category_name"), "location": ("Location", "location_name"),
    "channel": ("Channel", "channel_name"),
}  # fmt: skip
KINDS = {"spend": "sales and returns (spend)", "sales": "sales only"}
TYPES = {"sale": "Sale", "return": "Return", "adjustment": "Adjustment"}

address = {
    key: value
    for key, value in st.query_params.to_dict().items()
    if key in (*NAMED, "from", "to", "kind") and (value or key == "region")
}
mistakes: list[str] = []


def choose_lines() -> None:
    """Ask for filters by hand; those that only a link sets stay."""
    with (
        st.expander("Choose other lines", expanded=not address, icon=":material/filter_list:"),
        layout.section(""),
        st.form("choose-lines", border=False),
    ):
        categories = layout.names(now.rows(queries.CATEGORIES), "category_id", "category_name")
        locations = layout.names(now.rows(queries.LOCATIONS), "location_id", "location_name")
        asked: dict[str, object] = {}
        with st.container(horizontal=True):
            for label, key in (("From", "from"), ("To", "to")):
                asked[key] = st.date_input(
                    label, parsed_date(key, quietly=True), min_value=now.first_date,
                    max_value=now.as_of_date, key=f"choose-{key}", width=160,
                )  # fmt: skip
            for label, key, named in (
                ("Category", "category", categories), ("Location", "location", locations),
                ("Lines", "kind", KINDS),
            ):  # fmt: skip
                options = {"": "All", **named}
                chosen = address.get(key, "")
                asked[key] = st.selectbox(
                    label, list(options), index=[*options].index(chosen if chosen in named else ""),
                    format_func=options.__getitem__, key=f"choose-{key}", width=220,
                )  # fmt: skip
            asked["invoice"] = st.text_input(
                "Invoice number", address.get("invoice", ""), key="choose-invoice", width=220
            ).strip()
        if st.form_submit_button("Show lines", type="primary"):
            kept = {key: value for key, value in address.items() if key not in asked}
            chosen_now = {key: value for key, value in asked.items() if value}
            st.query_params.from_dict({**kept, **layout.lines_address(**chosen_now)})
            st.rerun()


def parsed_date(key: str, *, quietly: bool = False) -> date | None:
    """Return a day of the address, held within the data; None where there is none."""
    if key not in address:
        return None
    try:
        value = date.fromisoformat(address[key])
    except ValueError:
        if not quietly:
            mistakes.append(
                f"“{plain(short(address[key], 40))}” is no date. A date looks like "
                f"{plain(now.as_of_date.isoformat())}."
            )
        return None
    return min(max(value, now.first_date), now.as_of_date) if quietly else value


def understood(names: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of the queries, and the filters in words; note what makes no sense."""
    values: dict[str, Any] = {key: address.get(key) for key in (*NAMED, "kind")}
    words = {}
    for key, (label, name) in NAMED.items():
        if key not in address:
            continue
        if key == "region" and not address[key]:
            words[label] = "none"
        elif names.get(name) is None:
            whose = " among yours" if key in ("customer", "invoice", "region") else ""
            what = "region" if key == "region" else label.lower()
            mistakes.append(f"There is no such {what}{whose}.")
        else:
            code = address[key]
            words[label] = names[name] if names[name] == code else f"{names[name]} ({code})"
    if values["kind"] and values["kind"] not in KINDS:
        mistakes.append("The kind of lines is spend (sales and returns) or sales.")
    elif values["kind"]:
        words["Lines"] = KINDS[values["kind"]]

    start, end = parsed_date("from"), parsed_date("to")
    if start and end and start > end:
        mistakes.append("The period ends before it begins.")
    if not address:
        start = now.as_of_date - timedelta(days=6)
    first = max(start or now.first_date, now.first_date)
    last = min(end or now.as_of_date, now.as_of_date)
    words["Days"] = f"{day(first)} to {day(last)}"
    if names.get("invoice_date"):  # an invoice's lines are found by its customer and its day
        first, last = max(first, names["invoice_date"]), min(last, names["invoice_date"])
        values["customer"] = values["customer"] or names["invoice_customer_id"]
    return {**values, "start_date": first, "end_date": last}, words


def open_customer(row: Mapping[str, Any]) -> None:
    """Go to the customer of a row; as lines can be asked of one, Back leads to the customer's."""
    st.switch_page(layout.CUSTOMER_PAGE, query_params={"customer": row["customer_id"]})


def newest_lines(values: Mapping[str, Any], total: int) -> Any:
    """Return the newest lines. Where there are many, those of the last month are enough."""
    if not (values["customer"] or values["item"]):
        month = max(values["start_date"], values["end_date"] - timedelta(days=30))
        found = now.ask(queries.LINES, **{**values, "start_date": month})
        if found.num_rows >= min(total, MOST_LINES):
            return found
    return now.ask(queries.LINES, **values)


st.title("Invoice lines", anchor=False)
with layout.section(""):
    found_names = now.row(
        queries.LINES_FILTERS, **{key: address.get(key) for key in NAMED}
    )  # fmt: skip
    asked_values, filters = understood(found_names)
    choose_lines()
    for mistake in mistakes:
        layout.empty(mistake)
    if not mistakes:
        if not address:
            st.caption("No filter is set: these are the lines of the last 7 days.")
        st.markdown(
            "  \n".join(
                f"**{name}:** {plain(short(value, 120))}" for name, value in filters.items()
            )
        )
        if address.get("customer"):
            st.page_link(
                layout.CUSTOMER_PAGE, label="Open the customer", icon=":material/person:",
                query_params={"customer": address["customer"]},
            )  # fmt: skip
        of_whole_invoices = not (
            asked_values["category"] or asked_values["item"] or asked_values["kind"] == "sales"
        )
        totals = now.row(
            queries.LINE_TOTALS_OF_INVOICES if of_whole_invoices else queries.LINE_TOTALS,
            **asked_values,
        )
        amount, margin = totals["net_amount"] or 0, totals["margin_amount"]
        cards = [
            ("Lines", count(totals["line_count"]), None, ""),
            ("Invoices", count(totals["invoice_count"]), None, ""),
            (f"Net amount, {unit}", money(amount), f"{amount:,.2f}",
             "Sum over all these lines; returns are negative."),
            ("Quantity", f"{totals['quantity'] or 0:,.12g}", None,
             "Sum over the sales and returns among these lines, in units of the items."),
            (f"Margin, {unit}", money(margin),
             "no cost is known" if margin is None
             else f"{percent(totals['margin_ratio'], 1)} of revenue",
             "Sum over the lines whose cost is known, and its share of their net amount."),
        ]  # fmt: skip
        with layout.cards():
            for label, shown, note, meaning in cards:
                layout.card(label, shown, note=note, help=meaning, width=CARD)
        if not totals["line_count"]:
            layout.empty("No invoice line passes these filters.")
        else:
            lines = newest_lines(asked_values, totals["line_count"])
            of_total = ""
            if totals["line_count"] > lines.num_rows:
                of_total = (
                    f"The newest {count(lines.num_rows)} of {count(totals['line_count'])} lines; "
                    "the numbers above are of all. "
                )
            st.caption(f"{of_total}A row opens its customer.")
            line_types = [TYPES.get(kind, kind) for kind in lines["line_type"].to_pylist()]
            columns: dict[str, Column] = {
                "invoice_date": Column("Date", "date"),
                "invoice_id": Column("Invoice"),
                "customer_name": Column("Customer"),
                "item_name": Column("Item"),
                "net_amount": Column(f"Net amount, {unit}", "money"),
                "quantity": Column("Quantity", "number"),
                "unit_price": Column(f"Unit price, {unit}", "money"),
                "margin_amount": Column(f"Margin, {unit}", "money"),
                "type": Column("Type"),
                "category_name": Column("Category"),
            }
            # What a filter names is the same in every row.
            same = {name for key, (_, name) in NAMED.items() if address.get(key)}
            layout.show(
                lines.append_column("type", [line_types]),
                {key: column for key, column in columns.items() if key not in same},
                "invoice-lines",
                {**filters, "Rows": f"{of_total}{count(totals['line_count'])} lines in all"},
                opens=open_customer, height=560 if lines.num_rows > 14 else "auto",
            )  # fmt: skip
