"""Publishing on PostgreSQL: the next build's schemas take the names of those that are read.

A build goes into `<schema>_next_<layer>`. Publishing renames the schemas of readers to that and the
next ones to theirs, all in one transaction; so the next build finds the one before last, and
rebuilds what differs. A full refresh leaves nothing to find: the tables it replaces may have other
columns, and the next build could not go on from them. Schemas that are not named after the target
schema are not swapped. Roles whom a policy names may use a schema once it is published, not before.

A reader sees the old tables or the new. A statement or transaction that has read one table keeps
it locked, so the swap first takes every table, waits for those who read and makes those who come
wait a moment. It waits less long than PostgreSQL takes to look for deadlocks, gives way, and tries
again: no reader is ever the one to fail.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import errors as pg_errors
from psycopg2 import sql

from ingest.connections import open_postgres_server, postgres_settings, target_schema
from ingest.errors import InputError, one_line
from publish.dbt import Node
from publish.signals import too_late_to_stop

SESSION_OPTIONS = "-c work_mem=256MB -c maintenance_work_mem=512MB -c jit=off"
"""Settings of dbt's sessions, unless PGOPTIONS says otherwise."""
_LONGEST_NAME = 63 - len("_swap_intermediate")
_PAUSE_SECONDS = 1.0
_HISTORY_LAYER, _HISTORY = "marts", ("score_backtest", "score_calibration")
"""Tables to which a build adds rows and leaves those that are there."""
_BUILD_INFO = "build_info"
"""The table that the end of a run writes, which is no model."""

_BUSY = (
    pg_errors.QueryCanceled,
    pg_errors.LockNotAvailable,
    pg_errors.DeadlockDetected,
    pg_errors.InternalError_,  # somebody grants or renames at the same moment
)
_KINDS = {"r": "table", "p": "table", "f": "foreign table", "v": "view", "m": "materialized view"}

_GRANTS = """
with objects as (

    select
        nspname as schema_name, null as relation_name, null as column_name,
        nspowner as owner_id, nspacl as acl
    from pg_namespace

    union all

    select schemas.nspname, relations.relname, null, relations.relowner, relations.relacl
    from pg_class as relations
    inner join pg_namespace as schemas on schemas.oid = relations.relnamespace

    union all

    select
        schemas.nspname, relations.relname, columns.attname, relations.relowner, columns.attacl
    from pg_attribute as columns
    inner join pg_class as relations on relations.oid = columns.attrelid
    inner join pg_namespace as schemas on schemas.oid = relations.relnamespace

)

select
    objects.relation_name,
    objects.column_name,
    granted.privilege_type,
    granted.is_grantable,
    case when granted.grantee <> 0 then pg_get_userbyid(granted.grantee) end as grantee
from objects
cross join lateral aclexplode(objects.acl) as granted
where objects.schema_name = %s and granted.grantee <> objects.owner_id
"""

_ROLES_OF_POLICIES = """
select distinct pg_get_userbyid(role_id)
from pg_policy as policies
inner join pg_class as relations on relations.oid = policies.polrelid
inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
cross join lateral unnest(policies.polroles) as role_id
where schemas.nspname = %s and role_id <> 0
"""

Grant = tuple[str | None, str | None, str, bool, str | None]
"""Relation (none: the schema), column, privilege, with grant option, role (none: everyone)."""


def next_schema(schema: str) -> str:
    """Return the target schema that the build after this one goes into."""
    return f"{schema}_next"


def in_next_build(schema: str) -> str:
    """Return the name that a schema of readers bears while it is built."""
    target = target_schema()
    if not schema.startswith(f"{target}_"):
        return schema
    return next_schema(target) + schema.removeprefix(target)


class NextSchemas:
    """The next build's schemas, which nobody reads until `publish`."""

    def __init__(
        self, connection: Any, schema: str, *, keeps_replaced: bool, wait_seconds: float
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._keeps_replaced = keeps_replaced
        self._wait_seconds = wait_seconds

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point dbt there."""
        return {
            "DBT_SCHEMA": next_schema(self._schema),
            "DBT_IS_DRAFT": "1",
            "PGOPTIONS": os.environ.get("PGOPTIONS", SESSION_OPTIONS),
        }

    def start(self) -> None:
        """Take the lock, and take back what readers could do with the build before last."""
        try:
            with self._transaction() as cursor:
                _hold(cursor, self._schema)
                for schema in _schemas_below(cursor, next_schema(self._schema)):
                    for grant in _grants(cursor, schema):
                        cursor.execute(_privilege("revoke", schema, grant))
                self._carry_history(cursor)
        except _BUSY as error:
            raise InputError(
                f"somebody else changes {next_schema(self._schema)}_* at this moment: "
                f"{one_line(error)}; nothing was done: build again."
            ) from error

    def _carry_history(self, cursor: Any) -> None:
        """Give the next build the history that readers have, not that of the build before last."""
        live = f"{self._schema}_{_HISTORY_LAYER}"
        coming = f"{next_schema(self._schema)}_{_HISTORY_LAYER}"
        there = _relations(cursor, live)
        cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(coming)))
        for name in _HISTORY:
            old, new = sql.Identifier(live, name), sql.Identifier(coming, name)
            cursor.execute(sql.SQL("drop table if exists {}").format(new))
            if name in there:
                cursor.execute(sql.SQL("create table {} (like {} including all)").format(new, old))
                cursor.execute(sql.SQL("insert into {} select * from {}").format(new, old))

    def publish(self, tables: Sequence[Node]) -> None:
        """Swap the schemas; wait for readers as long as allowed."""
        prefix = next_schema(self._schema) + "_"
        made: dict[str, set[str]] = {}
        for node in tables:
            if node["schema"].startswith(prefix):
                layer = node["schema"].removeprefix(prefix)
                made.setdefault(layer, {_BUILD_INFO}).add(node["alias"])
        deadline = time.monotonic() + self._wait_seconds
        while not self._swap(made):
            if time.monotonic() > deadline:
                raise InputError(
                    f"the new tables are built, but {self._readers(made)} have been reading the "
                    f"old ones for {self._wait_seconds:.0f} seconds; end them, or set "
                    "PUBLISH_WAIT_SECONDS, and build again. Nothing was published."
                )
            time.sleep(_PAUSE_SECONDS)

    def _swap(self, made: Mapping[str, set[str]]) -> bool:
        """Swap the schemas, unless a reader keeps a table for longer than a moment."""
        try:
            with self._transaction() as cursor:
                _lock_tables(cursor, [f"{self._schema}_{layer}" for layer in made])
                with too_late_to_stop():
                    for layer, names in made.items():
                        self._swap_layer(cursor, layer, names)
                    self._connection.commit()
        except _BUSY:
            return False
        return True

    def _swap_layer(self, cursor: Any, layer: str, names: set[str]) -> None:
        live, coming = f"{self._schema}_{layer}", f"{next_schema(self._schema)}_{layer}"
        there = _relations(cursor, coming)
        for name in there.keys() - names:  # of the build before last, and no longer made
            cursor.execute(
                sql.SQL("drop {} if exists {} cascade").format(
                    sql.SQL(_KINDS[there[name]]), sql.Identifier(coming, name)
                )
            )
        cursor.execute(_ROLES_OF_POLICIES, (coming,))
        for (role,) in cursor.fetchall():
            cursor.execute(_privilege("grant", coming, (None, None, "USAGE", False, role)))
        if live not in _schemas_below(cursor, self._schema):
            _rename(cursor, coming, live)
            return
        unlocked = _protected(cursor, live) - _protected(cursor, coming)
        given = _grants(cursor, coming)
        for grant in _grants(cursor, live):
            if grant[0] is None or grant[0] in names & there.keys():
                if grant[0] in unlocked and grant not in given:
                    raise InputError(
                        f"{live}.{grant[0]} shows {grant[4] or 'everyone'} only some rows, and the "
                        "new one would show all: build with vars page_role and analyst_role as "
                        "before, or take the privilege back. Nothing was published."
                    )
                cursor.execute(_privilege("grant", coming, grant))
        between = f"{self._schema}_swap_{layer}"
        _rename(cursor, live, between)
        _rename(cursor, coming, live)
        if self._keeps_replaced:
            _rename(cursor, between, coming)
        else:
            cursor.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(between)))

    def _readers(self, made: Mapping[str, set[str]]) -> str:
        """Return the sessions that hold a table of readers, by process and role."""
        with self._transaction() as cursor:
            cursor.execute(
                """
                select distinct activity.pid, activity.usename
                from pg_locks as locks
                inner join pg_class as class on class.oid = locks.relation
                inner join pg_namespace as schema on schema.oid = class.relnamespace
                inner join pg_stat_activity as activity on activity.pid = locks.pid
                where schema.nspname = any(%s) and locks.granted
                order by activity.pid
                """,
                ([f"{self._schema}_{layer}" for layer in made],),
            )
            return _listed(cursor.fetchall()) or "sessions that have just ended"

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        try:
            with self._connection, self._connection.cursor() as cursor:
                yield cursor
        except _BUSY:
            raise
        except psycopg2.Error as error:
            lost = "the connection to PostgreSQL was lost" if self._connection.closed else ""
            raise InputError(
                f"{lost or 'PostgreSQL refused to publish'}: {one_line(error)}; nothing was "
                "published, and what readers had before stays."
            ) from error


@contextmanager
def next_schemas(*, keeps_replaced: bool = True) -> Iterator[NextSchemas]:
    """Hold the lock on the target schema and open the next build's schemas.

    `keeps_replaced` says whether the replaced tables stay for the next build to go on from. The
    lock is that of a session, so that PostgreSQL takes it back if this process dies. Raises
    InputError when the server cannot be reached or another process builds the same schema.
    """
    schema = target_schema()
    if len(schema) > _LONGEST_NAME:
        raise InputError(
            f"DBT_SCHEMA is {schema}, of {len(schema)} characters; {_LONGEST_NAME} leave room for "
            "the names of the next build's schemas."
        )
    with open_postgres_server() as connection:
        schemas = NextSchemas(
            connection, schema, keeps_replaced=keeps_replaced, wait_seconds=_wait_seconds()
        )
        schemas.start()
        yield schemas


def _wait_seconds() -> float:
    given = os.environ.get("PUBLISH_WAIT_SECONDS", "120")
    try:
        return float(given)
    except ValueError as error:
        raise InputError(f"PUBLISH_WAIT_SECONDS is {given!r}, which is no number.") from error


def _hold(cursor: Any, schema: str) -> None:
    """Take the session's lock on a target schema, or say which session has it."""
    name = f"make build, process {os.getpid()} on {socket.gethostname()}"
    cursor.execute("set application_name = %s", (name[:63],))
    cursor.execute("set statement_timeout = 0; set idle_session_timeout = 0")
    cursor.execute("select hashtextextended('publish ' || %s, 0)", (schema,))
    key = cursor.fetchone()
    cursor.execute("select pg_try_advisory_lock(%s)", key)
    if cursor.fetchone()[0]:
        return
    cursor.execute(
        """
        select activity.pid, coalesce(nullif(activity.application_name, ''), activity.usename)
        from pg_locks as locks
        inner join pg_stat_activity as activity on activity.pid = locks.pid
        where
            locks.locktype = 'advisory'
            and (cast(locks.classid as bigint) << 32) | cast(locks.objid as bigint) = %s
        """,
        key,
    )
    raise InputError(
        f"another build of schema {schema} in database {postgres_settings()['dbname']} is running, "
        f"{_listed(cursor.fetchall())}; nothing was done: wait for it to end and try again."
    )


def _listed(sessions: Sequence[tuple[int, str]]) -> str:
    """Return sessions for a message."""
    return ", ".join(f"session {pid} ({name})" for pid, name in sessions) or "an unknown session"


def _schemas_below(cursor: Any, schema: str) -> list[str]:
    """Return the names of a target schema's schemas that are there."""
    cursor.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s)", (schema + "_",)
    )
    return [name for (name,) in cursor.fetchall()]


def _relations(cursor: Any, schema: str) -> dict[str, str]:
    """Return names and kinds of the tables and views of a schema."""
    cursor.execute(
        """
        select relations.relname, cast(relations.relkind as text)
        from pg_class as relations
        inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
        where
            schemas.nspname = %s
            and relations.relkind = any(%s)
            and not relations.relispartition
        order by relations.relname
        """,
        (schema, list(_KINDS)),
    )
    return dict(cursor.fetchall())


def _lock_tables(cursor: Any, schemas: Sequence[str]) -> None:
    """Keep everybody from the tables of schemas until the transaction ends.

    Raises QueryCanceled after half the time that a session waits before it looks for deadlocks, so
    that it is never a reader who is told of one.
    """
    tables = [
        sql.Identifier(schema, name)
        for schema in schemas
        for name, kind in _relations(cursor, schema).items()
        if _KINDS[kind] == "table"
    ]
    if not tables:
        return
    cursor.execute(
        """
        select set_config('statement_timeout', cast(cast(setting as integer) / 2 as text), true)
        from pg_settings
        where name = 'deadlock_timeout'
        """
    )
    cursor.execute(
        sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(", ").join(tables))
    )
    cursor.execute("set local statement_timeout = 0")


def _grants(cursor: Any, schema: str) -> list[Grant]:
    """Return what others than the owners may do in a schema."""
    cursor.execute(_GRANTS, (schema,))
    return list(cursor.fetchall())


def _protected(cursor: Any, schema: str) -> set[str]:
    """Return the tables of a schema that have row-level security."""
    cursor.execute(
        """
        select relations.relname
        from pg_class as relations
        inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
        where schemas.nspname = %s and relations.relrowsecurity
        """,
        (schema,),
    )
    return {name for (name,) in cursor.fetchall()}


def _privilege(verb: str, schema: str, grant: Grant) -> sql.Composable:
    """Return the statement that grants or revokes one privilege."""
    relation, column, privilege, may_pass_on, role = grant
    pattern = "grant {what} on {place} to {role}{end}"
    end = " with grant option" if may_pass_on else ""
    if verb == "revoke":
        pattern, end = "revoke {what} on {place} from {role}{end}", " cascade"
    what = sql.SQL(privilege)
    if column is not None:
        what += sql.SQL(" ({})").format(sql.Identifier(column))
    return sql.SQL(pattern).format(
        what=what,
        place=sql.SQL("schema {}").format(sql.Identifier(schema))
        if relation is None
        else sql.Identifier(schema, relation),
        role=sql.SQL("public") if role is None else sql.Identifier(role),
        end=sql.SQL(end),
    )


def _rename(cursor: Any, schema: str, name: str) -> None:
    cursor.execute(
        sql.SQL("alter schema {} rename to {}").format(sql.Identifier(schema), sql.Identifier(name))
    )
