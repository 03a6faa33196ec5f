"""Companies that leave scores little to go by: builds stay green, and what cannot be said says why.

Each company is built once, with all data tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import pytest

from tests.warehouse.comparing import expected_star, gain_over_the_fit, score_differences
from tests.warehouse.harness import SCHEMA_OF_TESTS, Builder, Company, RawRow, Warehouse

LAST_DAY = date(2024, 6, 30)
CATEGORIES = 5
WHALE = "whale"
LISTS = ("item_recommendation", "item_reorder_due")
SCORES = ("customer_churn", "customer_lifetime_value", "churn_risk", *LISTS)
Sale = tuple[str, int, Sequence[int], str]
"""A customer, days before the last one, items, and the amount of each line."""


@dataclass(frozen=True)
class Odd:
    """A company, and what the marts must say of it."""

    sales: Callable[[Random], Iterator[Sale]]
    not_scored: str | None = None
    """Why no customer has a score of churn or value; None where all have one."""
    not_compared: frozenset[str | None] = frozenset({None})
    """Why customers have no peers to compare with; None is of those who have some."""
    lists_with_rates: Sequence[str] = LISTS
    """Lists that showed enough earlier to tell how often what they show is bought."""
    vars: Mapping[str, Any] = field(default_factory=dict)
    more: Callable[[Built], None] | None = None
    """What else must hold."""


def regular_sales(
    random: Random, customers: int, orders: int, days: int, until: int = 0
) -> Iterator[Sale]:
    """Each customer orders so many times in the days that end so many days before the last."""
    for number in range(customers):
        for _ in range(orders):
            items = random.sample(range(20), random.randint(1, 4))
            yield f"C{number}", until + random.randrange(days), items, f"{random.randint(5, 60)}.5"


def one_invoice(random: Random) -> Iterator[Sale]:
    yield "C1", 0, [1], "10"


def most_from_one(random: Random) -> Iterator[Sale]:
    """The others' orders, and one customer's who spends nine times as much as they together."""
    others = [*regular_sales(random, customers=45, orders=6, days=500)]
    yield from others
    revenue = sum(Decimal(amount) * len(items) for _, _, items, amount in others)
    for days in range(0, 500, 50):
        yield WHALE, days, [0, 1, 2], str(revenue * 9 / 30)
    yield WHALE, 20, range(10_000), "0.01"


@dataclass(frozen=True)
class Built:
    """An odd company and its warehouse."""

    odd: Odd
    company: Company
    warehouse: Warehouse

    def values(self, mart: str, column: str) -> list[Any]:
        return [row[column] for row in self.warehouse.rows(f"marts.{mart}")]


def who_is_gone_is_lapsed_and_no_work_for_a_rep(built: Built) -> None:
    assert set(built.values("customer_churn", "churn_band")) == {"lapsed"}
    assert all(
        str(reason).startswith("Long lapsed: no order for ")
        for reason in built.values("customer_churn", "reason_1")
    )
    assert built.warehouse.rows("marts.item_recommendation") == []
    assert built.warehouse.rows("marts.next_best_action") == []


def who_has_most_of_revenue_is_the_whale_and_nobody_elses_target(built: Built) -> None:
    spends = {row["customer_id"]: row for row in built.warehouse.rows("marts.share_of_wallet")}
    whole = sum(row["actual_spend"] for row in spends.values())
    assert spends[WHALE]["actual_spend"] > Decimal("0.9") * whole
    values = built.warehouse.rows("marts.customer_lifetime_value")
    assert [row["customer_id"] for row in values if row["is_whale"]] == [WHALE]
    others = [row for customer, row in spends.items() if customer != WHALE]
    assert max(row["peer_benchmark_spend"] for row in others) < spends[WHALE]["actual_spend"] / 10
    assert sum(row["peer_gap"] for row in others) <= sum(row["actual_spend"] for row in others) / 2


NOTHING_LATELY = "Bought nothing in a category in the last 365 days."

COMPANIES = {
    "one customer, item and invoice": Odd(
        one_invoice,
        not_scored="The first order of all is 0 days old; a score needs 180.",
        not_compared=frozenset({"Fewer than 20 other customers bought in the last 365 days."}),
        lists_with_rates=(),
    ),
    "three weeks of data": Odd(
        partial(regular_sales, customers=45, orders=4, days=21),
        not_scored="The first order of all is 20 days old; a score needs 180.",
        lists_with_rates=(),
    ),
    "nobody came back": Odd(
        partial(regular_sales, customers=45, orders=1, days=500),
        not_scored="Customers with a second order day: 0; a score needs 30.",
        not_compared=frozenset({None, NOTHING_LATELY}),
        lists_with_rates=("item_recommendation",),
    ),
    "everybody is gone": Odd(
        partial(regular_sales, customers=45, orders=6, days=500, until=500),
        not_compared=frozenset({NOTHING_LATELY}),
        vars={"as_of_date": LAST_DAY.isoformat()},
        more=who_is_gone_is_lapsed_and_no_work_for_a_rep,
    ),
    "nine tenths of revenue from one, and a basket of ten thousand items": Odd(
        most_from_one, more=who_has_most_of_revenue_is_the_whale_and_nobody_elses_target
    ),
}


def company_of(odd: Odd) -> Company:
    """Raw tables of the sales, of which each is an invoice; items are in a few categories."""
    headers: list[RawRow] = []
    lines: list[RawRow] = []
    items: set[int] = set()
    for number, (customer, days, sold, amount) in enumerate(odd.sales(Random(1)), start=1):
        headers.append(
            {
                "invoice_no_365": str(number),
                "customer_code_365": customer,
                "invoice_date": (LAST_DAY - timedelta(days=days)).isoformat(),
                "invoice_type": "sale",
                "total_grand": str(Decimal(amount) * len(sold)),
            }
        )
        for item in sold:
            items.add(item)
            lines.append(
                {
                    "id": f"{number}-{item}",
                    "invoice_no_365": str(number),
                    "item_code_365": f"I{item}",
                    "quantity": "1",
                    "line_total_incl": amount,
                }
            )
    listed: list[RawRow] = [
        {
            "item_code_365": f"I{item}",
            "item_description": f"item {item}",
            "category_code": f"K{item % CATEGORIES}",
        }
        for item in sorted(items)
    ]
    tables = {"dw_invoice_header": headers, "dw_invoice_line": lines, "dw_item": listed}
    return Company({"dw": tables}, {"build_date": LAST_DAY.isoformat(), **odd.vars})


@pytest.fixture(scope="module", params=COMPANIES.values(), ids=[*COMPANIES])
def built(request: pytest.FixtureRequest, builder: Builder) -> Iterator[Built]:
    company = company_of(request.param)
    warehouse = builder.build(company, with_tests=True)
    yield Built(request.param, company, warehouse)
    builder.forget(warehouse)


def test_no_number_is_infinite_or_none_at_all(built: Built) -> None:
    columns = built.warehouse.query(
        "select table_schema, table_name, column_name from information_schema.columns"
        f" where table_schema in ('{SCHEMA_OF_TESTS}_marts', '{SCHEMA_OF_TESTS}_core')"
        " and (data_type in ('DOUBLE', 'FLOAT') or data_type like 'DECIMAL%')"
    )
    assert len(columns) > 150
    scans = (
        f"select '{table_name}.{column_name}' as place from {table_schema}.{table_name}"
        f" where not isfinite(cast({column_name} as double))"
        for table_schema, table_name, column_name in (column.values() for column in columns)
    )
    assert built.warehouse.query(" union ".join(scans)) == []


def test_what_cannot_be_scored_says_why(built: Built) -> None:
    for mart in ("customer_churn", "customer_lifetime_value"):
        assert set(built.values(mart, "not_scored_reason")) == {built.odd.not_scored}, mart
        assert set(built.values(mart, "is_scored")) == {built.odd.not_scored is None}, mart
    for mart in ("share_of_wallet", "category_penetration"):
        assert set(built.values(mart, "no_benchmark_reason")) == built.odd.not_compared, mart
    for mart in LISTS:
        has_rates = mart in built.odd.lists_with_rates
        assert set(built.values(mart, "is_scored")) <= {has_rates}, mart
    for mart in SCORES:
        for row in built.warehouse.rows(f"marts.{mart}"):
            assert row["is_scored"] == (row["not_scored_reason"] is None), (mart, row)


def test_scores_are_what_the_independent_calculation_says(built: Built) -> None:
    star = expected_star(built.company)
    assert score_differences(built.warehouse, star) == []
    assert gain_over_the_fit(built.warehouse, star) <= 0.0005


def test_totals_stay_whole(built: Built) -> None:
    raw = built.company.tables["dw"]["dw_invoice_line"]
    whole = sum(Decimal(str(line["line_total_incl"])) for line in raw)
    for mart, column in (
        ("daily_sales", "revenue"),
        ("revenue_by_category", "revenue"),
        ("product_performance", "revenue"),
        ("cohort_retention", "revenue"),
        ("customer_360", "revenue"),
        ("customer_rfm", "monetary"),
        ("share_of_wallet", "actual_spend"),
        ("customer_lifetime_value", "historic_value"),
    ):
        assert sum(built.values(mart, column)) == whole, mart
    assert len(built.warehouse.rows("core.fct_invoice_line")) == len(raw)


def test_what_else_the_company_makes_plain(built: Built) -> None:
    if built.odd.more is not None:
        built.odd.more(built)
