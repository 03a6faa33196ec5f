"""Patterns: at which hour, on which day and in which months customers buy."""

from datetime import date, timedelta

import pyarrow.compute as pc
import streamlit as st

from dashboard import charts, layout, queries
from dashboard.layout import Column, count, money, percent, plain, short

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
MOST_ROWS = 30  # categories in the heatmap; the table below holds them all

now = layout.frame()
unit = now.currency
whose = "" if now.viewer.sees_all else " of your customers"

st.title("Patterns", anchor=False)
filters_left, filters_right = st.columns([3, 1])
with filters_left:
    period = layout.choose_period("90D")
with filters_right:
    location_id, location_name = layout.choose_location()
asked = {**period.values, "location": location_id}
written = {"Period": period.text, "Location": location_name}
measure = st.segmented_control(
    "Bars show", ["Orders", "Revenue"], default="Orders", key="measure", bind="query-params",
    required=True,
)  # fmt: skip
value = "revenue" if measure == "Revenue" else "order_count"
value_title = f"Revenue, {unit}" if measure == "Revenue" else "Orders"
tooltip = [
    {"field": "order_count", "type": "quantitative", "title": "Orders", "format": ","},
    {"field": "revenue", "type": "quantitative", "title": f"Revenue, {unit}", "format": ",.0f"},
]
columns = {
    "order_count": Column("Orders", "count", "Invoices with a sale."),
    "revenue": Column(f"Revenue, {unit}", "money", "Net amount of all lines, returns deducted."),
    "trading_day_count": Column("Days with an order", "count"),
}
# Marts without a customer hold everybody's sums, and are small; other viewers' are added up anew.
of_everybody = now.viewer.sees_all
NOTHING = f"Nothing was invoiced{whose} in this period and place."


def written_value(row: dict[str, float]) -> str:
    """Return what a bar shows, in words."""
    if measure == "Revenue":
        return money(row["revenue"], unit)
    return f"{count(row['order_count'])} orders"


# --- Hours and days of the week ---------------------------------------------------------------

by_hour, by_weekday = st.columns(2)
with (
    by_hour,
    layout.section(
        "Hour of the day",
        "Each bar is an hour, from 0 to 23. Staff for the high bars, restock before them, and "
        "place promotions in the quiet hours around them.",
    ),
):
    hours = now.ask(
        queries.SALES_BY_HOUR_OF_ALL if of_everybody else queries.SALES_BY_HOUR_OF_SOME,
        **asked,
    )
    hours = layout.with_column(
        hours, "hour_name",
        [
            "No time" if hour is None else f"{hour:02d}:00 to {hour:02d}:59"
            for hour in hours["hour_of_day"].to_pylist()
        ],
    )  # fmt: skip
    known = hours.filter(pc.is_valid(hours["hour_of_day"]))
    without_time = hours.filter(pc.is_null(hours["hour_of_day"])).to_pylist()
    if known.num_rows:
        busiest = max(known.to_pylist(), key=lambda row: (row[value], -row["hour_of_day"]))
        st.write(f"Busiest: {busiest['hour_name']}, {written_value(busiest)}.")
        layout.chart(
            hours,
            charts.bars_in_order(
                "hour_of_day", "Hour of the day", range(24), value, value_title,
                [{"field": "hour_name", "type": "nominal", "title": "Hour"}, *tooltip],
            ),
            f"{value_title} by hour of the day",
            {"hour_name": Column("Hour"), **columns}, "sales-by-hour", written,
        )  # fmt: skip
    elif without_time:
        layout.empty(
            "No invoice in this period and place bears a time, so no hour can be told. The "
            "source's column for it is invoice_time."
        )
    else:
        layout.empty(NOTHING)
    if without_time and known.num_rows:
        (row,) = without_time
        st.caption(
            f"{count(row['order_count'])} more orders, {money(row['revenue'], unit)}, are on "
            "invoices without a time and in no bar."
        )

with (
    by_weekday,
    layout.section(
        "Day of the week",
        "Each bar is all of the period's Mondays, and so on. The rows below also give orders per "
        "day with an order, which the number of Mondays in the period does not move.",
    ),
):
    days = now.ask(
        queries.SALES_BY_WEEKDAY_OF_ALL if of_everybody else queries.SALES_BY_WEEKDAY_OF_SOME,
        **asked,
    )
    if days.num_rows:
        days = layout.with_column(
            days, "weekday", [WEEKDAYS[day - 1] for day in days["day_of_week"].to_pylist()]
        )
        busiest = max(days.to_pylist(), key=lambda row: (row[value], -row["day_of_week"]))
        st.write(f"Busiest: {busiest['weekday']}, {written_value(busiest)}.")
        layout.chart(
            days,
            charts.bars_in_order(
                "weekday", "Day of the week", WEEKDAYS, value, value_title,
                [
                    {"field": "weekday", "type": "nominal", "title": "Day"}, *tooltip,
                    {
                        "field": "orders_per_trading_day", "type": "quantitative",
                        "title": "Orders per day with an order", "format": ",.1f",
                    },
                ],
            ),
            f"{value_title} by day of the week",
            {
                "weekday": Column("Day"), **columns,
                "orders_per_trading_day": Column("Orders per day with an order", "number"),
            },
            "sales-by-weekday", written,
        )  # fmt: skip
    else:
        layout.empty(NOTHING)

layout.link_to_lines(
    "The invoice lines behind both charts",
    **{"from": period.start, "to": period.end, "location": location_id},
)

# --- Seasons ----------------------------------------------------------------------------------


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


first_month = now.first_date.replace(day=1)
open_month = (now.as_of_date + timedelta(days=1)).replace(day=1)  # the first that is not whole
whole_months = 12 * (open_month.year - first_month.year) + open_month.month - first_month.month
years = whole_months // 12

with layout.section(
    "Seasons",
    f"Each cell is a calendar month's share of a category's own revenue{whose}; a row adds up to "
    "100 %. An even month holds 8.3 %; a frame marks a peak, a month of at least twice that. The "
    "chart rests on whole years of whole months, not on the period above; it follows the location.",
):
    seasons = None
    if years < 1:
        layout.not_yet(
            f"Seasons need 12 whole months, and there are {max(whole_months, 0)}, from "
            f"{layout.day(now.first_date)} on."
        )
    else:
        start = open_month.replace(year=open_month.year - years)
        season = {
            "Months": f"{layout.day(start)} to {layout.day(open_month - timedelta(days=1))}",
            "Location": location_name,
        }
        seasons = now.ask(
            queries.SEASONALITY_OF_ALL if of_everybody else queries.SEASONALITY_OF_SOME,
            start_date=start, end_date=open_month - timedelta(days=1), location=location_id,
        )  # fmt: skip
    if seasons is not None and seasons.num_rows:
        rows = seasons.to_pylist()
        names = layout.told_apart(layout.names(rows, "category_id", "category_name"))
        seasons = layout.with_column(seasons, "label", [names[row["category_id"]] for row in rows])
        seasons = layout.with_column(
            seasons, "month_name", [MONTHS[row["calendar_month"] - 1] for row in rows]
        )
        strongest = {
            row["category_id"]: row for row in rows if row["is_seasonal"] and row["is_strongest"]
        }
        named = [
            f"**{plain(names[key])}** ({MONTHS[row['calendar_month'] - 1]}, "
            f"{percent(row['month_share'])})"
            for key, row in list(strongest.items())[:10]
        ]
        more = f" and {len(strongest) - 10} more" if len(strongest) > 10 else ""
        st.write(
            f"Seasonal, with the strongest month: {', '.join(named)}{more}."
            if named
            else "No category is seasonal: none has a month with twice an even share."
        )
        shown = seasons.filter(
            pc.and_(
                pc.less_equal(seasons["category_rank"], MOST_ROWS),
                pc.is_valid(seasons["month_share"]),
            )
        )
        st.caption(
            f"{season['Months']}. {shown.num_rows // 12} of the {len(names)} categories with any "
            "line: those with the most revenue, as far as it is above zero."
        )
        charts.draw(
            shown,
            charts.seasonality(shown.num_rows // 12, MONTHS, unit),
            "Share of each category's revenue by calendar month",
        )
        with st.expander(f"{seasons.num_rows:,} rows and their export"):
            layout.show(
                seasons,
                {
                    "category_name": Column("Category"),
                    "month_name": Column("Month"),
                    "revenue": Column(f"Revenue, {unit}", "money"),
                    "month_share": Column("Share of its revenue, %", "percent"),
                    "is_peak": Column("Peak", "yes_no", "At least twice an even share."),
                },
                "seasons", season,
            )  # fmt: skip
        chosen = layout.choose("Month by month", names, "category", "Choose a category")
        if chosen:
            months = now.ask(
                queries.CATEGORY_MONTHS_OF_ALL
                if of_everybody
                else queries.CATEGORY_MONTHS_OF_SOME,
                start_date=first_month, end_date=now.as_of_date, open_month=open_month,
                location=location_id, category=chosen,
            )  # fmt: skip
            st.caption(
                f"Each bar is a month's revenue of {plain(short(names[chosen]))}; a pale one is of "
                "a month that is not whole. A row below opens the month's invoice lines."
            )
            layout.chart(
                months, charts.revenue_by_month(unit), "Revenue of the category by month",
                {
                    "month_start": Column("Month from", "date"),
                    "revenue": Column(f"Revenue, {unit}", "money"),
                    "is_complete": Column("Whole", "yes_no"),
                },
                "category-by-month", {"Category": names[chosen], "Location": location_name},
                opens=lambda row: layout.open_lines(
                    category=chosen, location=location_id,
                    **{
                        "from": row["month_start"],
                        "to": min(
                            next_month(row["month_start"]) - timedelta(days=1), now.as_of_date
                        ),
                    },
                ),
            )  # fmt: skip
    elif seasons is not None:
        layout.empty(f"Nothing was invoiced{whose} in whole years and this place.")
