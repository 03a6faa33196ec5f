"""Steady buyers are hardly ever at risk, and buyers who fade are: simulated, through the models.

Buyers purchase as Poisson processes of fixed rates. The requirement document's own flag, which
compares spend of two windows, takes half of the infrequent ones for lost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest

from tests.warehouse.harness import Builder, Company, RawRow, Warehouse

WINDOW, DAYS, BUYERS = 90, 630, 200
LAST_DAY = date(2024, 6, 30)
STEADY_RATES = (1, 2, 3, 6, 12)
CATEGORIES_OF_MANY = 4
MOST_FLAGGED = 0.05


@dataclass(frozen=True)
class Kind:
    """Buyers who purchase so many times a window in each category, and in the last window so."""

    name: str
    rate: float
    last_rate: float
    categories: int = 1


KINDS = (
    *(Kind(f"steady {rate}", rate, rate) for rate in STEADY_RATES),
    Kind("steady in many", 6, 6, CATEGORIES_OF_MANY),
    Kind("fading 12", 12, 3),
    Kind("leaving 6", 6, 0),
)


def purchase_days(kind: Kind, random: Random) -> Iterator[date]:
    """Days of a Poisson process; a day with two purchases comes twice."""
    passed = 0.0
    while True:
        rate = kind.last_rate if passed >= DAYS - WINDOW else kind.rate
        if not rate:
            return
        step = random.expovariate(rate / WINDOW)
        if passed < DAYS - WINDOW < passed + step:
            passed = float(DAYS - WINDOW)  # the process forgets what was before
            continue
        passed += step
        if passed >= DAYS:
            return
        yield LAST_DAY - timedelta(days=DAYS - 1 - int(passed))


def simulated_company(seed: int) -> Company:
    random = Random(seed)
    headers: list[RawRow] = []
    lines: list[RawRow] = []
    for kind in KINDS:
        for number in range(BUYERS):
            for category in range(kind.categories):
                for day in purchase_days(kind, random):
                    invoice = str(len(headers) + 1)
                    amount = f"{random.lognormvariate(3, 0.5):.2f}"
                    headers.append(
                        {
                            "invoice_no_365": invoice,
                            "customer_code_365": f"{kind.name} {number}",
                            "invoice_date": day.isoformat(),
                            "invoice_type": "sale",
                            "total_grand": amount,
                        }
                    )
                    lines.append(
                        {
                            "id": invoice,
                            "invoice_no_365": invoice,
                            "item_code_365": f"I{category}",
                            "quantity": "1",
                            "line_total_incl": amount,
                        }
                    )
    items: list[RawRow] = [
        {"item_code_365": f"I{number}", "item_description": "x", "category_code": f"K{number}"}
        for number in range(CATEGORIES_OF_MANY)
    ]
    return Company(
        {"dw": {"dw_invoice_header": headers, "dw_invoice_line": lines, "dw_item": items}},
        {
            "as_of_date": LAST_DAY.isoformat(),
            "build_date": LAST_DAY.isoformat(),
            "churn_window_days": WINDOW,
            # Nothing but the test itself keeps steady buyers from being flagged.
            "churn_min_expected_purchases": 0,
            "churn_min_value_ratio": 0,
        },
    )


@pytest.fixture(scope="module")
def warehouse(builder: Builder) -> Iterator[Warehouse]:
    built = builder.build(simulated_company(1), select=["+churn_risk"])
    yield built
    builder.forget(built)


def share_of_flagged(warehouse: Warehouse, flag: str) -> dict[str, float]:
    """Share of the customers of each kind that are flagged in any of their categories."""
    flags: dict[str, bool] = defaultdict(bool)
    for row in warehouse.rows("marts.churn_risk"):
        flags[row["customer_id"]] |= bool(row[flag])
    kinds = Counter(customer.rpartition(" ")[0] for customer in flags)
    flagged = Counter(customer.rpartition(" ")[0] for customer, flag in flags.items() if flag)
    return {kind: flagged[kind] / count for kind, count in kinds.items()}


def test_steady_buyers_are_hardly_ever_at_risk(warehouse: Warehouse) -> None:
    shares = share_of_flagged(warehouse, "is_at_risk")
    for rate in STEADY_RATES:
        assert shares[f"steady {rate}"] <= MOST_FLAGGED, shares


def test_buyers_steady_in_many_categories_are_hardly_ever_at_risk_in_any(
    warehouse: Warehouse,
) -> None:
    assert share_of_flagged(warehouse, "is_at_risk")["steady in many"] <= MOST_FLAGGED


def test_buyers_who_fade_or_leave_are_at_risk(warehouse: Warehouse) -> None:
    shares = share_of_flagged(warehouse, "is_at_risk")
    assert shares["fading 12"] >= 0.6, shares
    assert shares["leaving 6"] >= 0.75, shares


def test_the_flag_by_spend_alone_takes_steady_buyers_for_lost(warehouse: Warehouse) -> None:
    shares = share_of_flagged(warehouse, "churn_flag")
    assert shares["steady 1"] > 0.4
    assert shares["steady 3"] > 0.2
