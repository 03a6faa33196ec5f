"""Builds that are written, audited and published: readers, faults, kills, and two at once.

Most are of few models; test_access.py publishes all of the demo company.
"""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
import yaml

from dashboard.warehouse import EVERYTHING, DuckDBSource, PostgresSource
from ingest.connections import duckdb_path, postgres_settings
from ingest.errors import InputError
from publish.duckdb_file import builds_folder, next_file
from tests.unit.test_load import HEADER, LINE
from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.few_models import PUBLISHED, make_project_of_few_models
from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS
from tests.warehouse.publishing import (
    READINGS,
    SNAPSHOT,
    VARS,
    WITHOUT_TESTS,
    Build,
    Reader,
    Snapshot,
    amount_of,
    fetch,
    load,
    published,
    reader,
    snapshot,
)
from tests.warehouse.roles import PASSWORD

KILLS = int(os.environ.get("KILLS", "3"))
"""How many builds are killed on each engine."""
LAYERS = ("core", "intermediate", "marts", "reference", "staging")
STOPPED_MIDWAY = "START sql table model"
STAYS = "nothing was published, and what readers had before stays."


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of few models, and a test of its own, which an item of two connectors fails.

    What finds such an item in the whole project reads more models.
    """
    project = make_project_of_few_models(tmp_path_factory.mktemp("project"), PUBLISHED)
    (project / "tests" / "core" / "items_are_of_one_connector.sql").write_text(
        "select item_id from {{ ref('int_invoice_lines_judged') }}"
        " group by item_id having count(distinct source_system) > 1"
    )
    return project


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory, project: Path) -> DuckDBEngine:
    engine = DuckDBEngine(tmp_path_factory.mktemp("publish_duckdb"))
    engine.project = project
    load(engine, 1)
    Build(engine).succeeds()
    return engine


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, project: Path
) -> PostgresEngine:
    engine = PostgresEngine(tmp_path_factory.mktemp("publish_postgres"), postgres_server)
    engine.project = project
    load(engine, 1)
    Build(engine).succeeds()
    return engine


@pytest.fixture(params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine on which a build is published; each test leaves it with one."""
    built: Engine = request.getfixturevalue(f"on_{request.param}")
    return built


@contextmanager
def nothing_changes(engine: Engine, *, may_leave: str | None = None) -> Iterator[None]:
    """Fails if readers have other rows after the block than before, or a build left rubbish.

    A build that lost its connection may leave tables whose name has this ending.
    """
    before = published(engine)
    assert before["marts.daily_sales"]
    yield
    assert published(engine) == before
    left = rubbish(engine)
    assert [name for name in left if may_leave is None or not name.endswith(may_leave)] == []


def rubbish(engine: Engine) -> list[str]:
    """What a build should not leave behind."""
    if isinstance(engine, DuckDBEngine):
        link = engine.warehouse.path
        builds = builds_folder(link)
        kept = {builds / "lock", link.resolve().parent}
        previous = sorted(set(builds.iterdir()) - kept)[-1:]
        there = {*builds.iterdir()} - kept - {*previous}
        logs = [*link.parent.glob("*.wal*"), *builds.rglob("*.wal*")]
        return [str(path) for path in (*there, *logs)] + [
            path.name for path in previous if path.name == "next"
        ]
    expected = {f"{SCHEMA_OF_TESTS}_{part}{layer}" for layer in LAYERS for part in ("", "next_")}
    names = fetch(
        engine,
        f"""
        select schemas.nspname || '.' || coalesce(relations.relname, ''), schemas.nspname
        from pg_namespace as schemas
        left join pg_class as relations on relations.relnamespace = schemas.oid
        where starts_with(schemas.nspname, '{SCHEMA_OF_TESTS}_')
        """,
    )
    return [name for name, schema in names if schema not in expected or "__dbt_" in name]


def schemas(engine: PostgresEngine) -> list[str]:
    """The schemas that are there."""
    return [name for (name,) in fetch(engine, "select nspname from pg_namespace")]


SECONDS_OF: dict[str, float] = {}
"""How long the last whole build on each engine took."""


def builds(engine: Engine) -> Snapshot:
    """Builds and publishes, and returns what readers have then."""
    started = time.monotonic()
    Build(engine).succeeds()
    SECONDS_OF[engine.name] = time.monotonic() - started
    return snapshot(engine)


# The back-test.

SHORT_HORIZONS = {
    **dict.fromkeys(
        (
            "churn_horizon_days", "value_horizon_days", "recommendation_horizon_days",
            "spend_outcome_days",
        ),
        30,
    ),
    "backtest_dates": 2,
    "backtest_min_history_days": 100,
}  # fmt: skip


@pytest.mark.parametrize("name", ["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def test_back_test_is_published_and_later_builds_keep_it(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    engine: Engine = (
        DuckDBEngine(tmp_path)
        if name == "duckdb"
        else PostgresEngine(tmp_path, request.getfixturevalue("postgres_server"))
    )
    engine.project = make_project_of_few_models(
        tmp_path / "project",
        ("score_backtest", "score_calibration", "backtest_date", "customer_rfm"),
    )
    load(engine, 1)
    dates = f"select distinct as_of_date from {SCHEMA_OF_TESTS}_marts.score_backtest order by 1"
    today = f"select distinct as_of_date from {SCHEMA_OF_TESTS}_marts.customer_rfm"
    expected = [(date(2024, 10, 1),), (date(2024, 11, 1),)]
    back_test = Build(engine, variables={**VARS, **SHORT_HORIZONS}, is_backtest=True)
    back_test.succeeds()
    told = [line for line in back_test.lines if line.startswith("Back-test as of ")]
    assert told == [f"Back-test as of {day}" for (day,) in expected]
    assert fetch(engine, dates) == expected
    assert fetch(engine, today) == [(date(2024, 12, 15),)]
    # A second build on PostgreSQL begins with the tables of the build before last.
    for _ in range(2 if isinstance(engine, PostgresEngine) else 1):
        Build(engine).succeeds()
        assert fetch(engine, dates) == expected


# Readers.


def page_reads(engine: Engine) -> Callable[[], Snapshot]:
    """How the page reads: a function to the build that it says it read, and its amounts."""
    with patch.dict("os.environ", engine.settings()):
        source = (
            DuckDBSource(duckdb_path(), SCHEMA_OF_TESTS)
            if isinstance(engine, DuckDBEngine)
            else PostgresSource(postgres_settings(), SCHEMA_OF_TESTS)
        )
    without_schemas = re.sub(rf"{SCHEMA_OF_TESTS}_\w+\.", "", SNAPSHOT)
    names = [f"reading_{place}" for place in range(len(READINGS))]
    statement = f"select * from ({without_schemas}) as readings ({', '.join(names)})"

    def read() -> Snapshot:
        build, rows = source.read(EVERYTHING, statement, {})
        (row,) = rows.to_pylist()
        assert build.build_id == row[names[0]]
        return tuple(row.values())

    return read


@contextmanager
def reading(engine: Engine) -> Iterator[list[Reader]]:
    """Those who query all the while: by one statement, as the page does, and by one transaction.

    The last only on PostgreSQL.
    """
    with ExitStack() as stack:
        readers = [Reader(lambda: snapshot(engine)), Reader(page_reads(engine))]
        if isinstance(engine, PostgresEngine):
            connection = stack.enter_context(closing(engine.connect()))
            connection.autocommit = False

            def transaction() -> Snapshot:
                values: list[object] = []
                with connection, connection.cursor() as cursor:
                    for statement in READINGS:
                        cursor.execute(statement)
                        values += cursor.fetchone() or []
                return tuple(values)

            readers.append(Reader(transaction))
        yield [stack.enter_context(one) for one in readers]


def test_readers_see_the_old_build_or_the_new(engine: Engine) -> None:
    seen = [snapshot(engine)]
    with reading(engine) as readers, ExitStack() as stack:
        if isinstance(engine, DuckDBEngine):
            # Keeps its build for as long as it is open, even when the file is deleted.
            kept_open = stack.enter_context(reader(engine))
        for version in (2, 3):
            load(engine, version)
            seen.append(builds(engine))
            assert set(seen[-1][1:]) == {amount_of(version)}
        time.sleep(1)
        if isinstance(engine, DuckDBEngine):
            assert kept_open(SNAPSHOT) == seen[:1]
    for one in readers:
        one.check(seen)
    assert rubbish(engine) == []


def test_transaction_that_reads_is_waited_for(on_postgres: PostgresEngine) -> None:
    """And never disturbed: it reads on in the build it began with, and the build gives way."""
    with nothing_changes(on_postgres), closing(on_postgres.connect()) as session:
        session.autocommit = False
        with session, session.cursor() as cursor:
            cursor.execute(READINGS[0])
            first = cursor.fetchone()
            sentence = Build(on_postgres, PUBLISH_WAIT_SECONDS="2").refuses()
            assert f"session {session.info.backend_pid} (" in sentence
            cursor.execute(READINGS[0])
            assert cursor.fetchone() == first


def test_build_of_all_that_there_is_publishes(tmp_path: Path) -> None:
    """The whole project from nothing, with both connectors: seeds, models and every test."""
    engine = DuckDBEngine(tmp_path)
    lines = tmp_path / "lines.csv"
    lines.write_text(f"{HEADER}\n{LINE}\n")
    variables = {"connectors": ["dw", "online_retail"]}
    engine.load("online_retail", lines, variables)
    build = Build(engine, (), variables=variables)
    build.succeeds()
    ran = {test.group(1) for line in build.lines if (test := re.search(r" PASS (\w+)::\w+ ", line))}
    unit_tests = (PROJECT / "models").rglob("_*__unit_tests.yml")
    written = {
        unit_test["model"]
        for file in unit_tests
        for unit_test in yaml.safe_load(file.read_text())["unit_tests"]
    }
    assert ran == written


# What may go wrong.


def test_failed_test_publishes_nothing(engine: Engine, tmp_path: Path) -> None:
    """Two connectors have an item of the same id, which only a test finds."""
    lines = tmp_path / "lines.csv"
    lines.write_text(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        "536365,I1,CAKE STAND,2,2024-01-31 10:00:00,12.75,13085,EIRE\n"
    )
    variables = {**VARS, "connectors": ["dw", "online_retail"]}
    engine.load("online_retail", lines, variables)
    with nothing_changes(engine):
        options = ("--exclude", "test_type:generic", "test_type:unit")
        sentence = Build(engine, options, variables=variables).refuses()
        assert sentence.startswith("Error: items_are_of_one_connector failed (Got ")
        assert STAYS in sentence


def test_part_of_the_tables_is_not_published(on_duckdb: DuckDBEngine) -> None:
    with nothing_changes(on_duckdb):
        sentence = Build(on_duckdb, (*WITHOUT_TESTS, "--select", "dim_item")).refuses()
        assert "dbt made only a part of the tables" in sentence


def test_killed_build_leaves_the_last_one_and_the_next_ends_right(engine: Engine) -> None:
    if engine.name not in SECONDS_OF:
        builds(engine)
    load(engine, 5)
    before, killed = published(engine), 0
    while killed < KILLS:
        started, build = time.monotonic(), Build(engine)
        try:
            build.process.wait(random.uniform(0, SECONDS_OF[engine.name]))
            SECONDS_OF[engine.name] = time.monotonic() - started
        except subprocess.TimeoutExpired:
            os.killpg(build.process.pid, signal.SIGKILL)
        code = build.ends()
        assert code in (0, -signal.SIGKILL), build.output
        killed += code == -signal.SIGKILL
        after = published(engine)
        if after["core.build_info"] != before["core.build_info"]:  # it had just published
            assert set(snapshot(engine)[1:]) == {amount_of(5)}
            before = after
        assert after == before
    assert set(builds(engine)[1:]) == {amount_of(5)}
    assert rubbish(engine) == []


def test_stopped_build_says_so_and_clears_up(engine: Engine) -> None:
    number = signal.SIGINT if engine.name == "duckdb" else signal.SIGTERM
    with nothing_changes(engine):
        build = Build(engine)
        build.wait_for(STOPPED_MIDWAY)
        build.process.send_signal(number)
        assert build.refuses() == f"Error: the build was stopped; {STAYS}"
        assert build.leaves_no_process()


def test_second_build_at_once_says_so_and_stops(engine: Engine) -> None:
    """The first stands still meanwhile, so that it does not end before."""
    before = snapshot(engine)
    first = Build(engine)
    first.wait_for(STOPPED_MIDWAY)
    os.killpg(first.process.pid, signal.SIGSTOP)
    try:
        sentence = Build(engine).refuses()
        assert f"process {first.process.pid}" in sentence
        # From another copy of the project, which shares nothing with this one but the warehouse.
        sentence = Build(engine, DBT_TARGET_PATH=str(engine.folder / "other")).refuses()
        assert f"process {first.process.pid}" in sentence
    finally:
        os.killpg(first.process.pid, signal.SIGCONT)
    first.succeeds()
    assert snapshot(engine)[0] != before[0]
    assert rubbish(engine) == []


# Faults on DuckDB.


def test_killed_plain_build_is_taken_over(on_duckdb: DuckDBEngine, tmp_path: Path) -> None:
    """An ordinary file whose writer was killed before its log was in it, as in older versions."""
    path = tmp_path / "warehouse.duckdb"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]);"
            "connection.execute('create table kept as select 7 as number'); os._exit(9)",
            str(path),
        ],
        check=False,
    )
    assert path.with_name("warehouse.duckdb.wal").exists()
    with next_file(path) as file:
        file.publish()
    assert path.is_symlink()
    assert not path.with_name("warehouse.duckdb.wal").exists()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("from kept").fetchall() == [(7,)]


def test_link_of_the_users_own_is_followed(tmp_path: Path) -> None:
    large = tmp_path / "large disk"
    large.mkdir()
    link = tmp_path / "warehouse.duckdb"
    link.symlink_to(large / "warehouse.duckdb")
    for _ in range(3):
        with next_file(link) as file:
            with duckdb.connect(str(file.path)) as connection:
                connection.execute("create table if not exists kept as select 7 as number")
            file.publish()
    assert link.readlink() == large / "warehouse.duckdb"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert len(list(builds_folder(large / "warehouse.duckdb").iterdir())) == len(
        ["lock", "published", "previous"]
    )


def test_file_that_is_being_written_is_not_copied(on_duckdb: DuckDBEngine) -> None:
    path = on_duckdb.warehouse.path
    hold = f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert "in use by another process" in Build(on_duckdb).refuses()
        writer.communicate(b"\n")


def test_folder_without_permission_is_told(on_duckdb: DuckDBEngine) -> None:
    # The superuser may write anywhere, unless that privilege is given up.
    given_up = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    folder = builds_folder(on_duckdb.warehouse.path)
    with nothing_changes(on_duckdb):
        folder.chmod(0o555)
        try:
            sentence = Build(on_duckdb, through=given_up).refuses()
        finally:
            folder.chmod(0o755)
        assert f"{folder / 'next'} cannot be written: Permission denied" in sentence


def test_file_that_does_not_fit_is_told(on_duckdb: DuckDBEngine) -> None:
    """The limit is met while what is published is copied."""
    half = on_duckdb.warehouse.path.stat().st_size // 2

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (half, half))

    with nothing_changes(on_duckdb):
        sentence = Build(on_duckdb, before=limit).refuses()
        assert "cannot be written: File too large; see to the space" in sentence


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=777", "tmpfs", str(disk)]
    for as_root in ([], ["sudo", "-n"]):
        tried = subprocess.run([*as_root, *mount], capture_output=True, check=False)
        if tried.returncode == 0:
            yield disk
            subprocess.run([*as_root, "umount", str(disk)], check=True)
            return
    pytest.skip(f"no disk of three megabytes can be mounted here: {tried.stderr.decode()}")


def test_full_disk_is_told(on_duckdb: DuckDBEngine, small_disk: Path) -> None:
    """It fills up while dbt builds."""
    variables = {"use_demo_data": True}
    path = small_disk / "warehouse.duckdb"
    sentence = Build(on_duckdb, variables=variables, DUCKDB_PATH=str(path)).refuses()
    assert "No space left on device" in sentence
    assert STAYS in sentence
    assert not path.exists()
    assert [file.name for file in builds_folder(path).iterdir()] == ["lock"]


def test_what_is_no_file_is_refused() -> None:
    with (
        pytest.raises(InputError, match="no file that could be published"),
        next_file(Path(":memory:")),
    ):
        pass


# Faults and privileges on PostgreSQL.


def test_server_that_cannot_be_reached_is_told(on_postgres: PostgresEngine) -> None:
    sentence = Build(on_postgres, PGHOST=str(on_postgres.folder)).refuses()
    assert sentence.startswith("Error: cannot connect to PostgreSQL at ")


@pytest.mark.parametrize("whose", ["dbt", "make build"])
def test_lost_connection_publishes_nothing(on_postgres: PostgresEngine, whose: str) -> None:
    # What dbt was about to drop lies where no reader looks, and the next build drops it.
    with nothing_changes(on_postgres, may_leave="__dbt_backup"):
        build = Build(on_postgres)
        build.wait_for(STOPPED_MIDWAY)
        query = f"""
            select pg_terminate_backend(pid)
            from pg_stat_activity
            where datname = current_database() and starts_with(application_name, '{whose}')
        """
        while build.process.poll() is None:  # a single session may be just about to end anyway
            fetch(on_postgres, query)
            time.sleep(0.1)
        sentence = build.refuses()
        assert STAYS in sentence
        if whose == "make build":
            assert "the connection to PostgreSQL was lost" in sentence


@pytest.fixture
def role(on_postgres: PostgresEngine) -> Iterator[str]:
    """A role that may log in and nothing else."""
    name = f"reader_{os.getpid()}"
    with closing(on_postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"create role {name} login password '{PASSWORD}'")
        yield name
        cursor.execute(f"drop owned by {name}")
        cursor.execute(f"drop role {name}")


def test_role_that_may_not_build_is_told(on_postgres: PostgresEngine, role: str) -> None:
    with nothing_changes(on_postgres):
        assert STAYS in Build(on_postgres, PGUSER=role, PGPASSWORD=PASSWORD).refuses()


def test_privileges_are_those_of_the_tables_that_were_read(
    on_postgres: PostgresEngine, role: str
) -> None:
    """They survive the swap, and what was taken back meanwhile does not come back."""

    def readable(*tables: str) -> list[bool]:
        query = "select " + ", ".join(
            f"has_schema_privilege('{role}', '{SCHEMA_OF_TESTS}_{table.split('.')[0]}', 'usage')"
            f" and has_table_privilege('{role}', '{SCHEMA_OF_TESTS}_{table}', 'select')"
            for table in tables
        )
        return list(fetch(on_postgres, query)[0])

    tables = ("marts.daily_sales", "marts.customer_rfm", "core.build_info", "core.dim_item")
    with closing(on_postgres.connect()) as connection, connection.cursor() as cursor:
        for layer in ("marts", "core"):
            cursor.execute(f"grant usage on schema {SCHEMA_OF_TESTS}_{layer} to {role}")
        for table in tables[:3]:
            cursor.execute(f"grant select on {SCHEMA_OF_TESTS}_{table} to {role}")
        cursor.execute(
            f"grant select (customer_id) on {SCHEMA_OF_TESTS}_core.dim_customer to {role}"
        )
        builds(on_postgres)
        assert readable(*tables) == [True, True, True, False]
        cursor.execute(f"revoke select on {SCHEMA_OF_TESTS}_marts.customer_rfm from {role}")
        builds(on_postgres)
        assert readable(*tables) == [True, False, True, False]
    query = (
        f"select has_column_privilege('{role}', '{SCHEMA_OF_TESTS}_core.dim_customer', '{{}}',"
        " 'select')"
    )
    assert fetch(on_postgres, query.format("customer_id")) == [(True,)]
    assert fetch(on_postgres, query.format("email")) == [(False,)]


def test_table_of_the_build_before_last_is_not_published(on_postgres: PostgresEngine) -> None:
    with closing(on_postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {SCHEMA_OF_TESTS}_next_marts.no_longer_made (id integer)")
        cursor.execute(
            f"create view {SCHEMA_OF_TESTS}_next_marts.on_it as"
            f" select * from {SCHEMA_OF_TESTS}_next_marts.no_longer_made"
        )
    builds(on_postgres)
    assert not {"marts.no_longer_made", "marts.on_it"} & set(on_postgres.tables("marts"))


def test_load_of_other_columns_takes_the_views_of_both_builds(
    on_postgres: PostgresEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "company"
    shutil.copytree(on_postgres.folder / "company_1", folder)
    items = folder / "dw_item.csv"
    header, *rows = items.read_text().splitlines()
    items.write_text("\n".join([f"{header},colour", *(f"{row},red" for row in rows)]) + "\n")
    on_postgres.load("dw", folder, VARS)
    builds(on_postgres)


def test_full_refresh_leaves_nothing_to_go_on_from(on_postgres: PostgresEngine) -> None:
    """The replaced tables may have other columns than an incremental build could go on with."""
    Build(on_postgres, (*WITHOUT_TESTS, "--full-refresh")).succeeds()
    assert not [name for name in schemas(on_postgres) if "_next_" in name]
    builds(on_postgres)
