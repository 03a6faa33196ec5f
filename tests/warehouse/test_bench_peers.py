"""What the benchmark compares with gives the numbers of the warehouse: else it compares nothing."""

from __future__ import annotations

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
from tests.independent.marts import MARTS
from tests.warehouse.harness import PROJECT, Builder, Warehouse

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
    return builder.build_file(path, {"use_demo_data": False})


def run_peer(name: str, *arguments: object) -> None:
    command = [sys.executable, "-m", f"bench.peers.{name}", *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


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


def test_the_pandas_script_writes_every_public_mart(pandas_marts: Path) -> None:
    assert {file.stem for file in pandas_marts.glob("*.parquet")} == set(MARTS)


@pytest.mark.parametrize("mart", MARTS)
def test_the_pandas_script_has_the_rows_of_the_warehouse(
    mart: str, pandas_marts: Path, warehouse: Warehouse
) -> None:
    key = MARTS[mart][1]
    expected = by_key(warehouse.rows(f"marts.{mart}"), key)
    found = by_key(pq.read_table(pandas_marts / f"{mart}.parquet").to_pylist(), key)
    assert len(expected) > 5
    assert found.keys() == expected.keys()
    differences = [
        f"{row_key} {column}: {found[row_key][column]!r} is {value!r} in the warehouse"
        for row_key, row in expected.items()
        for column, value in row.items()
        if not same(plain(found[row_key][column]), plain(value))
    ]
    assert not differences, f"{len(differences)} differ\n" + "\n".join(differences[:10])
