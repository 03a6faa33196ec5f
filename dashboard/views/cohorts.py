"""Cohorts: of those who first ordered in a month, how many still do, and for how much."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, percent

LATEST_COHORTS, EARLIER_COHORTS = 3, 12
EARLY_MONTHS = (1, 2, 3)
LINES_SHOWN, CUSTOMERS_SHOWN = 5, 500
LATEST = "latest"  # the cohorts of a card, in place of one cohort


now = layout.frame()
unit = now.currency

MEASURES = {"Retention": "retention_rate", "Revenue": "revenue", "Margin": "margin"}
TITLES = {
    "retention_rate": "Customers who bought, %",
    "revenue": f"Revenue, {unit}",
    "margin": f"Margin, {unit}",
}
ACROSS = {"Months since": "cohort_index", "Calendar month": "month"}

Cell = Mapping[str, Any]


def month_name(month: date) -> str:
    """Return a month as its cohort is called."""
    return f"{month:%b %Y}"


def month_key(month: date) -> str:
    """Return a month as the address names it."""
    return f"{month:%Y-%m}"


def span(first: date, last: date) -> str:
    """Return the first and last cohort of some that follow one another."""
    return month_name(first) if first == last else f"{month_name(first)} to {month_name(last)}"


def cohorts_together() -> dict[int, Cell]:
    """Return what cohorts did together, by months since; only of months that are over."""
    rows = now.rows(
        queries.COHORTS_TOGETHER_OF_ALL if now.viewer.sees_all
        else queries.COHORTS_TOGETHER_OF_SOME,
        latest=LATEST_COHORTS, earlier=EARLIER_COHORTS,
    )  # fmt: skip
    return {row["cohort_index"]: row for row in rows}


def show_early_churn() -> None:
    """Show how many of the latest cohorts bought again, beside earlier ones."""
    together = cohorts_together()
    indexes = [index for index in EARLY_MONTHS if index in together]
    if not indexes:
        layout.not_yet("No cohort has a whole month after its first one.")
        return
    with layout.cards():
        for index in indexes:
            row = together[index]
            change = row["change_points"]
            said = (
                f"{row['latest_active']:,} of the {row['latest_size']:,} customers of "
                f"{span(row['latest_first'], row['latest_last'])}"
            )
            if row["earlier_size"]:
                said += (
                    f"; before, {row['earlier_active']:,} of the {row['earlier_size']:,} of "
                    f"{span(row['earlier_first'], row['earlier_last'])}"
                )
            layout.card(
                f"Bought in month {index}", percent(row["latest_rate"]),
                change=None if change is None else f"{change:+.0f} points",
                note="nothing to compare with" if change is None
                else f"was {percent(row['earlier_rate'])}",
                help=f"{said}.",
            )  # fmt: skip
    with st.container(horizontal=True):
        for index in indexes:
            st.button(
                f"Who did not, month {index}", key=f"card-{index}", icon=":material/groups:",
                on_click=st.query_params.update,
                args=({"cohort": LATEST, "since": str(index), "who": "no"},),
            )  # fmt: skip


def choose_clicked_cell() -> None:
    """Choose the cell of the heatmap that was clicked, in the address."""
    cells = st.session_state["heatmap"].selection.get("cell") or []
    if cells:
        st.query_params["cohort"] = cells[0]["cohort_key"]
        st.query_params["since"] = str(cells[0]["cohort_index"])


def show_heatmap(table: pa.Table, cells: Sequence[Cell], written: Mapping[str, str]) -> None:
    """Show every cell of every cohort."""
    left, right = st.columns(2)
    name = left.segmented_control(
        "Measure", list(MEASURES), default="Retention", key="measure", bind="query-params",
        required=True,
    ) or "Retention"  # fmt: skip
    along = right.segmented_control(
        "Across", list(ACROSS), default="Months since", key="across", bind="query-params",
        required=True,
    ) or "Months since"  # fmt: skip
    measure = MEASURES[name]
    states = [
        charts.UNFINISHED if not cell["is_complete"]
        else charts.NO_COST if cell[measure] is None
        else None
        for cell in cells
    ]  # fmt: skip
    drawn = table
    for column, values in (
        ("cohort", [month_name(cell["cohort_month"]) for cell in cells]),
        ("cohort_key", [month_key(cell["cohort_month"]) for cell in cells]),
        ("month", [f"{cell['period_month']:%b %y}" for cell in cells]),
        ("state", states),
    ):
        drawn = drawn.append_column(column, pa.array(values, pa.string()))
    charts.draw(
        drawn,
        charts.cohort_heatmap(
            drawn, ACROSS[along],
            "Calendar month" if along == "Calendar month" else "Months since the first order",
            measure, TITLES[measure], ".0%" if measure == "retention_rate" else "~s",
        ),
        f"{name} of each cohort by month",
        key="heatmap", on_select=choose_clicked_cell,
    )  # fmt: skip
    with st.expander(f"{table.num_rows:,} rows and their export"):
        layout.show(
            drawn,
            {
                "cohort_month": Column("First order in the month from", "date"),
                "cohort_index": Column("Months since", "count"),
                "period_month": Column("Month from", "date"),
                "cohort_size": Column("Customers", "count"),
                "active_customers": Column("Customers who bought", "count"),
                "retention_rate": Column(TITLES["retention_rate"], "percent"),
                "revenue": Column(TITLES["revenue"], "money"),
                "margin": Column(TITLES["margin"], "money"),
                "is_complete": Column("Month is over", "yes_no"),
            },
            "cohorts", written,
        )  # fmt: skip


def show_curves(cells: Sequence[Cell], written: Mapping[str, str]) -> None:
    """Show retention by months since, of the latest cohorts and of all together."""
    mean = "All cohorts"
    complete = [cell for cell in cells if cell["is_complete"]]
    last_index: dict[date, int] = {}
    for cell in complete:
        last_index[cell["cohort_month"]] = cell["cohort_index"]
    long_enough = [month for month, index in last_index.items() if index >= max(EARLY_MONTHS)]
    shown = long_enough[-LINES_SHOWN:]
    rows = [
        {"line": month_name(cell["cohort_month"]), **cell}
        for cell in complete
        if cell["cohort_month"] in shown
    ]
    rows += [{"line": mean, **row} for row in cohorts_together().values()]
    names = ["line", "cohort_index", "active_customers", "cohort_size", "retention_rate"]
    table = pa.Table.from_pylist([{name: row[name] for name in names} for row in rows])
    layout.chart(
        table, charts.survival_curves([month_name(month) for month in shown], mean),
        "Share of customers who bought, by months since the first order",
        {
            "line": Column("First order in"),
            "cohort_index": Column("Months since", "count"),
            "active_customers": Column("Customers who bought", "count"),
            "cohort_size": Column("Customers", "count"),
            "retention_rate": Column(TITLES["retention_rate"], "percent"),
        },
        "survival-curves", written,
    )  # fmt: skip


def show_customers(cells: Sequence[Cell], written: Mapping[str, str]) -> None:
    """List the customers of a cell, or of the cohorts of a card."""
    months = list(dict.fromkeys(cell["cohort_month"] for cell in cells))[::-1]
    cohorts = {
        LATEST: f"The latest {LATEST_COHORTS} with a whole month",
        **{month_key(month): month_name(month) for month in months},
    }
    left, middle, right = st.columns(3)
    with left:
        cohort = layout.choose("First order in", cohorts, "cohort", "Choose a month")
    if cohort is None:
        return
    of_cohort = [cell for cell in cells if month_key(cell["cohort_month"]) == cohort]
    if cohort == LATEST:
        indexes = {str(index): f"Month {index}" for index in EARLY_MONTHS}
    else:
        indexes = {
            str(cell["cohort_index"]): f"Month {cell['cohort_index']}, "
            f"{month_name(cell['period_month'])}"
            for cell in of_cohort
        }
    with middle:
        chosen = layout.choose(
            "Month", indexes, "since", "Month 1" if cohort == LATEST else "First"
        )
    with right:
        who = layout.choose("Who", {"yes": "Bought in it", "no": "Did not"}, "who", "Everybody")
    index = int(chosen) if chosen else int(cohort == LATEST)
    if cohort == LATEST:
        row = cohorts_together().get(index)
        if row is None:
            layout.empty("No cohort has this month behind it.")
            return
        first, last = row["latest_first"], row["latest_last"]
        bought, size, is_complete = row["latest_active"], row["latest_size"], True
    else:
        cell = next(cell for cell in of_cohort if cell["cohort_index"] == index)
        first = last = cell["cohort_month"]
        bought, size = cell["active_customers"], cell["cohort_size"]
        is_complete = cell["is_complete"]
    customers = now.ask(
        queries.COHORT_CUSTOMERS, first_cohort=first, last_cohort=last, index=index, bought=who,
        limit=CUSTOMERS_SHOWN,
    )  # fmt: skip
    total = customers["matching_count"][0].as_py() if customers.num_rows else 0
    st.caption(
        f"Of {size:,} customers who first ordered in {span(first, last)}, {bought:,} bought in "
        f"month {index}."
        + ("" if is_complete else " That month is not over.")
        + (f" The first {customers.num_rows:,} of {total:,}, by spend."
           if customers.num_rows < total else "")
    )  # fmt: skip
    if not customers.num_rows:
        layout.empty("There is nobody: " + ("all of them bought." if who == "no" else "none did."))
        return
    layout.show(
        customers,
        {
            "customer_name": Column("Customer"),
            "is_active": Column("Bought", "yes_no"),
            "order_count": Column("Orders in the month", "count"),
            "spend": Column(f"Spend in the month, {unit}", "money"),
            "margin_amount": Column(f"Margin in the month, {unit}", "money"),
            "cohort_month": Column("First order in the month from", "date"),
            "last_purchase_date": Column("Last order", "date"),
            "monetary": Column(f"Monetary value, {unit}", "money", "Of all time."),
            "region": Column("Region"),
            "sales_rep_name": Column("Sales rep"),
        },
        "customers-of-cohort",
        {**written, "First order in": span(first, last), "Months since": str(index),
         "Who": {"yes": "bought", "no": "did not buy"}.get(who or "", "everybody")},
        opens=layout.open_customer,
    )  # fmt: skip


st.title("Cohorts", anchor=False)
with layout.section(
    "",
    "A cohort is the customers whose first order of all fell in one month. Month 0 is that month; "
    f"all is as of {layout.day(now.as_of_date)}.",
):
    table = now.ask(queries.COHORTS_OF_ALL if now.viewer.sees_all else queries.COHORTS_OF_SOME)
    cells = table.to_pylist()
    written = {"Cohorts": "by the month of the first order"}
    if not cells:
        layout.empty("No customer has ordered yet, so there is no cohort.")
    elif len({cell["period_month"] for cell in cells}) < 2:
        layout.not_yet(
            "Cohorts need several months of data, and these customers' first order was in "
            f"{month_name(cells[0]['cohort_month'])}, the only month so far."
        )
    else:
        with layout.section(
            "Do new customers come back?",
            f"Of the latest {LATEST_COHORTS} cohorts with the whole month behind them, the share "
            f"who bought in it, beside the {EARLIER_COHORTS} cohorts before. A falling share is "
            "the earliest sign of churn; with few customers it moves by chance.",
        ):
            show_early_churn()
        with layout.section(
            "Every cohort, month by month",
            "A row is a cohort, a cell a month; the brighter, the more. A pale cell with a cross "
            "is a month that is not over: its number still grows. Choose a cell to list its "
            "customers at the end of the page.",
        ):
            show_heatmap(table, cells, written)
        with layout.section(
            "Survival curves",
            "How many of a cohort bought, by months since the first order. The thick grey line is "
            "all cohorts together; fewer of them reach the later months. Months that are not over "
            "are left out.",
        ):
            show_curves(cells, written)
        with layout.section(
            "Customers of a cohort",
            "Who they are, and what they spent in a month; a row opens the customer.",
        ):
            show_customers(cells, written)
