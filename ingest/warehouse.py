"""The warehouses that files are landed in, each taking a load whole or not at all."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg2 import errors as pg_errors

from ingest.connections import duckdb_path, open_duckdb_file, open_postgres_server
from ingest.contract import Contract, Table, listed
from ingest.errors import InputError, one_line
from ingest.files import RawFile, quoted
from ingest.landing import Landing
from ingest.spark import open_spark
from publish.duckdb_file import next_file
from publish.postgres import in_next_build

TARGETS = ("duckdb", "postgres", "spark")
LOCK_SECONDS = 60
"""How long a load into PostgreSQL waits for those who are reading the table it replaces."""


@dataclass(frozen=True)
class Look:
    """A first look at a table: its columns, or the reason why it cannot be read."""

    table: Table
    columns: tuple[str, ...] | None
    """Its columns as they are called there; None when it cannot be read."""
    has_rows: bool
    reason: str
    folds_case: bool
    """Whether the engine finds a column in any case."""

    @property
    def present(self) -> frozenset[str]:
        """The contract's columns, by their names in the warehouse, that the table has."""
        fold = str.lower if self.folds_case else str
        there = {fold(name) for name in self.columns or ()}
        expected = (column.physical for column in self.table.columns)
        return frozenset(name for name in expected if name is not None and fold(name) in there)


class Warehouse(Protocol):
    """An open transaction: what is landed in it is seen when it ends, or never."""

    def land(self, landing: Landing) -> int:
        """Replace a table by a file's rows; return how many rows the table then counts."""


def chosen_target(given: str | None) -> str:
    """Return the target given, else that of DBT_TARGET, else duckdb."""
    target = given or os.environ.get("DBT_TARGET") or TARGETS[0]
    if target not in TARGETS:
        raise InputError(f"there is no target '{target}' to load into; choose {listed(TARGETS)}.")
    return target


@contextmanager
def open_warehouse(target: str, contract: Contract) -> Iterator[Warehouse]:
    """Open a transaction on a target; it is committed unless the block raises."""
    openers: dict[str, Callable[[], AbstractContextManager[Warehouse]]] = {
        "duckdb": _open_duckdb,
        "postgres": lambda: _open_postgres(contract),
        "spark": open_spark,
    }
    with openers[target]() as warehouse:
        yield warehouse


def look_at(target: str, tables: Sequence[Table]) -> list[Look]:
    """Look at each table once, reading at most one row."""
    if target == "duckdb":
        with open_duckdb_file(duckdb_path(), read_only=True) as connection:
            return [_look(connection, table, duckdb.Error, folds_case=True) for table in tables]
    with open_postgres_server() as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            return [_look(cursor, table, psycopg2.Error, folds_case=False) for table in tables]


def _look(cursor: Any, table: Table, error_kind: type[Exception], *, folds_case: bool) -> Look:
    try:
        cursor.execute(f"select * from {_relation(table.schema, table.identifier)} limit 1")
        rows = cursor.fetchall()
    except error_kind as error:
        reason = one_line(error).split(" LINE ")[0]
        return Look(table, None, has_rows=False, reason=reason, folds_case=folds_case)
    columns = tuple(str(column[0]) for column in cursor.description)
    return Look(table, columns, has_rows=bool(rows), reason="", folds_case=folds_case)


def _relation(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"


# --- DuckDB ---------------------------------------------------------------------------------


class _DuckDB:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def land(self, landing: Landing) -> int:
        table = landing.table
        relation = _relation(table.schema, table.identifier)
        columns = ", ".join(
            f"{quoted(name)} {kind}"
            for name, kind in zip(landing.columns, landing.file.types, strict=True)
        )
        self._connection.execute(f"create schema if not exists {quoted(table.schema)}")
        self._connection.execute(f"create or replace table {relation} ({columns})")
        # One statement for all rows: DuckDB then writes them to the file as they come, where it
        # would hold the rows of many statements in memory until the end.
        batches = landing.file.batches(as_text=False)
        if (first := next(batches, None)) is not None:
            rows = (batch for table in chain([first], batches) for batch in table.to_batches())
            arriving = pa.RecordBatchReader.from_batches(first.schema, rows)
            self._connection.register("arriving", arriving)
            self._connection.execute(f"insert into {relation} from arriving")
            self._connection.unregister("arriving")
        counted = self._connection.execute(f"select count(*) from {relation}").fetchall()
        return int(counted[0][0])


@contextmanager
def _open_duckdb() -> Iterator[Warehouse]:
    with next_file(duckdb_path()) as file:
        try:
            with open_duckdb_file(file.path) as connection:
                connection.begin()
                yield _DuckDB(connection)
                connection.commit()
        except duckdb.Error as error:
            raise InputError(
                f"DuckDB refused the load into {duckdb_path()}: {one_line(error)}; nothing was "
                "changed."
            ) from error
        file.publish()


# --- PostgreSQL -----------------------------------------------------------------------------

_POSTGRES_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric",
    "HUGEINT": "numeric",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "UUID": "uuid",
}


def _postgres_type(duckdb_type: str) -> str:
    """Return PostgreSQL's name of a type, text for one that it does not have."""
    if duckdb_type.startswith("DECIMAL("):
        return duckdb_type.replace("DECIMAL", "numeric")
    return _POSTGRES_TYPES.get(duckdb_type, "text")


class _Rows(io.RawIOBase):
    """A file's rows as the CSV that COPY reads, made as they are asked for."""

    def __init__(self, file: RawFile) -> None:
        self._batches = file.batches(as_text=True)
        self._buffer = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._buffer:
            batch = next(self._batches, None)
            if batch is None:
                return b""
            self._buffer = _csv_of(batch)
        part, self._buffer = self._buffer[:size], self._buffer[size:]
        return part


def _csv_of(batch: pa.Table) -> bytes:
    """Return rows as CSV in which every text is quoted and a null is an empty unquoted field."""
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(batch, sink, pa_csv.WriteOptions(include_header=False))
    return bytes(sink.getvalue())


class _Postgres:
    def __init__(self, connection: Any, contract: Contract) -> None:
        self._connection = connection
        # What the next build makes again, whether readers have it or it is of the build before.
        self._built = contract.built | {
            (in_next_build(schema), name) for schema, name in contract.built
        }

    def land(self, landing: Landing) -> int:
        table = landing.table
        relation = _relation(table.schema, table.identifier)
        columns = [
            (name, _postgres_type(kind))
            for name, kind in zip(landing.columns, landing.file.types, strict=True)
        ]
        with self._connection.cursor() as cursor:
            cursor.execute(f"set lock_timeout = '{LOCK_SECONDS}s'")
            cursor.execute(f"create schema if not exists {quoted(table.schema)}")
            arriving = _relation(table.schema, _arriving(table.identifier))
            cursor.execute(f"drop table if exists {arriving}")
            definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
            cursor.execute(f"create table {arriving} ({definition})")
            cursor.copy_expert(f"copy {arriving} from stdin (format csv)", _Rows(landing.file))
            self._swap(cursor, table, arriving)
            cursor.execute(f"select count(*) from {relation}")
            return int(cursor.fetchone()[0])

    def _swap(self, cursor: Any, table: Table, arriving: str) -> None:
        """Put the new table in the old one's place.

        Where both have the same columns the old one is filled anew, which keeps the grants and
        views on it. Otherwise it goes, with the views on it that dbt makes again; a view of
        somebody else's is not dropped for them.
        """
        relation = _relation(table.schema, table.identifier)
        if _shape(cursor, relation) == _shape(cursor, arriving):
            cursor.execute(f"truncate {relation}")
            cursor.execute(f"insert into {relation} select * from {arriving}")
            cursor.execute(f"drop table {arriving}")
            return
        foreign = [view for view in _views_on(cursor, relation) if view not in self._built]
        if foreign:
            raise InputError(
                f"{table.place} gets other columns than it had, and these views depend on it: "
                f"{listed('.'.join(view) for view in foreign)}; drop them, load, and make "
                "them again."
            )
        cursor.execute(f"drop table if exists {relation} cascade")
        cursor.execute(f"alter table {arriving} rename to {quoted(table.identifier)}")


def _arriving(identifier: str) -> str:
    """Return the name of a table while it is filled, within PostgreSQL's 63 characters."""
    return f"{identifier[:52]}__arriving"


def _shape(cursor: Any, relation: str) -> list[tuple[str, str]]:
    """Return names and types of a table's columns, none when there is no such table."""
    cursor.execute(
        """
        select attname, format_type(atttypid, atttypmod)
        from pg_attribute
        where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
        order by attnum
        """,
        (relation,),
    )
    return list(cursor.fetchall())


def _views_on(cursor: Any, relation: str) -> list[tuple[str, str]]:
    """Return schema and name of all views that depend on a table, directly or through another."""
    cursor.execute(
        """
        with recursive dependent as (
            select to_regclass(%s)::oid as id
            union
            select rule.ev_class
            from dependent
            inner join pg_depend as depend on depend.refobjid = dependent.id
            inner join pg_rewrite as rule on rule.oid = depend.objid
            where depend.classid = 'pg_rewrite'::regclass
        )
        select space.nspname, class.relname
        from dependent
        inner join pg_class as class on class.oid = dependent.id
        inner join pg_namespace as space on space.oid = class.relnamespace
        where class.oid <> to_regclass(%s)
        order by space.nspname, class.relname
        """,
        (relation, relation),
    )
    return list(cursor.fetchall())


@contextmanager
def _open_postgres(contract: Contract) -> Iterator[Warehouse]:
    with open_postgres_server() as connection:
        try:
            yield _Postgres(connection, contract)
            connection.commit()
        except (psycopg2.Error, ValueError) as error:
            raise InputError(
                f"PostgreSQL refused the load: {one_line(error)}; {_advice(error)}."
            ) from error


def _advice(error: BaseException) -> str:
    if isinstance(error, pg_errors.LockNotAvailable):
        return "nothing was changed; try again when nobody reads the table"
    if isinstance(error, pg_errors.CharacterNotInRepertoire) or "0x00" in str(error):
        return "nothing was changed; take the NUL characters out of the file"
    return "nothing was changed"
