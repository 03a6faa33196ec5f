"""What the benchmark compares with gives the numbers of the warehouse: else it compares nothing."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from bench.demo_company import main as generate
from bench.peers.command import SUMMARY
from bench.peers.count_pairs import METHODS
from bench.peers.pandas_marts import SCRIPT_MARTS
from bench.run import BASKET_LINES
from tests.independent.marts import MARTS
from tests.warehouse.harness import PROJECT, Builder, Warehouse

ONE_THRESHOLD = ("mlxtend", "fpgrowth")
"""Methods that find the pairs of an item's least support only."""

NOT_IN_THE_SCRIPT = {
    "basket_triple_rule", "duplicate_item_pair", "item_recommendation", "item_reorder_due",
    "daily_region_sales",  # the script knows no customers but by their invoices
}  # fmt: skip
Key = tuple[Any, ...]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with every kind of bad row that Parquet can hold."""
    folder = tmp_path_factory.mktemp("raw")
    arguments = ["--format", "parquet", "--lines", "30000", "--seed", "7"]
    assert generate(["--out", str(folder), *arguments]) == 0
    return folder


@pytest.fixture(scope="module")
def warehouse(raw: Path, builder: Builder) -> Warehouse:
    path = builder.new_file()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema dw")
        for file in raw.glob("*.parquet"):
            connection.execute(f"create table dw.{file.stem} as from '{file}'")
    select = [f"+{mart}" for mart in SCRIPT_MARTS]
    return builder.build_file(path, {"use_demo_data": False}, select=select)


def run_peer(name: str, *arguments: object) -> None:
    command = [sys.executable, "-m", f"bench.peers.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def plain(value: Any) -> Any:
    """A value of either side as one that compares: numbers as floats, times as dates."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool | date | str):
        return value
    return float(value)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def by_key(rows: list[dict[str, Any]], key: tuple[str, ...]) -> dict[Key, dict[str, Any]]:
    keyed = {tuple(plain(row[column]) for column in key): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


@pytest.fixture(scope="module")
def pandas_marts(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pandas")
    run_peer("pandas_marts", "--input", raw, "--output", out)
    return out


def test_the_pandas_script_leaves_out_what_it_says(pandas_marts: Path) -> None:
    assert set(SCRIPT_MARTS) == MARTS.keys() - NOT_IN_THE_SCRIPT
    assert {file.stem for file in pandas_marts.glob("*.parquet")} == set(SCRIPT_MARTS)


@pytest.mark.parametrize("mart", SCRIPT_MARTS)
def test_the_pandas_script_has_the_rows_of_the_warehouse(
    mart: str, pandas_marts: Path, warehouse: Warehouse
) -> None:
    key = MARTS[mart][1]
    expected = by_key(warehouse.rows(f"marts.{mart}"), key)
    found = by_key(pq.read_table(pandas_marts / f"{mart}.parquet").to_pylist(), key)
    assert len(expected) > 5
    assert found.keys() == expected.keys()
    assert all(row.keys() > set(key) for row in found.values())
    differences = [
        f"{row_key} {column}: {value!r} is {expected[row_key][column]!r} in the warehouse"
        for row_key, row in found.items()
        for column, value in row.items()
        if not same(plain(value), plain(expected[row_key][column]))
    ]
    assert not differences, f"{len(differences)} differ\n" + "\n".join(differences[:10])


@pytest.fixture(scope="module")
def basket_lines(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the benchmark gives the peers of the pair step."""
    file = tmp_path_factory.mktemp("lines") / "basket_lines.parquet"
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        connection.execute(f"copy ({BASKET_LINES}) to '{file}' (format parquet)")
    return file


@pytest.mark.parametrize("method", METHODS)
def test_every_method_counts_the_pairs_of_the_warehouse(
    method: str, basket_lines: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    run_peer("count_pairs", method, "--input", basket_lines, "--output", tmp_path)
    found = pq.read_table(tmp_path / "pairs.parquet").to_pylist()
    pairs = {(row["item_id_a"], row["item_id_b"]): row["basket_count"] for row in found}
    (population,) = warehouse.rows("marts.basket_population")
    least = population["frequent_basket_count"] if method in ONE_THRESHOLD else 0
    expected = {
        (row["item_id_a"], row["item_id_b"]): row["basket_count"]
        for row in warehouse.rows("marts.basket_pair")
        if row["basket_count"] >= least
    }
    assert len(expected) >= 6
    assert pairs == expected
    assert json.loads((tmp_path / SUMMARY).read_text())["rows"] == {"pairs": len(expected)}
