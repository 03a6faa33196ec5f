"""The picture of how cost grows with lines: seconds, and seconds a million lines.

    python -m bench.picture

draws benchmark.svg from benchmark.json in bench/results, or in BENCH_RESULTS; it runs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatter

from bench.measure import DONE
from bench.results import BUILD, COMPANY, JSON_NAME, RESULTS, SCRIPT, Result, Store

INK: Final = "#7d8590"  # is read on white and on black
MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Curve:
    """One line of the picture: whose seconds, and how it is drawn."""

    label: str
    kind: str
    subject: str
    part: str
    color: str
    style: str = "-"


CURVES: Final = (
    Curve("DuckDB, full build", BUILD, "duckdb", "full", "#d98200"),
    Curve("DuckDB, daily refresh", BUILD, "duckdb", "refresh", "#d98200", ":"),
    Curve("PostgreSQL, full build", BUILD, "postgres", "full", "#3f8fd6"),
    Curve("PostgreSQL, daily refresh", BUILD, "postgres", "refresh", "#3f8fd6", ":"),
    Curve("Spark, full build", BUILD, "spark", "full", "#3a9d5d"),
    Curve("Spark, daily refresh", BUILD, "spark", "refresh", "#3a9d5d", ":"),
    Curve("pandas + mlxtend script", SCRIPT, "pandas", "total", "#9a66d9"),
    Curve("plain Python loops, four tables", SCRIPT, "loops", "total", "#d1495b"),
)


def points(curve: Curve, results: Sequence[Result]) -> list[tuple[int, float]]:
    """Lines and seconds of a curve, from runs on generated companies that came to their end."""
    return sorted(
        (each.lines, each.seconds[curve.part])
        for each in results
        if (each.kind, each.data, each.subject) == (curve.kind, COMPANY, curve.subject)
        and each.status == DONE
        and curve.part in each.seconds
    )


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw all curves that have a point."""
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "benchmark",
            "font.family": "sans-serif",
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    seconds, cost = figure.subplots(1, 2)
    for curve in CURVES:
        found = points(curve, results)
        if not found:
            continue
        lines = [count for count, _ in found]
        values = [value for _, value in found]
        per_million = [value / count * MILLION for count, value in found]
        for axes, heights in ((seconds, values), (cost, per_million)):
            axes.plot(
                lines, heights, curve.style, color=curve.color, marker="o", markersize=5,
                linewidth=2, label=curve.label,
            )  # fmt: skip
    finish(seconds, "seconds")
    finish(cost, "seconds a million lines")
    handles, labels = seconds.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, transparent=True, metadata={"Date": None})


def finish(axes: Axes, what: str) -> None:
    """Scales, grid and labels of one panel."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(what, loc="left", color=INK)
    axes.set_xlabel("invoice lines")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain_count(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
    axes.grid(visible=True, which="major", color=INK, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def plain_count(value: float) -> str:
    """A number of lines for a person to read."""
    return f"{value / MILLION:g} M" if value >= MILLION else f"{value / 1000:g} k"


def main() -> None:
    """Draw the picture of the results that there are."""
    folder = Path(os.environ.get("BENCH_RESULTS") or RESULTS)
    path = folder / "benchmark.svg"
    draw(Store(folder / JSON_NAME).results, path)
    print(path)


if __name__ == "__main__":
    main()
