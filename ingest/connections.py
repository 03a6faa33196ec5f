"""Where the two warehouses are, and how to connect to them: as profiles.yml says, by variables."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from ingest.contract import PROJECT_DIR
from ingest.errors import InputError, one_line


def target_schema() -> str:
    """Return the target schema that profiles.yml means."""
    return os.environ.get("DBT_SCHEMA", "opportunity")


def duckdb_path() -> Path:
    """Return the DuckDB file that profiles.yml means, relative to the project's folder."""
    return PROJECT_DIR / os.environ.get("DUCKDB_PATH", "opportunity.duckdb")


def postgres_settings() -> dict[str, str]:
    """Return the connection that profiles.yml means by the PG* variables."""
    return {
        "host": os.environ.get("PGHOST", "localhost"),
        "port": os.environ.get("PGPORT", "5432"),
        "user": os.environ.get("PGUSER", "postgres"),
        "password": os.environ.get("PGPASSWORD", ""),
        "dbname": os.environ.get("PGDATABASE", "postgres"),
        "sslmode": os.environ.get("PGSSLMODE", "prefer"),
    }


@contextmanager
def open_duckdb_file(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Connect to a DuckDB file, or say which process holds it."""
    if read_only and not path.exists():
        raise InputError(f"there is no DuckDB file {path}; run make load or make build first.")
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise InputError(
                f"{path} is in use by another process ({one_line(error)}); close it and try again."
            ) from error
        raise InputError(
            f"{path} cannot be opened: {one_line(error)}; check DUCKDB_PATH."
        ) from error
    except duckdb.Error as error:
        raise InputError(
            f"{path} is not a DuckDB file: {one_line(error)}; check DUCKDB_PATH."
        ) from error
    with closing(connection):
        yield connection


@contextmanager
def open_postgres_server() -> Iterator[Any]:
    """Connect to PostgreSQL, or say where it was looked for."""
    settings = postgres_settings()
    try:
        connection = psycopg2.connect(**settings)
    except psycopg2.OperationalError as error:
        raise InputError(
            f"cannot connect to PostgreSQL at {settings['host']}:{settings['port']}, database "
            f"{settings['dbname']}, as {settings['user']}: {one_line(error)}; check PGHOST, "
            "PGPORT, PGUSER, PGPASSWORD and PGDATABASE."
        ) from error
    with closing(connection):
        yield connection
