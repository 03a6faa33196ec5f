"""Random loads for incremental builds: what a night may do to raw tables, drawn from a seed.

A load brings new, late, changed, moved, deleted and repeated rows and an invoice without lines,
changes items and customers, lets a month vanish or return, and shuffles every table. One load,
edit_columns, changes each raw column by itself in a month of its own, so that no other change hides
one that is overlooked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from tests.warehouse.companies import dw_company, online_retail_company
from tests.warehouse.harness import CONTRACTS, Company

Row = dict[str, str | None]

DATE_COLUMNS = {"dw_invoice_header": "invoice_date", "online_retail_lines": "InvoiceDate"}
INVOICE_COLUMNS = {
    "dw_invoice_header": "invoice_no_365",
    "dw_invoice_line": "invoice_no_365",
    "online_retail_lines": "Invoice",
}
BUILD_DATES = ("2024-04-15", "2024-04-16", "2024-03-30")
LEAST_ROWS = 30

# Two currencies stop a build, so one invoice cannot change its own. An item's category is all that
# a line has from a table without a month.
EDITED_COLUMNS = [
    ("dw", "dw_item", "category_code"),
    *(
        (connector, table, column)
        for connector, tables in (
            ("dw", ("dw_invoice_header", "dw_invoice_line")),
            ("online_retail", ("online_retail_lines",)),
        )
        for table in tables
        for column in CONTRACTS[connector][table]
        if column != "currency_code"
    ),
]
FIRST_EDITED_YEAR = 2018
VALUES = {"invoice_type": "sale", "invoice_time": "08:05:00"}
OTHER_VALUES = {"invoice_type": "return", "invoice_time": "09:05:00"}
NUMBERS = {
    "quantity", "line_total_incl", "line_total_excl", "discount_amount", "cost_amount",
    "total_grand", "Quantity", "Price",
}  # fmt: skip


class Loads:
    """A company of both connectors whose raw tables change with every load."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        dw = self._large(dw_company, "dw", "dw_invoice_header")
        flat = self._large(online_retail_company, "online_retail", "online_retail_lines")
        self.tables: dict[str, dict[str, list[Row]]] = {
            connector: {
                name: [dict(row) for row in rows]
                for name, rows in company.tables[connector].items()
            }
            for connector, company in (("dw", dw), ("online_retail", flat))
        }
        self.vars: dict[str, Any] = {
            **flat.vars,
            **dw.vars,
            "id_prefix": {"online_retail": "or-"},
            "build_date": BUILD_DATES[0],
        }
        # The invoices whose columns are edited are long past.
        self.vars.pop("earliest_plausible_date", None)
        self.edited = [self._invoice_of_month(place) for place in range(len(EDITED_COLUMNS))]
        self.away: list[tuple[list[Row], Row]] = []
        self.invoices = 0

    def _large(self, make: Any, connector: str, table: str) -> Company:
        """The first of a row of random companies that has enough rows to change some."""
        while True:
            company: Company = make(self.random.randrange(10**6))
            if len(company.tables[connector][table]) >= LEAST_ROWS:
                return company

    def company(self) -> Company:
        """The company as its raw tables are now."""
        return Company(tables=self.tables, vars=dict(self.vars))

    def next(self) -> None:
        """Draws the next load: each kind of change to each table, as often as not."""
        if self.away and self.random.random() < 0.6:
            self._return()
        for name, rows in self._named_tables():
            for change in (self._change, self._copy, self._delete):
                if rows and self.random.random() < 0.5:
                    change(rows)
            if name in DATE_COLUMNS and rows:
                if self.random.random() < 0.5:
                    self._move(rows, DATE_COLUMNS[name])
                if self.random.random() < 0.4:
                    self._vanish(rows, DATE_COLUMNS[name])
        for _ in range(self.random.randint(0, 3)):
            self._invoice(self.random.choice(list(self.tables.values())))
        self._invoice_without_lines()
        if self.random.random() < 0.3:
            self.vars["build_date"] = self.random.choice(BUILD_DATES)
        if self.random.random() < 0.2:
            self.vars["online_retail_reject_duplicates"] = self.random.random() < 0.5
        self.shuffle()

    def edit_columns(self) -> None:
        """Changes one column of one invoice in each of as many months as there are columns."""
        for rows, (_, table, column) in zip(self.edited, EDITED_COLUMNS, strict=True):
            row = rows[table]
            if column in DATE_COLUMNS.values():
                row[column] = (row[column] or "").replace("-10", "-20")
            else:
                row[column] = OTHER_VALUES.get(column, f"{row[column]}1")
        self.shuffle()

    def move_an_invoice_to(self, day: str) -> None:
        """Moves an invoice that is alone in its month, a date as `2010-05-10`, to another day."""
        self.edited[-1]["online_retail_lines"]["InvoiceDate"] = day

    def _invoice_of_month(self, place: int) -> dict[str, Row]:
        """Adds a sound invoice of one line, alone in its month, and returns its rows by table."""
        connector = EDITED_COLUMNS[place][0]
        day = f"{FIRST_EDITED_YEAR + place // 12}-{place % 12 + 1:02}-10"
        rows: dict[str, Row] = {}
        for table, columns in CONTRACTS[connector].items():
            if table == "dw_item":
                rows[table] = dict.fromkeys(("item_code_365", "category_code"), f"7{place:03}")
            elif table in INVOICE_COLUMNS:
                rows[table] = {column: VALUES.get(column, f"7{place:03}") for column in columns}
                rows[table].update(dict.fromkeys(NUMBERS & set(columns), f"{place + 2}.5"))
                rows[table].update(dict.fromkeys(set(DATE_COLUMNS.values()) & set(columns), day))
                rows[table].pop("currency_code", None)
        for table, row in rows.items():
            self.tables[connector][table].append(row)
        return rows

    def shuffle(self) -> None:
        """Brings every table's rows into another order."""
        for _, rows in self._named_tables():
            self.random.shuffle(rows)

    def _named_tables(self) -> list[tuple[str, list[Row]]]:
        return [named for tables in self.tables.values() for named in tables.items()]

    def _change(self, rows: list[Row]) -> None:
        """Gives a row another row's value of one column: an amount, a key, an item, a category."""
        for _ in range(self.random.randint(1, 2)):
            column = self.random.choice(list(rows[0]))
            self.random.choice(rows)[column] = self.random.choice(rows).get(column)

    def _copy(self, rows: list[Row]) -> None:
        """Repeats a row, whole or with another row's value of one column."""
        copy = dict(self.random.choice(rows))
        rows.append(copy)
        if self.random.random() < 0.5:
            column = self.random.choice(list(copy))
            copy[column] = self.random.choice(rows).get(column)

    def _delete(self, rows: list[Row]) -> None:
        rows.remove(self.random.choice(rows))

    def _move(self, rows: list[Row], date_column: str) -> None:
        """Moves an invoice to the day of another."""
        self.random.choice(rows)[date_column] = self.random.choice(rows)[date_column]

    def _vanish(self, rows: list[Row], date_column: str) -> None:
        """Takes all rows of a month away; the lines of its headers stay behind."""
        month = (self.random.choice(rows)[date_column] or "")[:7]
        gone = [row for row in rows if (row[date_column] or "").startswith(month)]
        if month and len(gone) < len(rows):
            rows[:] = [row for row in rows if row not in gone]
            self.away += [(rows, row) for row in gone]

    def _invoice_without_lines(self) -> None:
        """Adds a header alone, at the beginning of a month that has an invoice with lines."""
        header = self.random.choice(
            [rows["dw_invoice_header"] for rows in self.edited if "dw_invoice_header" in rows]
        )
        self.invoices += 1
        first_day = (header["invoice_date"] or "")[:8] + "01"
        self.tables["dw"]["dw_invoice_header"].append(
            {**header, "invoice_no_365": f"9{self.invoices}", "invoice_date": first_day}
        )

    def _return(self) -> None:
        """Brings back what has vanished."""
        for rows, row in self.away:
            rows.append(row)
        self.away = []

    def _invoice(self, tables: Mapping[str, list[Row]]) -> None:
        """Adds an invoice, of today or late: the copy of another under a number of its own."""
        of_invoices = [name for name in tables if name in INVOICE_COLUMNS and tables[name]]
        if not of_invoices:
            return
        first = of_invoices[0]
        invoice = self.random.choice(tables[first])[INVOICE_COLUMNS[first]]
        self.invoices += 1
        for name in of_invoices:
            column = INVOICE_COLUMNS[name]
            for place, row in enumerate([row for row in tables[name] if row[column] == invoice]):
                copy = {**row, column: f"9{self.invoices}"}
                if "id" in copy:
                    copy["id"] = f"9{self.invoices}-{place}"
                tables[name].append(copy)


def months_that_differ(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], month: str
) -> set[str]:
    """Months whose rows are not the same in two versions of a table, whatever their order."""

    def by_month(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        months: dict[str, list[str]] = {}
        for row in rows:
            months.setdefault(str(row[month]), []).append(repr(sorted(row.items())))
        return {name: sorted(texts) for name, texts in months.items()}

    one, other = by_month(before), by_month(after)
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
