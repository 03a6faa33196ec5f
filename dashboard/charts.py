"""Charts as Vega-Lite specifications, each with a title of its axes and a unit.

A specification is a plain dict in the words of https://vega.github.io/vega-lite/docs; the rows are
handed over beside it. Colours are those of Okabe and Ito, which the colour-blind can tell apart.
"""

from collections.abc import Mapping
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


def revenue_and_orders(grain: str, unit: str) -> Spec:
    """Return bars of revenue and a line of orders over time, on two axes."""
    x = {
        "field": "period_start", "type": "temporal", "title": f"{grain.capitalize()} from",
        "axis": {"format": "%d %b %y", "labelOverlap": True, "tickCount": 8},
    }  # fmt: skip
    tooltip = [
        {"field": "period_start", "type": "temporal", "title": "From", "format": "%d %b %Y"},
        {"field": "revenue", "type": "quantitative", "title": f"Revenue, {unit}", "format": ",.0f"},
        {"field": "order_count", "type": "quantitative", "title": "Orders", "format": ","},
    ]
    return {
        "encoding": {"x": x, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "bar", "color": BLUE},
                "encoding": {
                    "y": {
                        "field": "revenue", "type": "quantitative", "title": f"Revenue, {unit}",
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
