"""What is planted in a generated company, with the figures that it really came out with.

Sums are kept while the invoices stream by; the result goes to truths.json. Amounts are decimals
as text, ids those of the tables, dates ISO.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from bench.demo import catalogue
from bench.demo import company as co
from bench.demo.bad_rows import BadRows, invoice_code
from bench.demo.company import Company, Ints, Row
from bench.demo.files import cents_text
from bench.demo.invoices import RETURN, SALE, TYPE_NAMES, Chunk

_MISMATCHES = {3: 1_000, 11: -250, 17: 10_000}
"""Month from the first: cents by which one header there differs from its lines."""

_WINDOWS = ((0, 90), (90, 180), (0, 180), (180, 360))
"""Days before the last: the last 90, the 90 before, the last 180, the 180 before."""


def _sum(values: Ints) -> int:
    return int(values.sum()) if len(values) else 0


class Truths:
    """Adds up what the accepted rows hold."""

    def __init__(self, company: Company, bad_rows: BadRows) -> None:
        self.company = company
        self.bad_rows = bad_rows
        self.counts: Counter[str] = Counter()
        self.mismatches: list[dict[str, str]] = []
        self.row_counts: dict[str, int] = {}
        count = len(company.customers.codes)
        categories = len(catalogue.CATEGORIES) + 1
        self._excl = self._net = 0
        self._last = np.zeros(count, dtype=np.int64)
        self._spend = np.zeros((len(_WINDOWS), count), dtype=np.int64)
        self._fading_spend = np.zeros((2, count), dtype=np.int64)
        self._by_month = np.zeros((company.size.months, categories), dtype=np.int64)
        self._pairs = np.flatnonzero(company.items.partner >= 0)
        self._pair_counts = np.zeros((len(self._pairs), 3), dtype=np.int64)

    def header_totals(self, chunk: Chunk) -> Ints:
        """Totals as printed on the invoices: a few differ from their lines."""
        done = len(self.mismatches)
        difference = dict(enumerate(_MISMATCHES.items())).get(done)
        if difference is None or difference[0] != chunk.month:
            return chunk.total
        candidates = np.flatnonzero((chunk.invoices.kind == SALE) & (chunk.invoices.customer >= 0))
        position = int(candidates[len(candidates) // 2])
        total = chunk.total.copy()
        total[position] += difference[1]
        self.mismatches.append(
            {
                "invoice": invoice_code(chunk, position),
                "header_total": cents_text(total[position]),
                "line_total": cents_text(chunk.total[position]),
            }
        )
        return total

    def add(self, chunk: Chunk) -> None:
        """Take a chunk of accepted invoices into account."""
        self._add_counts(chunk)
        self._add_customers(chunk)
        self._add_pairs(chunk)
        lines, items = chunk.lines, self.company.items
        amount = np.bincount(
            items.category[lines.item], weights=lines.excl, minlength=self._by_month.shape[1]
        )
        self._by_month[chunk.month] += amount.astype(np.int64)

    def _add_counts(self, chunk: Chunk) -> None:
        invoices, lines, items = chunk.invoices, chunk.lines, self.company.items
        kind = invoices.kind[lines.invoice]
        negative = (kind == SALE) & ((lines.quantity < 0) | (lines.excl < 0))
        no_customer = invoices.customer < 0
        for code, name in enumerate(TYPE_NAMES):
            self.counts[f"{name}_invoices"] += _sum(invoices.kind == code)
        none = len(catalogue.CATEGORIES)
        without_category = items.category[lines.item] == none
        unknown = (lines.item > items.postage) & (lines.item < items.missing_code)
        found = {
            "sale_lines": (kind == SALE) & ~negative,
            "return_lines": (kind == RETURN) | negative,
            "negative_lines_on_sale_invoices": negative,
            "adjustment_lines": kind == len(TYPE_NAMES) - 1,
            "postage_lines": lines.item == items.postage,
            "free_lines": (kind == SALE) & (lines.excl == 0) & (lines.quantity > 0),
            "invoices_without_customer": no_customer,
            "lines_without_customer": no_customer[lines.invoice],
            "lines_with_unknown_item_code": unknown,
            "lines_without_item_code": lines.item == items.missing_code,
            "lines_of_listed_items_without_category": without_category
            & (lines.item < items.products),
            "lines_without_net_amount": ~lines.has_excl,
            "lines_without_cost": ~items.has_cost[lines.item],
        }
        for name, mask in found.items():
            self.counts[name] += _sum(mask)
        self._excl += _sum(lines.excl[lines.has_excl])
        self._net += _sum(np.where(lines.has_excl, lines.excl, lines.incl))

    def _add_customers(self, chunk: Chunk) -> None:
        invoices, lines = chunk.invoices, chunk.lines
        known = invoices.customer >= 0
        np.maximum.at(self._last, invoices.customer[known], invoices.day[known])
        age = self.company.size.last_day - invoices.day[lines.invoice]
        buyer = invoices.customer[lines.invoice]
        spent = (buyer >= 0) & (invoices.kind[lines.invoice] <= RETURN) & (age < 360)
        fading = self.company.customers.fading_category[buyer]
        in_fading = fading == self.company.items.category[lines.item]
        for window, (newest, oldest) in enumerate(_WINDOWS):
            mine = spent & (age >= newest) & (age < oldest)
            self._spend[window] += self._sums(buyer[mine], lines.excl[mine])
            if window < len(self._fading_spend):
                mine &= in_fading
                self._fading_spend[window] += self._sums(buyer[mine], lines.excl[mine])

    def _sums(self, customer: Ints, cents: Ints) -> Ints:
        sums = np.bincount(customer, weights=cents, minlength=len(self.company.customers.codes))
        return sums.astype(np.int64)

    def _add_pairs(self, chunk: Chunk) -> None:
        invoices, lines, items = chunk.invoices, chunk.lines, self.company.items
        basket = (invoices.kind[lines.invoice] == SALE) & (lines.quantity >= 0) & (lines.excl >= 0)
        basket &= lines.item < items.products
        self.counts["baskets"] += len(np.unique(lines.invoice[basket]))
        for row, item in enumerate(self._pairs):
            one = np.unique(lines.invoice[basket & (lines.item == item)])
            other = np.unique(lines.invoice[basket & (lines.item == items.partner[item])])
            both = np.intersect1d(one, other, assume_unique=True)
            self._pair_counts[row] += [len(both), len(one), len(other)]

    # -- what truths.json says ------------------------------------------------------------

    def told(self, lines_wanted: int) -> dict[str, Any]:
        """The content of truths.json."""
        size = self.company.size
        return {
            "about": (
                "What the generator planted in this company. Counts and amounts are of accepted"
                " rows unless said otherwise; a spend is the net amount of sale and return lines."
            ),
            "seed": self.company.seed,
            "lines_wanted": lines_wanted,
            "customers_wanted": size.customers,
            "first_date": co.day_of(size.first_day).isoformat(),
            "as_of_date": co.day_of(size.last_day).isoformat(),
            "raw_row_counts": self.row_counts,
            "accepted_row_counts": self._accepted(),
            "counts": dict(self.counts),
            "money": self._money(),
            "item_pairs": self._told_pairs(),
            "seasonality": self._told_seasons(),
            "customers_who_left": self._told_left(),
            "customers_who_fade_in_one_category": self._told_fading(),
            "steady_customers": self._told_windows(
                co.STEADY, "Spend of the last 90 days over that of the 90 before is 0.7 to 1.4.", 0
            ),
            "growing_customers": self._told_windows(
                co.GROWING,
                "Spend of the last 180 days is more than 1.5 x that of the 180 before.",
                2,
            ),
            "customers": self._told_customers(),
            "items": self._told_items(),
            "header_mismatches": {
                "check": "The header's total differs from the sum of its accepted lines.",
                "invoices": self.mismatches,
            },
            "rejected_rows": self._told_rejected(),
            "marked_values": {
                "check": "The row is accepted; the unreadable optional value becomes null.",
                "values": [
                    {"table": m.table, "key": m.key, "column": m.column, "value": m.value}
                    for m in self.bad_rows.marked
                ],
            },
        }

    def _codes(self, customers: Iterable[int]) -> list[str]:
        return [self.company.customers.codes[c] for c in customers]

    def _of_kind(self, kind: int) -> Ints:
        return np.flatnonzero(self.company.customers.kind == kind)

    def _accepted(self) -> dict[str, int]:
        bad = Counter(row.table for row in self.bad_rows.rows)
        return {table: count - bad[table] for table, count in self.row_counts.items()}

    def _money(self) -> dict[str, str]:
        rejected = [_line_money(row) for row in self.bad_rows.of("dw_invoice_line")]
        rejected_excl = sum(excl for excl, _ in rejected)
        rejected_net = sum(net for _, net in rejected)
        return {
            "check": (
                "A line's net amount is line_total_excl where it is there, else line_total_incl;"
                " raw is accepted + rejected, over all rows whose amount can be read."
            ),
            "raw_line_total_excl": cents_text(self._excl + rejected_excl),
            "accepted_net_amount": cents_text(self._net),
            "rejected_net_amount": cents_text(rejected_net),
            "raw_net_amount": cents_text(self._net + rejected_net),
        }

    def _told_pairs(self) -> dict[str, Any]:
        items = self.company.items
        pairs = []
        for item, (both, one, other) in zip(self._pairs, self._pair_counts, strict=True):
            to = int(items.partner[item])
            pairs.append(
                {
                    "from_item": items.codes[item],
                    "to_item": items.codes[to],
                    "from_name": items.names[item],
                    "to_name": items.names[to],
                    "basket_count": int(both),
                    "from_basket_count": int(one),
                    "to_basket_count": int(other),
                }
            )
        return {
            "check": (
                "These are the six unordered pairs with the highest adjusted lift among frequent"
                " items; confidence from the first to the second is above 0.4, support above 1 %."
            ),
            "total_basket_count": self.counts["baskets"],
            "pairs": pairs,
        }

    def _told_seasons(self) -> dict[str, Any]:
        winter = self._peak(catalogue.WINTER_CATEGORY, (11, 12))
        summer = self._peak(catalogue.SUMMER_CATEGORY, (6, 7, 8))
        return {
            "check": (
                "The category's mean monthly net amount in the peak months is at least 2 x its"
                " mean in the others, over the whole range."
            ),
            "categories": [winter, summer],
        }

    def _peak(self, category: str, months: tuple[int, ...]) -> dict[str, Any]:
        position = [c.code for c in catalogue.CATEGORIES].index(category)
        first = co.day_of(self.company.size.first_day).month
        month = (np.arange(self.company.size.months) + first - 1) % 12 + 1
        amounts, is_peak = self._by_month[:, position], np.isin(month, months)
        ratio = amounts[is_peak].mean() / amounts[~is_peak].mean()
        return {"category": category, "peak_months": list(months), "ratio": round(float(ratio), 2)}

    def _told_left(self) -> dict[str, Any]:
        return {
            "check": "Ordered every two weeks until that date, 150 days ago or more; then nothing.",
            "customers": [
                {"customer": code, "last_invoice_date": co.day_of(self._last[c]).isoformat()}
                for c, code in zip(*self._listing(co.LEFT), strict=True)
            ],
        }

    def _listing(self, kind: int) -> tuple[Ints, list[str]]:
        mine = self._of_kind(kind)
        return mine, self._codes(mine)

    def _told_fading(self) -> dict[str, Any]:
        fading = self.company.customers.fading_category
        rows = []
        for c, code in zip(*self._listing(co.FADING), strict=True):
            recent, previous = (int(s[c]) for s in self._fading_spend)
            rows.append(
                {
                    "customer": code,
                    "category": catalogue.CATEGORIES[fading[c]].code,
                    "recent_spend": cents_text(recent),
                    "previous_spend": cents_text(previous),
                    "other_recent_spend": cents_text(int(self._spend[0, c]) - recent),
                    "other_previous_spend": cents_text(int(self._spend[1, c]) - previous),
                }
            )
        return {
            "check": (
                "Spend in the category in the last 90 days is below 0.3 of that in the 90 before;"
                " spend elsewhere stays within 0.7 to 1.4."
            ),
            "customers": rows,
        }

    def _told_windows(self, kind: int, check: str, window: int) -> dict[str, Any]:
        return {
            "check": check,
            "customers": [
                {
                    "customer": code,
                    "recent_spend": cents_text(self._spend[window, c]),
                    "previous_spend": cents_text(self._spend[window + 1, c]),
                }
                for c, code in zip(*self._listing(kind), strict=True)
            ],
        }

    def _told_customers(self) -> dict[str, Any]:
        listed = self.company.customers.listed
        never = np.flatnonzero(self._last[:listed] == 0)
        unlisted = np.flatnonzero(self._last[listed:] > 0) + listed
        return {
            "check": "The first are on no accepted invoice; the second are in no customer list.",
            "listed_but_never_invoiced": self._codes(never),
            "invoiced_but_not_listed": self._codes(unlisted),
        }

    def _told_items(self) -> dict[str, Any]:
        items = self.company.items
        listed = np.arange(items.products)
        none = len(catalogue.CATEGORIES)

        def codes(mask: co.Bools) -> list[str]:
            return [items.codes[i] for i in listed[mask[: items.products]]]

        return {
            "check": "As the item list has them; the last are only on invoice lines.",
            "without_category": codes(items.category == none),
            "inactive": codes(~items.is_active),
            "without_cost": codes(~items.has_cost),
            "postage": items.codes[items.postage],
            "not_listed": list(co.UNKNOWN_ITEM_CODES),
        }

    def _told_rejected(self) -> dict[str, Any]:
        counts: dict[str, dict[str, int]] = {}
        for bad in self.bad_rows.rows:
            by_reason = counts.setdefault(bad.table, {})
            by_reason[bad.reason] = by_reason.get(bad.reason, 0) + 1
        return {
            "check": "Exactly these raw rows are rejected, for these reasons.",
            "counts": counts,
            "rows": [
                {
                    "table": bad.table,
                    "key": bad.key,
                    "reason": bad.reason,
                    **({"note": bad.note} if bad.note else {}),
                    "raw": bad.row,
                }
                for bad in self.bad_rows.rows
            ],
        }


def _line_money(row: Row) -> tuple[int, int]:
    """Cents of a raw line: without tax, and net; 0 where there is none."""
    excl = _cents(row["line_total_excl"])
    return excl, excl if row["line_total_excl"] else _cents(row["line_total_incl"])


def _cents(text: str) -> int:
    return int(text.replace(".", "")) if text else 0
