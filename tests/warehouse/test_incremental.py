"""Any number of incremental builds leave what one full build makes, and touch changed months only.

A fresh DuckDB build of the same raw rows is the reference. INCREMENTAL_LOADS says how many random
loads each engine gets, by default 3.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.parity import compare, differences
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.harness import SCHEMA_OF_TESTS, Builder, Warehouse
from tests.warehouse.loads import Loads, months_that_differ

LOADS = int(os.environ.get("INCREMENTAL_LOADS", "3"))
FACTS = ("fct_invoice", "fct_invoice_line")
KEPT_BY_MONTH = {"int_invoices_checked", "int_invoice_lines_checked", *FACTS}


def months_built_anew(output: str) -> dict[str, set[str]]:
    """Months that each model kept by month says it has built anew."""
    said = re.findall(r"(\w+), months that changed: (.*)", output)
    return {model: set(re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", months)) for model, months in said}


def check_same(reference: Warehouse, engine: Engine, load: str) -> None:
    comparisons = compare(reference, engine)
    assert len(comparisons) >= 30
    found = differences(comparisons)
    assert not found, f"{engine.name}, {load}:\n" + "\n".join(found)


def check_loads(builder: Builder, engine: Engine, seed: int, is_kept_by_month: bool) -> None:
    """Builds load after load into one warehouse, and each into a fresh one."""
    loads = Loads(seed)
    before: Warehouse | None = None
    for number in range(LOADS + 2):
        load = f"seed {seed}, load {number}"
        # The second build brings the same rows in another order.
        if number == 1:
            loads.shuffle()
        elif number > 1:
            loads.next()
        company = loads.company()
        reference = builder.build(company)
        engine.land(company.raw_tables())
        written = engine.written_rows() if isinstance(engine, KeptByMonth) else {}
        built = months_built_anew(engine.build(company.all_vars()))
        check_same(reference, engine, load)
        if before is not None and is_kept_by_month:
            assert set(built) == KEPT_BY_MONTH, load
            if number == 1:
                assert built == {model: set() for model in KEPT_BY_MONTH}, load
            for fact in FACTS:
                changed = months_that_differ(
                    before.rows(f"core.{fact}"), reference.rows(f"core.{fact}"), "invoice_month"
                )
                assert built[fact] == changed, f"{fact}, {load}"
            if isinstance(engine, KeptByMonth):
                for (model, month), rows in engine.written_rows().items():
                    is_old = rows == written.get((model, month))
                    assert is_old == (month not in built[model]), f"{model} {month}, {load}"
        if before is not None:
            builder.forget(before)
        before = reference
    engine.build(company.all_vars(), full_refresh=True)
    check_same(reference, engine, "full refresh")


class KeptByMonth(PostgresEngine):
    """PostgreSQL, which tells where each row was written and by which transaction."""

    def written_rows(self) -> dict[tuple[str, str], set[str]]:
        """Places and transactions of the rows of each fact and month."""
        found: dict[tuple[str, str], set[str]] = {}
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for fact in FACTS:
                cursor.execute("select to_regclass(%s)", [f"{SCHEMA_OF_TESTS}_core.{fact}"])
                if cursor.fetchall() == [(None,)]:
                    continue
                cursor.execute(
                    "select cast(invoice_month as text), cast(ctid as text) || ' ' ||"
                    f" cast(xmin as text) from {SCHEMA_OF_TESTS}_core.{fact}"
                )
                for month, row in cursor.fetchall():
                    found.setdefault((fact, month), set()).add(row)
        return found


def test_duckdb(builder: Builder, tmp_path: Path) -> None:
    check_loads(builder, DuckDBEngine(tmp_path), seed=1, is_kept_by_month=False)


def test_postgres(builder: Builder, postgres_server: PostgresServer, tmp_path: Path) -> None:
    check_loads(builder, KeptByMonth(tmp_path, postgres_server), seed=2, is_kept_by_month=True)
