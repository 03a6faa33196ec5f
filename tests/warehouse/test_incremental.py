"""Any number of incremental builds leave what one full build makes, and touch changed months only.

A fresh DuckDB build of the same raw rows is the reference. INCREMENTAL_LOADS says how many random
loads each engine gets, by default 3.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol, runtime_checkable

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.parity import compare, differences
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.engines.spark import SparkEngine
from tests.warehouse.harness import SCHEMA_OF_TESTS, Builder, Warehouse
from tests.warehouse.loads import Loads, months_that_differ

LOADS = int(os.environ.get("INCREMENTAL_LOADS", "3"))
FACTS = ("fct_invoice", "fct_invoice_line")
KEPT_BY_MONTH = {"int_invoices_checked", "int_invoice_lines_checked", *FACTS}
PUBLIC_TABLES = 30

# What a slow engine builds and compares after each load but the first and the last.
KEPT_TABLES = ("core.dim_item", "core.fct_invoice", "core.fct_invoice_line")
KEPT_MODELS = ("+fct_invoice_line",)

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
    assert len(comparisons) >= (PUBLIC_TABLES if tables is None else len(tables))
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


def check_loads(builder: Builder, engine: Engine, seed: int, *, is_slow: bool = False) -> None:
    """Builds load after load into one warehouse, and each into a fresh one.

    A slow engine is spared the load that only brings rows in another order, which every other load
    does as well, marts between the first load and the last, and the full refresh at the end.
    """
    loads = Loads(seed)
    before: Warehouse | None = None
    changes = ["first", *([] if is_slow else ["order"]), "columns", *["next"] * (LOADS - 1)]
    for number, change in enumerate(changes):
        load = f"seed {seed}, load {number}"
        if change == "order":
            loads.shuffle()
        elif change == "columns":
            loads.edit_columns()
        elif change == "next":
            loads.next()
        company = loads.company()
        reference = builder.build(company)
        engine.land(company.raw_tables())
        places = engine.places() if isinstance(engine, KeptByMonth) and before else {}
        is_partial = is_slow and 0 < number < len(changes) - 1
        output = engine.build(company.all_vars(), select=KEPT_MODELS if is_partial else ())
        check_same(reference, engine, load, KEPT_TABLES if is_partial else None)
        if before is not None:
            if isinstance(engine, KeptByMonth):
                built = months_built_anew(output)
                check_months(before, reference, places, engine.places(), built)
                if change == "order":
                    assert built == {model: set() for model in KEPT_BY_MONTH}, load
            builder.forget(before)
        before = reference
    if not is_slow:
        engine.build(company.all_vars(), full_refresh=True)
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


def test_duckdb(builder: Builder, tmp_path: Path) -> None:
    check_loads(builder, DuckDBEngine(tmp_path), seed=1)


def test_postgres(builder: Builder, postgres_server: PostgresServer, tmp_path: Path) -> None:
    check_loads(builder, PostgresByMonth(tmp_path, postgres_server), seed=2)


def test_spark(builder: Builder, tmp_path: Path) -> None:
    check_loads(builder, SparkByMonth(tmp_path), seed=3, is_slow=True)
