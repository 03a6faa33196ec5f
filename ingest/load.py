"""Load a source's file or files into its raw tables: `python -m ingest.load --source S --file F`.

A load replaces the tables it brings, all of them in one transaction, and leaves everything as it
was when anything is wrong.
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.contract import (
    INVOICE_TABLES,
    PROJECT_DIR,
    Contract,
    Table,
    listed,
    parse_vars,
    read_contract,
)
from ingest.errors import InputError, run
from ingest.files import FORMATS, RawFile, format_of, open_file, stem_of
from ingest.landing import Landing
from ingest.progress import progress_bars
from ingest.warehouse import chosen_target, open_warehouse

OLDER_SPELLINGS = {
    ("online_retail_lines", "Invoice"): ("InvoiceNo",),
    ("online_retail_lines", "Price"): ("UnitPrice",),
    ("online_retail_lines", "Customer ID"): ("CustomerID",),
}
"""Names that columns of the contract bear in older files of the same source."""


def load(
    source: str,
    path: Path,
    target: str | None = None,
    vars_text: str = "",
    project_dir: Path = PROJECT_DIR,
) -> list[str]:
    """Load `path`, a file or for dw a folder, and return one line a table on what was landed.

    Raises InputError, and leaves every table as it was, when a file is missing, malformed or
    lacks a required column, when an invoice table is empty, or when rows read and landed differ.
    """
    if not source or path == Path():
        raise InputError("name what to load, as in make load SOURCE=online_retail FILE=lines.csv.")
    path = path.absolute()
    chosen = chosen_target(target)
    contract = read_contract(chosen, parse_vars(vars_text), project_dir)
    tables = contract.connector(source)
    paths = [(tables[0], path)] if source == "online_retail" else _folder(tables, path)
    with progress_bars() as progress:
        landings = [_landing(table, open_file(file_path, progress)) for table, file_path in paths]
        return [*_land(landings, chosen, contract), *_remarks(source, tables, landings, contract)]


def _folder(tables: Sequence[Table], folder: Path) -> list[tuple[Table, Path]]:
    """Return the tables that the folder has a file for, each with that file."""
    if not folder.exists():
        raise InputError(f"there is no folder {folder}; check the path.")
    if not folder.is_dir():
        raise InputError(f"{folder} is a file; name the folder with one file a table.")
    files = sorted(path for path in folder.iterdir() if path.is_file() and format_of(path))
    found = []
    for table in tables:
        names = {table.name.lower(), table.identifier.lower()}
        fitting = [path for path in files if stem_of(path).lower() in names]
        if len(fitting) > 1:
            raise InputError(
                f"{folder} has more than one file for {table.name}: "
                f"{listed(path.name for path in fitting)}; leave one."
            )
        if table.is_required and not fitting:
            raise InputError(
                f"{folder} has no file for the required table {table.name}; it has "
                f"{listed(path.name for path in files)}; add {' or '.join(sorted(names))} as one "
                f"of {listed(FORMATS)}."
            )
        found += [(table, path) for path in fitting]
    return found


def _landing(table: Table, file: RawFile) -> Landing:
    """Give the file's columns their names in the table; refuse it if a required one is missing."""
    spellings = {
        _plain(table, spelling): column.physical
        for column in table.columns
        if column.physical is not None
        for spelling in (column.physical, *OLDER_SPELLINGS.get((table.name, column.name), ()))
    }
    columns = [spellings.get(_plain(table, name), name) for name in file.columns]
    for name in columns:
        given = [file.columns[place] for place, other in enumerate(columns) if other == name]
        if len(given) > 1:
            raise InputError(
                f"{file.path} has the columns {listed(given)}, which all mean {name}; remove all "
                "but one."
            )
    missing = [
        str(column.physical)
        for column in table.columns
        if column.is_required and column.physical is not None and column.physical not in columns
    ]
    if missing:
        raise InputError(
            f"{file.path} lacks {_columns(missing)} that {table.name} requires; it has "
            f"{listed(file.columns)}; add what is missing or rename the header"
            + (", or name your own column in var dw_columns." if table.connector == "dw" else ".")
        )
    return Landing(table, file, columns)


def _plain(table: Table, name: str) -> str:
    """Return a column name by which spellings are told to be the same.

    Case never counts; in Online Retail neither do blanks and underscores.
    """
    plain: Callable[[str], str] = (
        (lambda text: re.sub(r"[\s_]", "", text))
        if table.connector == "online_retail"
        else str.strip
    )
    return plain(name).casefold()


def _land(landings: Sequence[Landing], target: str, contract: Contract) -> list[str]:
    """Land all files in one transaction and return a line for each."""
    lines = []
    with open_warehouse(target, contract) as warehouse:
        for landing in landings:
            table, file = landing.table, landing.file
            start = time.monotonic()
            landed = warehouse.land(landing)
            if landed != file.rows_read:
                raise InputError(
                    f"{file.path} has {file.rows_read} rows and {landed} arrived in {table.place}, "
                    "so nothing was changed; check the file's quotes and line ends."
                )
            if landed == 0 and table.name in INVOICE_TABLES:
                raise InputError(
                    f"{file.path} has no row under its header, and without {table.name} there is "
                    "nothing to count; export it again."
                )
            lines.append(
                f"{table.place}: rows read {file.rows_read}, rows landed {landed} "
                f"({file.path.name}, {time.monotonic() - start:.1f} s)"
            )
    return lines


def _remarks(
    source: str, tables: Sequence[Table], landings: Sequence[Landing], contract: Contract
) -> list[str]:
    """Return what the next build needs to know of this load."""
    remarks = []
    for landing in landings:
        absent = [
            column.name
            for column in landing.table.columns
            if column.physical is not None and column.physical not in landing.columns
        ]
        if absent:
            remarks.append(
                f"{landing.table.name} came without {_columns(absent)}: map "
                f"{'it' if len(absent) == 1 else 'them'} to null in var dw_columns."
            )
    landed = {landing.table.name for landing in landings}
    for table in tables:
        if table.name not in landed and table.name in contract.vars["dw_optional_tables"]:
            remarks.append(
                f"{table.name} came without a file, so {table.place} is as it was: leave it out of "
                "var dw_optional_tables if there is no such table."
            )
    if source not in contract.vars["connectors"]:
        remarks.append(f"Build on it with VARS='{{connectors: [{source}]}}'.")
    elif source == "dw" and contract.vars["use_demo_data"]:
        remarks.append("Build on it, and not on the demo, with VARS='{use_demo_data: false}'.")
    return remarks


def _columns(names: Sequence[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {listed(names)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Load what the command line names, print what was landed, return the exit code."""
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--source", required=True, help="the connector, as in var connectors")
    parser.add_argument("--file", required=True, type=Path, help="a file, or for dw a folder")
    parser.add_argument("--target", help="duckdb (default), postgres or spark")
    parser.add_argument("--vars", default="", help="vars of dbt as YAML")
    given = parser.parse_args(arguments)

    def command() -> int:
        for line in load(given.source, given.file, given.target, given.vars):
            print(line)
        return 0

    return run(command)


if __name__ == "__main__":
    sys.exit(main())
