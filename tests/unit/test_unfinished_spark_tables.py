"""What a killed Spark build left is cleared before the next one, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish.spark import clear_unfinished_tables


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPARK_WAREHOUSE", str(tmp_path))
    monkeypatch.setenv("DBT_SCHEMA", "opportunity")
    monkeypatch.delenv("SPARK_METHOD", raising=False)
    for table, files in {
        "opportunity_marts.db/finished": ["part-0.parquet", "_SUCCESS"],
        "opportunity_marts.db/half_written": ["part-0.parquet", "_temporary/part-1.parquet"],
        "opportunity_reference.db/empty_seed": [],
        "dw.db/raw_table": ["part-0.parquet"],
    }.items():
        (tmp_path / table).mkdir(parents=True)
        for file in files:
            (tmp_path / table / file).parent.mkdir(exist_ok=True)
            (tmp_path / table / file).touch()
    return tmp_path


def tables(warehouse: Path) -> set[str]:
    return {f"{path.parent.name}/{path.name}" for path in warehouse.glob("*.db/*")}


def test_only_tables_whose_writing_never_ended_are_deleted(warehouse: Path) -> None:
    before = tables(warehouse)
    clear_unfinished_tables()
    assert before - tables(warehouse) == {"opportunity_marts.db/half_written"}


def test_tables_of_a_cluster_are_not_looked_for(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_METHOD", "thrift")
    before = tables(warehouse)
    clear_unfinished_tables()
    assert tables(warehouse) == before
