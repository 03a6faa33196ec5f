"""The company before its first invoice: size, items and customers, drawn from the seed number.

Days are whole numbers since 1970-01-01, money is whole cents, tax is whole percent. Customers and
items are positions in arrays; their codes are looked up only when rows are written.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench.demo import catalogue

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EPOCH: Final = date(1970, 1, 1)
LAST_DATE: Final = date(2026, 6, 30)
NORMAL, STEADY, FADING, LEFT, GROWING, NEVER = range(6)
"""What is planted in a customer's behaviour."""

UNKNOWN_ITEM_CODES: Final = ("X9001", "X9002", "X9003")
"""Codes on invoice lines that the item list lacks."""

FEWEST_CUSTOMERS, MOST_CUSTOMERS = 120, 200_000
_SPECIAL_PRICE_LIMIT = 4000  # cents: customers with a planted pace buy nothing dearer


def day_number(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date that many days after 1970-01-01."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Size:
    """How much to generate: invoice lines (about), months, listed customers, listed products."""

    lines: int
    months: int
    customers: int
    items: int

    @classmethod
    def of(cls, lines: int, months: int, customers: int | None = None) -> "Size":
        """Size for a number of lines: items, and customers if not told, grow more slowly."""
        growth = lines / 25_000
        return cls(
            lines=lines,
            months=months,
            customers=customers
            or min(MOST_CUSTOMERS, max(FEWEST_CUSTOMERS, round(400 * growth**0.6))),
            items=min(20_000, max(120, round(250 * growth**0.35))),
        )

    @property
    def first_day(self) -> int:
        """First day of the first month."""
        month_index = LAST_DATE.year * 12 + LAST_DATE.month - self.months
        return day_number(date(month_index // 12, month_index % 12 + 1, 1))

    @property
    def last_day(self) -> int:
        """Day of the last invoice, the clock of the warehouse."""
        return day_number(LAST_DATE)


@dataclass(frozen=True)
class Items:
    """Products, then the postage item, then unknown codes, then the missing code (last)."""

    codes: list[str]
    names: list[str]
    category: Ints  # position in catalogue.CATEGORIES; len(CATEGORIES) = none
    price: Ints  # cents
    cost: Ints  # cents
    has_cost: Bools
    vat_percent: Ints
    typical_quantity: Ints
    partner: Ints  # the item that is taken along, -1 = none
    is_active: Bools
    products: int  # how many of them are products in the item list
    discontinued_day: int  # inactive items are not sold from this day on
    cumulative: Floats  # choice within a category: category + cumulative share, all items
    cumulative_late: Floats  # the same without inactive items
    cumulative_special: Floats  # the same without planted, inactive and dear items

    @property
    def postage(self) -> int:
        """Position of the postage item."""
        return self.products

    @property
    def missing_code(self) -> int:
        """Position of the empty item code."""
        return len(self.codes) - 1


@dataclass(frozen=True)
class Customers:
    """Listed customers, then those that only invoices know."""

    codes: list[str]
    listed: int
    segment: Ints
    region: Ints
    location: Ints
    rep: Ints
    kind: Ints  # NORMAL ... NEVER
    weight: Floats  # relative number of orders of a normal customer
    size: Floats  # relative quantity per line
    discount_percent: Ints
    first_day: Ints  # no order before it
    last_day: Ints
    tastes: Floats  # customers x (categories + 1), 0 = never buys there
    steady_categories: Ints  # customers x 4, positions of categories, -1 = none
    fading_category: Ints  # -1 = none
    target: Ints  # cents a line of a customer with a planted pace


def _shares_within(category: Ints, weights: Floats) -> Floats:
    """Category position plus cumulative share of the item within it; items sorted by category."""
    cumulative = np.empty(len(weights))
    for position in range(int(category.max()) + 1):
        mine = np.flatnonzero(category == position)
        running = np.cumsum(weights[mine])
        cumulative[mine] = position + running / running[-1]
    return cumulative


def _item_names(category: catalogue.Category, planted: list[str], count: int) -> list[str]:
    """Planted names first, then products by pack; further rounds get a number."""
    names = list(planted)
    products, packs = category.products, category.packs
    combinations = len(products) * len(packs)
    for number in range(count - len(planted)):
        row, lap = number % combinations, number // combinations
        name = f"{products[row % len(products)]} {packs[(row // len(products) + row) % len(packs)]}"
        names.append(name if lap == 0 else f"{name} no. {lap + 1}")
    return names


def _planted_names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for pair in catalogue.PAIRS:
        for category, name in pair:
            names.setdefault(category, []).append(name)
    return names


def make_items(size: Size, rng: np.random.Generator) -> Items:
    """Draw the item list and the chances of each item within its category."""
    none = len(catalogue.CATEGORIES)
    codes: list[str] = []
    names: list[str] = []
    category_of: list[int] = []
    planted = _planted_names()
    categorised = size.items - len(catalogue.UNCATEGORISED_ITEMS)
    for position, spec in enumerate(catalogue.CATEGORIES):
        count = categorised // none + (position < categorised % none)
        names += _item_names(spec, planted.get(spec.code, []), count)
        codes += [f"{spec.prefix}{number + 1:04d}" for number in range(count)]
        category_of += [position] * count
    names += catalogue.UNCATEGORISED_ITEMS
    codes += [f"MIS{n + 1:04d}" for n in range(len(catalogue.UNCATEGORISED_ITEMS))]
    category_of += [none] * len(catalogue.UNCATEGORISED_ITEMS)
    category = np.array(category_of)
    products = len(codes)

    low = np.array([*(c.price_from for c in catalogue.CATEGORIES), 10.0])[category]
    high = np.array([*(c.price_to for c in catalogue.CATEGORIES), 30.0])[category]
    price = np.rint((low + (high - low) * rng.random(products) ** 1.5) * 20).astype(np.int64) * 5
    cost = np.rint(price * (0.5 + 0.28 * rng.random(products))).astype(np.int64)
    first_of_category = np.searchsorted(category, np.arange(none + 1))
    rank = np.arange(products) - first_of_category[category]

    position_of = {(category_of[i], name): i for i, name in enumerate(names)}
    category_position = {c.code: i for i, c in enumerate(catalogue.CATEGORIES)}
    pairs = np.array(
        [[position_of[category_position[c], n] for c, n in pair] for pair in catalogue.PAIRS]
    )
    partner = np.full(products, -1)
    partner[pairs[:, 0]] = pairs[:, 1]

    is_active = np.ones(products, dtype=bool)
    last_of_category = np.append(first_of_category[1:], products) - 1
    is_active[last_of_category[[1, 3, 5, 7, 9]]] = False
    has_cost = np.ones(products, dtype=bool)
    has_cost[last_of_category[[6, 8, 10]] - 1] = False

    weights = 1 / (rank + 4.0) ** 0.6
    is_planted = np.isin(np.arange(products), pairs)
    for mine in (np.flatnonzero(category == c) for c in range(none)):
        free = mine[~is_planted[mine]]
        weights[free] *= 1 / weights[free].sum()
    weights[pairs[:, 0]] = 0.24
    weights[pairs[:, 1]] = 0.05
    special = weights * ~is_planted * is_active * (price <= _SPECIAL_PRICE_LIMIT)

    extras = ["POST", *UNKNOWN_ITEM_CODES, ""]
    extra_price = np.array([690, 1250, 890, 1990, 1500])
    vat = np.array([*(c.vat_percent for c in catalogue.CATEGORIES), 20])[category]
    typical = np.array([*(c.typical_quantity for c in catalogue.CATEGORIES), 2])[category]
    return Items(
        codes=[*codes, *extras],
        names=[*names, "Postage and packing", *[""] * (len(extras) - 1)],
        category=np.append(category, [none] * len(extras)),
        price=np.append(price, extra_price),
        cost=np.append(cost, [520, 700, 500, 1200, 900]),
        has_cost=np.append(has_cost, [True] * len(extras)),
        vat_percent=np.append(vat, [20] * len(extras)),
        typical_quantity=np.append(typical, [1, 2, 2, 2, 2]),
        partner=np.append(partner, [-1] * len(extras)),
        is_active=np.append(is_active, [True] * len(extras)),
        products=products,
        discontinued_day=size.last_day - 180,
        cumulative=_shares_within(category, weights),
        cumulative_late=_shares_within(category, weights * is_active),
        cumulative_special=_shares_within(category, special),
    )


def _behaviours(listed: int, rng: np.random.Generator) -> Ints:
    """Which customers carry a planted behaviour: 5 % steady, 2.5 % fading, and so on."""
    kind = np.zeros(listed, dtype=np.int64)
    counts = {
        STEADY: round(listed * 0.05),
        FADING: round(listed * 0.025),
        LEFT: round(listed * 0.05),
        GROWING: round(listed * 0.025),
        NEVER: round(listed * 0.015),
    }
    order = rng.permutation(listed)
    start = 0
    for behaviour, count in counts.items():
        kind[order[start : start + count]] = behaviour
        start += count
    return kind


def _tastes(segment: Ints, rng: np.random.Generator) -> Floats:
    """How likely each customer picks each category: by segment, and about half never bought."""
    categories = catalogue.CATEGORIES
    by_segment = np.array(
        [
            [c.weight * catalogue.SEGMENT_TASTES[s].get(c.code, 1.0) for c in categories]
            for s in catalogue.SEGMENTS
        ]
    )
    own = rng.random((len(segment), len(categories)))
    wanted = np.array([5, 6, 7, 8, 9])[rng.integers(0, 5, len(segment))]
    # The categories with the smallest draw, weighted by taste, are the ones this customer buys.
    score = np.argsort(np.argsort(own / by_segment[segment], axis=1), axis=1)
    bought = score < wanted[:, None]
    uncategorised = np.full((len(segment), 1), 0.05)
    return np.hstack([by_segment[segment] * bought, uncategorised])


def _steady_categories(kind: Ints, rng: np.random.Generator) -> Ints:
    """Two to four categories, none of them seasonal, for each customer with a planted pace."""
    seasonal = {catalogue.WINTER_CATEGORY, catalogue.SUMMER_CATEGORY}
    allowed = [i for i, c in enumerate(catalogue.CATEGORIES) if c.code not in seasonal]
    chosen = np.argsort(rng.random((len(kind), len(allowed))), axis=1)[:, :4]
    categories = np.sort(np.array(allowed)[chosen], axis=1)
    wanted = np.where(np.isin(kind, [STEADY, FADING]), 3, 2) + rng.integers(0, 2, len(kind))
    categories[np.arange(4)[None, :] >= wanted[:, None]] = -1
    categories[(kind == NORMAL) | (kind == NEVER)] = -1
    return categories


def _paced_start(size: Size, kind: Ints, first_day: Ints, rng: np.random.Generator) -> Ints:
    """First day of each customer; those with a planted pace have ordered for a year or more."""
    earliest = max(size.first_day, size.last_day - 900)
    later = earliest + rng.integers(0, size.last_day - 400 - earliest, len(kind))
    early = earliest + rng.integers(0, 60, len(kind))
    is_paced = np.isin(kind, [STEADY, FADING, GROWING])
    return np.where(is_paced, later, np.where(kind == LEFT, early, first_day))


def make_customers(size: Size, rng: np.random.Generator) -> Customers:
    """Draw all customers: where they are, when they come and go, what they like."""
    listed = size.customers
    unlisted = max(4, listed // 100)
    count = listed + unlisted
    kind = np.append(_behaviours(listed, rng), np.zeros(unlisted, dtype=np.int64))
    segment = np.searchsorted(np.cumsum(catalogue.SEGMENT_SHARES)[:-1], rng.random(count))
    region = rng.integers(0, 4, count)
    location = region * 2 + rng.integers(0, 2, count)
    rep = np.array([2, 3, 4, 5])[region]
    draw = rng.random(count)
    rep = np.where(draw < 0.04, 0, np.where((draw < 0.12) & (region >= 2), 1, rep))

    span = size.last_day - size.first_day
    late_start = rng.random(count) < 0.45
    start_offset = (rng.random(count) * (span - 90)).astype(np.int64)
    first_day = size.first_day + np.where(late_start, start_offset, 0)
    first_day = _paced_start(size, kind, first_day, rng)
    leaves = rng.random(count) < 0.12
    stay = (rng.random(count) * (size.last_day - first_day)).astype(np.int64)
    last_day = np.where(leaves, first_day + np.maximum(stay, 60), size.last_day)

    tiers = np.array([0, 0, 0, 0, 0, 0, 0, 5, 5, 10])
    tastes = _tastes(segment, rng)
    steady = _steady_categories(kind, rng)
    fading = steady[np.arange(count), rng.integers(0, 3, count)]
    width = len(str(max(99_999, count)))
    numbers = [*range(1, listed + 1), *range(listed + 501, listed + 501 + unlisted)]
    return Customers(
        codes=[f"C{number:0{width}d}" for number in numbers],
        listed=listed,
        segment=segment,
        region=region,
        location=location,
        rep=rep,
        kind=kind,
        weight=np.where(kind == NORMAL, np.exp(0.75 * rng.standard_normal(count)), 0.0),
        size=0.6 + 1.2 * rng.random(count),
        discount_percent=tiers[rng.integers(0, len(tiers), count)],
        first_day=first_day,
        last_day=last_day,
        tastes=tastes,
        steady_categories=steady,
        fading_category=np.where(kind == FADING, fading, -1),
        target=rng.integers(8_000, 15_000, count),
    )


@dataclass(frozen=True)
class Company:
    """Everything that is known before the first invoice is written."""

    seed: int
    size: Size
    items: Items
    customers: Customers

    def rng(self, *stream: int) -> np.random.Generator:
        """Random numbers of their own for each purpose, so that one never shifts another."""
        return np.random.default_rng([self.seed, *stream])


def make_company(seed: int, size: Size) -> Company:
    """Draw a company; the same seed and size give the same company."""
    items = make_items(size, np.random.default_rng([seed, 1]))
    customers = make_customers(size, np.random.default_rng([seed, 2]))
    return Company(seed, size, items, customers)


Row = dict[str, Any]
"""One row of a small table: column name to text, empty text for a missing value."""
