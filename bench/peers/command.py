"""The command line of a peer: what it reads, what it writes, and how it tells its seconds."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SUMMARY = "summary.json"


@dataclass
class Task:
    """What a peer was asked, and how long its parts took.

    The summary is written after every part, so that it tells of those that were finished should the
    peer be stopped.
    """

    input: Path
    output: Path
    support: float
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a block as a part of that name."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started
        self.tell({})

    def tell(self, rows: dict[str, int]) -> None:
        """Write the seconds of the parts, and how many rows each result has."""
        summary = {"seconds": self.seconds, "rows": rows}
        (self.output / SUMMARY).write_text(json.dumps(summary))


def parse_task(parser: argparse.ArgumentParser) -> tuple[Task, argparse.Namespace]:
    """Add what every peer is asked to a parser; returns the task and all arguments given."""
    parser.add_argument("--input", type=Path, required=True, help="what the peer reads")
    parser.add_argument("--output", type=Path, required=True, help="folder for what it writes")
    parser.add_argument("--support", type=float, default=0.01, help="least support; default 0.01")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    return Task(given.input, given.output, given.support), given


def run_peer(compute: Callable[[Task], dict[str, int]], about: str | None) -> None:
    """Run a peer as its command line asks; `compute` returns the rows of each result."""
    task, _ = parse_task(argparse.ArgumentParser(description=(about or "").splitlines()[0]))
    task.tell(compute(task))
