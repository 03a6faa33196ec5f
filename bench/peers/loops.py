"""The four jobs that fill opportunity tables, as plain Python loops over rows of a query.

    python -m bench.peers.loops --input FOLDER --output FOLDER

This is what a first version of such tables often is: rows come from SQL, everything else is loops
and dicts. Baskets hold any item with a positive quantity and are of any size, and the windows end
with the last invoice. The results are counted and not written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.peers.command import Task, run_peer

MIN_CONFIDENCE, MAX_RULES = 0.2, 1000
DAYS_WINDOW, DROP_THRESHOLD = 90, 0.5
BATCH = 10_000

ACCEPTED = """
    from '{folder}/dw_invoice_line.parquet' as line
    inner join '{folder}/dw_invoice_header.parquet' as header using (invoice_no_365)
    {more}
    where
        header.invoice_date between '1970-01-01' and current_date
        and line_total_incl is not null {condition}
"""
ITEMS = "inner join '{folder}/dw_item.parquet' as item using (item_code_365)"


def compute(task: Task) -> dict[str, int]:
    """Run the four jobs; returns the rows of each."""
    rows = {}
    with task.part("pairs"):
        rows["basket_rule"] = market_basket(task.input, task.support)
    with task.part("penetration"):
        rows["category_penetration"] = category_penetration(task.input)
    with task.part("wallet"):
        rows["share_of_wallet"] = share_of_wallet(task.input)
    with task.part("churn"):
        rows["churn_risk"] = churn_analysis(task.input)
    return rows


def query(folder: Path, columns: str, *, more: str = "", condition: str = "") -> Iterator[Any]:
    """Rows of accepted lines with their headers."""
    sql = ACCEPTED.format(folder=folder, more=more.format(folder=folder), condition=condition)
    with duckdb.connect() as connection:
        result = connection.execute(f"select {columns} {sql}")
        while rows := result.fetchmany(BATCH):
            yield from rows


def market_basket(folder: Path, min_support: float) -> int:
    """Rules by support and confidence, in both directions, the highest lift first."""
    contents: dict[str, set[str]] = defaultdict(set)
    for invoice, item in query(
        folder,
        "invoice_no_365, item_code_365",
        condition="and quantity > 0 and item_code_365 is not null",
    ):
        contents[invoice].add(item)
    item_counts: Counter[str] = Counter()
    pair_counts: dict[tuple[str, str], int] = {}
    for basket in contents.values():
        items = sorted(basket)
        for i in range(len(items)):
            item_counts[items[i]] += 1
            for j in range(i + 1, len(items)):
                pair = (items[i], items[j])
                pair_counts[pair] = pair_counts.get(pair, 0) + 1
    total = len(contents)
    rules = []
    for (one, other), count in pair_counts.items():
        support = count / total
        if support < min_support:
            continue
        for from_item, to_item in ((one, other), (other, one)):
            confidence = count / item_counts[from_item]
            if confidence >= MIN_CONFIDENCE:
                lift = confidence / (item_counts[to_item] / total)
                rules.append((lift, confidence, from_item, to_item, support))
    rules.sort(reverse=True)
    return len(rules[:MAX_RULES])


def category_penetration(folder: Path) -> int:
    """Customers with spend by all categories."""
    spend: dict[tuple[str, str], float] = defaultdict(float)
    customers: set[str] = set()
    categories: set[str] = set()
    for customer, category, amount in query(
        folder,
        "customer_code_365, category_code, cast(line_total_incl as double)",
        more=ITEMS,
        condition="and customer_code_365 is not null and category_code is not null",
    ):
        spend[customer, category] += amount
        customers.add(customer)
        categories.add(category)
    rows = []
    for customer in sorted(customers):
        for category in sorted(categories):
            total = spend.get((customer, category), 0.0)
            rows.append((customer, category, total, 1 if total > 0 else 0))
    return len(rows)


def share_of_wallet(folder: Path) -> int:
    """Each customer's spend, and how far it is below the mean."""
    spend: dict[str, float] = defaultdict(float)
    for customer, amount in query(
        folder,
        "customer_code_365, cast(line_total_incl as double)",
        condition="and customer_code_365 is not null",
    ):
        spend[customer] += amount
    mean = sum(spend.values()) / len(spend)
    rows = [(customer, total, mean, max(mean - total, 0.0)) for customer, total in spend.items()]
    return len(rows)


def churn_analysis(folder: Path) -> int:
    """Spend by customer and category in the last window, against the window before it."""
    as_of: date = max(day for (day,) in query(folder, "invoice_date"))
    recent_from = as_of - timedelta(days=DAYS_WINDOW)
    previous_from = as_of - timedelta(days=2 * DAYS_WINDOW)
    recent: dict[tuple[str, str], float] = defaultdict(float)
    previous: dict[tuple[str, str], float] = defaultdict(float)
    for customer, category, day, amount in query(
        folder,
        "customer_code_365, category_code, invoice_date, cast(line_total_incl as double)",
        more=ITEMS,
        condition="and customer_code_365 is not null and category_code is not null",
    ):
        if day > recent_from:
            recent[customer, category] += amount
        elif day > previous_from:
            previous[customer, category] += amount
    rows = []
    for key, before in previous.items():
        if before > 0:
            ratio = recent.get(key, 0.0) / before
            rows.append((*key, ratio, min(max(1 - ratio, 0), 1), int(ratio < DROP_THRESHOLD)))
    return len(rows)


if __name__ == "__main__":
    run_peer(compute, __doc__)
