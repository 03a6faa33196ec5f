"""The basket marts: pairs of items, and rules with their expected counts and q-values."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations

from tests.independent.marts_sales import Row
from tests.independent.star import Star


@dataclass(frozen=True)
class Baskets:
    """The baskets that are counted, and what is counted in them."""

    days: list[date]
    contents: list[frozenset[str]]
    counts: dict[str, int]
    """Baskets of each frequent item."""
    pairs: dict[tuple[str, str], int]
    """Baskets of each pair of frequent items, the smaller id first, even of a single basket."""


def counted_baskets(star: Star) -> Baskets:
    """The set of product items on the sale lines of each invoice, too large ones left out."""
    items_of: dict[str, set[str]] = {}
    day_of: dict[str, date] = {}
    for fact in star.facts:
        if fact.is_sale and fact.is_product:
            items_of.setdefault(fact.invoice_id, set()).add(fact.item_id)
            day_of[fact.invoice_id] = fact.day
    most = star.settings.basket_max_items
    kept = [invoice for invoice, items in items_of.items() if not most or len(items) <= most]
    contents = [frozenset(items_of[invoice]) for invoice in kept]
    least = max(
        star.settings.basket_min_count,
        math.ceil(Fraction(star.settings.basket_min_support) * len(contents)),
    )
    counts = Counter(item for items in contents for item in items)
    frequent = {item: count for item, count in counts.items() if count >= least}
    pairs = Counter(
        pair for items in contents for pair in combinations(sorted(items & frequent.keys()), 2)
    )
    return Baskets([day_of[invoice] for invoice in kept], contents, frequent, dict(pairs))


def basket_pair(star: Star) -> list[Row]:
    return [
        {"item_id_a": item_a, "item_id_b": item_b, "basket_count": count}
        for (item_a, item_b), count in counted_baskets(star).pairs.items()
        if count >= star.settings.basket_min_count
    ]


def p_value_bound(count: int, expected: Fraction) -> float:
    """Chernoff's bound of the upper Poisson tail; 1 where the count is not above expectation."""
    if count <= expected:
        return 1.0
    mean = float(expected)
    return math.exp(-(count * math.log(count / mean) - count + mean))


def benjamini_hochberg(
    p_values: dict[tuple[str, str], float], tests: int
) -> dict[tuple[str, str], float]:
    """False-discovery rates of the given p-values among a number of tests, the others having 1."""
    q_values = {}
    smallest = 1.0
    ordered = sorted(p_values, key=lambda pair: p_values[pair], reverse=True)
    for place, pair in enumerate(ordered):
        rank = len(ordered) - place
        smallest = min(smallest, p_values[pair] * tests / rank)
        q_values[pair] = smallest
    return q_values


def basket_rule(star: Star) -> list[Row]:
    settings = star.settings
    baskets = counted_baskets(star)
    whole = len(baskets.contents)
    sizes = [len(items) for items in baskets.contents]
    pairs = {
        pair: count for pair, count in baskets.pairs.items() if count >= settings.basket_min_count
    }
    slots = sum(sizes)
    expected = {
        (a, b): Fraction(
            baskets.counts[a] * baskets.counts[b] * sum(s * (s - 1) for s in sizes), slots * slots
        )
        for a, b in pairs
    }
    p_values = {pair: p_value_bound(count, expected[pair]) for pair, count in pairs.items()}
    q_values = benjamini_hochberg(p_values, math.comb(len(baskets.counts), 2))

    rules: list[Row] = []
    for pair, count in pairs.items():
        days = [
            day
            for day, items in zip(baskets.days, baskets.contents, strict=True)
            if items.issuperset(pair)
        ]
        for item_from, item_to in (pair, pair[::-1]):
            n_from, n_to = baskets.counts[item_from], baskets.counts[item_to]
            support, confidence = Fraction(count, whole), Fraction(count, n_from)
            if support < Fraction(settings.basket_min_support):
                continue
            if confidence < Fraction(settings.basket_min_confidence):
                continue
            lift = confidence / Fraction(n_to, whole)
            variance = (
                Fraction(1, count)
                - Fraction(1, n_from)
                - Fraction(1, n_to)
                + (2 * lift - 1) / whole
            )
            spread = 1.96 * math.sqrt(max(variance, Fraction(0)))
            rules.append(
                {
                    "from_item_id": item_from,
                    "to_item_id": item_to,
                    "basket_count": count,
                    "from_basket_count": n_from,
                    "to_basket_count": n_to,
                    "total_basket_count": whole,
                    "support": support,
                    "confidence": confidence,
                    "lift": lift,
                    "expected_count": expected[pair],
                    "adjusted_lift": count / expected[pair],
                    "lift_lower": math.exp(math.log(lift) - spread),
                    "lift_upper": math.exp(math.log(lift) + spread),
                    "p_value_bound": p_values[pair],
                    "q_value": q_values[pair],
                    "is_significant": q_values[pair] <= float(settings.basket_max_q),
                    "first_seen_date": min(days),
                    "last_seen_date": max(days),
                }
            )
    rules.sort(
        key=lambda rule: (
            -rule["adjusted_lift"],
            -rule["basket_count"],
            rule["from_item_id"],
            rule["to_item_id"],
        )
    )
    ranked = [{**rule, "rule_rank": rank} for rank, rule in enumerate(rules, start=1)]
    return ranked[: settings.basket_max_rules or None]
