"""One more day of a generated company: what a warehouse gets overnight.

The day's invoices go to files of their own, to be appended to the raw tables of headers and lines.
One in a hundred is late and bears an earlier date. The same company gets the same day.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from bench.demo.company import Size, day_of, make_company
from bench.demo.files import TableFile
from bench.demo.invoices import InvoiceStream
from bench.demo.raw_columns import header_columns, line_columns

HEADER, LINE = "dw_invoice_header", "dw_invoice_line"


@dataclass(frozen=True)
class NextDay:
    """What was written: the day, its invoices and lines, and how many of them are late."""

    day: date
    invoices: int
    lines: int
    late_invoices: int
    late_lines: int


def write_next_day(company_folder: Path, out: Path) -> NextDay:
    """Write the day after the last of the company in a folder, in the format of its files.

    The company is made again from the seed number and size that its truths.json tells. Raises
    FileNotFoundError when the folder holds no generated company.
    """
    truths = json.loads((company_folder / "truths.json").read_text("utf-8"))
    first, last = (date.fromisoformat(truths[name]) for name in ("first_date", "as_of_date"))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    size = Size.of(truths["lines_wanted"], months, truths["customers_wanted"])
    company = make_company(truths["seed"], size)
    # Raw rows are as many as the running numbers or more, for some rows are bad.
    rows = truths["raw_row_counts"]
    chunk = InvoiceStream(company).next_day(rows[HEADER] + 1, rows[LINE] + 1)
    file_format = "csv" if (company_folder / f"{LINE}.csv").exists() else "parquet"
    is_csv = file_format == "csv"
    out.mkdir(parents=True, exist_ok=True)
    with TableFile(out, HEADER, file_format) as file:
        file.write_columns(header_columns(chunk, chunk.total, company, is_csv))
    with TableFile(out, LINE, file_format) as file:
        file.write_columns(line_columns(chunk, company, is_csv))
    day = int(chunk.invoices.day.max())
    is_late = chunk.invoices.day < day
    return NextDay(
        day=day_of(day),
        invoices=len(chunk.invoices),
        lines=len(chunk.lines),
        late_invoices=int(np.count_nonzero(is_late)),
        late_lines=int(np.count_nonzero(is_late[chunk.lines.invoice])),
    )
