"""Charts as Vega-Lite specifications, each with a title of its axes and a unit.

A specification is a plain dict in the words of https://vega.github.io/vega-lite/docs; the rows are
handed over beside it. Colours are those of Okabe and Ito, which the colour-blind can tell apart.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8C8C8C"
HEIGHT = 280

Spec = dict[str, Any]


def draw(table: pa.Table, spec: Mapping[str, Any], description: str, **options: Any) -> Any:
    """Draw a specification over the rows of a table; `description` is read out to the blind."""
    whole = {"height": HEIGHT, **spec}
    return st.vega_lite_chart(table, whole, width="stretch", alt=description, **options)


def bars_by_name(table: pa.Table, name: str, value: str, title: str) -> Spec:
    """Return horizontal bars, the longest first, with the value at their ends."""
    longest = max([amount or 0 for amount in table[value].to_pylist()], default=0)
    y = {"field": name, "type": "nominal", "sort": "-x", "title": None, "axis": {"labelLimit": 180}}
    x = {
        "field": value, "type": "quantitative", "title": title,
        "axis": {"format": "~s", "tickCount": 5},
        "scale": {"domain": {"unionWith": [0, 1.15 * longest]}},  # room for the last bar's number
    }  # fmt: skip
    return {
        "height": 70 + 28 * table.num_rows,
        "encoding": {"y": y, "x": x},
        "layer": [
            {"mark": {"type": "bar", "color": BLUE, "tooltip": True}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": GREY},
                "encoding": {"text": {"field": value, "format": ",.0f"}},
            },
        ],
    }


def revenue_and_orders(grain: str, unit: str, amount: str = "revenue") -> Spec:
    """Return bars of revenue, or another amount, and a line of orders over time, on two axes."""
    title = f"{amount.capitalize()}, {unit}"
    x: Spec = {
        "field": "period_start", "type": "temporal", "title": f"{grain.capitalize()} from",
        "axis": {"format": "%d %b %y", "labelOverlap": True, "tickCount": 8},
    }  # fmt: skip
    if grain == "month":  # a slot for each, so that bars are as wide as there is room
        x |= {"timeUnit": "utcyearmonth", "title": "Month", "bandPosition": 0.5}
        x["axis"] = {"format": "%b %y", "labelOverlap": True, "tickCount": 8}
    tooltip = [
        {"field": "period_start", "type": "temporal", "title": "From", "format": "%d %b %Y"},
        {"field": amount, "type": "quantitative", "title": title, "format": ",.0f"},
        {"field": "order_count", "type": "quantitative", "title": "Orders", "format": ","},
    ]
    return {
        "encoding": {"x": x, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "bar", "color": BLUE},
                "encoding": {
                    "y": {
                        "field": amount, "type": "quantitative", "title": title,
                        "axis": {"format": "~s", "titleColor": BLUE},
                    },
                    "opacity": {
                        "condition": {"test": "datum.is_complete", "value": 1}, "value": 0.4,
                    },
                },
            },
            {
                "mark": {"type": "line", "color": ORANGE, "point": {"size": 20, "color": ORANGE}},
                "encoding": {
                    "y": {
                        "field": "order_count", "type": "quantitative", "title": "Orders",
                        "axis": {"titleColor": ORANGE, "grid": False, "tickMinStep": 1},
                        "scale": {"zero": True},
                    },
                },
            },
        ],
        "resolve": {"scale": {"y": "independent"}},
    }  # fmt: skip


def bars_in_order(
    field: str, title: str, slots: Sequence[Any], value: str, value_title: str, tooltip: list[Spec]
) -> Spec:
    """Return upright bars in slots of a fixed order; a slot without a row stays empty."""
    return {
        "transform": [{"filter": f"isValid(datum.{field})"}],
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {
            "x": {
                "field": field, "type": "ordinal", "title": title, "sort": list(slots),
                "scale": {"domain": list(slots)},
                "axis": {
                    "labelAngle": 0, "labelOverlap": True, "labelExpr": "slice(datum.label, 0, 3)",
                },
            },
            "y": {
                "field": value, "type": "quantitative", "title": value_title,
                "axis": {"format": "~s", "tickCount": 5, "tickMinStep": 1},
            },
            "tooltip": tooltip,
        },
    }  # fmt: skip


def seasonality(rows: int, months: Sequence[str], currency: str) -> Spec:
    """Return a heatmap of categories by calendar month; a frame marks a peak."""
    return {
        "height": 90 + 26 * rows,
        "encoding": {
            "x": {
                "field": "month_name", "type": "ordinal", "title": "Calendar month",
                "sort": list(months), "scale": {"domain": list(months)},
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {
                "field": "label", "type": "nominal", "title": None,
                "sort": {"field": "category_rank", "op": "min"}, "axis": {"labelLimit": 130},
            },
            "tooltip": [
                {"field": "label", "type": "nominal", "title": "Category"},
                {"field": "month_name", "type": "nominal", "title": "Month"},
                {
                    "field": "month_share", "type": "quantitative", "title": "Share of its revenue",
                    "format": ".1%",
                },
                {
                    "field": "revenue", "type": "quantitative", "title": f"Revenue, {currency}",
                    "format": ",.0f",
                },
            ],
        },
        "layer": [
            {
                "mark": {"type": "rect"},
                "encoding": {
                    "color": {
                        "field": "month_share", "type": "quantitative",
                        "title": "Share of the category's revenue, %",
                        "scale": {"scheme": "viridis", "domainMin": 0},
                        "legend": {
                            "format": ".0%", "orient": "bottom", "tickCount": 4,
                            "titleLimit": 300, "gradientLength": 200,
                        },
                    },
                },
            },
            {
                "transform": [{"filter": "datum.is_peak"}],
                "mark": {"type": "rect", "filled": False, "stroke": ORANGE, "strokeWidth": 3},
            },
        ],
    }  # fmt: skip


def revenue_by_month(unit: str) -> Spec:
    """Return bars of revenue by month, pale where the month is not whole."""
    return {
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {
            "x": {
                "field": "month_start", "type": "temporal", "timeUnit": "yearmonth",
                "title": "Month", "axis": {"format": "%b %y", "labelOverlap": True, "tickCount": 8},
            },
            "y": {
                "field": "revenue", "type": "quantitative", "title": f"Revenue, {unit}",
                "axis": {"format": "~s", "tickCount": 5},
            },
            "opacity": {"condition": {"test": "datum.is_complete", "value": 1}, "value": 0.4},
            "tooltip": [
                {
                    "field": "month_start", "type": "temporal", "title": "Month",
                    "format": "%B %Y",
                },
                {
                    "field": "revenue", "type": "quantitative", "title": f"Revenue, {unit}",
                    "format": ",.0f",
                },
            ],
        },
    }  # fmt: skip


def rules_scatter() -> Spec:
    """Return rules by support and confidence, coloured by adjusted lift."""
    return {
        "transform": [
            {"calculate": f"slice(datum.{end}_item_name, 0, 60)", "as": end}
            for end in ("from", "to")
        ],
        "height": 380,
        "mark": {
            "type": "circle", "size": 90, "opacity": 0.85, "stroke": GREY, "strokeWidth": 0.5,
        },
        "encoding": {
            "x": {
                "field": "support", "type": "quantitative",
                "title": "Support, % of all baskets",
                "axis": {"format": ".1~%", "tickCount": 6},
                "scale": {"zero": True},
            },
            "y": {
                "field": "confidence", "type": "quantitative",
                "title": "Confidence, % of the first's",
                "axis": {"format": ".0%", "tickCount": 5},
                "scale": {"domain": [0, 1]},
            },
            "color": {
                "field": "adjusted_lift", "type": "quantitative",
                "title": "Adjusted lift, times chance",
                "scale": {"scheme": "viridis"},
                "legend": {
                    "format": ".1f", "orient": "bottom", "titleLimit": 300, "gradientLength": 200,
                },
            },
            "tooltip": [
                {"field": "from", "type": "nominal", "title": "Who has"},
                {"field": "to", "type": "nominal", "title": "also has"},
                {
                    "field": "basket_count", "type": "quantitative", "title": "Baskets with both",
                    "format": ",",
                },
                {
                    "field": "support", "type": "quantitative", "title": "Support",
                    "format": ".2%",
                },
                {
                    "field": "confidence", "type": "quantitative", "title": "Confidence",
                    "format": ".1%",
                },
                {
                    "field": "adjusted_lift", "type": "quantitative", "title": "Adjusted lift",
                    "format": ".1f",
                },
            ],
        },
    }  # fmt: skip


# --- Customers and cohorts --------------------------------------------------------------------

UNFINISHED, NO_COST = "Month is not over", "No line with a known cost"
CELL_STATES = {UNFINISHED: "M-1,-1L1,1M-1,1L1,-1", NO_COST: "M-1,0L1,0"}
"""Why a cell of the heatmap is not like the others, and the sign that says so."""


def shares_by_name(table: pa.Table, name: str, shares: Mapping[str, str]) -> Spec:
    """Return a bar a share beside one another for each name, in the order of the rows."""
    return {
        "height": 80 + 34 * table.num_rows,
        "transform": [
            {"fold": list(shares), "as": ["share_name", "share"]},
            {"calculate": f"{json.dumps(dict(shares))}[datum.share_name]", "as": "share_of"},
        ],
        "mark": {"type": "bar"},
        "encoding": {
            "y": {
                "field": name, "type": "nominal", "title": None, "sort": table[name].to_pylist(),
                "axis": {"labelLimit": 130},
            },
            "yOffset": {"field": "share_of", "sort": list(shares.values())},
            "x": {
                "field": "share", "type": "quantitative", "title": "Share, %",
                "axis": {"format": ".0%", "tickCount": 5},
            },
            "color": {
                "field": "share_of", "type": "nominal", "title": None,
                "scale": {"domain": list(shares.values()), "range": [BLUE, ORANGE]},
                "legend": {"orient": "top"},
            },
            "tooltip": [
                {"field": name, "type": "nominal", "title": "Segment"},
                {"field": "share_of", "type": "nominal", "title": "Share of"},
                {"field": "share", "type": "quantitative", "title": "Share", "format": ".1%"},
            ],
        },
    }  # fmt: skip


def bars_of_groups(table: pa.Table, name: str, value: str, title: str) -> Spec:
    """Return horizontal bars in the order of the rows, with the value at their ends."""
    longest = max([amount or 0 for amount in table[value].to_pylist()], default=0)
    return {
        "height": 70 + 28 * table.num_rows,
        "encoding": {
            "y": {
                "field": name, "type": "nominal", "title": None, "sort": table[name].to_pylist(),
                "axis": {"labelLimit": 170},
            },
            "x": {
                "field": value, "type": "quantitative", "title": title,
                "axis": {"format": "~s", "tickCount": 5, "tickMinStep": 1},
                "scale": {"domain": {"unionWith": [0, 1.15 * longest]}},
            },
        },
        "layer": [
            {"mark": {"type": "bar", "color": BLUE, "tooltip": True}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": GREY},
                "encoding": {"text": {"field": value, "format": ",.0f"}},
            },
        ],
    }  # fmt: skip


def recency_and_frequency(unit: str) -> Spec:
    """Return customers by days since the last order and orders, coloured by monetary value."""
    return {
        "height": 360,
        "transform": [{"calculate": "slice(datum.customer_name, 0, 60)", "as": "name"}],
        "mark": {
            "type": "circle", "size": 60, "opacity": 0.85, "stroke": GREY, "strokeWidth": 0.5,
        },
        "encoding": {
            "x": {
                "field": "recency_days", "type": "quantitative",
                "title": "Days since the last order", "axis": {"tickCount": 6},
            },
            "y": {
                "field": "frequency", "type": "quantitative", "title": "Orders, logarithmic",
                "scale": {"type": "log", "domainMin": 1},
                "axis": {"format": "~s", "tickCount": 5},
            },
            "color": {
                "field": "monetary", "type": "quantitative", "title": f"Monetary value, {unit}",
                "scale": {"type": "sqrt", "scheme": "viridis"},
                "legend": {
                    "orient": "bottom", "format": "~s", "titleLimit": 300, "gradientLength": 200,
                    "tickCount": 4,
                },
            },
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "Customer"},
                {"field": "rfm_segment", "type": "nominal", "title": "Segment"},
                {
                    "field": "recency_days", "type": "quantitative",
                    "title": "Days since the last order", "format": ",",
                },
                {"field": "frequency", "type": "quantitative", "title": "Orders", "format": ","},
                {
                    "field": "monetary", "type": "quantitative",
                    "title": f"Monetary value, {unit}", "format": ",.0f",
                },
            ],
        },
    }  # fmt: skip


def cohort_heatmap(
    table: pa.Table, across: str, across_title: str, value: str, title: str, format: str
) -> Spec:
    """Return cohorts by month; a cell whose month is not over is pale and crossed.

    The table has the cells of a cohort one after the other, with `cohort`, `cohort_key`, `month`,
    `cohort_index`, `is_complete`, `state` (null, or one of CELL_STATES) and the value. A click
    chooses a cell, as `cell`.
    """
    cohorts = list(dict.fromkeys(table["cohort"].to_pylist()))
    found = set(table["state"].to_pylist())
    states = {state: shape for state, shape in CELL_STATES.items() if state in found}
    axis = {"labelOverlap": True, "labelAngle": 0 if across == "cohort_index" else -90}
    color: Spec = {
        "field": value, "type": "quantitative", "title": title,
        "scale": {"scheme": "viridis", "type": "sqrt"},
        "legend": {
            "orient": "bottom", "format": format, "titleLimit": 300, "gradientLength": 200,
            "tickCount": 4,
        },
    }  # fmt: skip
    if value == "retention_rate":
        color["scale"] = {"scheme": "viridis", "domain": [0, 1]}
    return {
        "height": 110 + 17 * len(cohorts),
        "encoding": {
            "x": {
                "field": across, "type": "ordinal", "title": across_title, "axis": axis,
                **({} if across == "cohort_index" else {"sort": None}),
            },
            "y": {
                "field": "cohort", "type": "ordinal", "title": "Month of the first order",
                "sort": cohorts,
                "axis": {"labelLimit": 90, "labelFontSize": 10, "labelOverlap": False},
            },
            "tooltip": [
                {"field": "cohort", "type": "nominal", "title": "First order in"},
                {"field": "month", "type": "nominal", "title": "Month"},
                {"field": "cohort_index", "type": "quantitative", "title": "Months since"},
                {"field": value, "type": "quantitative", "title": title, "format": format},
                {
                    "field": "active_customers", "type": "quantitative", "title": "Bought",
                    "format": ",",
                },
                {
                    "field": "cohort_size", "type": "quantitative", "title": "Customers",
                    "format": ",",
                },
                {"field": "state", "type": "nominal", "title": "Note"},
            ],
        },
        "layer": [
            {
                "params": [
                    {"name": "cell", "select": {
                        "type": "point", "fields": ["cohort_key", "cohort_index"],
                    }},
                ],
                "mark": {"type": "rect", "cursor": "pointer", "invalid": None},
                "encoding": {
                    "color": {
                        "condition": {"test": f"datum.{value} === null", "value": "transparent"},
                        **color,
                    },
                    "opacity": {
                        "condition": {"test": "datum.is_complete", "value": 1}, "value": 0.35,
                    },
                },
            },
            {
                "transform": [{"filter": "datum.state !== null"}],
                "mark": {"type": "point", "size": 26, "color": GREY, "strokeWidth": 1.5,
                         "tooltip": True},
                "encoding": {
                    "shape": {
                        "field": "state", "type": "nominal", "title": None,
                        "scale": {"domain": list(states), "range": list(states.values())},
                        "legend": (
                            {"orient": "top", "labelLimit": 300, "columns": 1} if states else None
                        ),
                    },
                },
            },
        ],
    }  # fmt: skip


def survival_curves(names: Sequence[str], mean: str) -> Spec:
    """Return retention by months since the first order: a line a cohort, and a thick one of all."""
    palette = [BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00"]
    legend = {"orient": "bottom", "columns": 3, "labelLimit": 90, "symbolType": "stroke"}
    return {
        "height": 400,
        "encoding": {
            "x": {
                "field": "cohort_index", "type": "quantitative",
                "title": "Months since the first order", "axis": {"tickMinStep": 1},
            },
            "y": {
                "field": "retention_rate", "type": "quantitative",
                "title": "Customers who bought, %", "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "tickCount": 5},
            },
            "color": {
                "field": "line", "type": "nominal", "title": None,
                "sort": [mean, *names],
                "scale": {
                    "domain": [mean, *names], "range": [GREY, *palette[: len(names)]],
                },
                "legend": legend,
            },
            "strokeDash": {
                "field": "line", "type": "nominal", "title": None,
                "scale": {
                    "domain": [mean, *names],
                    "range": [[1, 0], [1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 0]],
                },
                "legend": legend,
            },
            "strokeWidth": {
                "condition": {"test": f"datum.line === {json.dumps(mean)}", "value": 5},
                "value": 2,
            },
            "tooltip": [
                {"field": "line", "type": "nominal", "title": "First order in"},
                {"field": "cohort_index", "type": "quantitative", "title": "Months since"},
                {
                    "field": "retention_rate", "type": "quantitative", "title": "Bought",
                    "format": ".0%",
                },
                {
                    "field": "active_customers", "type": "quantitative",
                    "title": "Customers who bought", "format": ",",
                },
                {
                    "field": "cohort_size", "type": "quantitative", "title": "of", "format": ",",
                },
            ],
        },
        "mark": {"type": "line", "point": {"size": 25}},
    }  # fmt: skip
