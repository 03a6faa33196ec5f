"""The invoices of the demo company, a run of days at a time, in numpy arrays.

Customers come in two sorts. Most order at random days, a random number of lines, by their tastes.
Those with a planted behaviour order at a fixed pace, one line for each of their categories, and
never return anything, so that what is planted in them stays visible.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Self

import numpy as np

from bench.demo import catalogue
from bench.demo import company as co
from bench.demo.company import Bools, Company, Floats, Ints

SALE, RETURN, ADJUSTMENT = range(3)
TYPE_NAMES: Final = ("sale", "return", "adjustment")

CHUNK_LINES: Final = 500_000
"""About how many lines are held in memory at once."""

RETURN_SHARE: Final = 0.031  # of all sale invoices
ADJUSTMENT_SHARE: Final = 0.004
CASH_SHARE: Final = 0.03  # of the invoices without a planted pace
PAIR_CHANCE: Final = 0.68  # that the partner of a planted item is taken along
PACE_DAYS: Final = 14  # between the orders of a customer with a planted pace
LATE_SHARE: Final = 0.01  # of the invoices of a new day: they bear an earlier date
LATE_DAYS: Final = 60  # by how much, at most

_EXTRA_LINES_MEAN = 2.3  # an invoice has one line and a Poisson number of further ones
_LINES_PER_INVOICE = 3.64  # of customers without a planted pace, all additions included, measured
_WEB, _PHONE = 1, 2
_POSTAGE_CHANCE = 0.3
_NEGATIVE_CHANCE = 0.004
_FREE_CHANCE = 0.008
_UNKNOWN_CHANCE = 0.0006
_MISSING_CHANCE = 0.0002
_EMPTY_NET_CHANCE = 0.0006


@dataclass(frozen=True)
class _Columns:
    """Arrays of one length."""

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """One after the other."""
        names = [f.name for f in fields(cls)]
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})

    def taken(self, positions: Ints) -> Self:
        """The rows at those positions."""
        return replace(self, **{f.name: getattr(self, f.name)[positions] for f in fields(self)})


@dataclass(frozen=True)
class Invoices(_Columns):
    """One entry an invoice."""

    kind: Ints  # SALE, RETURN or ADJUSTMENT
    customer: Ints  # -1 = cash sale without a customer
    day: Ints
    minute: Ints  # of the day
    location: Ints
    channel: Ints  # -1 = not known
    rep: Ints  # -1 = none

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Lines(_Columns):
    """One entry an invoice line; money in cents, signed."""

    invoice: Ints  # position in Invoices
    item: Ints
    quantity: Ints
    excl: Ints
    incl: Ints
    discount: Ints
    cost: Ints
    has_excl: Bools  # whether the row tells the amount without tax

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True)
class Chunk:
    """Consecutive invoices, in order of day and time, with their lines in the same order."""

    number: int
    month: int  # months since the first
    first_invoice: int  # running number of the first invoice, from 1
    first_line: int  # running number of the first line, from 1
    invoices: Invoices
    lines: Lines
    total: Ints  # cents, tax included, an invoice; as its lines add up

    def position(self, invoice_number: int) -> int:
        """Where in this chunk an invoice with that running number stands."""
        return invoice_number - self.first_invoice


def half_up(numerator: Ints, denominator: int) -> Ints:
    """Whole quotient, halves away from zero."""
    quotient: Ints = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    return np.sign(numerator) * quotient


def _with_tax(excl: Ints, percent: Ints) -> Ints:
    return excl + half_up(excl * percent, 100)


def _weekday(day: Ints) -> Ints:
    """0 = Monday."""
    return (day + 3) % 7


def _is_holiday(day: Ints) -> Bools:
    years = range(co.LAST_DATE.year - 12, co.LAST_DATE.year + 1)
    closed = [co.day_number(date(y, m, d)) for y in years for m, d in ((1, 1), (12, 25), (12, 26))]
    return np.isin(day, closed)


def _day_weights(days: Ints) -> Floats:
    """How busy each day is: Saturdays half, Sundays and holidays closed."""
    weekday = _weekday(days)
    busy = np.where(weekday == 6, 0.0, np.where(weekday == 5, 0.45, 1.0))
    return np.where(_is_holiday(days), 0.0, busy)


@dataclass(frozen=True)
class Schedule:
    """Orders of the customers with a planted pace, by day."""

    day: Ints
    customer: Ints
    lines: int

    def between(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Days and customers of the orders from `first` to `last`, both included."""
        start, end = np.searchsorted(self.day, [first, last + 1])
        return self.day[start:end], self.customer[start:end]


def _order_days(kind: int, start: int, last: int, rng: np.random.Generator) -> Ints:
    """Days on which one customer with a planted pace orders, from `start` to at most `last`."""
    stop = last - 150 - int(rng.integers(0, 150)) if kind == co.LEFT else last
    weekday = (start + 3) % 7
    start += 7 - weekday if weekday > 4 else 0
    if kind != co.GROWING:
        return np.arange(start, stop + 1, PACE_DAYS)
    slow = np.arange(start, last - 180 + 1, PACE_DAYS)
    return np.concatenate([slow, np.arange(int(slow[-1]) + 7, stop + 1, 7)])


def make_schedule(company: Company) -> Schedule:
    """Plan all orders of the customers with a planted pace."""
    rng = company.rng(3)
    customers = company.customers
    paced = np.flatnonzero((customers.kind != co.NORMAL) & (customers.kind != co.NEVER))
    plans = [
        _order_days(int(customers.kind[c]), int(customers.first_day[c]), company.size.last_day, rng)
        for c in paced
    ]
    day = np.concatenate(plans)
    customer = np.repeat(paced, [len(p) for p in plans])
    while (closed := _is_holiday(day)).any():
        day = day + closed
    order = np.lexsort((customer, day))
    lines = int((customers.steady_categories[customer] >= 0).sum())
    return Schedule(day[order], customer[order], lines)


def _season(month_of_year: int) -> Floats:
    """How much each category sells in a month, 1 in most; the last stands for no category."""
    factors = np.ones(len(catalogue.CATEGORIES) + 1)
    for position, category in enumerate(catalogue.CATEGORIES):
        if category.code == catalogue.WINTER_CATEGORY:
            factors[position] = 5.0 if month_of_year >= 11 else 0.8
        if category.code == catalogue.SUMMER_CATEGORY:
            factors[position] = 4.0 if 6 <= month_of_year <= 8 else 0.8
    return factors


@dataclass(frozen=True)
class _Part:
    """Invoices and lines made together; the lines count invoices from 0."""

    invoices: Invoices
    lines: Lines


class InvoiceStream:
    """All invoices of a company as a stream of chunks."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.schedule = make_schedule(company)
        self._months = self._plan_months()

    def _plan_months(self) -> list[tuple[int, int, int]]:
        """First day, last day and number of randomly placed invoices of each month."""
        size, customers = self.company.size, self.company.customers
        starts = [co.day_of(size.first_day)]
        while len(starts) <= size.months:
            starts.append((starts[-1] + timedelta(days=32)).replace(day=1))
        spans = [(co.day_number(a), co.day_number(b) - 1) for a, b in pairwise(starts)]
        busy = []
        for first, last in spans:
            weight = self._customer_weights(first, last).sum() / customers.weight.sum()
            busy.append(weight * _day_weights(np.arange(first, last + 1)).sum())
        wanted = max(size.lines - self.schedule.lines, size.lines // 4) / _LINES_PER_INVOICE
        counts = np.rint(np.array(busy) / sum(busy) * wanted).astype(int)
        return [(first, last, int(n)) for (first, last), n in zip(spans, counts, strict=True)]

    def _customer_weights(self, first: int, last: int) -> Floats:
        customers = self.company.customers
        here = (customers.first_day <= first) & (customers.last_day >= last)
        return customers.weight * here

    def chunks(self) -> Iterator[Chunk]:
        """Yield the invoices in order; at most about CHUNK_LINES lines at a time."""
        number, next_invoice, next_line = 0, 1, 1
        for month, (first, last, invoices) in enumerate(self._months):
            pieces = max(1, math.ceil(invoices * _LINES_PER_INVOICE / CHUNK_LINES))
            days = np.arange(first, last + 1)
            weights = _day_weights(days)
            chances = self._category_chances(co.day_of(first).month)
            customer_weights = np.cumsum(self._customer_weights(first, last))
            for span in np.array_split(np.arange(len(days)), min(pieces, len(days))):
                count = round(invoices * weights[span].sum() / weights.sum())
                rng = self.company.rng(4, number)
                parts = [
                    self._random_part(days[span], count, customer_weights, chances, rng),
                    self._paced_part(int(days[span[0]]), int(days[span[-1]]), rng),
                ]
                returns = round(RETURN_SHARE * sum(len(p.invoices) for p in parts))
                parts.append(self._returns(parts[0], returns, int(days[span[-1]]), rng))
                parts.append(self._adjustments(parts[0], rng))
                chunk = self._assemble(number, month, next_invoice, next_line, parts, rng)
                yield chunk
                number += 1
                next_invoice += len(chunk.invoices)
                next_line += len(chunk.lines)

    def next_day(self, first_invoice: int, first_line: int) -> Chunk:
        """The invoices of the first working day after the last, as many as a day before it had.

        LATE_SHARE of them, and one at least, bear the date of a working day up to LATE_DAYS
        earlier. ``first_invoice`` and ``first_line`` are the first free running numbers.
        """
        first, last, invoices = self._months[-1]
        ahead = np.arange(last + 1, last + 8)
        day = int(ahead[np.argmax(_day_weights(ahead) == 1)])
        count = math.ceil(invoices / _day_weights(np.arange(first, last + 1)).sum())
        rng = self.company.rng(5, day)
        sales = self._random_part(
            np.array([day]),
            count,
            np.cumsum(self._customer_weights(first, last)),
            self._category_chances(co.day_of(day).month),
            rng,
        )
        others = [
            self._returns(sales, round(RETURN_SHARE * count), day, rng),
            self._adjustments(sales, rng),
        ]
        late = rng.choice(count, math.ceil(LATE_SHARE * count), replace=False)
        before = np.arange(day - LATE_DAYS, day)
        sales.invoices.day[late] = rng.choice(before[_day_weights(before) > 0], len(late))
        month = self.company.size.months
        parts = [sales, *others]
        return self._assemble(0, month, first_invoice, first_line, parts, rng)

    def _category_chances(self, month_of_year: int) -> Floats:
        """Customer position plus cumulative chance of each category, flat, increasing."""
        chances = self.company.customers.tastes * _season(month_of_year)
        running = np.cumsum(chances, axis=1)
        running /= running[:, -1:]
        return (running + np.arange(len(running))[:, None]).ravel()

    def _pick_items(self, category: Ints, table: Floats, rng: np.random.Generator) -> Ints:
        wanted = category + rng.random(len(category))
        return np.minimum(np.searchsorted(table, wanted, side="right"), len(table) - 1)

    def _minutes(self, count: int, rng: np.random.Generator) -> Ints:
        """Times of day from 08:00 to 17:59, most before noon."""
        middle = (rng.random(count) + rng.random(count)) / 2
        return (480 + 600 * middle * np.sqrt(middle)).astype(np.int64)

    def _invoices(self, customer: Ints, day: Ints, rng: np.random.Generator) -> Invoices:
        """Sale invoices of known customers."""
        customers = self.company.customers
        channel = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2])[rng.integers(0, 10, len(customer))]
        return Invoices(
            kind=np.full(len(customer), SALE),
            customer=customer,
            day=day,
            minute=self._minutes(len(customer), rng),
            location=customers.location[customer],
            channel=channel,
            rep=np.where(channel == _WEB, -1, customers.rep[customer]),
        )

    def _random_part(
        self,
        days: Ints,
        count: int,
        customer_weights: Floats,
        chances: Floats,
        rng: np.random.Generator,
    ) -> _Part:
        """Sale invoices of customers who order at random, cash sales among them."""
        company = self.company
        running = np.cumsum(_day_weights(days))
        day = days[np.searchsorted(running, rng.random(count) * running[-1], side="right")]
        if count and days[-1] == company.size.last_day:
            day[0] = company.size.last_day
        drawn = rng.random(count) * customer_weights[-1]
        customer = np.searchsorted(customer_weights, drawn, side="right")
        invoices = self._invoices(customer, day, rng)
        cash = rng.random(count) < CASH_SHARE
        invoices = replace(
            invoices,
            customer=np.where(cash, -1, customer),
            channel=np.where(cash, -1, invoices.channel),
            rep=np.where(cash, -1, invoices.rep),
        )
        of_invoice = np.repeat(np.arange(count), 1 + rng.poisson(_EXTRA_LINES_MEAN, count))
        buyer = customer[of_invoice]
        places = np.searchsorted(chances, buyer + rng.random(len(buyer)), side="right")
        category = np.clip(places - buyer * (len(catalogue.CATEGORIES) + 1), 0, None)
        category = np.minimum(category, len(catalogue.CATEGORIES))
        items = company.items
        late = len(days) > 0 and days[0] >= items.discontinued_day
        table = items.cumulative_late if late else items.cumulative
        item = self._odd_items(self._pick_items(category, table, rng), rng)
        of_invoice, item = self._with_companions(of_invoice, item, invoices, rng)
        return _Part(invoices, self._sale_lines(of_invoice, item, customer[of_invoice], rng))

    def _odd_items(self, item: Ints, rng: np.random.Generator) -> Ints:
        """Replace a few items by codes that the item list lacks, or by no code."""
        items = self.company.items
        draw = rng.random(len(item))
        unknown = items.postage + 1 + np.arange(len(item)) % len(co.UNKNOWN_ITEM_CODES)
        item = np.where(draw < _UNKNOWN_CHANCE + _MISSING_CHANCE, items.missing_code, item)
        return np.where(draw < _UNKNOWN_CHANCE, unknown, item)

    def _with_companions(
        self, of_invoice: Ints, item: Ints, invoices: Invoices, rng: np.random.Generator
    ) -> tuple[Ints, Ints]:
        """Add the partner of a planted item, and postage on some web orders."""
        partner = self.company.items.partner[item]
        taken = np.flatnonzero((partner >= 0) & (rng.random(len(item)) < PAIR_CHANCE))
        posted = np.flatnonzero(
            (invoices.channel == _WEB) & (rng.random(len(invoices)) < _POSTAGE_CHANCE)
        )
        of_invoice = np.concatenate([of_invoice, of_invoice[taken], posted])
        postage = np.full(len(posted), self.company.items.postage)
        item = np.concatenate([item, partner[taken], postage])
        order = np.argsort(of_invoice, kind="stable")
        return of_invoice[order], item[order]

    def _sale_lines(
        self, of_invoice: Ints, item: Ints, buyer: Ints, rng: np.random.Generator
    ) -> Lines:
        """Quantities and money of randomly placed lines; a few free, a few negative."""
        items, customers = self.company.items, self.company.customers
        count = len(item)
        wanted = items.typical_quantity[item] * customers.size[buyer] * (0.4 + rng.random(count))
        postage = item == items.postage
        quantity = np.where(postage, 1, np.maximum(1, np.rint(wanted).astype(np.int64)))
        gross = quantity * items.price[item]
        percent = customers.discount_percent[buyer] + 5 * (rng.random(count) < 0.04)
        discount = np.where(postage, 0, half_up(gross * percent, 100))
        draw = rng.random(count)
        free = (draw < _FREE_CHANCE) & ~postage
        negative = (draw > 1 - _NEGATIVE_CHANCE) & ~postage
        sign = np.where(negative, -1, 1)
        discount = np.where(free, 0, discount) * sign
        excl = np.where(free, 0, gross) * sign - discount
        return Lines(
            invoice=of_invoice,
            item=item,
            quantity=quantity * sign,
            excl=excl,
            incl=_with_tax(excl, items.vat_percent[item]),
            discount=discount,
            cost=quantity * items.cost[item] * sign,
            has_excl=rng.random(count) >= _EMPTY_NET_CHANCE,
        )

    def _paced_part(self, first: int, last: int, rng: np.random.Generator) -> _Part:
        """Sale invoices of customers with a planted pace: one line for each category."""
        company = self.company
        items, customers = company.items, company.customers
        day, customer = self.schedule.between(first, last)
        categories = customers.steady_categories[customer]
        days_faded = day - (company.size.last_day - 90)
        faded = (categories == customers.fading_category[customer][:, None]) & (
            days_faded[:, None] > 0
        )
        wanted = (categories >= 0) & ~(faded & (days_faded[:, None] > 2 * PACE_DAYS))
        of_invoice, slot = np.nonzero(wanted)
        item = self._pick_items(categories[of_invoice, slot], items.cumulative_special, rng)
        share = np.where(faded[of_invoice, slot], 0.25, 1.0) * (0.9 + 0.2 * rng.random(len(item)))
        amount = customers.target[customer[of_invoice]] * share
        quantity = np.maximum(1, np.rint(amount / items.price[item])).astype(np.int64)
        excl = quantity * items.price[item]
        lines = Lines(
            invoice=of_invoice,
            item=item,
            quantity=quantity,
            excl=excl,
            incl=_with_tax(excl, items.vat_percent[item]),
            discount=np.zeros(len(item), dtype=np.int64),
            cost=quantity * items.cost[item],
            has_excl=np.ones(len(item), dtype=bool),
        )
        return _Part(self._invoices(customer, day, rng), lines)

    def _returns(self, sales: _Part, wanted: int, last_day: int, rng: np.random.Generator) -> _Part:
        """Return invoices: part of one or two lines that the same customer bought before."""
        lines, invoices, items = sales.lines, sales.invoices, self.company.items
        returnable = (lines.quantity > 0) & (lines.excl > 0) & (lines.item < items.postage)
        returnable &= lines.has_excl & (invoices.customer[lines.invoice] >= 0)
        candidates = np.flatnonzero(returnable)
        count = min(len(candidates), wanted)
        first = candidates[np.sort(rng.choice(len(candidates), count, replace=False))]
        second = np.minimum(first + 1, len(lines) - 1)
        both = returnable[second] & (lines.invoice[second] == lines.invoice[first])
        both &= (second > first) & (rng.random(count) < 0.4)
        of_return = np.concatenate([np.arange(count), np.flatnonzero(both)])
        chosen = np.concatenate([first, second[both]])
        order = np.argsort(of_return, kind="stable")
        of_return, chosen = of_return[order], chosen[order]
        bought = lines.quantity[chosen]
        quantity = 1 + (rng.random(len(chosen)) * bought * 0.6).astype(np.int64)
        quantity = np.minimum(quantity, bought)
        item = lines.item[chosen]
        excl = -((lines.excl[chosen] * quantity) // bought)
        source = invoices.taken(lines.invoice[first])
        later = np.minimum(source.day + rng.integers(1, 11, count), last_day)
        later -= _weekday(later) == 6
        later += _is_holiday(later)
        day = np.maximum(np.minimum(later, last_day), source.day)
        returned = Invoices(
            kind=np.full(count, RETURN),
            customer=source.customer,
            day=day,
            minute=np.maximum(self._minutes(count, rng), source.minute * (day == source.day)),
            location=source.location,
            channel=np.where(source.channel == _WEB, _WEB, _PHONE),
            rep=source.rep,
        )
        return _Part(
            returned,
            Lines(
                invoice=of_return,
                item=item,
                quantity=-quantity,
                excl=excl,
                incl=_with_tax(excl, items.vat_percent[item]),
                discount=np.zeros(len(item), dtype=np.int64),
                cost=-quantity * items.cost[item],
                has_excl=np.ones(len(item), dtype=bool),
            ),
        )

    def _adjustments(self, sales: _Part, rng: np.random.Generator) -> _Part:
        """Adjustment invoices: one line with an amount and no quantity, up or down."""
        invoices, items = sales.invoices, self.company.items
        known = np.flatnonzero(invoices.customer >= 0)
        count = min(len(known), math.ceil(len(invoices) * ADJUSTMENT_SHARE))
        source = invoices.taken(np.sort(rng.choice(known, count, replace=False)))
        item = rng.integers(0, items.products, count)
        sign = np.where(rng.random(count) < 0.7, -1, 1)
        excl = rng.integers(200, 5_000, count) * sign
        nothing = np.zeros(count, dtype=np.int64)
        adjusted = replace(source, kind=np.full(count, ADJUSTMENT), channel=np.full(count, _PHONE))
        return _Part(
            adjusted,
            Lines(
                invoice=np.arange(count),
                item=item,
                quantity=nothing,
                excl=excl,
                incl=_with_tax(excl, items.vat_percent[item]),
                discount=nothing,
                cost=nothing,
                has_excl=np.ones(count, dtype=bool),
            ),
        )

    def _assemble(
        self,
        number: int,
        month: int,
        first_invoice: int,
        first_line: int,
        parts: list[_Part],
        rng: np.random.Generator,
    ) -> Chunk:
        """Put the parts into one run, by day and time."""
        invoices = Invoices.joined([p.invoices for p in parts])
        starts = np.cumsum([0, *(len(p.invoices) for p in parts[:-1])])
        lines = Lines.joined([p.lines for p in parts])
        offset = np.repeat(starts, [len(p.lines) for p in parts])
        order = np.argsort(invoices.day * 1440 + invoices.minute, kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        of_invoice = rank[lines.invoice + offset]
        line_order = np.argsort(of_invoice, kind="stable")
        lines = replace(lines, invoice=of_invoice).taken(line_order)
        firsts = np.searchsorted(lines.invoice, np.arange(len(invoices)))
        total = np.add.reduceat(lines.incl, firsts) if len(invoices) else np.zeros(0, np.int64)
        return Chunk(number, month, first_invoice, first_line, invoices.taken(order), lines, total)
