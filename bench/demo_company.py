"""Generate a synthetic company as the tables of connector `dw`, of any size.

The company is a wholesaler of coffee, tea and bakery supplies that invoices cafés, hotels,
bakeries, offices and shops. What is planted in it (item pairs, seasons, customers who left, fade or
grow, bad rows) is told in truths.json beside the tables, for tests of the marts to assert. The
same seed number and size give the same bytes.

    python -m bench.demo_company --out seeds/demo --format csv --seed 20240101 --lines 25000
    python -m bench.demo_company --out FOLDER --format parquet --lines 100000000

CSV holds every column as text (LF, plain decimals, ISO dates) with one of each kind of bad row.
Parquet is typed (decimal(18,4), date, text): it leaves out the bad rows that only text can hold,
such as the quantity "twelve", and its truths.json leaves them out, too.

Invoices are made and written a month or less at a time, so memory does not grow with --lines.
Lines come out within a few percent of --lines; items, and customers unless --customers says how
many, grow more slowly than lines.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bench.demo import lists
from bench.demo.bad_rows import BadRows
from bench.demo.company import (
    FEWEST_CUSTOMERS,
    MOST_CUSTOMERS,
    Company,
    Row,
    Size,
    make_company,
)
from bench.demo.contract import TABLES
from bench.demo.files import FORMATS, TableFile
from bench.demo.invoices import InvoiceStream
from bench.demo.raw_columns import header_columns, line_columns
from bench.demo.stock import Stock
from bench.demo.truths import Truths

HEADER, LINE = "dw_invoice_header", "dw_invoice_line"
SMALLEST, LARGEST = 10_000, 1_000_000_000
_SMALLEST_MONTH = 300  # lines; below that the first month has no row for each kind of defect


class UsageError(Exception):
    """An argument that cannot be used; the message is for the user."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see --help")


def _spoiled(columns: dict[str, Any], bad_rows: BadRows) -> dict[str, Any]:
    """The first chunk's lines with the marked values in place of readable ones."""
    for marked in bad_rows.marked:
        if marked.table == LINE:
            column = columns[marked.column]
            here = pa.array(np.arange(len(column)) == marked.position)
            columns[marked.column] = pc.if_else(here, marked.value, column.cast(pa.string()))
    return columns


def generate(out: Path, file_format: str, seed: int, size: Size, progress: Progress) -> Truths:
    """Write all tables and truths.json to the folder `out`; return what was planted."""
    company = make_company(seed, size)
    is_csv = file_format == "csv"
    bad_rows = BadRows(company, is_csv)
    truths, stock = Truths(company, bad_rows), Stock(company)
    task = progress.add_task("invoice lines", total=size.lines)
    with ExitStack() as stack:
        files = {t: stack.enter_context(TableFile(out, t, file_format)) for t in TABLES}
        for chunk in InvoiceStream(company).chunks():
            truths.add(chunk)
            stock.add(chunk)
            totals = truths.header_totals(chunk)
            lines = line_columns(chunk, company, is_csv)
            if chunk.number == 0:
                bad_rows.spoil_invoices(chunk)
                lines = _spoiled(lines, bad_rows)
            files[HEADER].write_columns(header_columns(chunk, totals, company, is_csv))
            files[LINE].write_columns(lines)
            if chunk.number == 0:
                files[HEADER].write_rows(bad_rows.of(HEADER))
                files[LINE].write_rows(bad_rows.of(LINE))
            progress.advance(task, len(chunk.lines))
        rows = _small_tables(company, stock)
        bad_rows.spoil_lists(rows)
        for table, good in rows.items():
            files[table].write_rows([*good, *bad_rows.of(table)])
        truths.row_counts = {table: file.row_count for table, file in files.items()}
    progress.update(task, total=truths.row_counts[LINE], completed=truths.row_counts[LINE])
    told = json.dumps(truths.told(size.lines), indent=2, ensure_ascii=False)
    (out / "truths.json").write_text(told + "\n", encoding="utf-8", newline="\n")
    return truths


def _small_tables(company: Company, stock: Stock) -> dict[str, list[Row]]:
    return {
        "dw_item": lists.item_rows(company),
        "dw_customer": lists.customer_rows(company),
        "dw_sales_rep": lists.rep_rows(),
        "dw_location": lists.location_rows(),
        "dw_channel": lists.channel_rows(),
        "dw_inventory_snapshot": stock.rows(),
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    summary = (__doc__ or "").splitlines()[0]
    parser = _Parser(prog="python -m bench.demo_company", description=summary)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="default csv")
    parser.add_argument("--seed", type=int, default=20240101, help="default 20240101")
    parser.add_argument("--lines", type=int, default=25_000, help="about; default 25000")
    parser.add_argument("--customers", type=int, help="default by --lines; 25000 lines have 400")
    parser.add_argument("--months", type=int, default=30, help="ending in June 2026; default 30")
    given = parser.parse_args(argv)
    if not SMALLEST <= given.lines <= LARGEST:
        raise UsageError(f"--lines must be from {SMALLEST} to {LARGEST}, got {given.lines}")
    if not 18 <= given.months <= 120:
        raise UsageError(f"--months must be from 18 to 120, got {given.months}")
    if given.lines < _SMALLEST_MONTH * given.months:
        needed = _SMALLEST_MONTH * given.months
        raise UsageError(f"--months {given.months} needs --lines of at least {needed}")
    if given.customers is not None and not (
        FEWEST_CUSTOMERS <= given.customers <= min(MOST_CUSTOMERS, given.lines // 10)
    ):
        most = min(MOST_CUSTOMERS, given.lines // 10)
        raise UsageError(
            f"--customers must be from {FEWEST_CUSTOMERS} to {most}, got {given.customers}"
        )
    if given.seed < 0:
        raise UsageError(f"--seed must not be negative, got {given.seed}")
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 when all files are written."""
    try:
        given = _arguments(argv)
        given.out.mkdir(parents=True, exist_ok=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        console = Console(stderr=True)
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            size = Size.of(given.lines, given.months, given.customers)
            truths = generate(given.out, given.format, given.seed, size, progress)
    except UsageError as error:
        print(f"demo_company: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"demo_company: cannot write to {given.out}: {error.strerror}", file=sys.stderr)
        return 1
    for table, count in truths.row_counts.items():
        print(f"{table:<24}{count:>14,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
