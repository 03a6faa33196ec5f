"""Lines of the table with their figures, and whether what must be reached is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.scores.judge import OURS, Figures
from bench.scores.lines import DIFFERENCE, LOWER, MEAN, VALUE_ITSELF, WALLET, WORST, Line
from bench.scores.metrics import correlation_interval, ratio_interval


@dataclass(frozen=True)
class Judged:
    """A line and what came out."""

    line: Line
    days: tuple[str, ...]
    """As-of dates that both sides have."""
    ours: float | None = None
    theirs: float | None = None
    compared: float | None = None
    """What the bound is about: our figure, the ratio, or the difference."""
    worst_day: str | None = None
    lacking: int = 0
    """As-of dates of ours on which the peer did not come to its end: nothing is reached then."""

    @property
    def is_reached(self) -> bool | None:
        """Whether the bound is; None where nothing is asked. What was not measured is missed."""
        if self.line.bound is None:
            return None
        if self.compared is None or self.lacking:
            return False
        if self.line.is_at_most:
            return self.compared <= self.line.bound
        return self.compared >= self.line.bound


def judge_line(line: Line, figures: Figures) -> Judged:
    """Fill a line from the figures of all dates."""
    ours = figures.values.get((line.score, line.metric, OURS), {})
    theirs = (
        ours if line.method is None else figures.values.get((line.score, line.metric, line.method))
    ) or {}
    wanted = {day for day in ours if day >= line.since}
    days = tuple(sorted(wanted & theirs.keys()))
    return replace(over_days(line, figures, ours, theirs, days), lacking=len(wanted) - len(days))


def over_days(
    line: Line,
    figures: Figures,
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    days: tuple[str, ...],
) -> Judged:
    """Fill a line from the dates that both sides have."""
    if not days:
        return Judged(line, days)
    compared = {day: compare(line, ours[day], theirs[day]) for day in days}
    mean_ours, mean_theirs = mean([ours[day] for day in days]), mean([theirs[day] for day in days])
    shown = None if line.method is None else mean_theirs
    if line.over == MEAN:
        return Judged(line, days, mean_ours, shown, compare(line, mean_ours, mean_theirs))
    if line.over == LOWER:
        return Judged(line, days, mean_ours, shown, lower_limit(line, figures, days))
    if line.over != WORST:
        raise ValueError(f"a line over {line.over} is not known")
    known = [(value, day) for day, value in compared.items() if value is not None]
    if not known:
        return Judged(line, days)
    worst, day = max(known) if line.is_at_most else min(known)
    shown = None if line.method is None else theirs[day]
    return Judged(line, days, ours[day], shown, worst, day)


def lower_limit(line: Line, figures: Figures, days: Sequence[str]) -> float:
    """The lower limit of the 95 % interval over dates, customers drawn anew."""
    if line.score == WALLET:
        return correlation_interval([figures.ranks[day] for day in days])[0]
    hits = [figures.hits[method] for method in (OURS, str(line.method))]
    return ratio_interval(*([frames[day] for day in days] for frames in hits))[0]


def compare(line: Line, ours: float, theirs: float) -> float | None:
    """Our figure, our figure over theirs, or ours minus theirs."""
    if line.compare == VALUE_ITSELF:
        return ours
    if line.compare == DIFFERENCE:
        return ours - theirs
    return ours / theirs if theirs else None


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(values) / len(values)
