"""Weekly stock snapshots of the last 26 weeks, driven by what was really invoiced.

One warehouse serves all branches. Each week it ships the week's sales, receives what it ordered a
lead time ago, and orders again when stock and orders in hand fall below the reorder level.
"""

from typing import Final

import numpy as np

from bench.demo import catalogue
from bench.demo import company as co
from bench.demo.company import Company, Row
from bench.demo.invoices import Chunk

WEEKS: Final = 26
_HOURS = 168  # of a week
_COVER_WEEKS = 4  # an order lasts about so long


class Stock:
    """Collects weekly demand while invoices stream by, then tells the snapshots."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._demand = np.zeros((WEEKS, company.items.products), dtype=np.int64)
        self._first_day = company.size.last_day - 7 * WEEKS + 1

    def add(self, chunk: Chunk) -> None:
        """Count the units sold in each of the weeks."""
        lines, products = chunk.lines, self.company.items.products
        week = (chunk.invoices.day[lines.invoice] - self._first_day) // 7
        wanted = (week >= 0) & (lines.quantity > 0) & (lines.item < products)
        cell = week[wanted] * products + lines.item[wanted]
        units = np.bincount(cell, weights=lines.quantity[wanted], minlength=self._demand.size)
        self._demand += units.astype(np.int64).reshape(self._demand.shape)

    def rows(self) -> list[Row]:
        """Rows of dw_inventory_snapshot, by date and item; quantities in units."""
        items, rng = self.company.items, self.company.rng(8)
        products = items.products
        mean = self._demand.mean(axis=0)
        lead_weeks = rng.integers(1, 4, products)
        level = np.ceil(mean * (lead_weeks + 0.75)).astype(np.int64)
        lot = np.maximum(1, np.ceil(mean * _COVER_WEEKS)).astype(np.int64)
        on_hand = level + (lot * rng.random(products)).astype(np.int64)
        arrivals = np.zeros((WEEKS + 4, products), dtype=np.int64)
        rows: list[Row] = []
        for week in range(WEEKS):
            on_hand = on_hand + arrivals[week]
            short = np.maximum(self._demand[week] - on_hand, 0)
            on_hand = np.maximum(on_hand - self._demand[week], 0)
            coming = arrivals[week + 1 :].sum(axis=0)
            orders = items.is_active[:products] & (on_hand + coming <= level)
            arrivals[week + lead_weeks, np.arange(products)] += np.where(orders, lot, 0)
            hours = np.rint(_HOURS * short / np.maximum(self._demand[week], 1)).astype(int)
            is_counted = rng.random(products) < 0.06
            shrink = np.where(rng.random(products) < 0.6, 0, rng.integers(-2, 2, products))
            day = co.day_of(self._first_day + 7 * week + 6).isoformat()
            for item in range(products):
                rows.append(
                    {
                        "snapshot_date": day,
                        "item_code_365": items.codes[item],
                        "on_hand_quantity": str(on_hand[item]),
                        "location_code": catalogue.LOCATIONS[0][0],
                        "on_order_quantity": str(coming[item] + (lot[item] if orders[item] else 0)),
                        "counted_quantity": (
                            str(max(0, on_hand[item] + shrink[item])) if is_counted[item] else ""
                        ),
                        "stockout_hours": str(hours[item]),
                    }
                )
        return rows
