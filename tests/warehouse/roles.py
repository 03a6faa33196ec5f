"""The demo company on PostgreSQL with its roles, and sessions of those who are not the builder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.source import DEMO_FILES
from tests.warehouse.harness import Builder

PAGE, ANALYST = f"page_{os.getpid()}", f"analyst_{os.getpid()}"
PAGE_LOGIN, ANALYST_LOGIN = f"{PAGE}_login", f"{ANALYST}_login"
PASSWORD = "only of this test"
ROLES = {"page_role": PAGE, "analyst_role": ANALYST}
VARS = {**DEMO_FILES.variables, **ROLES}


@contextmanager
def demo_with_roles(
    folder: Path, server: PostgresServer, builder: Builder
) -> Iterator[PostgresEngine]:
    """The demo company, loaded from its files; models and all tests by `dbt build`, with roles.

    The roles go in the end. The database orders text as en_US does, where the server knows how, and
    has no comments, which a build by `make build` in test_access.py has.
    """
    engine = PostgresEngine(folder, server, locale="en_US.UTF-8")
    engine.builder = builder
    engine.load(DEMO_FILES.connector, DEMO_FILES.file, VARS)
    engine.dbt(["run-operation", "create_roles"], VARS)
    logins = {PAGE_LOGIN: PAGE, ANALYST_LOGIN: ANALYST}
    with closing(engine.connect()) as connection, connection.cursor() as cursor:
        for login, role in logins.items():
            cursor.execute(f"create role {login} login password '{PASSWORD}' in role {role}")
    engine.dbt(["build", "--exclude", "path:seeds/demo"], VARS)
    engine.builder = None  # what tests run has other vars, with which the project is parsed anew
    yield engine
    if not os.environ.get("PGHOST"):
        return  # they go with the server, which was started for the tests
    # Not `drop owned`, which can meet the server's own vacuum on the tables in a deadlock.
    server.drop_database(engine.database)
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        for role in (*logins, PAGE, ANALYST):
            cursor.execute(f"drop role {role}")


@contextmanager
def session(engine: PostgresEngine, login: str = PAGE_LOGIN) -> Iterator[Cursor]:
    """A session of somebody who is not the builder."""
    connection = engine.connect(PGUSER=login, PGPASSWORD=PASSWORD)
    with closing(connection), connection.cursor() as cursor:
        yield cursor


@contextmanager
def owner(engine: PostgresEngine) -> Iterator[Cursor]:
    """A session of the builder, whom no policy binds."""
    with closing(engine.connect()) as connection, connection.cursor() as cursor:
        yield cursor
