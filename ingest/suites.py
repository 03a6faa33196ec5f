"""The gate's expectations of each raw table, as Great Expectations suites.

An expectation of severity critical stops: broken, it would make every number wrong. All others
warn. Each carries in its meta the sentence that tells a person what is broken and what to do.
"""

from collections.abc import Iterator, Mapping, Set
from datetime import UTC, date, datetime
from typing import Any, Literal

import great_expectations as gx
from great_expectations.expectations.core.expect_column_proportion_of_non_null_values_to_be_between import (  # noqa: E501
    ExpectColumnProportionOfNonNullValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_to_exist import (
    ExpectColumnToExist,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)

from ingest.contract import INVOICE_TABLES, Column, Table
from ingest.errors import InputError
from ingest.files import quoted

KEYS = frozenset({"id", "invoice_no_365", "item_code_365", "Invoice", "StockCode"})
"""Columns that identify an invoice, a line or an item, in whichever table they stand."""
SIGNED = frozenset(
    {
        "Quantity",
        "cost_amount",
        "discount_amount",
        "line_total_excl",
        "line_total_incl",
        "quantity",
        "total_grand",
    }
)
"""Numbers that returns make negative; all others are plausible from zero up."""
MOSTLY = 0.95
"""Share of the filled values that must hold for a column to pass."""
LARGEST = 1_000_000_000
"""The largest plausible quantity or amount of one row."""

READABLE = "readable"
PARSERS = {"number": "cast({} as double precision)", "date": "cast(substring({}, 1, 10) as date)"}
"""SQL that parses a text which is known to match its kind's pattern."""

Severity = Literal["critical", "warning"]


def reading_query(table: Table, present: Set[str], patterns: Mapping[str, str]) -> str:
    """Return a query of a table's values as the build will read them, under the contract's names.

    Each column that is present comes as trimmed text, null where empty. A column of kind
    number, date or time comes again by `reads_as`: as READABLE where its pattern is matched, as
    itself where not, null where empty; and a number or date once more as its `parsed` value.
    """
    texts, readings = [], []
    for column in table.columns:
        if column.physical is None or column.physical not in present:
            continue
        name = quoted(column.name)
        text = f"nullif(trim(cast({quoted(column.physical)} as varchar)), '')"
        texts.append(f"{text} as {name}")
        readings.append(name)
        if column.kind not in patterns:
            continue
        matches = quoted(f"{column.name} matches")
        pattern = patterns[column.kind].replace("'", "''")
        texts.append(f"{text} ~ '{pattern}' as {matches}")
        readings.append(
            f"case when {matches} then '{READABLE}' else {name} end as {quoted(reads_as(column))}"
        )
        if column.kind in PARSERS:
            readings.append(
                f"case when {matches} then {PARSERS[column.kind].format(name)} end "
                f"as {quoted(parsed(column))}"
            )
    # `offset 0` keeps PostgreSQL from matching a pattern again wherever its outcome is used.
    relation = f"{quoted(table.schema)}.{quoted(table.identifier)}"
    inner = f"select {', '.join(texts) or '1 as nothing'} from {relation} offset 0"
    return f"select {', '.join(readings) or 'nothing'} from ({inner}) as texts offset 0"


def suite(
    table: Table, present: Set[str], *, has_rows: bool, settings: Mapping[str, Any]
) -> gx.ExpectationSuite:
    """Return the suite of a table: `present` are its columns, `settings` the project's vars."""
    expectations = [_not_empty(table)]
    for column in table.columns:
        if column.physical is None:
            continue
        expectations.append(_column_is_there(table, column, column.physical))
        if column.physical in present and has_rows:
            expectations.extend(_values(table, column, column.physical, settings))
    return gx.ExpectationSuite(name=table.name, expectations=expectations)


def patterns_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the project's pattern for each kind of column that has one."""
    return {kind: str(settings[f"{kind}_pattern"]) for kind in ("number", "date", "time")}


def reads_as(column: Column) -> str:
    """Return the name of the query's column that tells whether a value can be read."""
    return f"{column.name}, read as a {column.kind}"


def parsed(column: Column) -> str:
    """Return the name of the query's column that holds the parsed value."""
    return f"{column.name} as a {column.kind}"


def _told(severity: Severity, sentence: str) -> dict[str, Any]:
    return {"severity": severity, "meta": {"sentence": sentence}, "notes": sentence}


def _not_empty(table: Table) -> Any:
    if table.name in INVOICE_TABLES:
        return ExpectTableRowCountToBeBetween(
            min_value=1,
            **_told(
                "critical",
                f"{table.place} is empty, and without {table.name} there is nothing to count; "
                "load it again",
            ),
        )
    return ExpectTableRowCountToBeBetween(
        min_value=1,
        **_told("warning", f"{table.place} is empty; load it again if it should not be"),
    )


def _column_is_there(table: Table, column: Column, physical: str) -> Any:
    advice = (
        f"load it with that column, or map {column.name} to your own column, or to null where "
        "there is none, in var dw_columns"
        if table.connector == "dw"
        else "load it with that column"
    )
    return ExpectColumnToExist(
        column=column.name, **_told("critical", f"{table.place} has no column {physical}; {advice}")
    )


def _values(
    table: Table, column: Column, physical: str, settings: Mapping[str, Any]
) -> Iterator[Any]:
    where = f"{table.place}.{physical}"
    is_invoice_date = column.kind == "date" and column.is_required and table.name in INVOICE_TABLES
    if is_invoice_date:
        yield ExpectColumnProportionOfNonNullValuesToBeBetween(
            column=parsed(column),
            min_value=0,
            strict_min=True,
            **_told(
                "critical",
                f"{where} has not one date that can be read; export it as yyyy-mm-dd, "
                "with or without a time",
            ),
        )
    elif column.is_required:
        is_key = column.name in KEYS
        yield ExpectColumnProportionOfNonNullValuesToBeBetween(
            column=column.name,
            min_value=0,
            strict_min=True,
            **_told(
                "critical" if is_key else "warning",
                f"{where} is empty in every row"
                + (", and it is a key" if is_key else "")
                + "; check that the right column was exported"
                + (" and mapped" if table.connector == "dw" else ""),
            ),
        )
    forms = {"number": "plain decimal numbers", "date": "ISO dates", "time": "times of day"}
    if column.kind in forms:
        yield ExpectColumnValuesToBeInSet(
            column=reads_as(column),
            value_set=[READABLE],
            mostly=MOSTLY,
            **_told(
                "warning",
                f"{where} has values that are no {forms[column.kind]} and that the build will not "
                "read; mend the export if they look alike",
            ),
        )
    if column.kind in PARSERS:
        lowest, highest = _plausible_range(column, settings)
        shown = f"{lowest} to {highest}" if column.kind == "date" else f"{lowest:,} to {highest:,}"
        yield ExpectColumnValuesToBeBetween(
            column=parsed(column),
            min_value=lowest,
            max_value=highest,
            mostly=MOSTLY,
            **_told(
                "warning",
                f"{where} has values outside the plausible range from {shown}; check the export",
            ),
        )


def _plausible_range(
    column: Column, settings: Mapping[str, Any]
) -> tuple[date, date] | tuple[int, int]:
    if column.kind == "number":
        return (-LARGEST if column.name in SIGNED else 0, LARGEST)
    latest = settings["build_date"]
    return (
        _day("earliest_plausible_date", settings["earliest_plausible_date"]),
        _day("build_date", latest) if latest else datetime.now(UTC).date(),
    )


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise InputError(f"var {name} is {value!r}, which is no date; write yyyy-mm-dd.") from error
