"""Figures from what was seen: percentiles, slopes, and the page's own log."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SLOW_MILLISECONDS = 500.0
FLAT_GROWTH = 0.05
"""Memory is called flat where its slope changes it by no more than this within the last half."""

_QUERY = re.compile(r"\bdashboard (\d+) rows in (\d+(?:\.\d+)?) ms: (.*)$")
MOST_NAMES = 4
"""So many queries of the same beginning are named."""


@dataclass(frozen=True)
class Done:
    """An action that was answered, or was not."""

    name: str
    """Of what was opened."""
    due: float
    """Seconds after the beginning, as the others."""
    begun: float
    ended: float
    error: str | None = None
    received_bytes: int = 0

    @property
    def seconds(self) -> float:
        """From when it was due, not from when it could begin; infinite where it failed."""
        return math.inf if self.error else self.ended - self.due


@dataclass(frozen=True)
class Query:
    """A query that the page has logged."""

    name: str
    rows: int
    milliseconds: float
    """As the page saw it, waiting for a connection included."""


@dataclass(frozen=True)
class Sample:
    """A look at the page's processes."""

    second: float
    memory_bytes: int
    cpu_seconds: float
    """Used since the processes began."""
    connections: int | None
    """Of the page to the database; None where it has no server."""


@dataclass(frozen=True)
class Memory:
    """Memory of the page over a time, in bytes."""

    start: int
    highest: int
    end: int
    slope: float
    """Bytes a second over the last half, by least squares."""
    half_seconds: float
    """How long the last half is."""

    @property
    def growth(self) -> float:
        """By how much of itself the slope changes it within the last half."""
        return self.slope * self.half_seconds / self.end if self.end else 0.0

    @property
    def is_flat(self) -> bool:
        """Whether that is little."""
        return abs(self.growth) <= FLAT_GROWTH

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Memory:
        """Sum up samples, of which there is one at least."""
        middle = (samples[0].second + samples[-1].second) / 2
        half = [each for each in samples if each.second >= middle]
        return cls(
            samples[0].memory_bytes,
            max(each.memory_bytes for each in samples),
            samples[-1].memory_bytes,
            slope([(each.second, each.memory_bytes) for each in half]),
            half[-1].second - half[0].second,
        )


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line; 0 where there is none."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def percentile(values: Iterable[float], share: float) -> float:
    """Return the least of the values that `share` of them do not exceed; NaN where none is."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def queries_of(module: Mapping[str, object]) -> dict[str, str]:
    """Return the text of a module's queries by name, as the page logs it, but whole."""
    return {
        name: " ".join(text.split())
        for name, text in module.items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str)
    }


def read_log(lines: Iterable[str], known: Mapping[str, str]) -> list[Query]:
    """Return the queries of log lines by name; other lines are left out.

    A line is of the form `... dashboard 12 rows in 34 ms: select ...`, with the beginning of the
    query, which several can share. One that is not known is told by its text.
    """
    found = []
    names: dict[str, str] = {}
    for line in lines:
        if match := _QUERY.search(line.rstrip()):
            rows, milliseconds, text = match.groups()
            if text not in names:
                names[text] = _name(text, known)
            found.append(Query(names[text], int(rows), float(milliseconds)))
    return found


def _name(beginning: str, known: Mapping[str, str]) -> str:
    names = [name for name, text in known.items() if text.startswith(beginning.strip())]
    if len(names) > MOST_NAMES:
        return f"{names[0]} or {len(names) - 1} that begin alike"
    return " or ".join(names) or beginning.strip()


def slow(queries: Iterable[Query]) -> list[Query]:
    """Return those that took too long, the slowest first."""
    return sorted(
        (each for each in queries if each.milliseconds > SLOW_MILLISECONDS),
        key=lambda each: -each.milliseconds,
    )
