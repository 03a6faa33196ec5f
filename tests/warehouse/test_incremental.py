"""Any number of incremental builds leave what one full build makes, and touch changed months only.

A fresh DuckDB build of the same raw rows is the reference. INCREMENTAL_LOADS says how many random
loads each engine gets, by default 3; with more, scores are compared after the last load, and on
Spark all marts after each, not after the last alone, and after a full refresh. PROPERTY_SEED gives
a number to draw other loads from. KILLS says how many builds are killed on Spark, by default 3.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol, runtime_checkable

import pytest

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.parity import PUBLIC_TABLES, compare, differences
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.few_models import make_project_of_few_models
from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS, Builder, BuildFailed, Warehouse
from tests.warehouse.loads import Loads, months_that_differ
from tests.warehouse.publishing import Build

LOADS = int(os.environ.get("INCREMENTAL_LOADS", "3"))
IS_LONG = LOADS > 3
SEEDS = [5 * int(os.environ.get("PROPERTY_SEED") or 0) + number for number in range(1, 6)]
"""Numbers from which loads are drawn, one a test."""
KILLS = int(os.environ.get("KILLS", "3"))
FACTS = ("fct_invoice", "fct_invoice_line")
KEPT_BY_MONTH = {"int_invoices_checked", "int_invoice_lines_checked", *FACTS}
STEPS = 25
"""Fewer steps than a build of few models has; it is killed after some of them."""

# The facts and what they read: all that is built and compared where no fact may change, and where
# marts would be too slow.
KEPT_TABLES = ("core.dim_item", "core.fct_invoice", "core.fct_invoice_line")
KEPT_MODELS = ("+fct_invoice",)
STAR = {table for table in PUBLIC_TABLES if table.startswith("core.")}

Places = dict[tuple[str, str], set[str]]
"""Where the rows of a fact and month lie; rows that were written again lie elsewhere."""


@runtime_checkable
class KeptByMonth(Protocol):
    """A warehouse whose facts are kept by month."""

    def places(self) -> Places: ...


def months_built_anew(output: str) -> dict[str, set[str]]:
    """Months that each model kept by month says it has built anew."""
    said = re.findall(r"(\w+), months that changed: (.*)", output)
    return {model: set(re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", months)) for model, months in said}


def check_same(
    reference: Warehouse, engine: Engine, load: str, tables: Sequence[str] | None = None
) -> None:
    comparisons = compare(reference, engine, tables)
    compared = {one.table for one in comparisons}
    assert PUBLIC_TABLES >= compared > STAR if tables is None else compared == set(tables)
    found = differences(comparisons)
    assert not found, f"{engine.name}, {load}:\n" + "\n".join(found)


def check_months(
    before: Warehouse,
    after: Warehouse,
    places_before: Places,
    places_after: Places,
    built: dict[str, set[str]],
) -> None:
    """Exactly the months that differ were built anew; all others lie where they lay."""
    assert set(built) == KEPT_BY_MONTH
    for fact in FACTS:
        changed = months_that_differ(
            before.rows(f"core.{fact}"), after.rows(f"core.{fact}"), "invoice_month"
        )
        assert built[fact] == changed, fact
    stayed = {month for month, place in places_after.items() if place == places_before.get(month)}
    assert stayed == {(fact, month) for fact, month in places_after if month not in built[fact]}


def check_loads(
    builder: Builder, engine: Engine, seed: int, *, project_of_facts: Path | None = None
) -> None:
    """Builds load after load into one warehouse, and each into a fresh one.

    Before the random loads come one that only brings rows in another order, and one that changes
    each raw column by itself. An engine that keeps no months builds all of them anew each time, as
    a full refresh does, so it needs no full refresh at the end, nor the load of another order. A
    slow engine, for which there is a project of the facts alone, is spared the full refresh, and
    marts before the last load, unless the run is long.
    Scores rest on the facts and are never incremental, and the demo company has them on each
    engine: only a long run builds them, after the last load.
    """
    loads = Loads(seed)
    before: Warehouse | None = None
    is_thorough = isinstance(engine, KeptByMonth) and (IS_LONG or not project_of_facts)
    order = ["order"] if isinstance(engine, KeptByMonth) else []
    changes = ["first", *order, "columns", *(["next"] * LOADS)]
    for number, change in enumerate(changes):
        load = f"seed {seed}, load {number}"
        if change == "order":
            loads.shuffle()
        elif change == "columns":
            loads.edit_columns()
        elif change == "next":
            loads.next()
        company = loads.company()
        is_last = number == len(changes) - 1
        with_scores = is_last and IS_LONG
        is_spared_marts = project_of_facts is not None and not is_last and not IS_LONG
        has_only_facts = change == "order" or is_spared_marts
        models = KEPT_MODELS if has_only_facts else ()
        reference = builder.build(company, with_scores=with_scores, select=models)
        engine.land(company.raw_tables())
        places = engine.places() if isinstance(engine, KeptByMonth) and before else {}
        engine.project = (project_of_facts if has_only_facts else None) or PROJECT
        output = engine.build(company.all_vars(), with_scores=with_scores, select=models)
        check_same(reference, engine, load, KEPT_TABLES if has_only_facts else None)
        if before is not None:
            if isinstance(engine, KeptByMonth):
                built = months_built_anew(output)
                check_months(before, reference, places, engine.places(), built)
                if change == "order":
                    assert built == {model: set() for model in KEPT_BY_MONTH}, load
            builder.forget(before)
        before = reference
    if is_thorough:
        engine.build(company.all_vars(), full_refresh=True, with_scores=IS_LONG)
        check_same(reference, engine, "full refresh")


class PostgresByMonth(PostgresEngine):
    """PostgreSQL tells where each row lies, and which transaction wrote it."""

    def places(self) -> Places:
        found: Places = {}
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for fact in FACTS:
                cursor.execute(
                    "select cast(invoice_month as text), cast(ctid as text) || ' ' ||"
                    f" cast(xmin as text) from {SCHEMA_OF_TESTS}_core.{fact}"
                )
                for month, row in cursor.fetchall():
                    found.setdefault((fact, month), set()).add(row)
        return found


class SparkByMonth(SparkEngine):
    """Spark has a folder a month; the names of its files are drawn anew whenever it writes."""

    def places(self) -> Places:
        return {
            (fact, folder.name.removeprefix("invoice_month=")): {
                f"{file.name} {file.stat().st_mtime_ns}" for file in folder.glob("*.parquet")
            }
            for fact in FACTS
            for folder in self.folder_of(f"core.{fact}").glob("invoice_month=*")
        }


def places_of(engine: KeptByMonth, table: str) -> dict[str, set[str]]:
    """Where the rows of each month of a fact lie."""
    return {
        month: place for (fact, month), place in engine.places().items() if table == f"core.{fact}"
    }


def test_duckdb(builder: Builder, tmp_path: Path) -> None:
    engine = DuckDBEngine(tmp_path)
    engine.builder = builder
    check_loads(builder, engine, SEEDS[0])


def test_postgres(builder: Builder, postgres_server: PostgresServer, tmp_path: Path) -> None:
    engine = PostgresByMonth(tmp_path, postgres_server)
    engine.builder = builder
    check_loads(builder, engine, SEEDS[1])


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> SparkByMonth:
    """A warehouse in which each test goes on from the tables of the one before."""
    return SparkByMonth(tmp_path_factory.mktemp("spark"))


def test_spark(builder: Builder, spark: SparkByMonth, tmp_path: Path) -> None:
    facts = make_project_of_few_models(tmp_path / "project", ("fct_invoice",))
    check_loads(builder, spark, SEEDS[2], project_of_facts=facts)


# Months that cannot be written.


def test_a_month_that_cannot_be_written_leaves_all_as_they_were_on_postgres(
    builder: Builder, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Plain `dbt build`, which writes in place: stale months go and new ones come, or neither."""
    engine = PostgresByMonth(tmp_path, postgres_server)
    engine.builder = builder
    loads, lines = Loads(SEEDS[4]), "core.fct_invoice_line"
    before = builder.build(loads.company(), select=KEPT_MODELS)
    engine.land(loads.company().raw_tables())
    engine.build(loads.company().all_vars(), select=KEPT_MODELS)
    places = places_of(engine, lines)

    loads.edit_columns()
    company = loads.company()
    after = builder.build(company, select=KEPT_MODELS)
    changed = months_that_differ(before.rows(lines), after.rows(lines), "invoice_month")
    assert 1 < len(changed) < len(places)
    engine.land(company.raw_tables())
    with closing(engine.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"alter table {SCHEMA_OF_TESTS}_{lines} add constraint closed_month"
            f" check (invoice_month <> '{max(changed)}') not valid"
        )
        with pytest.raises(BuildFailed, match="closed_month"):
            engine.build(company.all_vars(), select=KEPT_MODELS)
        assert places_of(engine, lines) == places
        check_same(before, engine, "failed build", [lines])
        cursor.execute(f"alter table {SCHEMA_OF_TESTS}_{lines} drop constraint closed_month")
    engine.build(company.all_vars(), select=KEPT_MODELS)
    check_same(after, engine, "build after a failed one", KEPT_TABLES)


# Builds in place that are killed.


def is_killed(build: Build) -> bool:
    """Kills a build after a random step; False if it came to its end before."""
    steps = random.randint(0, STEPS)
    while build.output.count(" START ") < steps:
        if build.process.poll() is not None:
            return False
        time.sleep(0.05)
    pause = random.uniform(0, 1)
    time.sleep(pause)
    print(f"killed {pause:.2f} s after {steps} steps had started", flush=True)
    os.killpg(build.process.pid, signal.SIGKILL)
    killed = build.ends() == -signal.SIGKILL
    assert build.leaves_no_process()
    return killed


def leave_files_of(spark: SparkByMonth, *months: str) -> None:
    """Leaves files in folders of months that the catalogue does not know, as a killed build may."""
    for table in KEPT_BY_MONTH:
        folder = spark.folder_of(f"{'core' if table in FACTS else 'intermediate'}.{table}")
        known = next(folder.glob("*_month=*"), None)
        if known is None:
            continue  # a build was killed when all months were stale
        column = known.name.split("=")[0]
        for month in months:
            shutil.copytree(known, folder / f"{column}={month}", dirs_exist_ok=True)


def test_build_after_a_killed_one_ends_right_on_spark(
    builder: Builder, spark: SparkByMonth, tmp_path: Path
) -> None:
    """Only the facts are kept by month; each other table is made anew, as daily_sales is.

    A build follows each kill in a long run; else the last, so that kills come one upon another.
    """
    loads, killed = Loads(SEEDS[3]), 0
    spark.may_be_killed = True
    project = make_project_of_few_models(tmp_path / "project", ("daily_sales",))
    if not spark.folder_of("core.fct_invoice").exists():
        spark.land(loads.company().raw_tables())
        Build(spark, variables=loads.company().all_vars(), project=project).succeeds()
    while killed < KILLS:
        loads.next()
        loads.move_an_invoice_to(f"{1980 + killed}-05-10")
        company = loads.company()
        variables = company.all_vars()
        spark.land(company.raw_tables())
        leave_files_of(spark, f"{1980 + killed}-05-01", "1979-05-01")
        killed += is_killed(Build(spark, variables=variables, project=project))
        if KILLS <= 3 and killed < KILLS:
            continue
        Build(spark, variables=variables, project=project).succeeds()
        reference = builder.build(company, select=["+clock", "+daily_sales"])
        tables = ["core.clock", *KEPT_TABLES, "marts.daily_sales"]
        check_same(reference, spark, f"build after kill {killed}", tables)
        builder.forget(reference)
