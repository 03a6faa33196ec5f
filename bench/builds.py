"""The build under test: `dbt build` as users run it, and the load before it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.demo.next_day import HEADER, LINE
from bench.engines import Engine
from bench.measure import DONE, Outcome, run
from bench.peers.pandas_marts import SCRIPT_MARTS
from bench.run_results import PAIR_STEP, Timing, read_timing

PYTHON = sys.executable
DBT = str(Path(sys.executable).with_name("dbt"))
BUILD = [DBT, "build", "--exclude-resource-type", "unit_test"]
"""Seeds, models and all data tests; unit tests are tests of the project, not of the data."""


class BuildError(Exception):
    """A command that did not end well; the message says which, how, and where its output is."""


@dataclass(frozen=True)
class Part:
    """One command of a build: its wall time, and what dbt told of it."""

    outcome: Outcome
    timing: Timing

    @property
    def own_seconds(self) -> float:
        """Wall time in which no node was at work: starting, parsing, connecting."""
        return self.outcome.seconds - self.timing.node_seconds


class Build:
    """A source's rows on an engine, loaded and built."""

    def __init__(
        self, engine: Engine, variables: dict[str, Any], folder: Path, limit_seconds: float
    ) -> None:
        self._engine, self._variables = engine, variables
        self._folder, self._limit = folder, limit_seconds
        self._target = folder / "target"
        self._environment = {
            **engine.environment,
            "DBT_TARGET_PATH": str(self._target),
            "DBT_LOG_PATH": str(folder / "logs"),
            "DO_NOT_TRACK": "1",
        }

    def load(self, source: str, path: Path) -> Outcome:
        """Load the raw tables from files."""
        command = [PYTHON, "-m", "ingest.load", "--source", source, "--file", str(path)]
        return self._run("load", [*command, "--target", self._engine.name], self._variables)

    def build(self, moment: str) -> Part:
        """Run a build; `moment` names the log."""
        outcome = self._run(moment, BUILD, self._variables)
        return Part(outcome, read_timing(self._target / "run_results.json"))

    def script_marts(self) -> Part:
        """Build the marts of the pandas script, what they need and their tests, from nothing."""
        command = [*BUILD, "--full-refresh", "--select", *(f"+{mart}" for mart in SCRIPT_MARTS)]
        outcome = self._run("script_marts", command, self._variables)
        return Part(outcome, read_timing(self._target / "run_results.json"))

    def append_day(self, day: Path) -> None:
        """Append a day's headers and lines to the raw tables."""
        for table in (HEADER, LINE):
            self._engine.append(f"dw.{table}", day / f"{table}.parquet")

    def pair_step(self, support: float) -> Part:
        """Run the models of the pair step by themselves, from nothing, at a support."""
        # In a target folder of its own: with other vars dbt would parse the next build anew.
        target = self._folder / "target_pairs"
        command = [DBT, "run", "--full-refresh", "--target-path", str(target)]
        variables = {**self._variables, "basket_min_support": support}
        outcome = self._run(f"pairs_{support}", [*command, "--select", *PAIR_STEP], variables)
        return Part(outcome, read_timing(target / "run_results.json"))

    def _run(self, name: str, command: list[str], variables: dict[str, Any]) -> Outcome:
        log = self._folder / f"{self._engine.name}_{name}.log"
        outcome = run(
            [*command, "--vars", json.dumps(variables)],
            log,
            environment=self._environment,
            watched=self._engine.watched,
            limit_seconds=self._limit,
        )
        if outcome.status != DONE:
            told = log.read_text(errors="replace").strip().splitlines()[-3:]
            raise BuildError(
                f"{name} on {self._engine.name}: {outcome.status} after {outcome.seconds:.0f} s; "
                f"see {log}: {' '.join(told)}"
            )
        return outcome
