"""CSV and Excel of exactly what a table shows, with the filters written in them."""

import csv
import io
from collections.abc import Mapping

import pyarrow as pa
import xlsxwriter

# A spreadsheet takes a text that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _safe(value: object) -> object:
    """Return a value that no spreadsheet runs."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def to_csv(table: pa.Table, headings: Mapping[str, str], filters: Mapping[str, str]) -> bytes:
    """Return a table as UTF-8 CSV: a comment line a filter, the headings, the rows."""
    text = io.StringIO()
    writer = csv.writer(text)
    for name, value in filters.items():
        writer.writerow([f"# {name}: {value}"])
    writer.writerow(headings.values())
    for row in table.select(list(headings)).to_pylist():
        writer.writerow([_safe(value) for value in row.values()])
    return text.getvalue().encode("utf-8-sig")


def to_excel(table: pa.Table, headings: Mapping[str, str], filters: Mapping[str, str]) -> bytes:
    """Return a table as a workbook of two sheets: the rows, and the filters they passed."""
    file = io.BytesIO()
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        rows = book.add_worksheet("Rows")
        rows.write_row(0, 0, headings.values(), bold)
        for place, row in enumerate(table.select(list(headings)).to_pylist(), start=1):
            rows.write_row(place, 0, row.values())
        rows.freeze_panes(1, 0)
        rows.autofit()
        sheet = book.add_worksheet("Filters")
        for place, (name, value) in enumerate(filters.items()):
            sheet.write_row(place, 0, [name, value])
        sheet.autofit()
    return file.getvalue()
