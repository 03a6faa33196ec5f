"""Reads the published warehouse for one viewer at a time, and keeps what was read.

Queries name tables without a schema. On PostgreSQL row-level security decides which rows of them a
viewer has (docs/access.md); on DuckDB, which knows no roles, views of the same names do. The viewer
is set for each query anew and comes from who is signed in, never from what somebody typed.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg2
import pyarrow as pa
import streamlit as st
from psycopg2.pool import ThreadedConnectionPool

from ingest.connections import duckdb_path, postgres_settings, target_schema
from ingest.errors import one_line

EVERYTHING = "*"
"""The viewer who sees all customers."""
NOTHING = ""
"""The viewer who sees no customer."""

LAYERS = ("core", "marts")
TARGETS = ("duckdb", "postgres")
FEWEST_CONNECTIONS, MOST_CONNECTIONS = 2, 10
QUERY_SECONDS = 15
CACHED_RESULTS = 1024
SECONDS_BETWEEN_LOOKS = 2.0
"""Time for which a build is taken to be the published one before it is looked up again."""

log = logging.getLogger("dashboard")

Value = str | int | float | bool | date | None


class QueryFailed(Exception):
    """A query had no answer. The text says what is wrong and what to do."""


@dataclass(frozen=True)
class Build:
    """The published build that answers come from."""

    build_id: str
    built_at: datetime
    as_of_date: date


class Source(Protocol):
    """A published warehouse."""

    def read(self, viewer: str, sql: str, values: Mapping[str, Value]) -> tuple[Build, pa.Table]:
        """Return the rows that a viewer has of a query, and the build that they are from.

        Raises QueryFailed.
        """


BUILD_QUERY = "select build_id, built_at, as_of_date from build_info"


class DuckDBSource:
    """The DuckDB file that a link names; a new build is a new file behind the link."""

    def __init__(self, link: Path, schema: str) -> None:
        self._link = link
        self._schema = schema
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._file: duckdb.DuckDBPyConnection | None = None
        self._idle: dict[str, list[duckdb.DuckDBPyConnection]] = {}

    def read(self, viewer: str, sql: str, values: Mapping[str, Value]) -> tuple[Build, pa.Table]:
        """Return the rows that a viewer has of a query, and the build that they are from."""
        try:
            path, session = self._session(viewer)
            build = Build(*session.execute(BUILD_QUERY).fetchall()[0])
            table = session.sql(sql, params=dict(values)).to_arrow_table()
        except duckdb.Error as error:
            raise QueryFailed(self._explained(error)) from error
        with self._lock:
            if path == self._path:
                self._idle.setdefault(viewer, []).append(session)
        return build, pa.table([_plain(column) for column in table.columns], table.column_names)

    def _session(self, viewer: str) -> tuple[Path, duckdb.DuckDBPyConnection]:
        path = self._link.resolve()
        if not path.exists():
            raise QueryFailed(f"There is no warehouse at {self._link} yet: run `make build` first.")
        with self._lock:
            if path != self._path or self._file is None:
                self._idle.clear()
                self._file = duckdb.connect(str(path), read_only=True)
                self._path = path
            if self._idle.get(viewer):
                return path, self._idle[viewer].pop()
            session = self._file.cursor()
        self._restrict(session, viewer)
        return path, session

    def _restrict(self, session: duckdb.DuckDBPyConnection, viewer: str) -> None:
        """Give a session views of what a viewer may see, under the names of the tables."""
        session.execute("set variable viewer = $viewer", {"viewer": viewer})
        tables = session.execute(
            """
            select table_schema, table_name, bool_or(column_name = 'customer_id')
            from information_schema.columns
            where table_schema = any($schemas)
            group by table_schema, table_name
            """,
            {"schemas": [f"{self._schema}_{layer}" for layer in LAYERS]},
        ).fetchall()
        for schema, name, has_customers in tables:
            restriction = ""
            if has_customers and viewer != EVERYTHING:
                whose = "viewer_id" if name == "customer_access" else "customer_id"
                seen = (
                    "(getvariable('viewer'))"
                    if name == "customer_access"
                    else f"(select customer_id from {self._schema}_core.customer_access"
                    " where viewer_id = getvariable('viewer'))"
                )
                restriction = f" where {whose} in {seen}"
            session.execute(
                f'create temp view "{name}" as select * from "{schema}"."{name}"{restriction}'
            )

    def _explained(self, error: duckdb.Error) -> str:
        if isinstance(error, duckdb.IOException) and "lock" in str(error):
            return (
                f"{self._link} is being written by another process. `make build` builds beside it; "
                "plain `dbt build` does not: wait for it to end."
            )
        if isinstance(error, duckdb.CatalogException):
            return f"A table is missing: {one_line(error)}. Run `make build` with this version."
        return f"DuckDB could not answer: {one_line(error)}"


LARGE_TABLES = {
    "fct_invoice": "core", "fct_invoice_line": "core", "invoice_category": "marts",
    "customer_trading_day": "marts", "customer_month": "marts",
}  # fmt: skip
"""Tables that grow with invoices, by name, and their layers."""

# A rep's customers, or a manager's; whoever sees more reads whole tables faster.
SEES_FEW_QUERY = """
select count(*) between 1 and 10000
from (
    select customer_id
    from customer_access
    where viewer_id = current_setting('opportunity.viewer')
    limit 10001
) as seen
"""

_ROWS_BY_CUSTOMER = """
{table} as not materialized (

    select rows_of_all.*
    from customer_access as seen
    inner join "{schema}_{layer}".{table} as rows_of_all
        on seen.customer_id = rows_of_all.customer_id
    where seen.viewer_id = current_setting('opportunity.viewer')

)"""


def reads_large_tables(sql: str) -> list[str]:
    """Return the large tables that a query reads."""
    return [table for table in LARGE_TABLES if re.search(rf"\b(?:from|join)\s+{table}\b", sql)]


def by_customers(sql: str, schema: str) -> str:
    """Return a query that looks in large tables under the customers whom the viewer sees.

    Policies leave the same rows, but are asked of every row that a query meets: no index serves
    them. Where the viewer's customers are few (SEES_FEW_QUERY), one leads to their rows.
    """
    found = [
        _ROWS_BY_CUSTOMER.format(table=table, schema=schema, layer=LARGE_TABLES[table])
        for table in reads_large_tables(sql)
    ]
    begun = re.match(r"\s*with\b", sql)
    rest = f",\n{sql[begun.end() :]}" if begun else f"\n{sql}"
    return f"with\n{','.join(found)}{rest}"


class PostgresSource:
    """A company's PostgreSQL, read through a pool by a role that only reads."""

    def __init__(self, settings: Mapping[str, str], schema: str) -> None:
        self._settings = settings
        self._schema = schema
        self._path = ", ".join(f'"{schema}_{layer}"' for layer in LAYERS)
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._pool: ThreadedConnectionPool | None = None

    def read(self, viewer: str, sql: str, values: Mapping[str, Value]) -> tuple[Build, pa.Table]:
        """Return the rows that a viewer has of a query, and the build that they are from."""
        try:
            return self._try(viewer, sql, values)
        except psycopg2.Error as error:
            is_lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
            if not is_lost or isinstance(error, psycopg2.errors.QueryCanceled):
                raise QueryFailed(self._explained(error)) from error
            log.warning("connection lost, trying once more: %s", one_line(error))
        try:
            return self._try(viewer, sql, values)
        except psycopg2.Error as error:
            raise QueryFailed(self._explained(error)) from error

    def _try(self, viewer: str, sql: str, values: Mapping[str, Value]) -> tuple[Build, pa.Table]:
        with self._connection() as connection, connection, connection.cursor() as cursor:
            # The lock that a read of build_info takes keeps the next build from being published
            # until the transaction ends, so both reads are of one build.
            cursor.execute(
                "select set_config('opportunity.viewer', %s, true),"
                " set_config('search_path', %s, true)",
                (viewer, self._path),
            )
            cursor.execute(BUILD_QUERY)
            build = Build(*cursor.fetchone())
            if reads_large_tables(sql):
                cursor.execute(SEES_FEW_QUERY)
                if cursor.fetchone()[0]:
                    sql = by_customers(sql, self._schema)
            statement = re.sub(r"\$(\w+)", r"%(\1)s", sql.replace("%", "%%"))
            cursor.execute(statement, {name: _sent(value) for name, value in values.items()})
            return build, _table_of(cursor)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with self._free:
            pool = self._open_pool()
            connection = pool.getconn()
            try:
                yield connection
            finally:
                if (
                    connection.closed
                ):  # and those that lie in the pool were most likely lost with it
                    self._forget(pool)
                pool.putconn(connection)

    def _open_pool(self) -> ThreadedConnectionPool:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadedConnectionPool(
                    FEWEST_CONNECTIONS,
                    MOST_CONNECTIONS,
                    **self._settings,
                    connect_timeout=5,
                    application_name="customer-opportunity page",
                    options="-c default_transaction_read_only=on -c jit=off -c work_mem=32MB"
                    f" -c statement_timeout={QUERY_SECONDS}s",
                )
                # What was opened stays open: to open one takes longer than most queries.
                self._pool.minconn = MOST_CONNECTIONS
                log.info(
                    "pool of %d to %d connections to %s:%s, database %s, as %s",
                    FEWEST_CONNECTIONS, MOST_CONNECTIONS, self._settings["host"],
                    self._settings["port"], self._settings["dbname"], self._settings["user"],
                )  # fmt: skip
            return self._pool

    def _forget(self, pool: ThreadedConnectionPool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None

    def _explained(self, error: psycopg2.Error) -> str:
        if isinstance(error, psycopg2.errors.UndefinedTable):
            return f"A table is missing: {one_line(error)}. Run `make build TARGET=postgres`."
        if isinstance(error, psycopg2.errors.InsufficientPrivilege):
            return (
                f"PostgreSQL refuses: {one_line(error)}. The page's role needs what docs/access.md "
                "grants it, and a build in place closes tables until it ends."
            )
        if isinstance(error, psycopg2.errors.QueryCanceled):
            return f"The query took longer than {QUERY_SECONDS} seconds; choose a shorter period."
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
            return (
                f"PostgreSQL at {self._settings['host']} does not answer: {one_line(error)}. "
                "The page tries again by itself as soon as you open it anew or choose something."
            )
        return f"PostgreSQL could not answer: {one_line(error)}"

    def unsafe(self) -> str | None:
        """Return why the page's role would see more than its viewer, or None."""
        _, rows = self.read(NOTHING, _ROLE, {})
        role = rows.to_pylist()[0]
        name = self._settings["user"]
        if role["bypasses"] or role["owns"]:
            return f"role {name} is a superuser, bypasses policies, or owns the tables."
        if role["is_open"]:
            return "the tables have no row-level security; build with var page_role set."
        if role["sees"]:
            return f"role {name} sees customers on behalf of nobody, as analysts do."
        return None


# No policy binds members of the owner either.
_ROLE = """
with

readable as (

    select relations.oid, relations.relowner, relations.relrowsecurity
    from pg_class as relations
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    where
        schemas.nspname = any(current_schemas(false))
        and relations.relkind in ('r', 'p')
        and has_table_privilege(relations.oid, 'select')

)

select
    roles.rolsuper or roles.rolbypassrls as bypasses,
    exists (select 1 from readable where pg_has_role(relowner, 'usage')) as owns,
    exists (
        select 1
        from readable
        inner join pg_attribute as columns on readable.oid = columns.attrelid
        where
            columns.attname = 'customer_id'
            and not columns.attisdropped
            and not readable.relrowsecurity
    ) as is_open,
    exists (select 1 from dim_customer) as sees
from pg_roles as roles
where roles.rolname = current_user
"""

_POSTGRES_TYPES = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 700: pa.float64(),
    701: pa.float64(), 1082: pa.date32(), 1114: pa.timestamp("us"), 1700: pa.float64(),
}  # fmt: skip


def _sent(value: Value) -> Value:
    """Return a value that PostgreSQL takes; what no text of its own can hold equals none there."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    return value


def _table_of(cursor: Any) -> pa.Table:
    """Return a cursor's rows. Exact numbers become floats, which are only looked at."""
    rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in cursor.description]
    arrays, names = [], []
    for column, values in zip(cursor.description, columns, strict=True):
        kind = _POSTGRES_TYPES.get(column.type_code, pa.string())
        if kind == pa.float64():
            values = tuple(None if value is None else float(value) for value in values)
        arrays.append(pa.array(values, kind))
        names.append(column.name)
    return pa.table(arrays, names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of DuckDB's as one of the few types that the page shows."""
    if pa.types.is_decimal(column.type):
        # By way of text, to the nearest float: pyarrow's own makes 1078.0565000000001 of 1078.0565.
        return column.cast(pa.string()).cast(pa.float64())
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us"))
    return column


def target() -> str:
    """Return the target whose warehouse the page shows."""
    name = os.environ.get("DBT_TARGET", "duckdb")
    if name not in TARGETS:
        raise QueryFailed(f"The page reads {' and '.join(TARGETS)}, and TARGET is {name!r}.")
    return name


@st.cache_resource(show_spinner=False)
def source() -> DuckDBSource | PostgresSource:
    """Return the warehouse of this process."""
    if target() == "postgres":
        return PostgresSource(postgres_settings(), target_schema())
    return DuckDBSource(duckdb_path(), target_schema())


@st.cache_resource(show_spinner=False, ttl=SECONDS_BETWEEN_LOOKS)
def published() -> Build:
    """Return the build that is published now, as of the last two seconds."""
    return source().read(NOTHING, BUILD_QUERY, {})[0]


class _Moved(Exception):
    """A newer build was published between two reads."""


@st.cache_resource(show_spinner=False, max_entries=CACHED_RESULTS, ttl="1h")
def _answer(
    build_id: str, viewer: str, sql: str, values: tuple[tuple[str, Value], ...]
) -> pa.Table:
    """Return a query's rows; the key holds the build and the viewer. Tables cannot be changed."""
    start = time.perf_counter()
    build, table = source().read(viewer, sql, dict(values))
    log.info(
        "%d rows in %.0f ms: %s",
        table.num_rows, 1000 * (time.perf_counter() - start), " ".join(sql.split())[:80],
    )  # fmt: skip
    if build.build_id != build_id:
        raise _Moved
    return table


def _named(sql: str, values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Return the values that a query names, in the order of their names."""
    named = set(re.findall(r"\$(\w+)", sql))
    return tuple(sorted((name, value) for name, value in values.items() if name in named))


def read_once(viewer: str, sql: str, **values: Value) -> pa.Table:
    """Return what `read` does, and keep nothing."""
    return source().read(viewer, sql, dict(_named(sql, values)))[1]


def read(viewer: str, sql: str, **values: Value) -> pa.Table:
    """Return the rows that a viewer has of a query, as they are in the published build.

    `sql` names its values as `$name`; those it does not name are left out. Raises QueryFailed.
    """
    given = _named(sql, values)
    try:
        return _answer(published().build_id, viewer, sql, given)
    except _Moved:
        published.clear()
    try:
        return _answer(published().build_id, viewer, sql, given)
    except _Moved as error:
        raise QueryFailed("Builds follow one another too fast to be read: try again.") from error
