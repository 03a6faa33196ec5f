"""The gate before dbt: look at the raw tables with Great Expectations.

`python -m ingest.check_input` writes data docs, prints a line a table and its warnings, and stops
with exit code 1 only for what would make every number wrong.
"""

import argparse
import os
import shutil
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import, which reads it

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from ingest.connections import duckdb_path, postgres_settings
from ingest.contract import (
    DEMO_CONNECTOR,
    PROJECT_DIR,
    Contract,
    Table,
    parse_vars,
    read_contract,
    target_dir,
)
from ingest.errors import STOPPED, InputError, one_line, run
from ingest.files import quoted
from ingest.progress import progress_bars
from ingest.suites import patterns_of, reading_query, suite
from ingest.warehouse import Look, chosen_target, look_at

DOCS_SITE = "gate"
EXAMPLES = 20
"""How many bad values the data docs show for an expectation."""


@dataclass
class Report:
    """What the gate found: lines about tables, and the sentences that warn and that stop."""

    tables: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    docs: Path | None = None
    """The data docs' first page; None when there was no table to look at."""


def check_input(
    target: str | None = None, vars_text: str = "", project_dir: Path = PROJECT_DIR
) -> Report:
    """Check the raw tables of the connectors that are on; raises InputError when it cannot."""
    chosen = chosen_target(target)
    if chosen == "spark":
        raise InputError(
            "the gate does not look into Spark; load the same files with TARGET=duckdb and check "
            "them there. Tables and columns that are missing stop dbt build on Spark, too."
        )
    contract = read_contract(chosen, parse_vars(vars_text), project_dir)
    report = Report()
    looks = look_at(chosen, tables_in_use(contract))
    found = [look for look in looks if look.columns is not None]
    report.problems += _missing([look for look in looks if look.columns is None], found, contract)
    docs_dir = target_dir(project_dir) / "data_docs"
    shutil.rmtree(docs_dir, ignore_errors=True)
    if found:
        _validate(chosen, found, contract, docs_dir, report)
        report.docs = docs_dir / "index.html"
    return report


def tables_in_use(contract: Contract) -> list[Table]:
    """Return the raw tables that a build with these vars reads."""
    tables: list[Table] = []
    for name in contract.vars["connectors"]:
        is_demo = name == DEMO_CONNECTOR and contract.vars["use_demo_data"]
        tables += contract.seeds if is_demo else contract.connector(name)
    optional = contract.vars["dw_optional_tables"]
    return [table for table in tables if table.is_required or table.name in optional]


def _missing(missing: Sequence[Look], found: Sequence[Look], contract: Contract) -> list[str]:
    """Return a sentence for each table that cannot be read, one for a connector without any."""
    sentences: dict[str, None] = {}
    connectors_found = {look.table.connector for look in found}
    for look in missing:
        table = look.table
        if table in contract.seeds:
            advice = "run make build first, which makes the demo's tables"
        elif table.is_required:
            advice = f"run make load SOURCE={table.connector}"
        else:
            advice = "load it, or leave it out of var dw_optional_tables"
        if table.connector in connectors_found:
            what = f"{table.place}, the table for {table.name}, cannot be read ({look.reason})"
        elif table.is_required:
            what = f"schema {table.schema} has none of the tables of connector {table.connector}"
        else:
            continue
        sentences[f"{what}; {advice}"] = None
    return list(sentences)


def _validate(
    target: str, looks: Sequence[Look], contract: Contract, docs_dir: Path, report: Report
) -> None:
    """Run each table's suite, add what it found to the report, and write the data docs."""
    context = gx.get_context(mode="ephemeral", project_config=_project_config(docs_dir))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a more specific data source exists
        source = context.data_sources.add_sql("raw", connection_string=_url(target))
        # One tests an asset's connection, the other computes its metrics.
        engines = [source.get_engine(), source.get_execution_engine().engine]
    for engine in engines:
        if target == "duckdb":
            sa.event.listen(engine, "after_cursor_execute", _keep_rows)
        _view_readings(engine, looks, contract)
    try:
        with progress_bars() as progress:
            for look in progress.track(looks, description="checking"):
                asset = source.add_table_asset(look.table.name)
                validation = gx.ValidationDefinition(
                    name=look.table.name,
                    data=asset.add_batch_definition_whole_table("all rows"),
                    suite=context.suites.add(
                        suite(
                            look.table, look.present, has_rows=look.has_rows, settings=contract.vars
                        )
                    ),
                )
                context.validation_definitions.add(validation)
                _tell(look.table, _run(validation), report)
        context.build_data_docs(site_names=[DOCS_SITE])
    finally:
        for engine in engines:
            engine.dispose()


def _run(validation: gx.ValidationDefinition) -> Any:
    """Return a validation's outcome, with examples of bad values only where there are any.

    To look for examples is a scan of the table for each expectation, so it is left out at first.
    """
    run_id = gx.RunIdentifier(run_name="check-input")
    outcome: Any = None
    for examples in (0, EXAMPLES):
        outcome = validation.run(
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": examples},
            run_id=run_id,
        )
        if all(each.success or "unexpected_count" not in each.result for each in outcome.results):
            break
    return outcome


def _project_config(docs_dir: Path) -> DataContextConfig:
    """Return a configuration that keeps all in memory but the data docs, and sends nothing."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
        data_docs_sites={
            DOCS_SITE: {
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(docs_dir),
                },
            }
        },
    )


def _url(target: str) -> str:
    if target == "duckdb":
        return f"duckdb:///{duckdb_path()}?access_mode=read_only"
    settings = postgres_settings()
    url = sa.URL.create(
        "postgresql+psycopg2",
        username=settings["user"],
        password=settings["password"] or None,
        database=settings["dbname"],
        # In the query, where a socket's folder may stand as well as a host's name.
        query={name: settings[name] for name in ("host", "port", "sslmode")},
    )
    # A dollar sign would be taken for the name of a variable.
    return url.render_as_string(hide_password=False).replace("$", "%24")


def _view_readings(engine: sa.Engine, looks: Sequence[Look], contract: Contract) -> None:
    """Give every connection temporary views of the tables' values as the build will read them.

    The views bear the contract's names and nobody else sees them. (A query asset would do, did
    Great Expectations not fetch all rows of one to learn its columns.)
    """
    patterns = patterns_of(contract.vars)
    statements = [
        f"create temporary view {quoted(look.table.name)} as "
        + reading_query(look.table, look.present, patterns)
        for look in looks
    ]

    def create_views(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        connection.commit()

    sa.event.listen(engine, "connect", create_views)
    engine.dispose()  # connections made before do not have the views


def _keep_rows(_connection: Any, cursor: Any, *statement: Any) -> None:
    """Fetch a result at once.

    Great Expectations reads it after its connection went back to the pool, by when duckdb-engine
    has lost it: https://github.com/fivetran/great_expectations/issues/11579.
    """
    context = statement[2]
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
        cursor, cursor.description, initial_buffer=cursor.fetchall()
    )


def _tell(table: Table, validated: Any, report: Report) -> None:
    """Add a table's line and the sentences of its broken expectations to the report."""
    counts = {"critical": 0, "warning": 0}
    rows = "?"
    for outcome in validated.results:
        expectation = outcome.expectation_config
        _raise_failure(table, outcome)
        if expectation.type == "expect_table_row_count_to_be_between":
            rows = f"{outcome.result['observed_value']:,}"
        if outcome.success:
            continue
        severity = str(expectation.severity.value)
        counts[severity] += 1
        sentence = expectation.meta["sentence"] + _examples(outcome.result)
        (report.problems if severity == "critical" else report.warnings).append(sentence)
    report.tables.append(
        f"{table.place}: {rows} rows, {len(validated.results)} checks, "
        f"{counts['critical']} stop, {counts['warning']} warn"
    )


def _raise_failure(table: Table, outcome: Any) -> None:
    """Raise InputError when an expectation could not be looked into at all."""
    for failure in (outcome.exception_info or {}).values():
        if isinstance(failure, dict) and failure.get("raised_exception"):
            raise InputError(
                f"the gate could not check {outcome.expectation_config.type} of {table.place}: "
                f"{' '.join(str(failure['exception_message']).split())}."
            )


def _examples(result: Mapping[str, Any]) -> str:
    """Return how many values broke an expectation and a few of them, where it counts values."""
    share = result.get("unexpected_percent_nonmissing") or result.get("unexpected_percent")
    if share is None:
        return ""
    shown = list(dict.fromkeys(str(value) for value in result["partial_unexpected_list"]))[:3]
    return f" ({share:.1f} % of the values, such as {', '.join(repr(text) for text in shown)})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names, print what was found, return the exit code."""
    parser = argparse.ArgumentParser(prog="make check-input", description=__doc__)
    parser.add_argument("--target", help="duckdb (default) or postgres")
    parser.add_argument("--vars", default="", help="vars of dbt as YAML")
    given = parser.parse_args(arguments)

    def command() -> int:
        try:
            report = check_input(given.target, given.vars)
        except (sa.exc.SQLAlchemyError, GreatExpectationsError) as error:
            raise InputError(f"the gate could not run: {one_line(error)}.") from error
        for line in report.tables:
            print(line)
        for sentence in report.warnings:
            print(f"Warning: {sentence}.")
        if report.docs is not None:
            print(f"Data docs: {report.docs}")
        for sentence in report.problems:
            print(f"Error: {sentence}.", file=sys.stderr)
        return STOPPED if report.problems else 0

    return run(command)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # DuckDB's bindings would list on stderr what the libraries still hold of them at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)
