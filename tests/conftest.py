"""What several test files share."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler.loadfile import LoadFileScheduling

from tests.warehouse.engines import postgres
from tests.warehouse.engines.parity import LISTING
from tests.warehouse.harness import Builder, Warehouse
from tests.warehouse.roles import demo_with_roles

# A worker of pytest-xdist has no main file; PySpark takes that for its own doctests and exits.
vars(sys.modules["__main__"]).setdefault("__file__", pytest.__file__)


SLOWEST_FILES = (
    "test_incremental.py", "test_publish.py", "test_spark.py", "test_parity.py", "test_postgres.py",
    "test_access.py", "test_page_on_postgres.py", "test_properties.py", "test_builds.py",
    "test_odd_companies.py",
)  # fmt: skip


SHARING_FILES = frozenset({"test_access.py", "test_page_on_postgres.py", "test_postgres.py"})
"""Files that share `demo_on_postgres`, which is built once a worker."""


class FilesTogether(LoadFileScheduling):  # type: ignore[misc]
    """As `--dist loadfile`, but files that share a build go to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "sharing" if Path(file).name in SHARING_FILES else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Keep the files together that share a build."""
    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest files first, so that no worker is left with one of them at the end.

    Also lets `-k postgres` find every test that uses the server, whatever its name.
    """
    places = {name: place for place, name in enumerate(SLOWEST_FILES)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.extra_keyword_matches.add("postgres")


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Builds companies; all tests of a run share it, and with it the parsed project."""
    return Builder(tmp_path_factory.mktemp("warehouses"))


@pytest.fixture(scope="session")
def demo(builder: Builder, tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Warehouse:
    """The demo company as `dbt build` makes it on DuckDB: seeds, models and data tests.

    All processes of a run read the same file, which the first to need it builds.
    """
    folder = tmp_path_factory.getbasetemp().parent / f"demo_{testrun_uid}"
    folder.mkdir(exist_ok=True)
    file = folder / "warehouse.duckdb"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            built = builder.build_file(builder.new_file(), {}, with_tests=True)
            built.path.rename(file)
    return Warehouse(file)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server: the one that PGHOST names, else one started for the tests."""
    with postgres.postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def demo_on_postgres(
    postgres_server: postgres.PostgresServer,
    builder: Builder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[postgres.PostgresEngine]:
    """The demo company on PostgreSQL with its roles; each test leaves it as it was."""
    folder = tmp_path_factory.mktemp("demo_on_postgres")
    with demo_with_roles(folder, postgres_server, builder) as engine:
        yield engine


def folder_from_environment(variable: str, what: str) -> Path:
    """The folder that an environment variable names; skips the test when it is not set."""
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: it names the folder of {what}")
    folder = Path(value)
    if not folder.is_dir():
        pytest.fail(f"{variable} names {folder}, which is no folder")
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets."""
    return folder_from_environment(
        "REAL_DATA_DIR", "the real data sets (UCI Online Retail, Groceries)"
    )


@pytest.fixture(scope="session")
def published_results() -> Path:
    """The folder of the published results."""
    return folder_from_environment("PUBLISHED_RESULTS_DIR", "the published results on real data")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what engines were compared by, whichever process ran the test."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == LISTING:
                    terminalreporter.write_line(str(text))
