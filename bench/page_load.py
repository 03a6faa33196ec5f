"""`make bench-page`: times each page by itself, then under many visitors at once.

Settings come from the environment:

- ENGINE: postgres, where row-level security restricts what the page reads, or duckdb; default
  postgres
- LINES, CUSTOMERS: size of the generated company; default 600000 invoice lines of 5000 customers
- DUCKDB_PATH: with ENGINE=duckdb, a file that is built already, in place of a generated company
- SESSIONS: visitors at once; default 50
- SECONDS: for how long; default 300
- BUILD_SECONDS: time limit of each command of the build; default 7200
- BENCH_DIR: folder for companies and databases; default target/bench
- BENCH_RESULTS: folder for what came out; default bench/results

PostgreSQL is started from a package, unless PGHOST names a server; the database and the roles are
the benchmark's own, and go when it ends. Visitors are signed in by the cookie that the page gives
whom the identity provider lets in, so no provider is part of what is measured. All is on the
loopback interface. page.json keeps the latest run of each company, and page.md shows them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg2
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from bench.builds import BuildError
from bench.demo.company import FEWEST_CUSTOMERS, MOST_CUSTOMERS
from bench.demo_company import LARGEST, SMALLEST
from bench.measure import PROJECT
from bench.page.figures import Done, queries_of
from bench.page.load import Alone, Crowd, measure_alone, measure_crowd
from bench.page.openings import OPENINGS, ROLES, choose_people, plan
from bench.page.report import Run, alone_summary, crowd_summary, keep, markdown
from bench.page.server import ServerFailed, serving
from bench.page.warehouse import ANALYSTS, Warehouse, prepared
from bench.results import RESULTS
from bench.settings import SettingError
from dashboard import queries

ENGINES = ("postgres", "duckdb")
MOST_SESSIONS, MOST_SECONDS = 500, 3600


@dataclass(frozen=True)
class Settings:
    """What was asked for."""

    engine: str
    lines: int
    customers: int
    duckdb_path: str | None
    sessions: int
    seconds: int
    build_seconds: int
    folder: Path
    results: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raises SettingError for one that cannot be used."""

        def whole(name: str, default: int, least: int, most: int) -> int:
            text = environment.get(name) or str(default)
            if not text.isdecimal() or not least <= int(text) <= most:
                raise SettingError(f"{name} must be a number from {least} to {most}, got {text!r}")
            return int(text)

        engine = environment.get("ENGINE") or ENGINES[0]
        if engine not in ENGINES:
            raise SettingError(f"ENGINE may be {' or '.join(ENGINES)}, got {engine!r}")
        path = environment.get("DUCKDB_PATH") if engine == "duckdb" else None
        if path and not Path(path).exists():
            raise SettingError(f"DUCKDB_PATH names {path}, which is no file")
        lines = whole("LINES", 600_000, SMALLEST, LARGEST)
        return cls(
            engine=engine,
            lines=lines,
            customers=whole("CUSTOMERS", 5_000, FEWEST_CUSTOMERS, min(MOST_CUSTOMERS, lines // 10)),
            duckdb_path=path or None,
            sessions=whole("SESSIONS", 50, 1, MOST_SESSIONS),
            seconds=whole("SECONDS", 300, 10, MOST_SECONDS),
            build_seconds=whole("BUILD_SECONDS", 7200, 1, 86_400),
            folder=Path(environment.get("BENCH_DIR") or PROJECT / "target" / "bench").resolve(),
            results=Path(environment.get("BENCH_RESULTS") or RESULTS).resolve(),
        )


class Bench:
    """Prepares a warehouse, and measures the page on it."""

    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._known = queries_of(vars(queries))
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), console=console,
        )  # fmt: skip

    def run(self) -> Run:
        """Do all of it. Raises BuildError and ServerFailed."""
        asked = self._settings
        asked.folder.mkdir(parents=True, exist_ok=True)
        with (
            self._progress,
            prepared(
                asked.engine, asked.lines, asked.customers, asked.duckdb_path, asked.folder,
                asked.build_seconds, self._during,
            ) as warehouse,
            tempfile.TemporaryDirectory(dir=asked.folder, prefix="page_") as folder,
        ):  # fmt: skip
            alone = self._alone(warehouse, Path(folder))
            crowd = self._crowd(warehouse, Path(folder))
        return Run(
            warehouse.engine,
            warehouse.version,
            warehouse.lines if asked.duckdb_path else asked.lines,
            warehouse.lines,
            warehouse.customers,
            warehouse.reps,
            alone_summary(alone),
            crowd_summary(crowd),
        )

    @contextmanager
    def _during(self, what: str) -> Iterator[None]:
        task = self._progress.add_task(what, total=None)
        try:
            yield
        finally:
            self._progress.remove_task(task)

    def _alone(self, warehouse: Warehouse, folder: Path) -> list[Alone]:
        task = self._progress.add_task("start the page", total=len(OPENINGS) * (1 + len(ROLES)))

        def step(name: str) -> None:
            self._progress.update(task, description=name, advance=1)

        with serving(folder, warehouse.environment, ANALYSTS) as server:
            return asyncio.run(measure_alone(server, warehouse.people, self._known, step))

    def _crowd(self, warehouse: Warehouse, folder: Path) -> Crowd:
        asked = self._settings
        people = choose_people(warehouse.people, asked.sessions)
        visitors = [
            (person, plan(number, person, asked.seconds)) for number, person in enumerate(people)
        ]
        total = sum(len(actions) for _, actions in visitors)
        task = self._progress.add_task(f"{asked.sessions} sessions", total=total)
        errors = 0

        def step(one: Done) -> None:
            nonlocal errors
            errors += one.error is not None
            text = f"{asked.sessions} sessions, {errors} errors"
            self._progress.update(task, description=text, advance=1)

        with serving(folder, warehouse.environment, ANALYSTS) as server:
            return asyncio.run(
                measure_crowd(
                    server, visitors, asked.seconds, self._known, warehouse.count_connections, step
                )
            )


def main() -> int:
    """Run what the environment asks for; returns 1 when it could not be measured, else 0.

    What was found is no reason to fail, as the machine may be slower than what is asked supposes. A
    bad setting returns 2.
    """
    try:
        settings = Settings.of(os.environ)
    except SettingError as error:
        print(f"Error: {error}.", file=sys.stderr)
        return 2
    # A plain end would leave servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        run = Bench(settings, Console(stderr=True)).run()
    except (BuildError, ServerFailed, duckdb.Error, psycopg2.Error) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    runs = keep(run, settings.results / "page.json")
    (settings.results / "page.md").write_text(markdown(runs))
    Console(width=200).print(Markdown(markdown([run])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
