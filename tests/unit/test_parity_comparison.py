"""The comparison of two engines sees what it should see, and forgives only what it may."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.parity import TableComparison, compare, differences

FIRST = [("a", 1, "10.0000", "0.500000000000"), ("b", 2, None, "2000.000000000000")]


def made(folder: Path, rows: Sequence[tuple[str, int, str | None, str | None]]) -> DuckDBEngine:
    folder.mkdir()
    engine = DuckDBEngine(folder)
    with duckdb.connect(str(engine.warehouse.path)) as connection:
        connection.execute("create schema opportunity_marts")
        connection.execute(
            "create table opportunity_marts.mart"
            " (key text, orders bigint, amount decimal(18,4), ratio decimal(28,12))"
        )
        connection.executemany("insert into opportunity_marts.mart values (?, ?, ?, ?)", rows)
    return engine


def compared(
    folder: Path, rows: Sequence[tuple[str, int, str | None, str | None]]
) -> TableComparison:
    reference = made(folder / "reference", FIRST).warehouse
    [comparison] = compare(reference, made(folder / "other", rows))
    return comparison


def test_same_rows_in_another_order_are_the_same(tmp_path: Path) -> None:
    comparison = compared(tmp_path, FIRST[::-1])
    assert comparison.is_same
    assert differences([comparison]) == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("b", 3, None, "2000"), id="count"),
        pytest.param(("b", 2, "0.0001", "2000"), id="amount"),
        pytest.param(("B", 2, None, "2000"), id="key"),
    ],
)
def test_another_key_count_or_amount_is_a_difference(
    tmp_path: Path, other: tuple[str, int, str | None, str]
) -> None:
    comparison = compared(tmp_path, [FIRST[0], other])
    assert (comparison.missing_rows, comparison.other_rows) == (1, 1)
    assert len(differences([comparison])) == 1


def test_a_row_twice_is_a_difference(tmp_path: Path) -> None:
    comparison = compared(tmp_path, [*FIRST, FIRST[0]])
    assert (comparison.missing_rows, comparison.other_rows) == (0, 1)


@pytest.mark.parametrize(
    ("ratio_a", "ratio_b", "apart"),
    [
        ("0.500000000001", "2000.000002000000", 0),  # one unit; 1e-9 relative
        ("0.500000000600", "2000.000000000000", 1),
        ("0.500000000000", "2000.000002100000", 1),
        (None, "2000.000000000000", 1),
    ],
)
def test_ratios_may_differ_by_a_unit_or_a_billionth(
    tmp_path: Path, ratio_a: str | None, ratio_b: str, apart: int
) -> None:
    comparison = compared(tmp_path, [("a", 1, "10", ratio_a), ("b", 2, None, ratio_b)])
    assert comparison.differing_ratios == apart
    assert comparison.is_same == (apart == 0)
