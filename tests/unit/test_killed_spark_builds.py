"""What a killed Spark build left is cleared before the next one, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import InputError
from publish.spark import ask_derby, clear_what_was_killed

FILES = (
    "opportunity_core.db/fct_invoice/invoice_month=2024-01-01/part-0.parquet",
    "opportunity_core.db/fct_invoice/.spark-staging-1/invoice_month=2024-02-01/part-0.parquet",
    "opportunity_marts.db/basket_rule/_temporary/0/part-0.parquet",
    "opportunity_marts.db/customer_360/part-0.parquet",
    "opportunity_marts.db/customer_360/_SUCCESS",
    "opportunity_marts.db/basket_pair/_temporary/0/part-0.parquet",
    "opportunity_marts.db/daily_sales",
    "opportunity_marts.db/table_of_an_analyst/part-0.parquet",
    "opportunity_sandbox.db/_temporary/part-0.parquet",
    "dw.db/dw_item__a1/part-0.parquet",
)
LEFT = (
    "opportunity_core.db/fct_invoice/invoice_month=2024-01-01/part-0.parquet",
    "opportunity_marts.db/daily_sales",
    "opportunity_marts.db/table_of_an_analyst/part-0.parquet",
    "opportunity_sandbox.db/_temporary/part-0.parquet",
    "dw.db/dw_item__a1/part-0.parquet",
)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files of two tables that the catalogue knows, and what else may lie about."""
    monkeypatch.setenv("SPARK_WAREHOUSE", str(tmp_path))
    monkeypatch.setenv("DBT_SCHEMA", "opportunity")
    monkeypatch.delenv("SPARK_METHOD", raising=False)
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    return tmp_path


@pytest.fixture
def catalogue(warehouse: Path) -> Path:
    path = warehouse / "metastore_db"
    ask_derby(
        path,
        """
        create table DBS (DB_ID bigint, NAME varchar(128));
        create table TBLS (DB_ID bigint, TBL_NAME varchar(256));
        insert into DBS values (1, 'opportunity_core'), (2, 'opportunity_marts');
        insert into TBLS values (1, 'fct_invoice'), (2, 'basket_rule'), (1, 'customer_360');
        """,
        ";create=true",
    )
    return path


def files(warehouse: Path) -> set[str]:
    return {
        str(path.relative_to(warehouse)) for path in warehouse.glob("*.db/**/*") if path.is_file()
    }


def test_only_what_the_catalogue_does_not_know_is_deleted(warehouse: Path, catalogue: Path) -> None:
    clear_what_was_killed()
    assert files(warehouse) == set(LEFT)
    assert not (warehouse / "opportunity_marts.db" / "customer_360").exists()
    assert (warehouse / "opportunity_marts.db" / "basket_rule").exists()


def test_catalogue_that_cannot_be_read_stops_the_build(warehouse: Path) -> None:
    (warehouse / "metastore_db").mkdir()
    with pytest.raises(InputError, match=r"metastore_db cannot be read .*ERROR"):
        clear_what_was_killed()
    assert files(warehouse) == set(FILES)


def test_catalogue_that_spark_has_only_begun_knows_no_table(warehouse: Path) -> None:
    ask_derby(warehouse / "metastore_db", "create table DBS (DB_ID bigint);", ";create=true")
    clear_what_was_killed()
    assert files(warehouse) == set(LEFT) - {FILES[0]}


def test_path_with_an_apostrophe_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "Rea's company" / "metastore_db"
    path.parent.mkdir()
    assert "1" in "".join(ask_derby(path, "values 1;", ";create=true"))


def test_path_with_a_semicolon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="semicolon"):
        ask_derby(tmp_path / "a;b", "values 1;")


def test_nothing_is_deleted_without_a_catalogue(warehouse: Path) -> None:
    clear_what_was_killed()
    assert files(warehouse) == set(FILES)


def test_files_of_a_cluster_are_not_looked_for(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_METHOD", "thrift")
    clear_what_was_killed()
    assert files(warehouse) == set(FILES)
