"""The input contract, as dbt renders it: which raw tables and columns there are, and their names.

The contract itself stands in the sources of models/staging and in the vars of dbt_project.yml.
This module only reads it, by letting dbt parse the project.
"""

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ingest.errors import InputError, one_line

PROJECT_DIR = Path(__file__).resolve().parent.parent
DEMO_CONNECTOR = "dw"
"""The connector that the demo seeds stand in for."""

INVOICE_TABLES = frozenset({"dw_invoice_header", "dw_invoice_line", "online_retail_lines"})
"""The tables without whose rows there is nothing to count."""


@dataclass(frozen=True)
class Column:
    """A column of the contract: `kind` is text, number, date, time or boolean."""

    name: str
    physical: str | None
    """Its name in the user's table; None when var dw_columns says that it is not there."""
    kind: str
    is_required: bool
    is_vital: bool
    """Whether every row would be rejected without it, so that it cannot be mapped to null."""


@dataclass(frozen=True)
class Table:
    """A raw table of the contract and where it stands in the warehouse."""

    connector: str
    name: str
    schema: str
    identifier: str
    is_required: bool
    columns: tuple[Column, ...]

    @property
    def place(self) -> str:
        """Schema and table, for a person to read."""
        return f"{self.schema}.{self.identifier}"


@dataclass(frozen=True)
class Contract:
    """The tables of every connector, the demo's seeds, and the vars as this run has them."""

    tables: Mapping[str, tuple[Table, ...]]
    """Tables by connector."""
    seeds: tuple[Table, ...]
    """The demo company, in the shape of the connector `dw` under the contract's own names."""
    vars: Mapping[str, Any]
    built: frozenset[tuple[str, str]]
    """Schema and name of everything that dbt builds."""

    def connector(self, name: str) -> tuple[Table, ...]:
        """Return a connector's tables, or raise InputError when there is no such connector."""
        if name not in self.tables:
            raise InputError(
                f"there is no connector '{name}'; the connectors are {listed(sorted(self.tables))}."
            )
        return self.tables[name]


def listed(names: Iterable[str]) -> str:
    """Return names as a comma-separated list for a message."""
    return ", ".join(names) or "none"


def target_dir(project_dir: Path = PROJECT_DIR) -> Path:
    """Return the folder for everything that is made and not kept in the repository."""
    return project_dir / os.environ.get("DBT_TARGET_PATH", "target")


def parse_vars(text: str) -> dict[str, Any]:
    """Read `--vars`, a YAML mapping as dbt takes it; an empty text is no var at all."""
    try:
        given = yaml.safe_load(text) if text.strip() else {}
    except yaml.YAMLError as error:
        raise InputError(
            f"the vars {text!r} are not YAML: {one_line(error)}; "
            "write them like '{connectors: [online_retail]}'."
        ) from error
    if not isinstance(given, dict):
        raise InputError(
            f"the vars {text!r} are not a mapping; write them like '{{connectors: [dw]}}'."
        )
    return {str(name): value for name, value in given.items()}


def read_contract(
    target: str, given_vars: Mapping[str, Any], project_dir: Path = PROJECT_DIR
) -> Contract:
    """Let dbt parse the project and return its input contract.

    `target` is a target of profiles.yml, `given_vars` override those of dbt_project.yml. Raises
    InputError for a var, a connector, a table or a column that the project does not know.
    """
    known = yaml.safe_load((project_dir / "dbt_project.yml").read_text("utf-8")).get("vars", {})
    for name in given_vars:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean '{near[0]}'?" if near else "dbt_project.yml lists all vars."
            raise InputError(f"there is no var '{name}' in dbt_project.yml; {advice}")
    all_vars = {**known, **given_vars}
    column_map = _column_map(all_vars["dw_columns"])

    manifest = _parse(target, given_vars, project_dir)
    disabled = [node for nodes in manifest.disabled.values() for node in nodes]
    sources = [*manifest.sources.values()]
    sources += [node for node in disabled if node.resource_type == "source"]
    nodes = [*manifest.nodes.values(), *disabled]
    tables: dict[str, tuple[Table, ...]] = {}
    for source in sources:
        table = _table(source, column_map if source.source_name == DEMO_CONNECTOR else {})
        tables[table.connector] = (*tables.get(table.connector, ()), table)
    _check_column_map(column_map, tables[DEMO_CONNECTOR])

    contract = Contract(
        tables=tables,
        seeds=_seeds(tables[DEMO_CONNECTOR], nodes),
        vars=all_vars,
        built=frozenset((node.schema, node.alias) for node in manifest.nodes.values()),
    )
    optional = [table.name for table in contract.tables[DEMO_CONNECTOR] if not table.is_required]
    for name in all_vars["dw_optional_tables"] or []:
        if name not in optional:
            raise InputError(
                f"var dw_optional_tables names '{name}', which is no optional table; those are "
                f"{listed(optional)}."
            )
    if not isinstance(all_vars["connectors"], list) or not all_vars["connectors"]:
        raise InputError("var connectors is not a list; write it like '{connectors: [dw]}'.")
    for name in all_vars["connectors"]:
        contract.connector(name)
    return contract


def _parse(target: str, given_vars: Mapping[str, Any], project_dir: Path) -> Any:
    """Return dbt's manifest of the project, without output, telemetry or a log of its own."""
    from dbt.cli.main import dbtRunner

    # A folder of its own, so that other vars here do not make the next build parse all again.
    out = str(target_dir(project_dir) / "contract")
    options = ["--project-dir", str(project_dir), "--target-path", out, "--log-path", out]
    if "DBT_PROFILES_DIR" not in os.environ and (project_dir / "profiles.yml").exists():
        options += ["--profiles-dir", str(project_dir)]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats"]
    here = Path.cwd()
    try:
        outcome = dbtRunner().invoke(
            [
                *quiet,
                "parse",
                *options,
                "--target",
                target,
                "--vars",
                yaml.safe_dump({**given_vars}),
            ]
        )
    finally:
        os.chdir(here)  # dbt moves into the project
    if not outcome.success or outcome.result is None:
        reason = one_line(outcome.exception) if outcome.exception else "no reason given"
        raise InputError(f"dbt cannot parse the project in {project_dir}: {reason}.")
    return outcome.result


def _column_map(given: Any) -> dict[str, dict[str, str | None]]:
    """Return var dw_columns after a look at its shape: {table: {column: name or null}}."""
    example = "write it like '{dw_columns: {dw_item: {table: items, unit_cost: null}}}'"
    if not isinstance(given, dict):
        raise InputError(f"var dw_columns is not a mapping; {example}.")
    for table, names in given.items():
        if not isinstance(names, dict):
            raise InputError(f"var dw_columns has no mapping under '{table}'; {example}.")
        for name, physical in names.items():
            if physical is None and name != "table":
                continue
            if not isinstance(physical, str) or not physical.strip():
                raise InputError(
                    f"var dw_columns maps {table}.{name} to {physical!r}, which is no name; "
                    f"{example}."
                )
    return given


def _check_column_map(
    column_map: Mapping[str, Mapping[str, str | None]], tables: tuple[Table, ...]
) -> None:
    """Raise InputError when the map names a table or column that the contract does not have."""
    by_name = {table.name: table for table in tables}
    for name, names in column_map.items():
        if name not in by_name:
            raise InputError(
                f"var dw_columns names the table '{name}', which the contract does not have; "
                f"its tables are {listed(by_name)}."
            )
        columns = [column.name for column in by_name[name].columns]
        vital = {column.name for column in by_name[name].columns if column.is_vital}
        for column, physical in names.items():
            if physical is None and column in vital:
                raise InputError(
                    f"var dw_columns maps {name}.{column} to null, but without it every row would "
                    "be rejected; name the column that has it."
                )
            if column != "table" and column not in columns:
                raise InputError(
                    f"var dw_columns names the column '{column}' of {name}, which the contract "
                    f"does not have; its columns are {listed(columns)}."
                )


def _table(source: Any, column_map: Mapping[str, Mapping[str, str | None]]) -> Table:
    """Return a source of the manifest as a table of the contract."""
    names = column_map.get(source.name, {})
    columns = tuple(
        Column(
            name=column.name,
            physical=names.get(column.name, column.name),
            kind=column.config.meta["kind"],
            is_required=column.config.meta["is_required"],
            is_vital=column.config.meta.get("is_vital", False),
        )
        for column in source.columns.values()
    )
    return Table(
        connector=source.source_name,
        name=source.name,
        schema=source.schema,
        identifier=source.identifier,
        is_required=source.config.meta["is_required"],
        columns=columns,
    )


def _seeds(tables: tuple[Table, ...], nodes: list[Any]) -> tuple[Table, ...]:
    """Return the contract's tables as the demo seeds hold them: own names, in the demo schema."""
    seeds = {node.name: node for node in nodes if node.resource_type == "seed"}
    return tuple(
        Table(
            connector=table.connector,
            name=table.name,
            schema=seeds[table.name].schema,
            identifier=seeds[table.name].alias,
            is_required=table.is_required,
            columns=tuple(replace(column, physical=column.name) for column in table.columns),
        )
        for table in tables
        if table.name in seeds
    )
