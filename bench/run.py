"""`make bench`: times the build on the engines and sizes asked for, and its peers on the same rows.

Settings come from the environment:

- ENGINES: duckdb, postgres and spark; default the first two
- LINES: sizes of generated companies, in invoice lines; default 1000000
- FILE: an Online Retail II file, built and counted as well; default none
- PEERS: pandas, loops, scipy, mlxtend and fpgrowth, which is Spark's, or "none"; default all
- SUPPORTS: of the pair step beside the default, which is 0.01; default 0.001
- REFRESH: none leaves the daily refresh out
- PEER_SECONDS: time limit of each peer; default 900
- BUILD_SECONDS: time limit of each command of a build; default 7200
- BENCH_DIR: folder for companies and databases; default target/bench
- BENCH_RESULTS: folder for what came out; default bench/results

Every result goes to benchmark.json at once, in place of an earlier one of the same
engine or peer and size; the page and the picture beside it are made from all that are there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median_low
from typing import TypeVar

import duckdb
import psycopg2
import pyarrow.parquet as pq
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import picture
from bench.builds import PYTHON, Build, BuildError
from bench.demo.next_day import LINE, write_next_day
from bench.engines import Engine, open_engine
from bench.measure import DONE, PROJECT, run
from bench.peers.command import SUMMARY
from bench.report import markdown
from bench.results import BUILD, COMPANY, JSON_NAME, ONLINE_RETAIL, PAIRS, SCRIPT, Result, Store
from bench.settings import DEFAULT_SUPPORT, SettingError, Settings

SCRIPTS = {"pandas": "pandas_marts", "loops": "loops"}
PAIR_PEERS = ("scipy", "mlxtend", "fpgrowth", "loops")
SMALL, REPEATS = 2_000_000, 3
"""Up to so many lines the pair step is run so often and the median told."""

Measured = TypeVar("Measured")

BASKET_LINES = """
    select invoice_id, item_id
    from opportunity_core.fct_invoice_line
    where line_type = 'sale' and is_product
"""


@dataclass(frozen=True)
class DataSet:
    """Raw rows to build: a generated company, or a real file."""

    data: str
    source: str
    path: Path
    variables: Mapping[str, object]
    folder: Path
    lines: int

    @property
    def basket_lines(self) -> Path:
        """What the peers of the pair step read."""
        return self.folder / "basket_lines.parquet"

    @property
    def repeats(self) -> int:
        """How often the pair step is run."""
        return REPEATS if self.lines <= SMALL else 1

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return f"{self.data} of {self.lines:,} lines"


class Bench:
    """Runs everything and keeps what comes out."""

    def __init__(self, settings: Settings, store: Store, console: Console) -> None:
        self.settings, self.store, self.console = settings, store, console
        self.failures: list[str] = []
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
        )

    def run(self) -> None:
        """Measure every data set on every engine, and the peers on it."""
        with self._progress:
            for lines in self.settings.lines:
                self._measure(self._company(lines))
            if self.settings.file:
                self._measure(self._online_retail(self.settings.file))

    def _during(self, what: str, action: Callable[[], Measured]) -> Measured:
        """Show what is being done while it is done."""
        task = self._progress.add_task(what, total=None)
        try:
            return action()
        finally:
            self._progress.remove_task(task)

    # --- data sets ------------------------------------------------------------------------------

    def _company(self, lines: int) -> DataSet:
        folder = self.settings.folder / f"company_{lines}"
        raw = folder / "raw"
        if not (raw / "truths.json").exists():
            command = [PYTHON, "-m", "bench.demo_company", "--out", str(raw), "--format", "parquet"]
            self._during(
                f"generate a company of {lines:,} lines",
                lambda: subprocess.run(
                    [*command, "--lines", str(lines)], cwd=PROJECT, check=True, capture_output=True
                ),
            )
        write_next_day(raw, folder / "day")
        counted = pq.read_metadata(raw / f"{LINE}.parquet").num_rows
        return DataSet(COMPANY, "dw", raw, {"use_demo_data": False}, folder, counted)

    def _online_retail(self, file: Path) -> DataSet:
        folder = self.settings.folder / "online_retail"
        folder.mkdir(parents=True, exist_ok=True)
        variables = {"connectors": ["online_retail"]}
        return DataSet(ONLINE_RETAIL, "online_retail", file, variables, folder, 0)

    # --- measuring ------------------------------------------------------------------------------

    def _measure(self, data: DataSet) -> None:
        data.basket_lines.unlink(missing_ok=True)
        for name in self.settings.engines:
            try:
                with open_engine(name, data.folder) as engine:
                    data = self._build(data, engine)
            except (BuildError, duckdb.Error, psycopg2.Error) as error:
                self.failures.append(f"{name}, {data.title}: {error}")
                self.console.print(f"{name}: {error}", style="red", markup=False)
        self._scripts(data)
        if data.basket_lines.exists():
            self._pair_peers(data)

    def _build(self, data: DataSet, engine: Engine) -> DataSet:
        """Load, build, test, count pairs and refresh on one engine; returns the data counted."""
        build = Build(engine, dict(data.variables), data.folder, self.settings.build_seconds)
        what = f"{engine.name}, {data.title}"
        load = self._during(f"{what}: load", lambda: build.load(data.source, data.path))
        if data.data == ONLINE_RETAIL:
            counted = engine.count("online_retail.online_retail_lines")
            data = replace(data, lines=counted)
        full = self._during(f"{what}: full build", lambda: build.build("full"))
        outcomes = [load, full.outcome]
        seconds = {
            "load": load.seconds,
            "models": full.timing.table_seconds,
            "tests": full.timing.test_seconds,
            "own": full.own_seconds,
            "full": full.outcome.seconds,
            "pairs": full.timing.pair_seconds,
        }
        size = engine.size_bytes()
        engine.export(BASKET_LINES, data.basket_lines)
        self._pair_steps(data, engine, build)
        if data.data == COMPANY and engine.name == "duckdb" and "pandas" in self.settings.peers:
            alone = self._during(f"{what}: the script's marts", build.script_marts)
            outcomes.append(alone.outcome)
            seconds["script_marts"] = alone.outcome.seconds
        if data.data == COMPANY and self.settings.has_refresh:
            build.append_day(data.folder / "day")
            refresh = self._during(f"{what}: daily refresh", lambda: build.build("refresh"))
            outcomes.append(refresh.outcome)
            seconds["refresh"] = refresh.outcome.seconds
            seconds["refresh_models"] = refresh.timing.table_seconds
            seconds["refresh_own"] = refresh.own_seconds
        peak = max(outcome.peak_bytes for outcome in outcomes)
        self._keep(
            Result(BUILD, data.data, data.lines, engine.name, seconds=seconds, peak_bytes=peak,
                   size_bytes=size)
        )  # fmt: skip
        return data

    def _pair_steps(self, data: DataSet, engine: Engine, build: Build) -> None:
        """Run the pair step by itself at each support; the default comes last and so stays."""
        for support in (*self.settings.supports, DEFAULT_SUPPORT):
            step = partial(build.pair_step, support)
            what = f"{engine.name}, {data.title}: pairs at support {support}"
            parts = [self._during(what, step) for _ in range(data.repeats)]
            part = middle(parts, lambda part: part.timing.pair_seconds)
            models = part.timing.model_seconds
            counting = ("basket_population", "basket_frequent_item", "basket_pair")
            seconds = {
                "encode": models["basket_item"],
                "count": sum(models[model] for model in counting),
                "judge": models["basket_pair_test"] + models["basket_rule"],
            }
            rows = {"pairs": engine.count("opportunity_marts.basket_pair")}
            self._keep(
                Result(PAIRS, data.data, data.lines, engine.name, support, seconds=seconds,
                       peak_bytes=part.outcome.peak_bytes, rows=rows)
            )  # fmt: skip

    def _scripts(self, data: DataSet) -> None:
        """Run the peers that compute marts from the raw tables."""
        for peer in SCRIPTS if data.data == COMPANY else ():
            if peer in self.settings.peers:
                command = [f"bench.peers.{SCRIPTS[peer]}", "--input", str(data.path)]
                self._keep(self._peer(data, SCRIPT, peer, command, None))

    def _pair_peers(self, data: DataSet) -> None:
        """Run the peers of the pair step at each support."""
        for support in (*self.settings.supports, DEFAULT_SUPPORT):
            for peer in PAIR_PEERS:
                if peer not in self.settings.peers:
                    continue
                command = ["bench.peers.count_pairs", peer, "--input", str(data.basket_lines)]
                command += ["--support", str(support)]
                found: list[Result] = []
                while len(found) < data.repeats:
                    found.append(self._peer(data, PAIRS, peer, command, support))
                    if found[-1].status != DONE or found[-1].seconds["total"] > 60:
                        break
                self._keep(
                    found[-1]
                    if found[-1].status != DONE
                    else middle(found, lambda each: each.seconds["encode"] + each.seconds["count"])
                )

    def _peer(
        self, data: DataSet, kind: str, peer: str, command: list[str], support: float | None
    ) -> Result:
        """Run one peer in a process of its own."""
        out = data.folder / f"{kind}_{peer}"
        (out / SUMMARY).unlink(missing_ok=True)
        at = "" if support is None else f" at support {support}"
        outcome = self._during(
            f"{peer}, {data.title}{at}",
            lambda: run(
                [PYTHON, "-m", *command, "--output", str(out)],
                data.folder / f"{kind}_{peer}.log",
                limit_seconds=self.settings.peer_seconds,
            ),
        )
        told = json.loads((out / SUMMARY).read_text()) if (out / SUMMARY).exists() else {}
        seconds = {**told.get("seconds", {}), "total": outcome.seconds}
        return Result(kind, data.data, data.lines, peer, support, outcome.status, seconds,
                      outcome.peak_bytes, rows=told.get("rows", {}))  # fmt: skip

    def _keep(self, result: Result) -> None:
        self.store.add(result)
        at = "" if result.support is None else f" at support {result.support}"
        parts = ", ".join(f"{name} {value:.1f}" for name, value in result.seconds.items())
        self.console.print(
            f"{result.subject}, {result.data} of {result.lines:,} lines, {result.kind}{at}: "
            f"{result.status}; seconds: {parts}"
        )


def middle(measured: list[Measured], seconds: Callable[[Measured], float]) -> Measured:
    """The one with the median of the seconds."""
    wanted = median_low(seconds(each) for each in measured)
    return next(each for each in measured if seconds(each) == wanted)


def publish(store: Store, folder: Path) -> None:
    """Write the page and the picture of all results, and print the page."""
    if not store.results:
        return
    page = markdown(store.results)
    (folder / "benchmark.md").write_text(page)
    picture.draw(store.results, folder / "benchmark.svg")
    Console(width=200).print(Markdown(page))


def main() -> int:
    """Run what the environment asks for; returns 1 when a build failed, 2 for a bad setting."""
    console = Console(stderr=True)
    try:
        settings = Settings.of(os.environ)
    except SettingError as error:
        print(f"Error: {error}.", file=sys.stderr)
        return 2
    # A plain end would leave servers and peers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    bench = Bench(settings, Store(settings.results / JSON_NAME), console)
    try:
        bench.run()
    finally:
        publish(bench.store, settings.results)
    for failure in bench.failures:
        print(f"Error: {failure}", file=sys.stderr)
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
