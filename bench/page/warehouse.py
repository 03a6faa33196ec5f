"""The warehouse under the page: a generated company with a team of sales reps, built and published.

On PostgreSQL the page reads it by a login in the page's role, so under row-level security.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow.parquet as pq

from bench.builds import DBT, PYTHON, BuildError
from bench.engines import DuckDB, Engine, Postgres, postgres_server
from bench.measure import DONE, run
from bench.page.openings import ANALYST, MANAGER, REP, Person
from ingest.connections import target_schema

FEWEST_REPS, CUSTOMERS_OF_REP, REPS_OF_MANAGER = 40, 125, 5
ANALYSTS = tuple(f"analyst.{number}@page.example" for number in range(5))
PAGE_ROLE, ANALYST_ROLE = "opportunity_bench_page", "opportunity_bench_analyst"
LOGIN = "opportunity_bench_page_login"
NO_UNIT_TESTS = ("--", "--exclude-resource-type", "unit_test")
CUSTOMERS_KEPT = 200
"""So many customers of each person are opened by the load at most."""

Query = Callable[[str], list[Any]]
During = Callable[[str], AbstractContextManager[None]]
"""Shows what is being done while it is done."""


@dataclass(frozen=True)
class Warehouse:
    """A published warehouse that the page can read."""

    engine: str
    version: str
    environment: Mapping[str, str]
    """Of the page."""
    lines: int
    customers: int
    reps: int
    people: Mapping[str, list[Person]]
    """Who can sign in, by role."""
    count_connections: Callable[[], int] | None
    """Counts the page's connections to the database."""


@contextmanager
def existing(path: Path) -> Iterator[Warehouse]:
    """A DuckDB file that is built already."""
    environment = {"DBT_TARGET": "duckdb", "DUCKDB_PATH": str(path.absolute())}
    yield _described("duckdb", f"DuckDB {duckdb.__version__}", environment, _of_file(path), None)


@contextmanager
def built_on_duckdb(
    lines: int, customers: int, folder: Path, limit_seconds: float, during: During
) -> Iterator[Warehouse]:
    """A company in a DuckDB file that goes with the block."""
    raw = company(lines, customers, folder, during)
    place = Path(tempfile.mkdtemp(dir=folder))
    try:
        engine = DuckDB(place)
        _build(engine, raw, {"use_demo_data": False}, folder, limit_seconds, during)
        path = Path(engine.environment["DUCKDB_PATH"])
        with existing(path) as warehouse:
            yield warehouse
    finally:
        shutil.rmtree(place)


@contextmanager
def built_on_postgres(
    lines: int, customers: int, folder: Path, limit_seconds: float, during: During
) -> Iterator[Warehouse]:
    """A company in a PostgreSQL database that goes with the block, as do the roles."""
    raw = company(lines, customers, folder, during)
    with postgres_server() as server:
        engine = Postgres(server)
        try:
            _drop_roles(server)
            variables = {
                "use_demo_data": False, "page_role": PAGE_ROLE, "analyst_role": ANALYST_ROLE,
            }  # fmt: skip
            _build(engine, raw, variables, folder, limit_seconds, during)
            with closing(_connected(engine.environment)) as connection:
                yield _for_page(engine, connection)
        finally:
            engine.drop()
            _drop_roles(server)


def _for_page(engine: Postgres, connection: Any) -> Warehouse:
    """Give the page a login, and tell what it reads."""

    def query(sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows: list[Any] = cursor.fetchall()
            return rows

    password = secrets.token_hex(16)
    with connection.cursor() as cursor:
        cursor.execute(f"create role {LOGIN} login password %s in role {PAGE_ROLE}", [password])
    environment = {
        **{key: value for key, value in engine.environment.items() if key != "PGOPTIONS"},
        "PGUSER": LOGIN, "PGPASSWORD": password,
    }  # fmt: skip
    count = (
        "select count(*) from pg_stat_activity"
        f" where usename = '{LOGIN}' and backend_type = 'client backend'"
    )
    return _described(
        engine.name, engine.version, environment, query, lambda: int(query(count)[0][0])
    )


def _drop_roles(server: Mapping[str, str]) -> None:
    with closing(_connected(server)) as connection, connection.cursor() as cursor:
        for role in (LOGIN, PAGE_ROLE, ANALYST_ROLE):
            cursor.execute(f"drop role if exists {role}")


def _connected(environment: Mapping[str, str]) -> Any:
    connection = psycopg2.connect(
        host=environment["PGHOST"],
        port=environment.get("PGPORT"),
        user=environment.get("PGUSER"),
        password=environment.get("PGPASSWORD"),
        dbname=environment["PGDATABASE"],
    )
    connection.autocommit = True
    return connection


def _of_file(path: Path) -> Query:
    def query(sql: str) -> list[Any]:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


# --- Building ---------------------------------------------------------------------------------


def company(lines: int, customers: int, folder: Path, during: During) -> Path:
    """Generate a company, unless it is there, and give it a team of sales reps."""
    raw = folder / "raw"
    if not (raw / "truths.json").exists():
        command = [PYTHON, "-m", "bench.demo_company", "--out", str(raw), "--format", "parquet"]
        with during(f"generate a company of {lines:,} lines"):
            sizes = ["--lines", str(lines), "--customers", str(customers)]
            _run([*command, *sizes], folder / "company.log", {}, 7200)
    give_reps(raw)
    return raw


def give_reps(raw: Path) -> int:
    """Spread the customers of a generated company over many reps, and return how many.

    The generator knows six reps, and fifty visitors who share them would share their cached pages.
    Customers without a rep stay so. Doing it again changes nothing.
    """
    customers, reps = raw / "dw_customer.parquet", raw / "dw_sales_rep.parquet"
    rows: int = pq.read_metadata(customers).num_rows
    count = max(FEWEST_REPS, rows // CUSTOMERS_OF_REP)
    manager = f"'M' || lpad(cast(number // {REPS_OF_MANAGER} as varchar), 3, '0')"
    _rewrite(
        customers,
        f"""
        select * replace (
            case
                when nullif(trim(sales_rep_code), '') is not null
                then 'B' || lpad(cast(hash(customer_code_365) % {count} as varchar), 4, '0')
                else sales_rep_code
            end as sales_rep_code
        )
        from read_parquet('{customers}')
        """,
    )
    _rewrite(
        reps,
        f"""
        select * from read_parquet('{reps}')
        where coalesce(sales_rep_code, '') not similar to '[BM][0-9]+'

        union all by name

        select
            'B' || lpad(cast(number as varchar), 4, '0') as sales_rep_code,
            'Rep ' || number as sales_rep_name,
            'rep.' || number || '@page.example' as email,
            {manager} as manager_code
        from range({count}) as numbers(number)

        union all by name

        select
            {manager} as sales_rep_code,
            'Manager ' || min(number) // {REPS_OF_MANAGER} as sales_rep_name,
            'manager.' || min(number) // {REPS_OF_MANAGER} || '@page.example' as email,
            'R01' as manager_code
        from range({count}) as numbers(number)
        group by {manager}
        """,
    )
    return count


def _rewrite(file: Path, query: str) -> None:
    written = file.with_suffix(".partial")
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{written}' (format parquet)")
    written.replace(file)


def _build(
    engine: Engine,
    raw: Path,
    variables: Mapping[str, object],
    folder: Path,
    limit_seconds: float,
    during: During,
) -> None:
    """Load a company, create the roles that the variables name, build and publish."""
    environment = {
        **engine.environment,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DO_NOT_TRACK": "1",
    }
    options = ["--target", engine.name, "--vars", json.dumps(variables)]
    steps = [
        ("load", [PYTHON, "-m", "ingest.load", "--source", "dw", "--file", str(raw), *options])
    ]
    if "page_role" in variables:
        steps.append(("create roles", [DBT, "run-operation", "create_roles", *options]))
    steps.append(("build and publish", [PYTHON, "-m", "publish.build", *options, *NO_UNIT_TESTS]))
    for name, command in steps:
        log = folder / f"page_{engine.name}_{name.split()[0]}.log"
        with during(f"{engine.name}: {name}"):
            _run(command, log, environment, limit_seconds, engine.watched)


def _run(
    command: list[str],
    log: Path,
    environment: Mapping[str, str],
    limit_seconds: float,
    watched: list[int] | None = None,
) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    outcome = run(
        command, log, environment=environment, watched=watched or [], limit_seconds=limit_seconds
    )
    if outcome.status != DONE:
        told = " ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
        raise BuildError(
            f"{' '.join(command[1:4])}: {outcome.status} after {outcome.seconds:.0f} s; "
            f"see {log}: {told}"
        )


# --- What is in it ------------------------------------------------------------------------------


def _described(
    engine: str,
    version: str,
    environment: Mapping[str, str],
    query: Query,
    count_connections: Callable[[], int] | None,
) -> Warehouse:
    core = f"{target_schema()}_core"
    people = _people(query, core)
    return Warehouse(
        engine=engine,
        version=version,
        environment=environment,
        lines=int(query(f"select count(*) from {core}.fct_invoice_line")[0][0]),
        customers=int(query(f"select count(*) from {core}.dim_customer")[0][0]),
        reps=len(people[REP]) + len(people[MANAGER]),
        people=people,
        count_connections=count_connections,
    )


def _people(query: Query, core: str) -> dict[str, list[Person]]:
    """Return who can sign in, each with some customers whom they may see. Raises BuildError."""
    customers: dict[str, list[str]] = {}
    # md5 is the same on both engines, and mixes large customers with small ones.
    for viewer, customer in query(
        f"""
        select viewer_id, customer_id
        from (
            select
                viewer_id,
                customer_id,
                row_number() over (
                    partition by viewer_id order by md5(customer_id), customer_id
                ) as place
            from {core}.customer_access
            where customer_id <> '__unknown__'
        ) as placed
        where place <= {CUSTOMERS_KEPT}
        order by viewer_id, place
        """
    ):
        customers.setdefault(viewer, []).append(customer)
    found: dict[str, list[Person]] = {REP: [], MANAGER: [], ANALYST: []}
    for rep_id, email, is_manager in query(
        f"""
        select
            min(sales_rep_id) as sales_rep_id,
            lower(trim(email)) as email,
            max(case when manages.manager_id is null then 0 else 1 end) = 1 as is_manager
        from {core}.dim_sales_rep as reps
        left join (
            select manager_id from {core}.dim_sales_rep group by manager_id
        ) as manages on reps.sales_rep_id = manages.manager_id
        where email is not null
        group by lower(trim(email))
        having count(*) = 1
        order by 1
        """
    ):
        if rep_id in customers:
            role = MANAGER if is_manager else REP
            found[role].append(Person(email, role, tuple(customers[rep_id])))
    some = query(
        f"""
        select customer_id from {core}.dim_customer
        where customer_id <> '__unknown__'
        order by md5(customer_id)
        limit {CUSTOMERS_KEPT}
        """
    )
    everybody = tuple(customer for (customer,) in some)
    found[ANALYST] = [Person(email, ANALYST, everybody) for email in ANALYSTS]
    for role, people in found.items():
        if not people:
            raise BuildError(f"the warehouse knows no {role} with an e-mail address and customers")
    return found


def prepared(
    engine: str,
    lines: int,
    customers: int,
    path: str | None,
    folder: Path,
    limit_seconds: float,
    during: During,
) -> AbstractContextManager[Warehouse]:
    """The warehouse that was asked for: an existing DuckDB file, or one that is built."""
    if engine == "duckdb" and path:
        return existing(Path(path))
    place = folder / f"page_company_{lines}_{customers}"
    place.mkdir(parents=True, exist_ok=True)
    make = built_on_duckdb if engine == "duckdb" else built_on_postgres
    return make(lines, customers, place, limit_seconds, during)
