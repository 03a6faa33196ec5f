"""Builds the warehouse of a small company: raw rows in, tables of the star and the marts out.

dbt runs inside this process, so that a tiny company takes seconds. Parsing is shared by all builds
whose project has the same shape: vars that only put a value into the SQL leave the manifest as it
is, those that decide which models there are, and where raw tables are, give one of their own.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

PROJECT = Path(__file__).resolve().parents[2]
CONNECTORS = ("dw", "online_retail")
OPTIONAL_DW_TABLES = (
    "dw_customer",
    "dw_sales_rep",
    "dw_location",
    "dw_channel",
    "dw_inventory_snapshot",
)
SCHEMA_OF_TESTS = "opportunity"

# Scores of customers and items, with all that rests on them: nearly half of what a build costs.
SCORES = ("bgnbd_cell+", "customer_snapshot+", "customer_item_day+", "path:models/marts/backtest")

# Vars that decide which models there are and what they read; all others are values in the SQL.
# So is dw_optional_tables where all were there when the project was parsed: a model may read less.
SHAPING_VARS = ("connectors", "use_demo_data", "dw_schema", "dw_columns", "online_retail_schema")

Value = Any
Row = dict[str, Value]
RawRow = Mapping[str, str | None]


class BuildFailed(Exception):
    """A dbt command that did not succeed; its text is every message that dbt gave."""


def contract_of(connector: str) -> dict[str, list[str]]:
    """Tables of a connector's input contract with their columns, in contract order."""
    path = PROJECT / "models" / "staging" / connector / f"_{connector}__sources.yml"
    source = yaml.safe_load(path.read_text())["sources"][0]
    return {
        table["name"]: [column["name"] for column in table["columns"]] for table in source["tables"]
    }


CONTRACTS = {connector: contract_of(connector) for connector in CONNECTORS}


@dataclass
class RawTable:
    """A raw table as it is landed: every column is text, a column a row lacks is null."""

    columns: Sequence[str]
    rows: Sequence[RawRow] = ()


@dataclass
class Company:
    """Raw tables by schema and name, and the vars that the company is built with.

    ``tables`` maps a connector to its tables by their contract names. A required table that is not
    given is landed empty; an optional one is left out and `dw_optional_tables` says so.
    """

    tables: Mapping[str, Mapping[str, Sequence[RawRow]]]
    vars: Mapping[str, Value] = field(default_factory=dict)

    def all_vars(self) -> dict[str, Value]:
        """The vars of the build: those of the company, and what follows from its tables."""
        of_dw = self.tables.get("dw", {})
        return {
            "use_demo_data": False,
            "connectors": list(self.tables),
            "dw_optional_tables": [name for name in OPTIONAL_DW_TABLES if name in of_dw],
            **self.vars,
        }

    def raw_tables(self) -> dict[str, dict[str, RawTable]]:
        """What is landed, by schema and table name."""
        return {
            connector: {
                name: RawTable(columns, given.get(name, ()))
                for name, columns in CONTRACTS[connector].items()
                if name in given or name not in OPTIONAL_DW_TABLES
            }
            for connector, given in self.tables.items()
        }


def demo_tables() -> dict[str, list[dict[str, str | None]]]:
    """The demo company's raw rows, as text."""
    tables: dict[str, list[dict[str, str | None]]] = {}
    for name in CONTRACTS["dw"]:
        text = (PROJECT / "seeds" / "demo" / f"{name}.csv").read_text()
        tables[name] = [
            {column: value or None for column, value in row.items()}
            for row in csv.DictReader(text.splitlines())
        ]
    return tables


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def land(connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: RawTable) -> None:
    """Creates one raw table of text columns in a schema of its own."""
    connection.execute(f"create schema if not exists {quoted(schema)}")
    columns = ", ".join(f"{quoted(column)} varchar" for column in table.columns)
    place = f"{quoted(schema)}.{quoted(name)}"
    connection.execute(f"create table {place} ({columns})")
    if table.rows:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(
                [{column: row.get(column) for column in table.columns} for row in table.rows], file
            )
            file.flush()
            types = ", ".join(f"{quoted(column)}: 'varchar'" for column in table.columns)
            connection.execute(
                f"insert into {place} select * from read_json('{file.name}', columns = {{{types}}})"
            )


class Warehouse:
    """A built warehouse: reads its tables."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Opens the file once for all queries of the block; by itself each query opens it anew."""
        with duckdb.connect(str(self.path), read_only=True):
            yield

    def query(self, sql: str) -> list[Row]:
        """Rows of a query as dicts."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, which is named `layer.name`, such as `marts.basket_rule`."""
        layer, name = table.split(".")
        return self.query(f"select * from {SCHEMA_OF_TESTS}_{layer}.{quoted(name)}")

    def tables(self, *layers: str) -> list[str]:
        """Names `layer.name` of all tables and views in the layers."""
        found = self.query("select table_schema, table_name from information_schema.tables")
        prefix = SCHEMA_OF_TESTS + "_"
        names = [(row["table_schema"].removeprefix(prefix), row["table_name"]) for row in found]
        return sorted(f"{layer}.{name}" for layer, name in names if layer in layers)

    def public_tables(self) -> dict[str, list[tuple[Value, ...]]]:
        """Every row of the star and the marts in a total order, without build_info."""
        with self.kept_open():
            tables = [name for name in self.tables("core", "marts") if name != "core.build_info"]
            return {
                table: sorted((tuple(row.items()) for row in self.rows(table)), key=repr)
                for table in tables
            }


class Builder:
    """Runs dbt on companies, each in a DuckDB file of its own below one folder.

    ``project`` is the folder of the dbt project, by default this repository's.
    """

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        self.folder = folder
        self.project = project
        self._manifests: dict[str, Manifest] = {}
        self._with_seeds: Path | None = None
        profiles = folder / "profiles"
        profiles.mkdir()
        shutil.copy(PROJECT / "profiles.yml.example", profiles / "profiles.yml")

    def build(
        self,
        company: Company,
        *,
        with_tests: bool = False,
        with_scores: bool = True,
        select: Sequence[str] = (),
        raw_tables: Mapping[str, Mapping[str, RawTable]] | None = None,
    ) -> Warehouse:
        """Lands a company's raw tables and builds its warehouse, or the models selected.

        ``raw_tables`` replaces the raw tables under contract names, for a company whose own tables
        have other names. With tests, all data tests run as well, as `dbt build` does. Without
        scores, their tables are left out, and the tests that read one.
        Raises BuildFailed with dbt's messages.
        """
        variables = company.all_vars()
        path = self.file_with(raw_tables or company.raw_tables(), variables)
        return self.build_file(
            path, variables, with_tests=with_tests, with_scores=with_scores, select=select
        )

    def file_with(
        self,
        raw_tables: Mapping[str, Mapping[str, RawTable]],
        variables: Mapping[str, Value] | None = None,
    ) -> Path:
        """A new DuckDB file that holds the reference seeds and raw tables."""
        path = self.new_file(variables)
        with duckdb.connect(str(path)) as connection:
            for schema, tables in raw_tables.items():
                for name, table in tables.items():
                    land(connection, schema, name, table)
        return path

    def new_file(self, variables: Mapping[str, Value] | None = None) -> Path:
        """A new DuckDB file that holds the reference seeds and nothing else.

        Vars change nothing in it; those of the build that follows save a parse of the project.
        """
        if self._with_seeds is None:
            path = Path(tempfile.mkdtemp(dir=self.folder)) / "warehouse.duckdb"
            self.run_dbt(path, ["seed", "--select", "path:seeds/reference"], variables or {})
            self._with_seeds = path
        # dbt takes the name of the file for the name of the database, and the manifest keeps it.
        path = Path(tempfile.mkdtemp(dir=self.folder)) / "warehouse.duckdb"
        shutil.copy(self._with_seeds, path)
        return path

    def build_file(
        self,
        path: Path,
        variables: Mapping[str, Value],
        *,
        with_tests: bool = False,
        with_scores: bool = True,
        select: Sequence[str] = (),
    ) -> Warehouse:
        """Builds the warehouse in a file that already holds the raw tables."""
        command = ["build", "--exclude-resource-type", "unit_test"] if with_tests else ["run"]
        if not with_scores:
            # A test is left out with any of the tables that it reads.
            command += ["--exclude", *SCORES, "--indirect-selection", "cautious"]
        if select:
            command += ["--select", *select]
        self.run_dbt(path, command, variables)
        return Warehouse(path)

    def forget(self, warehouse: Warehouse) -> None:
        """Deletes a warehouse that is no longer needed."""
        shutil.rmtree(warehouse.path.parent)

    def run_dbt(self, path: Path, command: Sequence[str], variables: Mapping[str, Value]) -> None:
        """Runs one dbt command on a DuckDB file."""
        settings = {"DUCKDB_PATH": str(path), "DBT_THREADS": "2", "DBT_SCHEMA": SCHEMA_OF_TESTS}
        with patch.dict("os.environ", settings):
            self.run_dbt_here("duckdb", command, variables)

    def run_dbt_here(
        self, target: str, command: Sequence[str], variables: Mapping[str, Value]
    ) -> str:
        """Runs one dbt command in the environment as it is; returns dbt's messages of level info.

        The project is not parsed anew if it can be helped. Raises BuildFailed with dbt's messages.
        """
        shape = json.dumps(
            [
                target,
                # A manifest keeps the name of the database, which on DuckDB is always the same.
                os.environ.get("PGDATABASE"),
                {name: variables.get(name) for name in SHAPING_VARS},
            ],
            sort_keys=True,
        )
        if shape not in self._manifests:
            all_tables = {"dw_optional_tables": list(OPTIONAL_DW_TABLES)}
            parsed, _ = self._invoke(target, ["parse"], {**variables, **all_tables}, None)
            assert isinstance(parsed.result, Manifest)
            if not variables.get("use_demo_data", True):
                leave_out_comments(parsed.result)
            self._manifests[shape] = parsed.result
        return self._invoke(target, command, variables, self._manifests[shape])[1]

    def _invoke(
        self,
        target: str,
        command: Sequence[str],
        variables: Mapping[str, Value],
        manifest: Manifest | None,
    ) -> tuple[dbtRunnerResult, str]:
        told: list[str] = []
        errors: list[str] = []

        def collect(event: Any) -> None:
            if event.info.level == "error":
                errors.append(event.info.msg)
            elif event.info.level == "info":
                told.append(event.info.msg)

        arguments = [
            "--quiet", "--no-use-colors", "--no-write-json", "--no-partial-parse",
            "--no-send-anonymous-usage-stats", "--log-level-file", "none",
            *command,
            "--project-dir", str(self.project),
            "--profiles-dir", str(self.folder / "profiles"),
            "--target", target,
            "--target-path", str(self.folder / "target"),
            "--log-path", str(self.folder / "logs"),
            "--vars", json.dumps(dict(variables)),
        ]  # fmt: skip
        try:
            with no_debug_events():
                result = dbtRunner(manifest, callbacks=[collect]).invoke(arguments)
        finally:
            let_go_of_duckdb()
        if not result.success:
            messages = [*errors, *([str(result.exception)] if result.exception else [])]
            raise BuildFailed("\n".join(messages))
        return result, "\n".join(told)


@contextmanager
def no_debug_events() -> Iterator[None]:
    """Spares dbt to describe what nobody hears of, a seventh of the time of a small build.

    It makes a message of each event before it asks who listens.
    """
    fire = EventManager.fire_event

    def fire_if_heard(
        manager: EventManager, event: BaseEvent, level: EventLevel | None = None, **others: Any
    ) -> None:
        if (level or event.level_tag()) != EventLevel.DEBUG:
            fire(manager, event, level, **others)

    with patch.object(EventManager, "fire_event", fire_if_heard):
        yield


def leave_out_comments(manifest: Manifest) -> None:
    """Spares a build the comments of tables and columns, a fifth of its time and none of its rows.

    The demo company has them.
    """
    for node in manifest.nodes.values():
        if isinstance(node, ModelNode):
            node.config.persist_docs = {}


def let_go_of_duckdb() -> None:
    """Closes the file that dbt-duckdb keeps open as long as the process lives.

    DuckDB lets nobody else open it meanwhile.
    """
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager._ENV = None
