"""Compares what two engines built, row by row, inside DuckDB.

Keys, counts, dates, texts and amounts must be equal; ratios, which are the columns published as
decimal(28,12), equal to one unit of their last decimal or 1e-9 relative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO

import duckdb
from rich.console import Console
from rich.table import Table

from tests.warehouse.engines.duckdb_engine import copy_table
from tests.warehouse.engines.engine import Engine
from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS, Warehouse, quoted

RATIO = "DECIMAL(28,12)"
RATIO_UNIT = "0.000000000001"
RATIO_TOLERANCE = "1e-9"
SHOWN = 3
PUBLIC_TABLES = {
    f"{layer}.{path.stem}"
    for layer in ("core", "marts")
    for path in (PROJECT / "models" / layer).rglob("*.sql")
}
"""Every table that is compared where all are built."""
LISTING = "listing"
"""The property of a test that the summary of a run prints."""


@dataclass(frozen=True)
class TableComparison:
    """A table of two engines, side by side."""

    table: str
    reference_rows: int
    rows: int
    missing_rows: int
    """Rows of the reference whose keys, counts, dates, texts or amounts no row here has."""
    other_rows: int
    """Rows here that the reference has not."""
    differing_ratios: int
    """Ratios further apart than the tolerance."""
    examples: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not (self.missing_rows or self.other_rows or self.differing_ratios)


def compare(
    reference: Warehouse, other: Engine, tables: Sequence[str] | None = None
) -> list[TableComparison]:
    """Compares tables, by default all of core and marts that the reference has, but build_info."""
    if tables is None:
        tables = [name for name in reference.tables("core", "marts") if name != "core.build_info"]
    with duckdb.connect() as connection, reference.kept_open():
        return [compare_table(connection, table, reference, other) for table in tables]


def compare_table(
    connection: duckdb.DuckDBPyConnection, table: str, reference: Warehouse, other: Engine
) -> TableComparison:
    """Compares one table, which is named `layer.name`."""
    layer, name = table.split(".")
    columns = {
        row["column_name"]: row["data_type"]
        for row in reference.query(
            "select column_name, data_type from information_schema.columns"
            f" where table_schema = '{SCHEMA_OF_TESTS}_{layer}' and table_name = '{name}'"
            " order by ordinal_position"
        )
    }
    copy_table(connection, "expected", reference, table, columns)
    other.copy_into(connection, "found", table, columns)
    ratios = [quoted(column) for column, kind in columns.items() if kind == RATIO]
    identifying = [quoted(column) for column, kind in columns.items() if kind != RATIO]
    exact = [exact_value(column) for column, kind in columns.items() if kind != RATIO]
    listed = ", ".join(exact)
    missing = f"select {listed} from expected except all select {listed} from found"
    others = f"select {listed} from found except all select {listed} from expected"
    examples = [
        f"{table}: {label} {row}"
        for label, query in (("only in duckdb", missing), (f"only in {other.name}", others))
        for row in connection.execute(f"{query} limit {SHOWN}").fetchall()
    ]
    differing = 0
    for ratio in ratios:
        joined = " and ".join(
            f"expected.{column} is not distinct from found.{column}" for column in identifying
        )
        apart = (
            f"from expected inner join found on {joined} where"
            f" expected.{ratio} is distinct from found.{ratio} and coalesce("
            f"abs(expected.{ratio} - found.{ratio}) > {RATIO_UNIT} and"
            f" cast(abs(expected.{ratio} - found.{ratio}) as double)"
            f" > {RATIO_TOLERANCE} * cast(abs(expected.{ratio}) as double), true)"
        )
        differing += count(connection, f"select count(*) {apart}")
        examples += [
            f"{table}.{ratio}: {row[0]} on duckdb, {row[1]} on {other.name}"
            for row in connection.execute(
                f"select expected.{ratio}, found.{ratio} {apart} limit {SHOWN}"
            ).fetchall()
        ]
    return TableComparison(
        table=table,
        reference_rows=count(connection, "select count(*) from expected"),
        rows=count(connection, "select count(*) from found"),
        missing_rows=count(connection, f"select count(*) from ({missing})"),
        other_rows=count(connection, f"select count(*) from ({others})"),
        differing_ratios=differing,
        examples=tuple(examples),
    )


def exact_value(column: str) -> str:
    """A column as it is compared: JSON by its members, since engines space it differently."""
    if column == "raw_values":
        return "cast(cast(raw_values as json) as map(varchar, varchar)) as raw_values"
    return quoted(column)


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The number that a query gives."""
    return int(connection.execute(query).fetchall()[0][0])


def listing(title: str, comparisons: list[TableComparison]) -> str:
    """A line a table: rows on both engines and what differs."""
    table = Table(title=title)
    for heading in ("table", "rows", "rows on DuckDB", "missing", "other", "ratios apart"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    for one in comparisons:
        table.add_row(
            one.table, f"{one.rows:,}", f"{one.reference_rows:,}", str(one.missing_rows),
            str(one.other_rows), str(one.differing_ratios),
        )  # fmt: skip
    text = StringIO()
    Console(file=text, width=110).print(table)
    return text.getvalue()


def differences(comparisons: list[TableComparison]) -> list[str]:
    """What differs, with examples; empty when everything is the same."""
    return [
        f"{one.table}: {one.missing_rows} rows missing, {one.other_rows} others, "
        f"{one.differing_ratios} ratios apart; {'; '.join(one.examples)}"
        for one in comparisons
        if not one.is_same
    ]


def check_parity(
    company: str,
    reference: Warehouse,
    other: Engine,
    record_property: Callable[[str, object], None],
) -> None:
    """Fails on any difference; the listing of all tables stands in the summary of the run."""
    comparisons = compare(reference, other)
    title = f"{company}: {other.name} beside duckdb"
    record_property(LISTING, listing(title, comparisons))
    assert {one.table for one in comparisons} == PUBLIC_TABLES
    assert not differences(comparisons), "\n".join(differences(comparisons))
