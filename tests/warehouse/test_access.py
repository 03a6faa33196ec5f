"""Who sees which rows on PostgreSQL: the demo company's reps, managers and analysts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from psycopg2.extensions import cursor as Cursor

from ingest.errors import InputError
from publish.postgres import next_schemas
from tests.independent.access import customer_access
from tests.warehouse.comparing import expected_star
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.few_models import make_project_of_few_models
from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS, BuildFailed, Company, demo_tables
from tests.warehouse.publishing import Build, Reader, Snapshot
from tests.warehouse.roles import (
    ANALYST,
    ANALYST_LOGIN,
    PAGE,
    PAGE_LOGIN,
    PASSWORD,
    ROLES,
    VARS,
    owner,
    session,
)

LAYERS = ("core", "marts")
REVEALING = {"raw_values", "source_key", "invoice_key", "invoice_id", "customer_number"}
"""Columns of single customers' rows, with or without a customer_id beside them."""
LAST_HOOK = "OK hook: customer_opportunity.on-run-end.1"


@pytest.fixture
def engine(demo_on_postgres: PostgresEngine) -> PostgresEngine:
    """The demo company, built with roles; each test leaves it as it was."""
    return demo_on_postgres


@contextmanager
def page(engine: PostgresEngine, viewer: str | None) -> Iterator[Cursor]:
    """A transaction of the page on behalf of a viewer, or of nobody."""
    with session(engine) as cursor:
        cursor.execute("begin")
        if viewer is not None:
            cursor.execute("select set_config('opportunity.viewer', %s, true)", (viewer,))
        yield cursor
        cursor.execute("rollback")


def columns_of_tables(engine: PostgresEngine) -> dict[str, set[str]]:
    """Columns of every table of core and marts that is there, by the table's full name."""
    schemas = tuple(f"{SCHEMA_OF_TESTS}_{layer}" for layer in LAYERS)
    with owner(engine) as cursor:
        cursor.execute(
            """
            select table_schema || '.' || table_name, column_name
            from information_schema.columns
            where table_schema in %s
            """,
            (schemas,),
        )
        tables: dict[str, set[str]] = {}
        for table, column in cursor.fetchall():
            tables.setdefault(table, set()).add(column)
    return tables


def with_customers(engine: PostgresEngine) -> list[str]:
    """The tables that have a customer_id."""
    tables = columns_of_tables(engine)
    return sorted(table for table, columns in tables.items() if "customer_id" in columns)


def counts(cursor: Cursor, tables: Iterable[str]) -> dict[str, int]:
    """How many rows of each table a session sees."""
    found = {}
    for table in tables:
        cursor.execute(f"select count(*) from {table}")
        ((found[table],),) = cursor.fetchall()
    return found


def customers(cursor: Cursor, table: str) -> frozenset[str]:
    """The customers of whom a session sees a row of a table."""
    cursor.execute(f"select distinct customer_id from {table}")
    return frozenset(name for (name,) in cursor.fetchall())


def reps() -> list[str]:
    """The sales reps of the demo company's list."""
    return [code for row in demo_tables()["dw_sales_rep"] if (code := row["sales_rep_code"])]


def may_see(engine: PostgresEngine, viewer: str) -> frozenset[str]:
    """The customers that the page shows to a viewer."""
    with page(engine, viewer) as cursor:
        return customers(cursor, f"{SCHEMA_OF_TESTS}_core.dim_customer")


# Rows.


@pytest.mark.parametrize("viewer", [None, "", "R99", "__unknown__", "R05' or '1' = '1", "%"])
def test_without_a_viewer_there_is_no_row(engine: PostgresEngine, viewer: str | None) -> None:
    tables = with_customers(engine)
    assert len(tables) > 30
    with page(engine, viewer) as cursor:
        assert set(counts(cursor, tables).values()) == {0}


def test_setting_ends_with_its_transaction(engine: PostgresEngine) -> None:
    table = f"{SCHEMA_OF_TESTS}_core.dim_customer"
    with page(engine, "*") as cursor:
        assert counts(cursor, [table])[table] > 0
        cursor.execute("commit")
        assert counts(cursor, [table])[table] == 0


def test_each_rep_sees_the_customers_of_the_independent_calculation(
    engine: PostgresEngine,
) -> None:
    viewers: dict[str, set[str]] = {}
    for rep in reps():
        for customer in may_see(engine, rep):
            viewers.setdefault(customer, set()).add(rep)
    star = expected_star(Company({"dw": demo_tables()}, {"build_date": "2026-12-31"}))
    expected = {row["customer_id"]: row["viewers"] for row in customer_access(star)}
    assert viewers.keys() == expected.keys()
    assert [name for name in viewers if frozenset(viewers[name]) not in expected[name]] == []


def test_managers_see_all_below_and_customers_without_a_rep(engine: PostgresEngine) -> None:
    """By the seeds: R01 manages R02, R03 and R04, and R02 manages R05 and R06."""
    seen = {rep: may_see(engine, rep) for rep in reps()}
    with (PROJECT / "seeds" / "demo" / "dw_customer.csv").open() as file:
        of_r05 = {row["customer_code_365"] for row in csv.DictReader(file)
                  if row["sales_rep_code"] == "R05"}  # fmt: skip
    assert of_r05 <= seen["R05"] < seen["R02"] < seen["R01"]
    assert not of_r05 & (seen["R03"] | seen["R04"] | seen["R06"])
    assert seen["R06"] < seen["R02"] and seen["R03"] < seen["R01"]
    assert {rep for rep in seen if "__unknown__" in seen[rep]} == {"R01", "R02"}


def test_every_table_shows_a_rep_the_same_customers(engine: PostgresEngine) -> None:
    tables = with_customers(engine)
    with owner(engine) as cursor:
        there = {table: customers(cursor, table) for table in tables}
    for rep in reps():
        allowed = may_see(engine, rep)
        with page(engine, rep) as cursor:
            for table in tables:
                assert customers(cursor, table) == there[table] & allowed, (rep, table)


def test_a_rep_sees_only_the_own_part_of_the_list_of_who_sees_whom(engine: PostgresEngine) -> None:
    with page(engine, "R05") as cursor:
        cursor.execute(f"select distinct viewer_id from {SCHEMA_OF_TESTS}_core.customer_access")
        assert cursor.fetchall() == [("R05",)]


def test_star_and_analysts_see_all(engine: PostgresEngine) -> None:
    tables = sorted(columns_of_tables(engine))
    protected = with_customers(engine)
    with owner(engine) as cursor:
        expected = counts(cursor, tables)
    with page(engine, "*") as cursor:
        assert counts(cursor, protected) == {table: expected[table] for table in protected}
    with session(engine, ANALYST_LOGIN) as cursor:
        assert counts(cursor, tables) == expected


# Tables and rights.


def test_every_table_with_a_customer_has_row_level_security(engine: PostgresEngine) -> None:
    with owner(engine) as cursor:
        cursor.execute(
            """
            select schemas.nspname || '.' || relations.relname
            from pg_class as relations
            inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
            where
                relations.relrowsecurity
                and 2 = (select count(*) from pg_policy where polrelid = relations.oid)
                and not starts_with(schemas.nspname, %s)
            """,
            (f"{SCHEMA_OF_TESTS}_next_",),
        )
        assert sorted(name for (name,) in cursor.fetchall()) == with_customers(engine)


def test_page_reads_no_table_that_has_rows_of_customers_under_other_names(
    engine: PostgresEngine,
) -> None:
    tables = columns_of_tables(engine)
    refused = {
        table
        for table, columns in tables.items()
        if "customer_id" not in columns and columns & REVEALING
    }
    assert f"{SCHEMA_OF_TESTS}_core.rejected_rows" in refused
    with session(engine) as cursor:
        cursor.execute("set opportunity.viewer = '*'")
        for table in tables:
            cursor.execute("select has_table_privilege(%s, 'select')", (table,))
            assert cursor.fetchall() == [(table not in refused,)], table
        for table in refused:
            with pytest.raises(InsufficientPrivilege):
                cursor.execute(f"select * from {table}")


def test_page_reads_no_other_schema(engine: PostgresEngine) -> None:
    with session(engine) as cursor:
        cursor.execute(
            """
            select nspname
            from pg_namespace
            where starts_with(nspname, %s) and has_schema_privilege(oid, 'usage')
            """,
            (SCHEMA_OF_TESTS,),
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found == {f"{SCHEMA_OF_TESTS}_{layer}" for layer in LAYERS}


TABLE = f"{SCHEMA_OF_TESTS}_marts.customer_rfm"


@pytest.mark.parametrize(
    "statement",
    [
        f"delete from {TABLE}",
        f"update {TABLE} set customer_id = 'C1'",
        f"insert into {TABLE} select * from {TABLE}",
        f"truncate {TABLE}",
        f"select * from {TABLE} for update",
        f"create table {SCHEMA_OF_TESTS}_marts.of_the_page (id integer)",
        "create table public.of_the_page (id integer)",
        "create schema of_the_page",
        "create role of_the_page",
        f"alter table {TABLE} disable row level security",
        f"drop policy page_rows on {TABLE}",
        f"drop table {TABLE}",
        f"set row_security = off; select * from {TABLE}",
        f"set role {ANALYST}",
        "set role postgres",
        "set session authorization postgres",
    ],
    ids=lambda statement: statement.replace(ANALYST, "analyst"),  # alike in every worker
)
def test_page_may_only_read(engine: PostgresEngine, statement: str) -> None:
    with session(engine) as cursor, pytest.raises(psycopg2.Error) as caught:
        cursor.execute("set opportunity.viewer = '*'")
        cursor.execute(statement)
    assert isinstance(caught.value, InsufficientPrivilege) or "does not exist" in str(caught.value)


def test_roles_have_no_power_of_their_own(engine: PostgresEngine) -> None:
    names = (PAGE, ANALYST, PAGE_LOGIN, ANALYST_LOGIN)
    with owner(engine) as cursor:
        cursor.execute(
            """
            select count(*)
            from pg_roles
            where
                rolname in %s
                and not (
                    rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
                )
                and not exists (select relowner from pg_class where relowner = pg_roles.oid)
            """,
            (names,),
        )
        assert cursor.fetchall() == [(len(names),)]


def test_who_logs_in_as_the_page_begins_transactions_that_only_read(
    engine: PostgresEngine,
) -> None:
    with owner(engine) as cursor:
        cursor.execute(f"alter role {PAGE} login password '{PASSWORD}'")
        with session(engine, PAGE) as of_page, pytest.raises(ReadOnlySqlTransaction):
            of_page.execute("create table public.of_the_page (id integer)")
        cursor.execute(f"alter role {PAGE} nologin")


# Rebuilds.


@contextmanager
def rep_reads(engine: PostgresEngine, *, is_in_place: bool) -> Iterator[None]:
    """Fails if a rep, who reads table by table all the while, sees a row that is another's.

    Only in place may a table be empty or refused for a while.
    """
    allowed = may_see(engine, "R05")
    tables = with_customers(engine)
    with owner(engine) as cursor:
        expected = {table: customers(cursor, table) & allowed for table in tables}
    places = cycle(tables)
    with session(engine) as cursor:

        def read() -> Snapshot:
            table = next(places)
            cursor.execute("begin")
            try:
                cursor.execute("select set_config('opportunity.viewer', 'R05', true)")
                found = customers(cursor, table)
            except InsufficientPrivilege:
                if not is_in_place:
                    raise
                return (table, "is refused")
            finally:
                cursor.execute("rollback")
            if found == expected[table] or (is_in_place and found <= expected[table]):
                return (table, "is right" if found else "is empty")
            return (table, f"has {len(found - allowed)} customers of others, {len(found)} in all")

        with Reader(read) as reader:
            yield
    assert reader.errors == []
    assert len(reader.seen) > 10 * len(tables)
    right = {(table, "is right" if expected[table] else "is empty") for table in tables}
    closed = {(table, answer) for table in tables for answer in ("is empty", "is refused")}
    assert set(reader.seen) - (right | closed if is_in_place else right) == set()
    assert right <= set(reader.seen)


def test_nobody_sees_anothers_row_while_a_build_is_published(engine: PostgresEngine) -> None:
    """And the next build's tables are nobody's before."""
    with rep_reads(engine, is_in_place=False), owner(engine) as cursor:
        build = Build(engine, variables=VARS)
        # The build cannot publish before this transaction, which has read a table, ends.
        build.wait_for("START sql table model")
        cursor.execute("begin")
        cursor.execute(f"select count(*) from {SCHEMA_OF_TESTS}_core.dim_item")
        build.wait_for(LAST_HOOK)
        for layer in LAYERS:
            schema = f"{SCHEMA_OF_TESTS}_next_{layer}"
            cursor.execute("select has_schema_privilege(%s, %s, 'usage')", (PAGE, schema))
            assert cursor.fetchall() == [(False,)]
        cursor.execute("commit")
        build.succeeds()
    check_all_is_well(engine)


def test_nobody_sees_anothers_row_while_tables_are_replaced(engine: PostgresEngine) -> None:
    with rep_reads(engine, is_in_place=True):
        models = ("customer_access", "dim_customer", "fct_invoice_line+1")
        engine.dbt(["run", "--select", *models], VARS)
    check_all_is_well(engine)


def test_full_refresh_in_place(engine: PostgresEngine) -> None:
    models = ["fct_invoice", "fct_invoice_line", "customer_access"]
    engine.dbt(["run", "--full-refresh", "--select", *models], VARS)
    check_all_is_well(engine)


def check_all_is_well(engine: PostgresEngine) -> None:
    test_every_table_with_a_customer_has_row_level_security(engine)
    test_every_table_shows_a_rep_the_same_customers(engine)


@pytest.fixture
def empty(postgres_server: PostgresServer, tmp_path: Path) -> PostgresEngine:
    """An empty database, for customer_access, which policies read, and what it reads."""
    engine = PostgresEngine(tmp_path, postgres_server)
    engine.project = make_project_of_few_models(tmp_path / "project", ("customer_access",))
    return engine


def test_other_commands_change_nothing_in_an_empty_database(
    empty: PostgresEngine, engine: PostgresEngine
) -> None:
    """The roles are those that come with the other engine."""
    empty.dbt(["seed", "--select", "value_tiers", "dw_sales_rep"], ROLES)
    empty.dbt(["test", "--select", "value_tiers_tier_unique"], ROLES)
    empty.dbt(["run", "--select", "stg_dw__sales_reps"], ROLES)
    assert columns_of_tables(empty) == {}


# What is refused.


@pytest.fixture
def small(
    postgres_server: PostgresServer,
    engine: PostgresEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PostgresEngine]:
    """A database for builds by hand."""
    small = PostgresEngine(tmp_path, postgres_server)
    for name, value in small.environment().items():
        monkeypatch.setenv(name, value)
    yield small
    with owner(small) as cursor:
        cursor.execute(f"drop owned by {PAGE}")


def publish(engine: PostgresEngine, *statements: str) -> None:
    """Publishes a table of the marts that statements make, as a build does."""
    place = f"{SCHEMA_OF_TESTS}_next_marts"
    with owner(engine) as cursor, next_schemas() as schemas:
        cursor.execute(f"drop schema if exists {place} cascade; create schema {place}")
        for statement in ("create table {} (customer_id text)", *statements):
            cursor.execute(statement.format(f"{place}.customers"))
        schemas.publish([{"schema": place, "alias": "customers"}])


PROTECTED = (
    "alter table {} enable row level security",
    f"create policy page_rows on {{}} for select to {PAGE} using (true)",
    f"grant select on {{}} to {PAGE}",
)


def test_roles_of_policies_may_use_what_is_published(small: PostgresEngine) -> None:
    for _ in range(2):
        publish(small, *PROTECTED)
        with page(small, None) as cursor:
            assert counts(cursor, [f"{SCHEMA_OF_TESTS}_marts.customers"])


def test_privilege_is_not_carried_to_a_table_without_protection(small: PostgresEngine) -> None:
    """As when a build forgets the vars: its tables would show the page all rows."""
    publish(small, *PROTECTED)
    with pytest.raises(InputError, match="build with vars page_role and analyst_role as before"):
        publish(small)
    with owner(small) as cursor:
        cursor.execute(f"drop owned by {PAGE}")
    publish(small)
    with page(small, "*") as cursor, pytest.raises(InsufficientPrivilege):
        counts(cursor, [f"{SCHEMA_OF_TESTS}_marts.customers"])


def test_roles_are_named_and_there_and_bound_by_policies(empty: PostgresEngine) -> None:
    empty.dbt(["seed", "--select", "dw_sales_rep"], {})
    run = ["run", "--select", "stg_dw__sales_reps"]
    strong = f"{PAGE}_strong"
    with pytest.raises(BuildFailed, match="Name the roles first: var page_role"):
        empty.dbt(["run-operation", "create_roles"], {})
    with pytest.raises(BuildFailed, match=f"There is no role {strong}, which var page_role names"):
        empty.dbt(run, {"page_role": strong})
    with owner(empty) as cursor:
        cursor.execute(f"create role {strong} bypassrls")
        try:
            with pytest.raises(BuildFailed, match=f"Role {strong}, .* would see every row"):
                empty.dbt(run, {"page_role": strong})
        finally:
            cursor.execute(f"drop role {strong}")
