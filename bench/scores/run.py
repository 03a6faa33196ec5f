"""`make bench-scores`: what our scores are worth beside the usual libraries, on the same splits.

Settings come from the environment:

- FILE: an Online Retail II file; default online_retail_ii.parquet in the folder REAL_DATA_DIR
- DATES: how many as-of dates, the latest month starts whose outcome is known; default 10
- REUSE: yes judges the splits that the last run left in BENCH_DIR, without building; default no
- PEER_SECONDS: time limit of each peer on each date; default 900
- BENCH_DIR: folder for the database and the splits; default target/bench
- BENCH_RESULTS: folder for the table; default bench/results

Prints one table and writes it to scores.md. Ends with 1 when a threshold is missed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench.builds import PYTHON
from bench.measure import DONE, run
from bench.peers.command import SUMMARY
from bench.results import machine, versions
from bench.scores.judge import Figures, JudgeError, judge_rules, judge_shuffles, judge_split
from bench.scores.judged import Judged, judge_line
from bench.scores.lines import AGAIN, CHURN, LINES, NEW, RISK, RULES, VALUE, WALLET
from bench.scores.report import Run, page
from bench.scores.settings import ScoreSettings
from bench.scores.splits import SECONDS, TRAIN, build_splits, found_splits
from bench.settings import SettingError
from bench.shuffle import Shuffles, shuffled
from ingest.errors import InputError

PEERS: dict[str, tuple[str, ...]] = {
    "bgnbd": ("bench.peers.churn", "bgnbd"),
    "boosting": ("bench.peers.churn", "boosting"),
    "bgnbd_gamma_gamma": ("bench.peers.value",),
    "popular_30": ("bench.peers.items", "popular_30"),
    "popular_90": ("bench.peers.items", "popular_90"),
    "bm25": ("bench.peers.items", "bm25"),
    "als": ("bench.peers.items", "als"),
    "bm25_recent": ("bench.peers.items", "bm25_recent"),
    "als_recent": ("bench.peers.items", "als_recent"),
    "most_often": ("bench.peers.items", "most_often"),
}
"""Peers of every date, by their names in the table."""
RULE_PEER = "mlxtend"
SUPPORT = "0.01"
"""Of basket_min_support, at its default."""
WITHOUT_LEAST_SUPPORT = {"basket_min_support": 0}
"""So that all items and pairs in at least basket_min_count baskets are tested."""

_MODEL = ("customer_trading_day", "bgnbd_cell", "bgnbd_fit", "customer_snapshot")
_ITEMS = (
    *("recommendation_date", "customer_item_day", "owned_item", "item_popularity"),
    *("item_typical_purchase", "recommendation_rate"),
)
MODELS = {
    CHURN: (*_MODEL, "churn_scorecard", "customer_churn"),
    VALUE: (*_MODEL, "churn_scorecard", "customer_lifetime_value"),
    NEW: (
        *_ITEMS,
        *("item_similarity", "recommendation_list", "item_recommendation"),
    ),
    AGAIN: (*_ITEMS, "reorder_list", "item_reorder_due"),
    RISK: ("customer_category_activity", "churn_rate_test", "churn_risk"),
    WALLET: (
        *("customer_category_activity", "customer_peer_group", "peer_group_category"),
        *("customer_category_benchmark", "share_of_wallet"),
    ),
    RULES: (
        *("basket_item", "basket_population", "basket_frequent_item", "basket_pair"),
        *("basket_pair_test", "basket_rule"),
    ),
}
"""Models whose seconds are a score's."""
PACKAGES = ("duckdb", "dbt-core", "lifetimes", "scikit-learn", "implicit", "mlxtend")


@dataclass
class Bench:
    """Builds, runs the peers, and judges."""

    settings: ScoreSettings
    console: Console
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Of each peer on each date."""
    shuffles: Shuffles | None = None
    failures: list[str] = field(default_factory=list)

    def run(self) -> list[Path]:
        """Make the splits and run every peer on them; returns the splits.

        Raises InputError, of which BuildFailed is one, when there is nothing to judge.
        """
        with Progress(
            *(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()),
            console=self.console,
        ) as self._progress:
            if not self.settings.reuses_splits:
                self._build()
            splits = found_splits(self.settings.folder / "splits")
            if not splits:
                raise InputError(f"there is no split in {self.settings.folder}; run without REUSE.")
            for split in splits:
                for name, command in PEERS.items():
                    self._peer(split, name, command)
            self._peer(splits[-1], RULE_PEER, ("bench.peers.item_rules", "--support", SUPPORT))
            with self._during("shuffle baskets"):
                self.shuffles = shuffled(self._file, {**self._variables, **WITHOUT_LEAST_SUPPORT})
        return splits

    def figures(self, splits: list[Path]) -> Figures:
        """Judge all methods on all splits; raises JudgeError."""
        figures = Figures()
        for split in splits:
            judge_split(figures, split, self._finished(split))
        rules = self._finished(splits[-1]).get(RULE_PEER)
        if rules:
            judge_rules(figures, splits[-1], rules)
        if self.shuffles:
            judge_shuffles(figures, splits[-1], self.shuffles)
        return figures

    @property
    def _file(self) -> Path:
        return self.settings.folder / "scores.duckdb"

    @property
    def _variables(self) -> dict[str, object]:
        return {"connectors": ["online_retail"], "backtest_dates": self.settings.dates}

    def _build(self) -> None:
        folder = self.settings.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        file, variables = self._file, self._variables
        command = [PYTHON, "-m", "ingest.load", "--source", "online_retail", "--target", "duckdb"]
        command += ["--file", str(self.settings.file), "--vars", json.dumps(variables)]
        log = folder / "load.log"
        with self._during("load"):
            outcome = run(command, log, environment={"DUCKDB_PATH": str(file)})
        if outcome.status != DONE:
            raise InputError(f"{self.settings.file} was not loaded: see {log}.")
        steps = build_splits(file, folder / "splits", variables)
        what: str | None = "everything"
        while what:
            with self._during(f"build {what}"):
                what = next(steps, None)

    def _peer(self, split: Path, name: str, command: tuple[str, ...]) -> None:
        """Run a peer on a split in a process of its own."""
        out = self._out(split, name)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        log = out / "log"
        asked = [PYTHON, "-m", *command, "--input", str(split / TRAIN), "--output", str(out)]
        with self._during(f"{name} as of {split.name}"):
            outcome = run(asked, log, limit_seconds=self.settings.peer_seconds)
        if outcome.status != DONE:
            self.failures.append(
                f"{name} as of {split.name}: {outcome.status} after {outcome.seconds:.0f} s; {log}"
            )
            return
        parts = dict(json.loads((out / SUMMARY).read_text())["seconds"])
        if "mine_all" in parts:
            self.seconds.setdefault(f"{name}_all", []).append(parts.pop("mine_all"))
        self.seconds.setdefault(name, []).append(sum(parts.values()))

    def _finished(self, split: Path) -> Mapping[str, Path]:
        """The folders of the peers that came to their end."""
        folders = {name: self._out(split, name) for name in (*PEERS, RULE_PEER)}
        failed = {failure.split(":")[0] for failure in self.failures}
        return {
            name: folder
            for name, folder in folders.items()
            if folder.exists() and f"{name} as of {split.name}" not in failed
        }

    def _out(self, split: Path, name: str) -> Path:
        return self.settings.folder / "peers" / split.name / name

    @contextmanager
    def _during(self, what: str) -> Iterator[None]:
        """Show what is being done while it is done."""
        task = self._progress.add_task(what, total=None)
        try:
            yield
        finally:
            self._progress.remove_task(task)


def our_seconds(splits: list[Path]) -> dict[str, float]:
    """Seconds of the models of each score, mean of the dates."""
    timings = [json.loads((split / SECONDS).read_text()) for split in splits]
    return {
        score: sum(timing[model] for timing in timings for model in models) / len(timings)
        for score, models in MODELS.items()
    }


def about(settings: ScoreSettings, splits: list[Path]) -> Run:
    """When, on what data and on which machine."""
    here = machine()
    told = ", ".join(f"{name} {number}" for name, number in versions(PACKAGES).items())
    return Run(
        date.today().isoformat(),
        settings.file.name,
        [split.name for split in splits],
        f"{here['cores']:g} cores, {here['memory_gib']:g} GiB; {told}",
    )


def measured(bench: Bench) -> tuple[str, list[Judged]]:
    """Run all; returns the page and its lines."""
    splits = bench.run()
    figures = bench.figures(splits)
    rows = [judge_line(line, figures) for line in LINES]
    theirs = {name: sum(values) / len(values) for name, values in bench.seconds.items()}
    return page(about(bench.settings, splits), rows, our_seconds(splits), theirs), rows


def main() -> int:
    """Run what the environment asks for; returns 1 for a failure or a miss, 2 for a bad setting."""
    console = Console(stderr=True)
    try:
        bench = Bench(ScoreSettings.of(os.environ), console)
    except SettingError as error:
        print(f"Error: {error}.", file=sys.stderr)
        return 2
    # A plain end would leave peers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        text, rows = measured(bench)
    except (InputError, JudgeError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    bench.settings.results.mkdir(parents=True, exist_ok=True)
    (bench.settings.results / "scores.md").write_text(text)
    Console(width=220).print(Markdown(text))
    for failure in bench.failures:
        print(f"Error: {failure}", file=sys.stderr)
    return 1 if bench.failures or any(row.is_reached is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
