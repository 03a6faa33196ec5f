"""CSV and Excel of exactly what a table shows, with the filters written in them."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import xlsxwriter

# A spreadsheet takes a text of a CSV that begins so for a formula; the last four are the full-width
# forms of the first.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

EXCEL_ROWS = 1_048_576
EXCEL_CHARACTERS = 32_767
"""The most that a cell holds, in UTF-16 units."""
EXCEL_FIRST_YEAR = 1900
_WIDEST_PIXELS = 500


def _safe(value: object) -> object:
    """Return a value that no spreadsheet runs."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def to_csv(table: pa.Table, headings: Mapping[str, str], filters: Mapping[str, str]) -> bytes:
    """Return a table as UTF-8 CSV: a comment line a filter, the headings, the rows.

    A text that a spreadsheet would run begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    for name, value in filters.items():
        writer.writerow([f"# {name}: {value}"])
    writer.writerow([_safe(heading) for heading in headings.values()])
    for row in table.select(list(headings)).to_pylist():
        writer.writerow([_safe(value) for value in row.values()])
    return text.getvalue().encode("utf-8-sig")


def to_excel(table: pa.Table, headings: Mapping[str, str], filters: Mapping[str, str]) -> bytes:
    """Return a table as a workbook of two sheets: the rows, and the filters they passed.

    Texts are texts there, whatever they begin with. Rows that a sheet cannot hold are left out, and
    the second sheet says how many.
    """
    file = io.BytesIO()
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True,
    }  # fmt: skip
    held = table.slice(0, EXCEL_ROWS - 1)
    if held.num_rows < table.num_rows:
        filters = {**filters, "Rows left out": f"{table.num_rows - held.num_rows:,}, the last ones"}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        rows = book.add_worksheet("Rows")
        rows.write_row(0, 0, headings.values(), bold)
        for place, row in enumerate(held.select(list(headings)).to_pylist(), start=1):
            for column, value in enumerate(row.values()):
                _write(rows, place, column, value, moment)
        rows.freeze_panes(1, 0)
        rows.autofit(_WIDEST_PIXELS)
        sheet = book.add_worksheet("Filters")
        for place, (name, text) in enumerate(filters.items()):
            sheet.write_string(place, 0, name)
            sheet.write_string(place, 1, _fitting(text))
        sheet.autofit(_WIDEST_PIXELS)
    return file.getvalue()


def _write(sheet: Any, row: int, column: int, value: object, moment: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, _fitting(value))
    elif isinstance(value, date) and value.year < EXCEL_FIRST_YEAR:
        sheet.write_string(row, column, value.isoformat())  # Excel has no such day
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, moment)
    else:
        sheet.write(row, column, value)


def _fitting(text: str) -> str:
    """Return a text cut to what a cell holds, with an ellipsis where something is missing."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * EXCEL_CHARACTERS:
        return text
    return units[: 2 * (EXCEL_CHARACTERS - 1)].decode("utf-16-le", errors="ignore") + "…"
