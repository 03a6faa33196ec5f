"""A chunk of invoices as the columns of the raw tables of headers and lines."""

from typing import Any

import numpy as np

from bench.demo import catalogue
from bench.demo.bad_rows import PREFIXES
from bench.demo.company import Company, Ints
from bench.demo.files import clock_times, dates, decimals, looked_up, numbered
from bench.demo.invoices import TYPE_NAMES, Chunk

_DIGITS = 9  # of invoice and line numbers
_PREFIX_CODES = np.array([ord(letter) for letter in PREFIXES])


def header_columns(chunk: Chunk, totals: Ints, company: Company, is_csv: bool) -> dict[str, Any]:
    """Columns of dw_invoice_header; `totals` in cents, an invoice."""
    invoices = chunk.invoices
    numbers = chunk.first_invoice + np.arange(len(invoices))
    return {
        "invoice_no_365": numbered(_PREFIX_CODES[invoices.kind], numbers, _DIGITS),
        "customer_code_365": looked_up(company.customers.codes, invoices.customer),
        "invoice_date": dates(invoices.day),
        "invoice_type": looked_up(TYPE_NAMES, invoices.kind),
        "total_grand": decimals(totals, 2, is_csv),
        "invoice_time": clock_times(invoices.minute),
        "location_code": looked_up([row[0] for row in catalogue.LOCATIONS], invoices.location),
        "channel_code": looked_up([row[0] for row in catalogue.CHANNELS], invoices.channel),
        "sales_rep_code": looked_up([row[0] for row in catalogue.REPS], invoices.rep),
        "currency_code": looked_up(["EUR"], np.zeros(len(invoices), dtype=np.int64)),
    }


def line_columns(chunk: Chunk, company: Company, is_csv: bool) -> dict[str, Any]:
    """Columns of dw_invoice_line."""
    lines, items = chunk.lines, company.items
    numbers = chunk.first_line + np.arange(len(lines))
    of_invoice = chunk.first_invoice + lines.invoice
    prefix = _PREFIX_CODES[chunk.invoices.kind[lines.invoice]]
    return {
        "id": numbered(np.full(len(lines), ord("L")), numbers, _DIGITS),
        "invoice_no_365": numbered(prefix, of_invoice, _DIGITS),
        "item_code_365": looked_up(items.codes, lines.item),
        "quantity": decimals(lines.quantity, 0, is_csv),
        "line_total_incl": decimals(lines.incl, 2, is_csv),
        "line_total_excl": decimals(lines.excl, 2, is_csv, lines.has_excl),
        "discount_amount": decimals(lines.discount, 2, is_csv),
        "cost_amount": decimals(lines.cost, 2, is_csv, items.has_cost[lines.item]),
    }
