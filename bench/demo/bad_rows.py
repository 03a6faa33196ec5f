"""One of each kind of bad row, with the reason for which the warehouse must reject it.

Also a few values that are unreadable but optional: their rows stay, the value becomes null.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench.demo import catalogue
from bench.demo.company import NORMAL, Company, Row
from bench.demo.files import cents_text, is_typed
from bench.demo.invoices import SALE, TYPE_NAMES, Chunk

_INVOICE: Final = "S9999999{:02d}"
_LINE: Final = "L9999999{:02d}"
PREFIXES: Final = tuple(name[0].upper() for name in TYPE_NAMES)
"""First letter of an invoice number by type."""


def invoice_code(chunk: Chunk, position: int) -> str:
    """Invoice number of the invoice at that place of the chunk."""
    prefix = PREFIXES[chunk.invoices.kind[position]]
    return f"{prefix}{chunk.first_invoice + position:09d}"


def line_code(chunk: Chunk, position: int) -> str:
    """Id of the line at that place of the chunk."""
    return f"L{chunk.first_line + position:09d}"


@dataclass(frozen=True)
class BadRow:
    """A raw row that must be rejected; `key` is empty where the key is what is missing."""

    table: str
    key: str
    reason: str
    row: Row
    note: str = ""


@dataclass
class Marked:
    """A value that is unreadable but optional: the row stays, the value becomes null."""

    table: str
    key: str
    column: str
    value: str
    position: int = field(default=-1)  # of the row in its list or chunk


class BadRows:
    """The bad rows of a company, chosen from its lists and its first invoices."""

    def __init__(self, company: Company, is_csv: bool) -> None:
        self.company = company
        self.is_csv = is_csv
        self.rows: list[BadRow] = []
        self.marked: list[Marked] = []

    def of(self, table: str) -> list[Row]:
        """Raw bad rows of a table."""
        return [bad.row for bad in self.rows if bad.table == table]

    def _add(self, table: str, key: str, reason: str, row: Row, note: str = "") -> None:
        if self.is_csv or is_typed(table, row):
            self.rows.append(BadRow(table, key, reason, row, note))

    def spoil_lists(self, lists: dict[str, list[Row]]) -> None:
        """Choose the bad rows of the small tables and spoil single optional values in place."""
        items, customers = self.company.items, self.company.customers
        normal = np.flatnonzero(customers.kind[: customers.listed] == NORMAL)
        if self.is_csv:
            no_cost = int(np.flatnonzero(~items.has_cost)[0])
            self._spoil(lists["dw_item"], "dw_item", no_cost, "unit_cost", "n/a")
            soon = int(normal[3])
            self._spoil(lists["dw_customer"], "dw_customer", soon, "sign_up_date", "soon")
        item = dict(lists["dw_item"][14])
        item["item_description"] += " (old packaging)"
        item["unit_price"] = "1.00"
        stays = "the row with the longer text is the one that goes"
        self._add("dw_item", item["item_code_365"], "duplicate_key", item, stays)
        customer = dict(lists["dw_customer"][int(normal[5])])
        customer["customer_name"] += " (moved)"
        code = customer["customer_code_365"]
        self._add("dw_customer", code, "duplicate_key", customer, stays)
        for table, row in (
            ("dw_item", {"item_description": "Article without a number", "category_code": "Tea"}),
            ("dw_customer", {"customer_name": "Walk-in Customer", "region": "North"}),
            ("dw_sales_rep", {"sales_rep_name": "Vacant Position", "region": "South"}),
            ("dw_location", {"location_name": "Planned Branch", "region": "East"}),
            ("dw_channel", {"channel_name": "Trade fair"}),
        ):
            self._add(table, "", "missing_key", row)
        self._spoil_snapshots(lists["dw_inventory_snapshot"])

    def _spoil(self, rows: list[Row], table: str, position: int, column: str, value: str) -> None:
        rows[position][column] = value
        key = next(iter(rows[position].values()))
        self.marked.append(Marked(table, key, column, value, position))

    def _spoil_snapshots(self, rows: list[Row]) -> None:
        table, last = "dw_inventory_snapshot", rows[-1]
        place = last["location_code"]
        day, item = last["snapshot_date"], rows[0]["item_code_365"]
        self._add(table, "", "missing_key", {**last, "item_code_365": ""})
        self._add(
            table,
            f"2026-02-30|{item}|{place}",
            "unparseable_date",
            {**rows[0], "snapshot_date": "2026-02-30"},
        )
        self._add(
            table,
            f"{day}|{item}|L02",
            "unparseable_number",
            {**rows[0], "snapshot_date": day, "location_code": "L02", "on_hand_quantity": "lots"},
        )

    def spoil_invoices(self, chunk: Chunk) -> None:
        """Choose the bad headers and lines, from the first chunk of invoices."""
        invoices, lines = chunk.invoices, chunk.lines
        known = (invoices.kind == SALE) & (invoices.customer >= 0)
        known[known] &= self.company.customers.kind[invoices.customer[known]] == NORMAL
        text = [cents_text(total) for total in chunk.total[:2000]]
        is_large = [len(t) >= 6 and t[0] in "12345678" for t in text]
        chosen = np.flatnonzero(known[:2000] & np.array(is_large))
        self._bad_headers(chunk, int(chosen[0]))
        sold = known[lines.invoice] & (lines.excl > 0)
        twelve = np.flatnonzero(sold & (lines.quantity >= 10) & (lines.quantity < 20))
        self._bad_lines(chunk, int(twelve[0]), invoice_code(chunk, int(chosen[1])))
        if self.is_csv:
            sold[twelve[0]] = False
            ten = int(np.flatnonzero(sold & (lines.discount == 0))[0])
            key = line_code(chunk, ten)
            self.marked.append(Marked("dw_invoice_line", key, "discount_amount", "ten", ten))

    def _header(self, number: str, **changes: str) -> Row:
        customers = self.company.customers
        customer = int(np.flatnonzero(customers.kind == NORMAL)[8])
        row = {
            "invoice_no_365": number,
            "customer_code_365": customers.codes[customer],
            "invoice_date": "2025-03-14",
            "invoice_type": "sale",
            "total_grand": "24.00",
            "invoice_time": "10:15",
            "location_code": catalogue.LOCATIONS[customers.location[customer]][0],
            "channel_code": "TEL",
            "sales_rep_code": catalogue.REPS[customers.rep[customer]][0],
            "currency_code": "EUR",
        }
        return {**row, **changes}

    def _line(self, number: int, invoice: str, **changes: str) -> Row:
        """A line of 20.00 without and 24.00 with tax."""
        row = {
            "id": _LINE.format(number),
            "invoice_no_365": invoice,
            "item_code_365": "CUP0004",
            "quantity": "2",
            "line_total_incl": "24.00",
            "line_total_excl": "20.00",
            "discount_amount": "0.00",
            "cost_amount": "12.00",
        }
        return {**row, **changes}

    def _bad_headers(self, chunk: Chunk, twice: int) -> None:
        header, line = "dw_invoice_header", "dw_invoice_line"
        self._add(header, "", "missing_key", self._header(""))
        cases = (
            ("missing_date", {"invoice_date": ""}),
            ("unparseable_date", {"invoice_date": "31/02/2025"}),
            ("future_date", {"invoice_date": "2999-01-01"}),
            ("implausible_date", {"invoice_date": "1901-01-01"}),
            ("unknown_invoice_type", {"invoice_type": "proforma"}),
        )
        for number, (reason, changes) in enumerate(cases, start=1):
            code = _INVOICE.format(number)
            row = self._header(code, **changes)
            self._add(header, code, reason, row)
            if self.rows[-1].key == code:
                line_row = self._line(number, code)
                self._add(line, line_row["id"], "rejected_header", line_row)
        code = invoice_code(chunk, twice)
        row = self._header(code, **self._header_parts(chunk, twice), total_grand="99.00")
        note = f"the row with total {cents_text(chunk.total[twice])} stays: as text it comes first"
        self._add(header, code, "duplicate_key", row, note)

    def _header_parts(self, chunk: Chunk, position: int) -> Row:
        customer = int(chunk.invoices.customer[position])
        day = np.datetime64(int(chunk.invoices.day[position]), "D")
        return {
            "customer_code_365": self.company.customers.codes[customer],
            "invoice_date": str(day),
            "location_code": catalogue.LOCATIONS[chunk.invoices.location[position]][0],
        }

    def _bad_lines(self, chunk: Chunk, twice: int, invoice: str) -> None:
        table = "dw_invoice_line"
        self._add(table, "", "missing_key", self._line(0, invoice, id=""))
        cases: tuple[tuple[int, str, str, Row], ...] = (
            (11, invoice, "unparseable_number", {"quantity": "twelve"}),
            (12, invoice, "missing_number", {"line_total_incl": "", "line_total_excl": ""}),
            (
                13,
                invoice,
                "empty_line",
                {
                    "quantity": "0",
                    "line_total_incl": "0.00",
                    "line_total_excl": "0.00",
                    "cost_amount": "0.00",
                },
            ),
            (14, _INVOICE.format(50), "line_without_header", {}),
        )
        for number, of_invoice, reason, changes in cases:
            row = self._line(number, of_invoice, **changes)
            self._add(table, row["id"], reason, row)
        key = line_code(chunk, twice)
        quantity = int(chunk.lines.quantity[twice])
        row = self._line(
            0,
            invoice_code(chunk, int(chunk.lines.invoice[twice])),
            id=key,
            item_code_365=self.company.items.codes[chunk.lines.item[twice]],
        )
        note = f"the row with quantity {quantity} stays: as text it comes first"
        self._add(table, key, "duplicate_key", row, note)
