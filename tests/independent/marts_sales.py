"""The sales marts: revenue, orders, customers and margin by day, month, item and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from tests.independent.judging import UNKNOWN
from tests.independent.star import ZERO, Fact, Star

Row = dict[str, Any]
Key = TypeVar("Key")


def month_start(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_start(month + timedelta(days=31))


def month_has_ended(month: date, as_of: date) -> bool:
    """Whether the last day of the month lies on or before the clock."""
    return next_month(month) - timedelta(days=1) <= as_of


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def total_or_none(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum of the amounts that are known; None when none is."""
    known = [amount for amount in amounts if amount is not None]
    return total(known) if known else None


def ratio(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Fraction | None:
    """An exact quotient; None where there is none."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator) / Fraction(denominator)


def measures(facts: Sequence[Fact]) -> Row:
    """What every sales mart measures over a group of lines."""
    sales = [fact for fact in facts if fact.is_sale]
    costed = [fact for fact in facts if fact.cost_amount is not None]
    costed_revenue = total(fact.net_amount for fact in costed)
    margin = total_or_none(fact.margin for fact in facts)
    return {
        "revenue": total(fact.net_amount for fact in facts),
        "quantity": total(fact.quantity for fact in facts if fact.is_trade),
        "sale_amount": total(fact.net_amount for fact in sales),
        "return_amount": total(fact.net_amount for fact in facts if fact.line_type == "return"),
        "order_count": len({fact.invoice_id for fact in sales}),
        "customer_count": len({fact.customer_id for fact in sales} - {UNKNOWN}),
        "trading_day_count": len({fact.day for fact in sales}),
        "first_sale_date": min((fact.day for fact in sales), default=None),
        "last_sale_date": max((fact.day for fact in sales), default=None),
        "costed_revenue": costed_revenue if costed else None,
        "cost_amount": total_or_none(fact.cost_amount for fact in facts),
        "margin_amount": margin,
        "margin_ratio": ratio(margin, costed_revenue),
    }


def grouped(facts: Iterable[Fact], key: Callable[[Fact], Key]) -> list[tuple[Key, list[Fact]]]:
    """Lines by a key."""
    groups: dict[Key, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(key(fact), []).append(fact)
    return list(groups.items())


def pick(values: Row, *names: str) -> Row:
    return {name: values[name] for name in names}


def daily_sales(star: Star) -> list[Row]:
    return [
        {
            "date_day": day,
            "location_id": location_id,
            "channel_id": channel_id,
            **pick(
                measures(facts),
                "revenue", "order_count", "customer_count", "quantity", "costed_revenue",
                "margin_amount",
            ),
            "is_complete": True,
        }
        for (day, location_id, channel_id), facts in grouped(
            star.facts, lambda fact: (fact.day, fact.location_id, fact.channel_id)
        )
    ]  # fmt: skip


def by_day_and_location(star: Star, name: str, key: Callable[[Fact], object]) -> list[Row]:
    """A mart of one row per day, location and something else, whose columns add up."""
    return [
        {
            "date_day": day,
            "location_id": location_id,
            name: value,
            **pick(measures(facts), "revenue", "quantity", "order_count"),
        }
        for (day, location_id, value), facts in grouped(
            star.facts, lambda fact: (fact.day, fact.location_id, key(fact))
        )
    ]


def daily_category_sales(star: Star) -> list[Row]:
    return by_day_and_location(star, "category_id", lambda fact: fact.category_id)


def daily_item_sales(star: Star) -> list[Row]:
    return [
        {
            "date_day": day,
            "item_id": item_id,
            **pick(measures(facts), "revenue", "quantity", "order_count"),
        }
        for (day, item_id), facts in grouped(star.facts, lambda fact: (fact.day, fact.item_id))
    ]


def daily_region_sales(star: Star) -> list[Row]:
    def region(fact: Fact) -> str | None:
        customer = star.customers.get(fact.customer_id)
        return customer.region if customer else None

    return by_day_and_location(star, "region", region)


def daily_customers(star: Star) -> list[Row]:
    days_of: dict[str, set[date]] = {}
    for fact in star.facts:
        if fact.is_sale and fact.customer_id != UNKNOWN:
            days_of.setdefault(fact.customer_id, set()).add(fact.day)
    pairs = Counter(
        (day, earlier)
        for days in days_of.values()
        for day, earlier in zip(sorted(days), [None, *sorted(days)], strict=False)
    )
    return [
        {"date_day": day, "previous_order_date": earlier, "customer_count": count}
        for (day, earlier), count in pairs.items()
    ]


def hourly_sales(star: Star) -> list[Row]:
    return by_day_and_location(star, "hour_of_day", hour)


def by_month(star: Star, key: str, *names: str) -> list[Row]:
    """A mart of one row per month and member of one dimension."""
    as_of = star.as_of
    return [
        {
            "month_start": month,
            key: member,
            **pick(measures(facts), *names),
            "is_complete": as_of is not None and month_has_ended(month, as_of),
        }
        for (month, member), facts in grouped(
            star.facts, lambda fact: (month_start(fact.day), getattr(fact, key))
        )
    ]


def revenue_by_channel(star: Star) -> list[Row]:
    return by_month(star, "channel_id", "revenue", "order_count", "customer_count", "margin_amount")


def revenue_by_category(star: Star) -> list[Row]:
    return by_month(star, "category_id", "revenue", "quantity", "order_count", "customer_count")


def category_margin_monthly(star: Star) -> list[Row]:
    return by_month(
        star,
        "category_id",
        "revenue", "costed_revenue", "cost_amount", "margin_amount", "margin_ratio",
    )  # fmt: skip


def product_performance(star: Star) -> list[Row]:
    rows = []
    for item_id, facts in grouped(star.facts, lambda fact: fact.item_id):
        item = star.items[item_id]
        rows.append(
            {
                "item_id": item_id,
                "item_name": item.name or item_id,
                "category_id": facts[0].category_id,
                "is_product": item.is_product,
                **pick(
                    measures(facts),
                    "revenue", "quantity", "sale_amount", "return_amount", "order_count",
                    "customer_count", "margin_amount", "margin_ratio", "first_sale_date",
                    "last_sale_date",
                ),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: (-row["revenue"], row["item_id"]))
    return [{**row, "revenue_rank": rank} for rank, row in enumerate(rows, start=1)]


def by_clock(star: Star, name: str, key: Callable[[Fact], int | None]) -> list[Row]:
    return [
        {
            name: value,
            **pick(
                measures(facts),
                "revenue", "quantity", "order_count", "customer_count", "trading_day_count",
            ),
        }
        for value, facts in grouped(star.facts, key)
    ]  # fmt: skip


def hour(fact: Fact) -> int | None:
    """The hour of the day, None where the time is unknown."""
    return fact.at.hour if fact.at else None


def sales_by_hour(star: Star) -> list[Row]:
    return by_clock(star, "hour_of_day", hour)


def sales_by_weekday(star: Star) -> list[Row]:
    return by_clock(star, "day_of_week", lambda fact: fact.day.isoweekday())
