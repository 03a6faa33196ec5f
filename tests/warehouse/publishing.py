"""A small company that is built and published while others read, and those who do."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.postgres import PostgresEngine
from tests.warehouse.harness import CONTRACTS, SCHEMA_OF_TESTS, quoted

VARS = {"use_demo_data": False, "dw_optional_tables": [], "build_date": "2024-12-31"}
WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "test")
INVOICES = 60
SECONDS = 900
"""How long a build of the small company may take before a test gives it up."""
PAUSE_OF_READERS = 0.01
"""Seconds between two readings, in which the build has the processor."""

READINGS = (
    f"select max(build_id) from {SCHEMA_OF_TESTS}_core.build_info",
    f"select sum(net_amount) from {SCHEMA_OF_TESTS}_core.fct_invoice_line",
    f"select sum(revenue) from {SCHEMA_OF_TESTS}_marts.daily_sales",
    f"select sum(monetary) from {SCHEMA_OF_TESTS}_marts.customer_rfm",
    f"select sum(revenue) from {SCHEMA_OF_TESTS}_marts.revenue_by_category",
)
"""The name of a build, and its amounts in the star and the marts, which are all the same."""

Snapshot = tuple[Any, ...]


def company_files(folder: Path, version: int) -> Path:
    """A folder of files for `make load`: a company of which every amount is ten times a number."""
    folder.mkdir(exist_ok=True)
    rows: dict[str, list[dict[str, Any]]] = {
        "dw_invoice_header": [
            {
                "invoice_no_365": number,
                "customer_code_365": f"C{number % 7}",
                "invoice_date": f"2024-{number % 12 + 1:02}-15",
                "invoice_type": "sale",
                "total_grand": 20 * version,
            }
            for number in range(INVOICES)
        ],
        "dw_invoice_line": [
            {
                "id": f"{number}-{item}",
                "invoice_no_365": number,
                "item_code_365": f"I{item}",
                "quantity": 1,
                "line_total_incl": 10 * version,
            }
            for number in range(INVOICES)
            for item in (number % 3, number % 3 + 1)
        ],
        "dw_item": [
            {
                "item_code_365": f"I{item}",
                "item_description": f"item {item}",
                "category_code": f"K{item % 2}",
            }
            for item in range(4)
        ],
    }
    for name, table in rows.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, CONTRACTS["dw"][name])
            writer.writeheader()
            writer.writerows(table)
    return folder


def amount_of(version: int) -> int:
    """What the amounts of a company add up to."""
    return INVOICES * 20 * version


def load(engine: Engine, version: int) -> None:
    """Loads a version of the company as `make load` does."""
    engine.load("dw", company_files(engine.folder / f"company_{version}", version), VARS)


class Build:
    """A `make build` that is running, in a process group of its own."""

    def __init__(
        self,
        engine: Engine,
        options: Sequence[str] = WITHOUT_TESTS,
        *,
        variables: Mapping[str, Any] = VARS,
        through: Sequence[str] = (),
        is_backtest: bool = False,
        project: Path | None = None,
        before: Callable[[], None] | None = None,
        **environment: str,
    ) -> None:
        self._last_line = "Built in place." if engine.name == "spark" else "Published."
        command = [sys.executable, "-m", "publish.build", "--target", engine.name]
        if is_backtest:
            command.append("--backtest")
        self.process = subprocess.Popen(
            [*through, *command, "--vars", json.dumps(variables), "--", *options],
            cwd=project or engine.project,
            env={**engine.environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=before,
        )
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_for(self, text: str) -> None:
        """Waits until the build prints a text; fails if it ends before."""
        while not any(text in line for line in self.lines):
            assert self.process.poll() is None, self.output
            time.sleep(0.05)

    def ends(self) -> int:
        """Waits for the end of the build and returns its exit code."""
        code = self.process.wait(SECONDS)
        self._reading.join(SECONDS)
        return code

    @property
    def output(self) -> str:
        """All that the build printed."""
        return "\n".join(self.lines)

    def succeeds(self) -> None:
        """Waits for the end of a build that publishes."""
        assert self.ends() == 0, self.output
        assert self.lines[-1] == self._last_line

    def refuses(self) -> str:
        """Waits for the end of a build that does not publish; returns its last sentence."""
        assert self.ends() == 2, self.output
        assert "Traceback" not in self.output
        assert self.lines[-1].startswith("Error: "), self.output
        return self.lines[-1]

    def leaves_no_process(self) -> bool:
        """Whether all processes of the build are gone, or go within ten seconds."""
        for _ in range(100):
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.1)
        return False


Fetch = Callable[[str], list[Snapshot]]


@contextmanager
def reader(engine: Engine) -> Iterator[Fetch]:
    """A connection that reads: a function from a query to its rows."""
    if isinstance(engine, DuckDBEngine):
        with duckdb.connect(str(engine.warehouse.path), read_only=True) as connection:
            yield lambda query: connection.execute(query).fetchall()
        return
    assert isinstance(engine, PostgresEngine)
    with closing(engine.connect()) as server, server.cursor() as cursor:

        def fetch(query: str) -> list[Snapshot]:
            cursor.execute(query)
            return list(cursor.fetchall())

        yield fetch


def fetch(engine: Engine, query: str) -> list[Snapshot]:
    """Rows of a query, through a connection of its own."""
    with reader(engine) as fetched:
        return fetched(query)


SNAPSHOT = "select " + ", ".join(f"({reading})" for reading in READINGS)


def snapshot(engine: Engine) -> Snapshot:
    """The build that readers have and its amounts, by one statement."""
    return fetch(engine, SNAPSHOT)[0]


def published(engine: Engine) -> dict[str, list[Snapshot]]:
    """Every row of every table that readers have."""
    tables = [table.split(".") for table in engine.tables("core", "marts")]
    with reader(engine) as fetched:
        return {
            f"{layer}.{name}": sorted(
                fetched(f"select * from {SCHEMA_OF_TESTS}_{layer}.{quoted(name)}"), key=repr
            )
            for layer, name in tables
        }


class Reader:
    """Reads all the while in a thread of its own; keeps what it saw and what went wrong."""

    def __init__(self, read: Callable[[], Snapshot]) -> None:
        self.seen: list[Snapshot] = []
        self.errors: list[str] = []
        self._read = read
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_OF_READERS):
            try:
                self.seen.append(self._read())
            except Exception as error:
                self.errors.append(repr(error))

    def check(self, expected: Sequence[Snapshot]) -> None:
        """Fails unless every reading was of one of the builds, and every build was read."""
        assert self.errors == [], self.errors
        assert len(self.seen) > 50
        assert set(self.seen) == set(expected)
