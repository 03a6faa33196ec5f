"""The runs of the benchmark, kept in one JSON file: the latest of each subject on each data set."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from bench.measure import DONE

RESULTS = Path(__file__).resolve().parent / "results"
JSON_NAME = "benchmark.json"
BUILD, SCRIPT, PAIRS = "build", "script", "pairs"
COMPANY, ONLINE_RETAIL = "company", "online_retail"
PACKAGES = (
    "dbt-core",
    "duckdb",
    "pandas",
    "mlxtend",
    "scipy",
    "pyspark",
)


@dataclass(frozen=True)
class Result:
    """One measured run; seconds by part, memory and size in bytes."""

    kind: str
    """BUILD, SCRIPT (a peer that computes all marts, or the four jobs), or PAIRS."""
    data: str
    lines: int
    """Raw invoice lines."""
    subject: str
    """Engine or peer."""
    support: float | None = None
    """Of PAIRS only."""
    status: str = DONE
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: int | None = None
    size_bytes: int | None = None
    rows: dict[str, int] = field(default_factory=dict)
    date: str = field(default_factory=lambda: date.today().isoformat())
    machine: dict[str, float] = field(default_factory=lambda: machine())
    versions: dict[str, str] = field(default_factory=lambda: versions())

    @property
    def key(self) -> tuple[object, ...]:
        """What a later run of the same replaces it by."""
        return (self.kind, self.data, self.lines, self.subject, self.support)


def machine() -> dict[str, float]:
    """Cores that this process may use, and memory in GiB."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
    }


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that a run rests on."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


class Store:
    """The results file; every addition is written at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept = json.loads(path.read_text())["runs"] if path.exists() else []
        self._results = {result.key: result for result in (Result(**run) for run in kept)}

    @property
    def results(self) -> list[Result]:
        """All results, by data set, size, kind and support, in order."""
        return sorted(
            self._results.values(),
            key=lambda each: (each.data, each.lines, each.kind, each.support or 0.0, each.subject),
        )

    def add(self, result: Result) -> None:
        """Keep a result in place of an earlier one of the same key."""
        self._results[result.key] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"runs": [asdict(each) for each in self.results]}, indent=1)
        partial = self._path.with_suffix(".partial")
        partial.write_text(text + "\n")
        partial.replace(self._path)
