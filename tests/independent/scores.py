"""Who will order again: the BG/NBD model, what snapshots of the past say, and the scorecard.

The model is that of Fader, Hardie and Lee (2005), "Counting your customers" the easy way. All times
of the model are in weeks, those of snapshots in days.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.independent.star import ZERO, Star

YEAR, EVER = 365, 10**7
LEAST_CHANCE = 1e-5
MOST_MONEY = 9_999_999_999_999.0
PASSES, STEP, SHRINKAGE = 2, 0.7, 4.0
Kind = str


@dataclass(frozen=True)
class Fit:
    """Parameters of the BG/NBD model: r, alpha (weeks), a and b."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Fit:
        """The parameters as the warehouse publishes them."""
        names = ("rate_shape", "rate_scale", "drop_a", "drop_b")
        return cls(*(float(row[name]) for name in names))

    def paths(self, repeats: int, last: float, age: float) -> tuple[float, float | None]:
        """Log weights of the two ways to what was seen: still there, or gone after the last order.

        Who has not come back cannot have gone, for one goes only after a repeat order.
        """
        shape = self.r + repeats
        stayed = -shape * math.log(self.alpha + age)
        if not repeats:
            return stayed, None
        return stayed, (
            math.log(self.a / (self.b + repeats - 1)) - shape * math.log(self.alpha + last)
        )

    def log_likelihood(self, repeats: int, last: float, age: float) -> float:
        """Log likelihood of repeat orders, the week of the last one, and the age."""
        stayed, gone = self.paths(repeats, last, age)
        return (
            math.lgamma(self.r + repeats)
            - math.lgamma(self.r)
            + self.r * math.log(self.alpha)
            + math.lgamma(self.a + self.b)
            + math.lgamma(self.b + repeats)
            - math.lgamma(self.b)
            - math.lgamma(self.a + self.b + repeats)
            + log_sum(stayed, gone)
        )

    def alive(self, repeats: int, last: float, age: float) -> float:
        """Probability that the customer still orders."""
        stayed, gone = self.paths(repeats, last, age)
        return math.exp(stayed - log_sum(stayed, gone))

    def silent(self, repeats: int, last: float, age: float, ahead: float) -> float:
        """Probability of no order in the weeks ahead: how much less likely a longer silence is."""
        longer = self.paths(repeats, last, age + ahead)
        return math.exp(log_sum(*longer) - log_sum(*self.paths(repeats, last, age)))


def log_sum(one: float, other: float | None) -> float:
    """Log of the sum of what two logs stand for."""
    if other is None:
        return one
    return max(one, other) + math.log1p(math.exp(-abs(one - other)))


def log_odds(chance: float) -> float:
    bounded = min(max(chance, LEAST_CHANCE), 1 - LEAST_CHANCE)
    return math.log(bounded / (1 - bounded))


def logistic(odds: float) -> float:
    return 1 / (1 + math.exp(min(max(-odds, -50.0), 50.0)))


def twelve(value: float) -> float:
    """As it is published."""
    return float(Decimal(repr(value)).quantize(Decimal("1e-12"), ROUND_HALF_UP))


def as_money(value: float) -> Decimal:
    eight = Decimal(repr(value)).quantize(Decimal("1e-8"), ROUND_HALF_UP)
    return eight.quantize(ZERO, ROUND_HALF_UP)


@dataclass
class TradingDays:
    """Days on which a customer ordered, and what every day brought or took back."""

    orders: list[date] = field(default_factory=list)
    spend: dict[date, Decimal] = field(default_factory=dict)


def trading_days(star: Star) -> dict[str, TradingDays]:
    """Trading days of each known customer who has any, up to the clock."""
    found: dict[str, TradingDays] = defaultdict(TradingDays)
    ordered: dict[str, set[date]] = defaultdict(set)
    for fact in star.facts:
        if fact.is_trade and fact.customer_id in star.customers:
            spend = found[fact.customer_id].spend
            spend[fact.day] = spend.get(fact.day, ZERO) + fact.net_amount
            if fact.is_sale:
                ordered[fact.customer_id].add(fact.day)
    for customer_id, days in ordered.items():
        found[customer_id].orders = sorted(days)
    return found


def is_in_sample(customer_id: str, wanted: int, available: int) -> bool:
    """Whether a customer is among those who stand for all, by the MD5 sum of the id."""
    return share_of_hash(customer_id) * available < wanted


def share_of_hash(text: str) -> Fraction:
    """A share from 0 to 1 that a text stands for: the first 32 bits of its MD5 sum."""
    return Fraction(int(hashlib.md5(text.encode()).hexdigest()[:8], 16), 2**32)


def weeks(days: int) -> int:
    return (days + 3) // 7


def buyers_by_kind(star: Star) -> Counter[tuple[int, int, int]]:
    """Customers by repeat order days, week of the last one and age in weeks: the model's data."""
    if star.as_of is None:
        return Counter()
    orders = {name: days.orders for name, days in trading_days(star).items() if days.orders}
    return Counter(
        (len(own) - 1, weeks((own[-1] - own[0]).days), weeks((star.as_of - own[0]).days))
        for customer_id, own in orders.items()
        if is_in_sample(customer_id, star.settings.bgnbd_max_customers, len(orders))
    )


@dataclass
class Seen:
    """What could be seen of a customer on a day, and what followed where that is known."""

    kind: Kind
    day: date
    customer_id: str
    history: int
    """Days since anybody's first order."""
    weight: float
    age: int
    recency: int
    order_days: int
    recent: int
    previous: int
    in_year: int
    in_season: int | None
    """Order days in the season a year ago; None where the data or the customer begin later."""
    year_spend: Decimal
    recent_spend: Decimal
    total_spend: Decimal
    is_churned: int | None
    next_spend: Decimal | None
    silent: float = 1.0
    expected: Decimal = ZERO
    usual: Decimal = ZERO
    """Spend of an order day of all customers of the snapshot."""

    @property
    def mean_gap(self) -> float | None:
        return twelve((self.age - self.recency) / (self.order_days - 1)) if self.is_repeat else None

    @property
    def is_repeat(self) -> bool:
        return self.order_days > 1

    @property
    def day_value(self) -> float:
        return max(float(self.total_spend), 0.0) / self.order_days


def snapshot_days(star: Star) -> list[tuple[Kind, date]]:
    """The clock, the last horizon that closed, a year ago, and the days to learn from."""
    assert star.as_of is not None
    settings = star.settings
    oldest = settings.churn_horizon_days + 6 * settings.churn_half_life_days
    closed = range(settings.churn_horizon_days, oldest + 1, settings.churn_snapshot_days)
    ages = [("score", 0), ("closed", settings.value_horizon_days), ("season", YEAR)]
    ages += [("training", age) for age in closed]
    return [(kind, star.as_of - timedelta(days=age)) for kind, age in ages]


def snapshots(star: Star, fit: Fit | None) -> list[Seen]:
    """Every customer who had ordered by then, in every snapshot that has history enough."""
    by_customer = trading_days(star)
    first = min((days.orders[0] for days in by_customer.values() if days.orders), default=None)
    if first is None or fit is None:
        return []
    settings = star.settings
    chosen = [
        (kind, day, (day - first).days)
        for kind, day in snapshot_days(star)
        if kind == "score" or (day - first).days >= settings.churn_min_history_days
    ]
    learnt_days = sum(kind == "training" for kind, _, _ in chosen)
    available = learnt_days * sum(len(days.spend) for days in by_customer.values())
    learnt_from = {
        name
        for name in by_customer
        if is_in_sample(name, settings.churn_max_training_rows, available)
    }
    rows = []
    for kind, day, history in chosen:
        seen = [
            look(star, kind, day, history, customer_id, days)
            for customer_id, days in by_customer.items()
            if days.orders and days.orders[0] <= day
            if kind != "training" or customer_id in learnt_from
        ]
        predict(star, fit, seen)
        rows += seen
    return rows


def look(
    star: Star, kind: Kind, day: date, history: int, customer_id: str, days: TradingDays
) -> Seen:
    assert star.as_of is not None
    settings = star.settings
    churn, value = settings.churn_horizon_days, settings.value_horizon_days
    ages = [(day - ordered).days for ordered in days.orders]
    amounts = [((day - on).days, amount) for on, amount in days.spend.items()]
    age, recency = ages[0], min(age for age in ages if age >= 0)

    def count(youngest: int, oldest: int) -> int:
        return sum(youngest <= age <= oldest for age in ages)

    def spend(youngest: int, oldest: int) -> Decimal:
        return sum((amount for age, amount in amounts if youngest <= age <= oldest), ZERO)

    has_season = history >= YEAR and age >= YEAR - churn
    is_past = kind in ("season", "training")
    half_lives = ((star.as_of - day).days - churn) / settings.churn_half_life_days
    return Seen(
        kind=kind,
        day=day,
        customer_id=customer_id,
        history=history,
        weight=twelve(0.5**half_lives) if kind == "training" else 0.0,
        age=age,
        recency=recency,
        order_days=sum(age >= 0 for age in ages),
        recent=count(0, churn - 1),
        previous=count(churn, 2 * churn - 1),
        in_year=count(0, YEAR - 1),
        in_season=count(YEAR - churn, YEAR - 1) if has_season else None,
        year_spend=spend(0, YEAR - 1),
        recent_spend=spend(0, value - 1),
        total_spend=spend(0, EVER),
        is_churned=int(not count(-churn, -1)) if is_past else None,
        next_spend=spend(-value, -1) if kind in ("season", "closed") else None,
    )


def predict(star: Star, fit: Fit, seen: Sequence[Seen]) -> None:
    """Adds what the model says to the customers of one snapshot."""
    if not seen:
        return
    settings = star.settings
    spent = float(sum((max(row.total_spend, ZERO) for row in seen), ZERO))
    usual = spent / sum(row.order_days for row in seen)
    for row in seen:
        repeats, last, age = row.order_days - 1, (row.age - row.recency) / 7, row.age / 7
        row.silent = twelve(fit.silent(repeats, last, age, settings.churn_horizon_days / 7))
        orders = (
            fit.alive(repeats, last, age)
            * (fit.r + repeats)
            / (fit.alpha + age)
            * (settings.value_horizon_days / 7)
        )
        of_a_day = (row.order_days * row.day_value + usual) / (row.order_days + 1)
        row.expected, row.usual = as_money(min(orders * of_a_day, MOST_MONEY)), as_money(usual)


def groups(rows: Sequence[Seen], value: Callable[[Seen], Any], count: int) -> list[int]:
    """Group of each row, of so many as large as each other; equal values share theirs."""
    values = [value(row) for row in rows]
    ordered = sorted(values)
    return [count * bisect_left(ordered, own) // len(values) for own in values]


def count_class(count: int) -> int:
    return count if count <= 3 else 3 + sum(count > edge for edge in (3, 5, 8, 12))


def tables_of_bins(rows: Sequence[Seen]) -> dict[str, list[Hashable]]:
    """The bin of each row in each of the scorecard's tables, in the order of the stages."""

    def past_gaps(row: Seen) -> float:
        return twelve(row.recency / row.mean_gap) if row.mean_gap else -1.0

    def season(row: Seen) -> Hashable:
        if row.in_season is not None:
            return min(row.in_season, 3)
        return "new customer" if row.history >= YEAR else "new data"

    recency = groups(rows, lambda row: row.recency, 8)
    gaps, spends = groups(rows, past_gaps, 12), groups(rows, lambda row: row.year_spend, 10)
    return {
        "model": [*groups(rows, lambda row: row.silent, 20)],
        "recency": [
            (group, count_class(row.order_days)) for group, row in zip(recency, rows, strict=True)
        ],
        "gap": [group if row.mean_gap else None for group, row in zip(gaps, rows, strict=True)],
        "orders": [count_class(row.in_year) for row in rows],
        "trend": [(min(row.recent, 3), min(row.previous, 3)) for row in rows],
        "spend": [
            group if row.year_spend > 0 else None for group, row in zip(spends, rows, strict=True)
        ],
        "season": [season(row) for row in rows],
        "value": [*groups(rows, lambda row: as_money(row.day_value), 10)],
    }


@dataclass
class Card:
    """What the scorecard says of a customer, in log odds of no order."""

    base: float
    parts: dict[str, float]
    """What each table adds."""

    @property
    def log_odds(self) -> float:
        return self.base + sum(self.parts.values())


def scorecard(rows: Sequence[Seen]) -> list[Card]:
    """A card for each row, learnt from the rows that have a weight.

    Each stage moves a bin's customers towards what became of them, given what is said already.
    """
    if not rows:
        return []
    churned = [row.is_churned or 0 for row in rows]
    left = sum(row.weight * was for row, was in zip(rows, churned, strict=True))
    base = math.log((left + 0.5) / (sum(row.weight for row in rows) - left + 0.5))
    tables = tables_of_bins(rows)
    cards = [Card(base, dict.fromkeys(tables, 0.0)) for _ in rows]
    for _ in range(PASSES):
        for table, bins in tables.items():
            misses: dict[Hashable, float] = defaultdict(float)
            spreads: dict[Hashable, float] = defaultdict(float)
            for row, was, card, own in zip(rows, churned, cards, bins, strict=True):
                if row.weight:
                    chance = logistic(card.log_odds)
                    misses[own] += row.weight * (was - chance)
                    spreads[own] += row.weight * chance * (1 - chance)
            for card, own in zip(cards, bins, strict=True):
                card.parts[table] += STEP * misses[own] / (spreads[own] + SHRINKAGE)
    return cards
