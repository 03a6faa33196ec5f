"""The basket marts: pairs of items, and rules with their expected counts and q-values."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from tests.independent.marts_sales import Row, ratio
from tests.independent.star import Star

Key = TypeVar("Key")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Baskets:
    """The baskets that are counted, and what is counted in them."""

    days: list[date]
    contents: list[frozenset[str]]
    counts: dict[str, int]
    """Baskets of each frequent item."""
    pairs: dict[tuple[str, str], int]
    """Baskets of each pair of frequent items, the smaller id first, even of a single basket."""


def is_in_window(star: Star, day: date) -> bool:
    """Whether baskets of the day count."""
    days = star.settings.basket_window_days
    return not days or star.as_of is None or day > star.as_of - timedelta(days=days)


def freshness(star: Star, days: list[date]) -> float:
    """Mean weight of baskets of the given days: 1, or halved with each half-life."""
    half_life = star.settings.basket_half_life_days
    if not half_life or star.as_of is None:
        return 1.0
    weights = (round(0.5 ** ((star.as_of - day).days / half_life), 12) for day in days)
    return float(sum(weights) / len(days))


def counted_baskets(star: Star) -> Baskets:
    """The set of product items on the sale lines of each invoice, too large ones left out."""
    items_of: dict[str, set[str]] = {}
    day_of: dict[str, date] = {}
    for fact in star.facts:
        if fact.is_sale and fact.is_product and is_in_window(star, fact.day):
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


def benjamini_hochberg(p_values: dict[Key, float], tests: int) -> dict[Key, float]:
    """False-discovery rates of the given p-values among a number of tests, the others having 1."""
    q_values = {}
    smallest = 1.0
    ordered = sorted(p_values, key=lambda key: p_values[key], reverse=True)
    for place, key in enumerate(ordered):
        rank = len(ordered) - place
        smallest = min(smallest, p_values[key] * tests / rank)
        q_values[key] = smallest
    return q_values


@dataclass(frozen=True)
class PairTests:
    """Pairs in enough baskets, by their items, and how they compare with chance."""

    counts: dict[Pair, int]
    expected: dict[Pair, Fraction]
    p_values: dict[Pair, float]
    q_values: dict[Pair, float]


def tested_pairs(star: Star, baskets: Baskets) -> PairTests:
    sizes = [len(items) for items in baskets.contents]
    pairs = {
        pair: count
        for pair, count in baskets.pairs.items()
        if count >= star.settings.basket_min_count
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
    return PairTests(pairs, expected, p_values, q_values)


def basket_rule(star: Star) -> list[Row]:
    settings = star.settings
    baskets = counted_baskets(star)
    whole = len(baskets.contents)
    tests = tested_pairs(star, baskets)
    pairs, expected = tests.counts, tests.expected
    p_values, q_values = tests.p_values, tests.q_values

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
                    "freshness_ratio": freshness(star, days),
                    "first_seen_date": min(days),
                    "last_seen_date": max(days),
                }
            )
    rules.sort(
        key=lambda rule: (
            -rule["adjusted_lift"] * Fraction(rule["freshness_ratio"]),
            -rule["basket_count"],
            rule["from_item_id"],
            rule["to_item_id"],
        )
    )
    ranked = [{**rule, "rule_rank": rank} for rank, rule in enumerate(rules, start=1)]
    return ranked[: settings.basket_max_rules or None]


def basket_triple_rule(star: Star) -> list[Row]:
    settings = star.settings
    baskets = counted_baskets(star)
    whole = len(baskets.contents)
    least = max(settings.basket_min_count, math.ceil(Fraction(settings.basket_min_support) * whole))
    tests = tested_pairs(star, baskets)
    strong = {
        pair
        for pair, count in tests.counts.items()
        if count >= least and round(tests.q_values[pair], 12) <= float(settings.basket_max_q)
    }
    candidates: list[Row] = []
    for triple in combinations(sorted({item for pair in strong for item in pair}), 3):
        if not strong.issuperset(combinations(triple, 2)):
            continue
        together = sum(items.issuperset(triple) for items in baskets.contents)
        for to in triple:
            one, other = (item for item in triple if item != to)
            expected = max(
                Fraction(tests.counts[pair_of(item, to)], free_slots(baskets, item))
                for item in (one, other)
            ) * free_slots(baskets, one, other)
            candidates.append(
                {
                    "from_item_id_1": one,
                    "from_item_id_2": other,
                    "to_item_id": to,
                    "basket_count": together,
                    "from_basket_count": tests.counts[one, other],
                    "to_basket_count": baskets.counts[to],
                    "total_basket_count": whole,
                    "support": Fraction(together, whole),
                    "confidence": Fraction(together, tests.counts[one, other]),
                    "best_pair_confidence": max(
                        Fraction(tests.counts[pair_of(item, to)], baskets.counts[item])
                        for item in (one, other)
                    ),
                    "lift": Fraction(together * whole, tests.counts[one, other])
                    / baskets.counts[to],
                    "expected_count": expected,
                }
            )
    p_values = {
        place: p_value_bound(rule["basket_count"], rule["expected_count"])
        for place, rule in enumerate(candidates)
    }
    q_values = benjamini_hochberg(p_values, len(candidates))
    rules = [
        {**rule, "q_value": q_values[place], "adjusted_lift": together / rule["expected_count"]}
        for place, rule in enumerate(candidates)
        if (together := rule["basket_count"]) > rule["expected_count"]
        and round(q_values[place], 12) <= float(settings.basket_max_q)
        and rule["confidence"] > rule["best_pair_confidence"]
        and together >= settings.basket_min_count
        and rule["support"] >= Fraction(settings.basket_min_support)
        and rule["confidence"] >= Fraction(settings.basket_min_confidence)
    ]
    rules.sort(
        key=lambda rule: (
            -rule["adjusted_lift"],
            -rule["basket_count"],
            rule["from_item_id_1"],
            rule["from_item_id_2"],
            rule["to_item_id"],
        )
    )
    ranked = [{**rule, "rule_rank": rank} for rank, rule in enumerate(rules, start=1)]
    return ranked[: settings.basket_max_rules or None]


def pair_of(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def free_slots(baskets: Baskets, *items: str) -> int:
    """Places for other items in the baskets with all the items."""
    return sum(
        len(contents) - len(items) for contents in baskets.contents if contents.issuperset(items)
    )


def duplicate_item_pair(star: Star) -> list[Row]:
    if star.as_of is None:
        return []
    baskets = counted_baskets(star)
    tests = tested_pairs(star, baskets)
    least = Fraction(star.settings.duplicate_min_confidence)
    together = {
        (a, b)
        for (a, b), count in tests.counts.items()
        if round(tests.q_values[a, b], 12) <= float(star.settings.basket_max_q)
        and count >= least * baskets.counts[a]
        and count >= least * baskets.counts[b]
    }
    items_of: dict[str, list[str]] = {}
    for item in star.items.values():
        if item.is_product and item.name and item.name != item.item_id:
            name = item.name.strip(" \t\n\r\u00a0").lower()
            if name != name.upper():
                items_of.setdefault(name, []).append(item.item_id)
    same_name = {
        (min(items), item) for items in items_of.values() for item in items if item != min(items)
    }
    return [
        {
            "item_id_a": a,
            "item_id_b": b,
            "has_same_name": (a, b) in same_name,
            "is_always_together": (a, b) in together,
            "basket_count": tests.counts.get((a, b)),
            "confidence_a_to_b": ratio(tests.counts.get((a, b)), baskets.counts.get(a)),
            "confidence_b_to_a": ratio(tests.counts.get((a, b)), baskets.counts.get(b)),
        }
        for a, b in same_name | together
    ]
