"""The files that can be loaded, each as a header, a way to read it in batches, and a row count.

CSV and Parquet go through DuckDB's readers, workbooks through calamine. The rows of a file are
counted by something other than what reads them for landing: CSV by Python's csv module, Parquet by
its own footer, a workbook by its sheets' rows.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook
from rich.progress import Progress

from ingest.contract import listed
from ingest.errors import InputError, one_line

FORMATS = (".csv", ".csv.gz", ".parquet", ".xlsx")
BATCH_ROWS = 60_000
SHEET_COLUMN = "sheet"
TEXT = "VARCHAR"
_DELIMITERS = ",;\t|"

csv.field_size_limit(2**31 - 1)


class RawFile(Protocol):
    """A file with one header and rows under it."""

    path: Path
    columns: list[str]
    """The header as it stands in the file, trimmed."""
    types: list[str]
    """DuckDB's type of each column; text unless the file has types."""
    rows_read: int
    """Rows under the header; complete once the batches have been read to their end."""

    def batches(self, *, as_text: bool) -> Iterator[pa.Table]:
        """Yield all rows as tables of at most BATCH_ROWS rows, cast to text if asked."""


def format_of(path: Path) -> str | None:
    """Return the file's format by the end of its name, or None when it is not one of FORMATS."""
    name = path.name.lower()
    return next((ending for ending in FORMATS if name.endswith(ending)), None)


def stem_of(path: Path) -> str:
    """Return the file's name without the ending that tells its format."""
    return path.name[: -len(format_of(path) or path.suffix)]


def open_file(path: Path, progress: Progress) -> RawFile:
    """Open a file of any of FORMATS; raises InputError when it is missing or malformed."""
    if path.is_dir():
        raise InputError(f"{path} is a folder where one file is expected; name the file itself.")
    if not path.exists():
        raise InputError(f"there is no file {path}; check the path.")
    if format_of(path) is None:
        raise InputError(
            f"{path} has none of the known endings; save it as one of {listed(FORMATS)}."
        )
    try:
        if format_of(path) == ".parquet":
            return ParquetFile(path, progress)
        if format_of(path) == ".xlsx":
            return Workbook(path, progress)
        return CsvFile(path, progress)
    except (OSError, EOFError, pa.ArrowException, CalamineError, duckdb.Error) as error:
        raise _unreadable(path, error) from error


class CsvFile:
    """A CSV file, plain or gzipped: every field is text, an empty one is null.

    UTF-8 with or without a mark, UTF-16 with one, else Latin-1. The delimiter is the one of comma,
    semicolon, tab and bar that cuts the header into the most columns.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        self.path = path
        self._progress = progress
        self._encoding = self._find_encoding()
        self._delimiter = self._find_delimiter()
        try:
            self._check()
        except UnicodeDecodeError as error:
            if self._encoding != "utf-8-sig":
                raise InputError(
                    f"{path} is marked as UTF-16 but is not; save it as UTF-8."
                ) from error
            self._encoding = "latin-1"
            self._refuse_other_code_pages()
            self._check()
        self.types = [TEXT] * len(self.columns)

    def batches(self, *, as_text: bool) -> Iterator[pa.Table]:
        """Yield all rows; they are text in any case."""
        columns = ", ".join(f"{_literal(name)}: '{TEXT}'" for name in self.columns)
        encoding = {"utf-8-sig": "utf-8"}.get(self._encoding, self._encoding)
        query = f"""
            from read_csv(
                {_literal(str(self.path))}, columns = {{{columns}}}, auto_detect = false,
                header = true, skip = {self._lines_above}, delim = {_literal(self._delimiter)},
                quote = '"', escape = '"', nullstr = '', encoding = '{encoding}',
                compression = '{"gzip" if format_of(self.path) == ".csv.gz" else "none"}',
                strict_mode = true, null_padding = false, ignore_errors = false
            )
        """
        return _duckdb_batches(self.path, query, self._progress, self.rows_read)

    def _open(self) -> BinaryIO:
        if format_of(self.path) == ".csv.gz":
            return io.BufferedReader(gzip.open(self.path))
        return self.path.open("rb")

    def _find_encoding(self) -> str:
        with self._open() as stream:
            start = stream.read(2)
        return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"

    def _refuse_other_code_pages(self) -> None:
        """Refuse bytes that are no letters in Latin-1, as in a file in a Windows code page."""
        with self._open() as stream:
            while chunk := stream.read(1 << 20):
                if re.search(rb"[\x80-\x9f]", chunk):
                    raise InputError(
                        f"{self.path} is neither UTF-8 nor Latin-1; save it as UTF-8 "
                        "(a spreadsheet calls it 'CSV UTF-8')."
                    )

    def _find_delimiter(self) -> str:
        with self._open() as stream:
            text = io.TextIOWrapper(stream, self._encoding, errors="replace", newline="")
            header = next((line for line in text if line.strip()), "")
        return max(
            _DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), []))
        )

    def _check(self) -> None:
        """Read the header, count the rows, and refuse a row with a field too many or too few."""
        task = self._progress.add_task(f"checking {self.path.name}", total=None)
        self.rows_read = 0
        with self._open() as stream:
            text = io.TextIOWrapper(stream, self._encoding, newline="")
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            try:
                header = next((row for row in reader if row), None)
                if header is None:
                    raise InputError(f"{self.path} is empty; it needs a header and rows under it.")
                self.columns = _header(header, str(self.path))
                self._lines_above = reader.line_num - 1 - sum(name.count("\n") for name in header)
                width = len(header)
                for row in reader:
                    if not row and width > 1:
                        continue  # a blank line
                    if row and len(row) != width:
                        raise InputError(
                            f"{self.path}, line {reader.line_num}: {len(row)} fields where the "
                            f"header has {width}; mend or quote that line."
                        )
                    self.rows_read += 1
                    if self.rows_read % BATCH_ROWS == 0:
                        self._progress.update(task, completed=self.rows_read)
            except csv.Error as error:
                raise InputError(
                    f"{self.path}, line {reader.line_num}: {one_line(error)}; "
                    "mend the quotes there."
                ) from error
        self._progress.remove_task(task)


class ParquetFile:
    """A Parquet file, whose columns keep the types that the file gives them."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self.path = path
        self._progress = progress
        self.rows_read = pq.read_metadata(path).num_rows
        with duckdb.connect() as connection:
            described = connection.execute(f"describe from {self._relation}").fetchall()
        self._names = [str(row[0]) for row in described]
        self.columns = _header(self._names, str(path))
        self.types = [str(row[1]) for row in described]

    @property
    def _relation(self) -> str:
        return f"read_parquet({_literal(str(self.path))})"

    def batches(self, *, as_text: bool) -> Iterator[pa.Table]:
        """Yield all rows, with the file's types or as text."""
        columns = ", ".join(
            f"cast({quoted(name)} as {TEXT}) as {quoted(name)}" if as_text else quoted(name)
            for name in self._names
        )
        query = f"select {columns} from {self._relation}"
        return _duckdb_batches(self.path, query, self._progress, self.rows_read)


@dataclass
class _Sheet:
    name: str
    columns: list[str]
    rows: Iterator[Sequence[Any]]
    height: int


class Workbook:
    """An Excel workbook: the rows of all its sheets, one sheet after another, as text.

    Sheets without any cell are passed over; all others must have the same columns. A column that
    tells the sheet is added unless the sheets have one of that name. One sheet at a time is held
    in memory.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        self.path = path
        self._progress = progress
        self.rows_read = 0
        self._sheets = self._read_sheets()
        self._first = next(self._sheets, None)
        if self._first is None:
            raise InputError(
                f"{path} has no sheet with a cell; it needs a header and rows under it."
            )
        self._adds_sheet = SHEET_COLUMN not in {name.lower() for name in self._first.columns}
        self.columns = [*self._first.columns, *([SHEET_COLUMN] if self._adds_sheet else [])]
        self.types = [TEXT] * len(self.columns)

    def batches(self, *, as_text: bool) -> Iterator[pa.Table]:
        """Yield all rows as text, once: each sheet is let go when it has been read."""
        schema = pa.schema([(name, pa.string()) for name in self.columns])
        sheet, self._first = self._first, None
        while sheet is not None:
            order = self._order(sheet)
            task = self._progress.add_task(
                f"landing {self.path.name}, {sheet.name}", total=sheet.height
            )
            for rows in _chunks(sheet.rows):
                texts = [[as_plain_text(row[place]) for row in rows] for place in order]
                if self._adds_sheet:
                    texts.append([sheet.name] * len(rows))
                self.rows_read += len(rows)
                yield pa.table([pa.array(column, pa.string()) for column in texts], schema)
                self._progress.advance(task, len(rows))
            self._progress.remove_task(task)
            sheet = None  # before the next one is read
            sheet = next(self._sheets, None)

    def _read_sheets(self) -> Iterator[_Sheet]:
        with CalamineWorkbook.from_path(self.path) as workbook:
            for name in workbook.sheet_names:
                task = self._progress.add_task(f"opening {self.path.name}, {name}", total=None)
                sheet = workbook.get_sheet_by_name(name)
                self._progress.remove_task(task)
                rows = _filled_rows(sheet)
                header = next(rows, None)
                if header is None:
                    continue
                names = [as_plain_text(cell) or "" for cell in header]
                columns = _header(names, f"{self.path}, sheet {name}")
                height = sheet.height
                del sheet
                yield _Sheet(name, columns, rows, height)

    def _order(self, sheet: _Sheet) -> list[int]:
        """Return the places of the first sheet's columns in this one."""
        expected = self.columns[:-1] if self._adds_sheet else self.columns
        if sorted(sheet.columns) != sorted(expected):
            raise InputError(
                f"{self.path}: sheet {sheet.name} has the columns {listed(sheet.columns)}, the "
                f"first sheet {listed(expected)}; give all sheets the same columns or remove "
                "that sheet."
            )
        return [sheet.columns.index(name) for name in expected]


def as_plain_text(cell: Any) -> str | None:
    """Return a workbook's cell as text: plain decimals, ISO dates and times, an empty one None."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | timedelta):
        return str(cell)
    return None


def quoted(name: str) -> str:
    """Return an SQL identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _header(names: Sequence[str], where: str) -> list[str]:
    """Return the trimmed names; a column without one is called by its place."""
    columns = [name.strip() or f"column_{place}" for place, name in enumerate(names, 1)]
    seen: dict[str, str] = {}
    for name in columns:
        if name.lower() in seen:
            raise InputError(
                f"{where} has the column '{name}' twice; rename or remove one of the two."
            )
        seen[name.lower()] = name
    return columns


def _filled_rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    """Yield the rows of a sheet that have any filled cell."""
    for row in sheet.iter_rows():
        if any(cell != "" and cell is not None for cell in row):
            yield row


def _chunks(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    chunk: list[Sequence[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == BATCH_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _duckdb_batches(
    path: Path, query: str, progress: Progress, row_count: int
) -> Iterator[pa.Table]:
    """Run a query in a DuckDB of its own and yield its rows, showing progress."""
    task = progress.add_task(f"landing {path.name}", total=row_count)
    try:
        with duckdb.connect() as connection:
            reader: pa.RecordBatchReader = connection.sql(query).to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                yield pa.Table.from_batches([batch])
                progress.advance(task, batch.num_rows)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error
    finally:
        progress.remove_task(task)


def _unreadable(path: Path, error: BaseException) -> InputError:
    return InputError(
        f"{path} cannot be read as {format_of(path)}: {one_line(error)}; check that it is whole "
        "and of that format."
    )
