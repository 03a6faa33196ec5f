"""The table of scores as a Markdown page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.report import number, table
from bench.scores.judged import Judged
from bench.scores.lines import DIFFERENCE, LOWER, NAMES, RATIO, VALUE_ITSELF, WORST

HEAD: Final = (
    "score", "metric", "as-of dates", "our SQL", "peer", "the peer's", "ours against it",
    "must reach", "reached", "our seconds", "the peer's seconds",
)  # fmt: skip

ABOUT: Final = """\
Each as-of date is a build that knows nothing later, and a split for the peers made of the same
star: orders and lines up to the date to learn from, and what followed to be judged by. Both sides
are judged on the same customers by the same formulas; the figures of `score_backtest` are computed
a second time by scikit-learn, scipy and numpy, and the bench stops where the two differ. Figures
are means over the dates, ratios are ratios of means; the worst date is the one least favourable to
us. The lower limit is that of the 95 % interval of the ratio, or of the figure, customers drawn
anew 1,000 times, each with all its dates. A line without a bound is for comparison. Less is better
for the Brier score, errors, flagged customers, gaps, and rules that are not significant.

- Churn: the probability of no order in 90 days, of all customers who ever ordered. `lifetimes`
  reads order days. Gradient boosting learns from the training rows, weights and features of the
  scorecard, BG/NBD's probability among them, and has them for nothing: its seconds are those of
  fitting. A fifth is of the customers in the order of what was predicted.
- Lifetime value: net spend in 180 days, as of dates whose half year has passed. Of the true top
  tenth, how much of the revenue and how many of the customers are in our top tenth; beside it the
  revenue of ours over that of the true one.
- Churn by category: of the categories that can be judged, whether nothing is bought there in the 90
  days after. How often a steady buyer is flagged is measured by
  `tests/warehouse/test_steady_buyers.py`.
- Peers: the gap of a customer, over what it spent in the year before; and whether, of some twenty
  customers who spent the same, who has a larger gap spends more in the 180 days after. Peers are of
  one RFM segment, so that a gap tells again how recent and frequent the customer is.
- New items: ten a customer, of items never bought; hits in the 90 days after, over the slots of
  customers who bought a new item in them. Over all customers the figures are lower, by the same
  factor on both sides. `implicit` sees on how many days a customer bought an item, once as it comes
  and with its own settings (ALS with 64 factors), once with what ours knows besides: a day counts
  half as much every 90 days, and only items that somebody bought in the last 30 days are offered.
  The catalogue is all product items sold by the date.
- Reorders: hits over min(10, items owned) slots of customers who bought an owned item again. A due
  date is right if the item is bought at most so many days before or after it.
- Rules: as of the last date. mlxtend must have the same, or the bench stops. The items of the same
  baskets are dealt anew 20 times, so that nothing goes with anything, and tested again. Not
  significant is what our test of pairs says at a false-discovery rate of 5 %. The last lines are of
  rules from pairs in at least 5 baskets, which mlxtend offers by lift. Our adjusted lift is the
  lift times a constant, below 1 where baskets differ in size: it ranks alike, and fewer rules are
  above 1. Whether a rule is significant is a column of ours.

Our seconds are those of the models that a score needs beyond the star, added up though they run
side by side, means of the dates; a model that two scores need counts for both. The peers' are those
of reading and computing in a process of its own, without its start and imports; for the shares that
are not significant, those of mining all pairs.
"""


@dataclass(frozen=True)
class Run:
    """What the page is about."""

    date: str
    data: str
    days: Sequence[str]
    machine: str
    """Cores, memory and versions in words."""


def page(
    run: Run, rows: Sequence[Judged], ours: Mapping[str, float], theirs: Mapping[str, float]
) -> str:
    """The whole page; `ours` has seconds by score, `theirs` by method."""
    asked = [row for row in rows if row.line.bound is not None]
    missed = [row for row in asked if not row.is_reached]
    parts = [
        "# Scores beside their peers\n",
        f"{run.date}; {run.data}; as of {', '.join(run.days)}; {run.machine}.\n",
        verdict(len(asked), missed),
        table(HEAD, [cells(row, ours, theirs) for row in rows]),
        ABOUT,
    ]
    return "\n".join(parts)


def verdict(asked: int, missed: Sequence[Judged]) -> str:
    """How many thresholds are reached, and which are not."""
    told = f"{asked - len(missed)} of {asked} thresholds are reached."
    if not missed:
        return told + "\n"
    lines = [f"- {title(row)}: {figure(row.compared)}, {bound(row)} asked" for row in missed]
    return "\n".join([told + " Missed:", "", *lines, ""])


def title(row: Judged) -> str:
    """A line in words."""
    line = row.line
    against = f" against {NAMES[line.method]}" if line.method else ""
    return f"`{line.score}`, {NAMES[line.metric]}{against}, {over(row)}"


def over(row: Judged) -> str:
    """Which dates, and what of them."""
    if not row.days:
        return "none"
    count = f"{len(row.days)}" + (f", {row.lacking} not measured" if row.lacking else "")
    if row.line.over == WORST:
        return f"worst of {count}" + (f": {row.worst_day}" if row.worst_day else "")
    alone = len(row.days) == 1 and not row.lacking
    dates = row.days[0] if alone else f"{count}, from {max(row.days[:1], default=row.line.since)}"
    return f"{dates}, {LOWER}" if row.line.over == LOWER else dates


def cells(row: Judged, ours: Mapping[str, float], theirs: Mapping[str, float]) -> list[str]:
    """The cells of a line."""
    line = row.line
    reached = {None: "", True: "yes", False: "**no**"}[row.is_reached]
    return [
        f"`{line.score}`",
        NAMES[line.metric],
        over(row),
        figure(row.ours),
        NAMES[line.method] if line.method else "",
        figure(row.theirs) if line.method else "",
        against(row),
        bound(row),
        reached,
        number(ours.get(line.score)),
        number(theirs.get(method_key(row))) if line.method else "",
    ]


def method_key(row: Judged) -> str:
    """Under which name the seconds of a line's peer are kept."""
    is_mined = row.line.metric.startswith("not_significant")
    return f"{row.line.method}_all" if is_mined else str(row.line.method)


def against(row: Judged) -> str:
    """The ratio or the difference; nothing for a figure by itself."""
    if row.compared is None:
        return ""
    if row.line.compare == VALUE_ITSELF:
        return f"{row.compared:.4f}" if row.line.over == LOWER else ""
    return f"{row.compared:+.4f}" if row.line.compare == DIFFERENCE else f"{row.compared:.3f} x"


def bound(row: Judged) -> str:
    """What must be reached."""
    if row.line.bound is None:
        return ""
    sign = "≤" if row.line.is_at_most else "≥"
    unit = " x" if row.line.compare == RATIO else ""
    return f"{sign} {row.line.bound:g}{unit}"


def figure(value: float | None) -> str:
    """Four decimals below 10, whole numbers above; a word where there is none."""
    if value is None:
        return "not measured"
    if value and abs(value) < 1e-4:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.4f}"
