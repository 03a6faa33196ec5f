"""The two lists of items: new ones to offer a customer, and those to buy again."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TypeVar

from tests.independent.marts_customers import SURE_IN_DOUBLES
from tests.independent.marts_sales import Row
from tests.independent.star import Star

Ordered = TypeVar("Ordered")
Place = tuple[str, str]
"""A customer and an item."""


@dataclass
class Day:
    """What a customer bought and returned of an item on a day."""

    is_purchase: bool = False
    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    net_quantity: Decimal = Decimal(0)
    net_amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Shown:
    """A row of a list."""

    customer: str
    item: str
    rank: int
    score: Decimal
    evidence_band: int
    evidence: str | None = None


def nine_decimals(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("1e-9"), ROUND_HALF_UP)


def decay(days: int, half_life: float) -> float:
    return float(0.5 ** min(days / half_life, 200))


def lower_middle(values: Iterable[Ordered]) -> Ordered:
    ordered: list[Ordered] = sorted(values)  # type: ignore[type-var]
    return ordered[(len(ordered) - 1) // 2]


class Lists:
    """Both lists as of a day."""

    def __init__(self, star: Star, days: dict[tuple[str, str, date], Day], as_of: date) -> None:
        self.star, self.settings, self.as_of = star, star.settings, as_of
        self.bought: dict[Place, list[date]] = defaultdict(list)
        self.net: dict[Place, Decimal] = defaultdict(Decimal)
        self.net_amount: dict[Place, Decimal] = defaultdict(Decimal)
        for (customer, item, day), what in sorted(days.items(), key=lambda pair: pair[0]):
            if day <= as_of:
                self.net[customer, item] += what.net_quantity
                self.net_amount[customer, item] += what.net_amount
                if what.is_purchase:
                    self.bought[customer, item].append(day)
        self.items_of: dict[str, list[str]] = defaultdict(list)
        for customer, item in self.bought:
            self.items_of[customer].append(item)
        for customer, items in self.items_of.items():
            items.sort(key=lambda item: (-self.bought[customer, item][-1].toordinal(), item))
        since = as_of - timedelta(days=self.settings.recommendation_offer_days)
        self.buyers = Counter(item for (_, item), dates in self.bought.items() if dates[-1] > since)
        self.offered = sorted(
            (item for item in self.buyers if star.items[item].is_active),
            key=lambda item: (-self.buyers[item], item),
        )

    def age(self, customer: str, item: str) -> int:
        return (self.as_of - self.bought[customer, item][-1]).days

    def latest(self, customer: str) -> list[str]:
        return self.items_of[customer][: self.settings.recommendation_latest_items]

    def recency_band(self, customer: str) -> int:
        age = self.age(customer, self.items_of[customer][0])
        ends = (1 / 3, 1, 2, 4)
        horizon = self.settings.recommendation_horizon_days
        return 1 + sum(age > end * horizon + 1e-9 for end in ends)

    def neighbours(self) -> dict[str, list[tuple[str, Decimal, int]]]:
        """The most similar offered items of each item, with the customers in common."""
        weights: dict[str, dict[str, float]] = defaultdict(dict)
        for customer in self.items_of:
            latest = self.latest(customer)
            for item in latest:
                weights[item][customer] = decay(
                    self.age(customer, item), self.settings.recommendation_half_life_days
                ) / math.sqrt(len(latest))
        lengths = {item: math.hypot(*of.values()) for item, of in weights.items()}
        found = {}
        for item, of in weights.items():
            similar = []
            for other in self.offered:
                common = of.keys() & weights.get(other, {}).keys()
                if other == item or len(common) < max(
                    self.settings.recommendation_min_customers, 1
                ):
                    continue
                product = sum(of[customer] * weights[other][customer] for customer in common)
                similarity = nine_decimals(
                    product / lengths[item] / lengths[other] * len(common) / (len(common) + 2)
                )
                if similarity:
                    similar.append((other, similarity, len(common)))
            similar.sort(key=lambda pair: (-pair[1], pair[0]))
            found[item] = similar[: self.settings.recommendation_neighbours]
        return found

    def new_items(self) -> list[Shown]:
        neighbours = self.neighbours()
        most = max((self.buyers[item] for item in self.offered), default=0)
        shown = []
        for customer, owned in self.items_of.items():
            said: dict[str, list[tuple[int, str, float]]] = defaultdict(list)
            for item in self.latest(customer):
                for other, similarity, _ in neighbours[item]:
                    part = float(similarity) * decay(
                        self.age(customer, item),
                        self.settings.recommendation_recency_half_life_days,
                    )
                    said[other].append((-math.floor(1e9 * part), item, part))
            sums = {
                item: sum(part for _, _, part in said[item])
                for item in self.offered
                if item not in owned
            }
            best = max(sums.values(), default=0.0)
            popularity_weight = float(self.settings.recommendation_popularity_weight)
            scores = {
                item: nine_decimals(
                    (total / best if best else 0.0) + popularity_weight * (self.buyers[item] / most)
                )
                for item, total in sums.items()
            }
            first = sorted(scores, key=lambda item: (-scores[item], item))
            shown += [
                Shown(
                    customer, item, rank, scores[item], 1 + (rank > 1) + (rank > 3) + (rank > 5),
                    min(said[item])[1] if said.get(item) else None,
                )
                for rank, item in enumerate(first[: self.settings.recommendation_count], start=1)
            ]  # fmt: skip
        return shown

    def reorders(self) -> list[Shown]:
        shown = []
        for customer, owned in self.items_of.items():
            scores = {
                item: nine_decimals(
                    sum(
                        decay((self.as_of - day).days, self.settings.reorder_half_life_days)
                        for day in self.bought[customer, item]
                    )
                    * (self.buyers[item] + 1.0) ** 0.4
                )
                for item in owned
                if self.star.items[item].is_active and self.net[customer, item] > 0
            }
            first = sorted(scores, key=lambda item: (-scores[item], item))
            shown += [
                Shown(customer, item, rank, scores[item], min(len(self.bought[customer, item]), 4))
                for rank, item in enumerate(first[: self.settings.reorder_count], start=1)
            ]
        return shown


class Rates:
    """How often what a list showed a horizon earlier was bought, by recency and evidence."""

    def __init__(self, now: Lists, earlier: Lists, shown: Sequence[Shown]) -> None:
        self.now, self.rows = now, len(shown)
        self.shown: Counter[tuple[int, int]] = Counter()
        self.hits: Counter[tuple[int, int]] = Counter()
        for row in shown:
            cell = (earlier.recency_band(row.customer), row.evidence_band)
            dates = now.bought.get((row.customer, row.item), [])
            self.shown[cell] += 1
            self.hits[cell] += any(day > earlier.as_of for day in dates)

    def lack(self) -> str | None:
        """Why there are no probabilities."""
        settings = self.now.settings
        if self.rows >= max(settings.recommendation_min_shown, 1):
            return None
        return (
            f"The list of {settings.recommendation_horizon_days} days ago has"
            f" {times(self.rows, 'row')}; a probability needs {settings.recommendation_min_shown}."
        )

    def of(self, row: Shown) -> float | None:
        if self.lack():
            return None
        cell = (self.now.recency_band(row.customer), row.evidence_band)
        whole = self.hits.total() / self.rows
        return (self.hits[cell] + 20 * whole) / (self.shown[cell] + 20)


def expected_revenue(rate: float | None, amount: float | Decimal | None) -> Decimal | float | None:
    """A rate, as published, times an amount; a double where that cannot tell four decimals."""
    if rate is None or amount is None:
        return None
    value = round(rate, 12) * float(amount)
    if value > SURE_IN_DOUBLES:
        return value
    eight = Decimal(repr(value)).quantize(Decimal("1e-8"), ROUND_HALF_UP)
    return eight.quantize(Decimal("1e-4"), ROUND_HALF_UP)


def times(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def days_of(star: Star) -> dict[tuple[str, str, date], Day]:
    """Sales and returns of products by known customers, by day."""
    days: dict[tuple[str, str, date], Day] = defaultdict(Day)
    for fact in star.facts:
        if fact.is_trade and fact.is_product and fact.customer_id in star.customers:
            day = days[fact.customer_id, fact.item_id, fact.day]
            if fact.is_sale:
                day.is_purchase = True
                day.quantity += fact.quantity
                day.amount += fact.net_amount
                day.net_quantity += fact.quantity
                day.net_amount += fact.net_amount
            else:
                day.net_quantity -= abs(fact.quantity)
                day.net_amount -= abs(fact.net_amount)
    return days


def both_lists(star: Star) -> tuple[dict[tuple[str, str, date], Day], Lists, Lists] | None:
    if star.as_of is None:
        return None
    days = days_of(star)
    horizon = timedelta(days=star.settings.recommendation_horizon_days)
    return days, Lists(star, days, star.as_of), Lists(star, days, star.as_of - horizon)


def typical_purchases(
    days: Mapping[tuple[str, str, date], Day], after: date
) -> dict[str, tuple[Decimal, Decimal]]:
    """Quantity and amount of the middle one by quantity of each item's purchases after a day."""
    purchases: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for (_, item, day), what in days.items():
        if day > after and what.quantity > 0 and what.amount > 0:
            purchases[item].append((what.quantity, what.amount))
    return {item: lower_middle(of) for item, of in purchases.items()}


def item_recommendation(star: Star) -> list[Row]:
    made = both_lists(star)
    if made is None:
        return []
    days, now, earlier = made
    rates = Rates(now, earlier, earlier.new_items())
    neighbours = now.neighbours()
    typical = typical_purchases(days, earlier.as_of)
    rows: list[Row] = []
    for row in now.new_items():
        rate = rates.of(row)
        quantity, amount = typical.get(row.item, (None, None))
        if row.evidence is None:
            offer_days = star.settings.recommendation_offer_days
            reason = (
                f"Popular now: {times(now.buyers[row.item], 'customer')} bought it"
                f" in the last {offer_days} days."
            )
        else:
            common = next(c for item, _, c in neighbours[row.evidence] if item == row.item)
            name = star.items[row.evidence].name or row.evidence
            reason = f"Bought with {name} by {times(common, 'customer')}."
        rows.append(
            {
                "customer_id": row.customer,
                "item_id": row.item,
                "rank": row.rank,
                "score": float(row.score),
                "evidence_item_id": row.evidence,
                "suggested_quantity": quantity,
                "purchase_probability": rate,
                "expected_revenue": expected_revenue(rate, amount),
                "reason": reason,
                "is_scored": rate is not None,
                "not_scored_reason": rates.lack(),
            }
        )
    return rows


def item_reorder_due(star: Star) -> list[Row]:
    made = both_lists(star)
    if made is None:
        return []
    days, now, earlier = made
    rates = Rates(now, earlier, earlier.reorders())
    typical = typical_purchases(days, earlier.as_of)
    rows: list[Row] = []
    for row in now.reorders():
        dates = now.bought[row.customer, row.item]
        gaps = [(later - day).days for day, later in pairwise(dates)]
        gap = None
        if gaps and len(gaps) >= star.settings.reorder_min_gaps:
            gap = lower_middle(gaps)
        due = None if gap is None else dates[-1] + timedelta(days=gap)
        of_days = [days[row.customer, row.item, day] for day in dates]
        quantity, amount = lower_middle((day.quantity, day.amount) for day in of_days)
        worth = min(float(amount), float(now.net_amount[row.customer, row.item]))
        if row.item in typical:
            usual_quantity, usual_amount = map(float, typical[row.item])
            worth = min(worth, float(quantity) * (usual_amount / usual_quantity))
        rate = rates.of(row)
        reason = f"Bought on {times(len(dates), 'day')}, last on {dates[-1]}"
        if gap is not None and due is not None:
            verb = "due since" if due <= now.as_of else "due on"
            reason += f", about every {times(gap, 'day')}: {verb} {due}"
        rows.append(
            {
                "customer_id": row.customer,
                "item_id": row.item,
                "rank": row.rank,
                "score": float(row.score),
                "last_invoice_date": dates[-1],
                "median_gap_days": gap,
                "due_date": due,
                "overdue_days": None if due is None else (now.as_of - due).days,
                "suggested_quantity": quantity,
                "purchase_probability": rate,
                "expected_revenue": expected_revenue(rate, max(worth, 0.0)),
                "reason": reason + ".",
                "is_scored": rate is not None,
                "not_scored_reason": rates.lack(),
            }
        )
    return rows
