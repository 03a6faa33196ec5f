"""Builds as of earlier dates, and writes what each date knew apart from what came after.

A split is a folder named for its as-of date:

- `train/`, all that a peer may read, nothing in it later than the date: `orders` (customer x day),
  `lines` (sale lines of products), `snapshots` (the features that customer_churn learns from and
  those it scores, without an outcome that was still open)
- `after/`, what judges read: our predictions and lists, what was bought, score_backtest
- `seconds.json`: seconds of each model of the round
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from bench.run_results import read_timing
from publish.backtest import run_rounds
from publish.dbt import Dbt
from publish.locking import locked

TRAIN, AFTER, SECONDS = "train", "after", "seconds.json"
HORIZON_DAYS = 90
"""Of churn_horizon_days and recommendation_horizon_days, at their defaults."""

QUERIES = {
    f"{TRAIN}/orders": """
        select
            invoices.customer_id,
            invoices.invoice_date,
            sum(invoices.sale_line_count) > 0 as is_order,
            cast(sum(invoices.net_amount) as double) as spend
        from opportunity_core.fct_invoice as invoices
        inner join opportunity_core.dim_customer as customers
            on invoices.customer_id = customers.customer_id and customers.is_known
        where invoices.invoice_type <> 'adjustment' and invoices.invoice_date <= $as_of
        group by invoices.customer_id, invoices.invoice_date
        order by invoices.customer_id, invoices.invoice_date
    """,
    f"{TRAIN}/lines": """
        select
            lines.invoice_id,
            lines.invoice_date,
            lines.item_id,
            customers.customer_id
        from opportunity_core.fct_invoice_line as lines
        left join opportunity_core.dim_customer as customers
            on lines.customer_id = customers.customer_id and customers.is_known
        where lines.line_type = 'sale' and lines.is_product and lines.invoice_date <= $as_of
        order by lines.invoice_id, lines.item_id, lines.invoice_line_id
    """,
    f"{TRAIN}/snapshots": """
        select *
        from opportunity_marts.customer_snapshot
        where snapshot_kind in ('training', 'score') and snapshot_date <= $as_of
        order by snapshot_kind, snapshot_date, customer_id
    """,
    f"{AFTER}/churn": "select * from opportunity_marts.churn_outcome",
    f"{AFTER}/value": "select * from opportunity_marts.value_outcome",
    f"{AFTER}/category_churn": "select * from opportunity_marts.category_churn_outcome",
    f"{AFTER}/risks": """
        select customer_id, category_id, is_at_risk
        from opportunity_marts.churn_risk
    """,
    f"{AFTER}/gaps": "select * from opportunity_marts.peer_gap_outcome",
    f"{AFTER}/new_items": "select * from opportunity_marts.item_recommendation_outcome",
    f"{AFTER}/reorders": "select * from opportunity_marts.item_reorder_outcome",
    f"{AFTER}/recommendations": """
        select customer_id, item_id, rank
        from opportunity_marts.item_recommendation
    """,
    # What each customer bought in the days after, and whether ever before.
    f"{AFTER}/purchases": f"""
        with lines as (
            select customer_id, item_id, invoice_date
            from opportunity_core.fct_invoice_line
            where line_type = 'sale' and is_product
        )
        select
            customer_id,
            item_id,
            min(invoice_date) <= $as_of as is_owned,
            min(case when invoice_date > $as_of then invoice_date - $as_of end) as days_until
        from lines
        where invoice_date <= $as_of + {HORIZON_DAYS}
        group by customer_id, item_id
        having max(invoice_date) > $as_of
    """,
    f"{AFTER}/rules": "select * from opportunity_marts.basket_rule",
    f"{AFTER}/pairs": "select * from opportunity_marts.basket_pair_test",
    f"{AFTER}/score_backtest": """
        select * from opportunity_marts.score_backtest where as_of_date = $as_of
    """,
    f"{AFTER}/score_calibration": """
        select * from opportunity_marts.score_calibration where as_of_date = $as_of
    """,
}


def build_splits(file: Path, folder: Path, variables: dict[str, object]) -> Iterator[str]:
    """Run the back-test's rounds on a loaded DuckDB file, and write a split as each one ends.

    Yields what is about to be done, in words. dbt's output goes to `dbt.log` in the folder.
    Raises BuildFailed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    artifacts = folder.parent / "target"
    environment = {"DUCKDB_PATH": str(file), "DBT_LOG_PATH": str(folder.parent / "logs")}
    with locked(folder.parent / "lock", "the bench of scores") as lock:
        dbt = Dbt("duckdb", variables, environment, artifacts, lock)
        rounds = run_rounds(dbt)
        yield "everything as of now"
        with _stdout_to(folder.parent / "dbt.log"):
            day = next(rounds, None)
        while day:
            yield f"as of {day}"
            # The round of a day is run when the next one is asked for.
            with _stdout_to(folder.parent / "dbt.log"):
                following = next(rounds, None)
            write_split(file, folder / day, day)
            timing = read_timing(artifacts / "run_results.json")
            (folder / day / SECONDS).write_text(json.dumps(timing.model_seconds))
            day = following


def write_split(file: Path, folder: Path, as_of: str) -> None:
    """Write the split of a warehouse that was built as of a date."""
    (folder / TRAIN).mkdir(parents=True)
    (folder / AFTER).mkdir()
    with duckdb.connect(str(file), read_only=True) as connection:
        for name, query in QUERIES.items():
            sql = query.replace("$as_of", f"date '{as_of}'")
            connection.execute(f"copy ({sql}) to '{folder / name}.parquet' (format parquet)")


def found_splits(folder: Path) -> list[Path]:
    """The splits in a folder that are whole, by date."""
    return sorted(path.parent for path in folder.glob(f"*/{SECONDS}"))


@contextmanager
def _stdout_to(log: Path) -> Iterator[None]:
    """Send what this process and its children print to the end of a file."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
