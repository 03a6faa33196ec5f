"""Compares a built warehouse with the independent calculation, and says what differs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from tests.independent.access import customer_access
from tests.independent.fitting import Buyers, best_score, logs_of
from tests.independent.marts import MARTS
from tests.independent.marts_scores import SCORES, Scores
from tests.independent.scores import Fit, buyers_by_kind
from tests.independent.settings import Settings
from tests.independent.star import Fact, Star, build_star
from tests.warehouse.harness import Company, Row, Warehouse

RELATIVE_TOLERANCE = Fraction(1, 10**9)
ONE_UNIT = Fraction(1, 10**12)
SHOWN = 8
RESTING_ON_SCORES = {"item_recommendation", "item_reorder_due", "customer_360"}


def expected_star(company: Company) -> Star:
    """The star of a company as the independent calculation has it."""
    tables = {
        connector: {
            name: [{column: row.get(column) for column in table.columns} for row in table.rows]
            for name, table in tables.items()
        }
        for connector, tables in company.raw_tables().items()
    }
    return build_star(tables, Settings.of(company.vars))


def is_same(built: Any, computed: Any) -> bool:
    """Whether a value is the expected one: ratios to a tolerance, everything else exactly.

    Fractions and floats are ratios; a set holds the values that are all right.
    """
    if isinstance(computed, frozenset):
        return built in computed
    if isinstance(computed, Fraction | float) and built is not None:
        difference = abs(Fraction(built) - Fraction(computed))
        return difference <= max(ONE_UNIT, RELATIVE_TOLERANCE * abs(Fraction(computed)))
    return bool(built == computed)


def shown(value: Any) -> str:
    return f"{float(value):.15g}" if isinstance(value, Fraction) else repr(value)


def differences(
    name: str, keys: Sequence[str], built: Iterable[Row], computed: Iterable[Row]
) -> list[str]:
    """What differs between two versions of a table, the columns of `computed` counting."""
    built_rows, computed_rows = (
        {tuple(row[key] for key in keys): row for row in rows} for rows in (built, computed)
    )
    found = []
    for key in sorted(built_rows.keys() | computed_rows.keys(), key=repr):
        at = f"{name} {dict(zip(keys, key, strict=True))}"
        if key not in computed_rows:
            found.append(f"{at}: built, not expected")
        elif key not in built_rows:
            found.append(f"{at}: expected, not built")
        else:
            found.extend(
                f"{at}: {column} is {shown(built_rows[key][column])}, expected {shown(value)}"
                for column, value in computed_rows[key].items()
                if not is_same(built_rows[key][column], value)
            )
    return found[:SHOWN]


def differences_of_bags(name: str, built: Iterable[Any], computed: Iterable[Any]) -> list[str]:
    """What differs between two bags of rows that have no key in common."""
    built_bag, computed_bag = Counter(built), Counter(computed)
    found = [f"{name}: built, not expected: {row}" for row in (built_bag - computed_bag).elements()]
    found += [
        f"{name}: expected, not built: {row}" for row in (computed_bag - built_bag).elements()
    ]
    return found[:SHOWN]


def raw_identity(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    """A raw row without its missing values and whatever case its columns are in."""
    return frozenset(
        (column.lower().replace(" ", "_"), value) for column, value in values.items() if value
    )


def rejected_differences(warehouse: Warehouse, star: Star) -> list[str]:
    return differences_of_bags(
        "rejected_rows",
        (
            (
                row["source_system"],
                row["source_table"],
                row["reason"],
                row["net_amount"],
                raw_identity(json.loads(row["raw_values"])),
            )
            for row in warehouse.rows("core.rejected_rows")
        ),
        (
            (row.connector, row.table, row.reason, row.net_amount, raw_identity(row.raw))
            for row in star.rejected
        ),
    )


LINE_COLUMNS = (
    "invoice_id", "customer_id", "item_id", "category_id", "location_id", "channel_id",
    "sales_rep_id", "line_type", "is_product", "quantity", "net_amount", "cost_amount",
)  # fmt: skip


def line_differences(warehouse: Warehouse, star: Star) -> list[str]:
    """Lines as a bag: lines of a flat file have no key of their own."""
    return differences_of_bags(
        "fct_invoice_line",
        (
            (
                *(row[column] for column in LINE_COLUMNS),
                row["invoice_date"],
                row["invoice_at"],
                row["margin_amount"],
            )
            for row in warehouse.rows("core.fct_invoice_line")
        ),
        (
            (*(getattr(fact, column) for column in LINE_COLUMNS), fact.day, fact.at, fact.margin)
            for fact in star.all_facts
        ),
    )


def invoice_totals(lines: Sequence[Fact]) -> dict[str, Any]:
    """What the lines of an invoice add up to."""

    def total(amounts: Iterable[Decimal]) -> Decimal:
        return sum(amounts, Decimal(0))

    costed = [fact.net_amount for fact in lines if fact.margin is not None]
    margins = [fact.margin for fact in lines if fact.margin is not None]
    return {
        "line_count": len(lines),
        "sale_line_count": sum(fact.is_sale for fact in lines),
        "net_amount": total(fact.net_amount for fact in lines),
        "sale_amount": total(fact.net_amount for fact in lines if fact.is_sale),
        "quantity": total(fact.quantity for fact in lines if fact.is_trade),
        "costed_amount": total(costed) if costed else None,
        "margin_amount": total(margins) if margins else None,
    }


def invoice_differences(warehouse: Warehouse, star: Star) -> list[str]:
    lines: dict[str, list[Fact]] = {invoice.invoice_id: [] for invoice in star.invoices.values()}
    for fact in star.all_facts:
        lines[fact.invoice_id].append(fact)
    computed = [
        {
            "invoice_id": invoice.invoice_id,
            "source_system": invoice.connector,
            "customer_id": invoice.customer_id,
            "location_id": invoice.location_id,
            "channel_id": invoice.channel_id,
            "sales_rep_id": invoice.sales_rep_id,
            "invoice_date": invoice.day,
            "invoice_at": invoice.at,
            "invoice_type": invoice.invoice_type,
            "header_amount": invoice.header_amount,
            **invoice_totals(lines[invoice.invoice_id]),
        }
        for invoice in star.invoices.values()
    ]
    return differences("fct_invoice", ("invoice_id",), warehouse.rows("core.fct_invoice"), computed)


def item_differences(warehouse: Warehouse, star: Star) -> list[str]:
    computed = [
        {
            "item_id": item.item_id,
            "item_name": item.name or item.item_id,
            "is_product": item.is_product,
            "is_active": item.is_active,
        }
        for item in star.items.values()
    ]
    built = [
        row
        for row in warehouse.rows("core.dim_item")
        if row["item_id"] in star.items or row["item_id"] != "__unknown__"
    ]
    return differences("dim_item", ("item_id",), built, computed)


def access_differences(warehouse: Warehouse, star: Star) -> list[str]:
    """By customer, since a rep that is left open decides on several viewers at once."""
    viewers: dict[str, set[str]] = {}
    for row in warehouse.rows("core.customer_access"):
        viewers.setdefault(row["customer_id"], set()).add(row["viewer_id"])
    built = [{"customer_id": name, "viewers": frozenset(them)} for name, them in viewers.items()]
    return differences("customer_access", ("customer_id",), built, customer_access(star))


def mart_differences(warehouse: Warehouse, star: Star, *, with_scores: bool) -> list[str]:
    found = []
    for name, (compute, keys) in MARTS.items():
        if with_scores or name not in RESTING_ON_SCORES:
            built = warehouse.rows(f"marts.{name}")
            found += differences_of_mart(name, keys, star, built, compute(star))
    return found + (score_differences(warehouse, star) if with_scores else [])


def score_differences(warehouse: Warehouse, star: Star) -> list[str]:
    """What differs between the scores of a warehouse and the independent calculation."""

    @cache
    def built(name: str) -> list[Row]:
        return warehouse.rows(f"marts.{name}")

    scores = Scores(star, built)
    found = []
    for name, (compute, keys) in SCORES.items():
        found += differences_of_mart(name, keys, star, built(name), compute(scores))
    return found


def gain_over_the_fit(warehouse: Warehouse, star: Star) -> float:
    """What a numerical optimiser gains over the published fit: log posterior, a customer."""
    (row,) = warehouse.rows("marts.bgnbd_fit")
    logs, buyers = logs_of(Fit.of(row)), Buyers(buyers_by_kind(star))
    found = buyers.score(logs)
    assert abs(found - float(row["log_likelihood"])) < 1e-6
    return best_score(buyers, [logs, logs + np.array([2, 2, 0, 0]), np.zeros(4)]) - found


def differences_of_mart(
    name: str, keys: Sequence[str], star: Star, built: Sequence[Row], computed: Sequence[Row]
) -> list[str]:
    other_dates = [
        f"{name}: as_of_date is {row['as_of_date']}, expected {star.as_of}"
        for row in built
        if row.get("as_of_date", star.as_of) != star.as_of
    ]
    return differences(name, keys, built, computed) + other_dates[:1]


def all_differences(
    warehouse: Warehouse, company: Company, *, with_scores: bool = True
) -> list[str]:
    """Every difference between a built company and the independent calculation."""
    star = expected_star(company)
    with warehouse.kept_open():
        return [
            *rejected_differences(warehouse, star),
            *invoice_differences(warehouse, star),
            *line_differences(warehouse, star),
            *item_differences(warehouse, star),
            *access_differences(warehouse, star),
            *mart_differences(warehouse, star, with_scores=with_scores),
        ]
