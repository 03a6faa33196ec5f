"""Writes tables as CSV text or as typed Parquet, one file a table.

A file is written beside its final name and renamed when complete, so that a run that was stopped
leaves the previous file.
"""

import csv
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.demo.company import Bools, Ints, Row
from bench.demo.contract import TABLES

FORMATS: Final = ("csv", "parquet")
_NUMBER: Final = pa.decimal128(18, 4)
_ROW_GROUP: Final = 1_000_000


def cents_text(cents: int) -> str:
    """Whole cents as plain decimals: -5 is "-0.05"."""
    return str(Decimal(int(cents)).scaleb(-2))


def decimals(values: Ints, scale: int, is_csv: bool, valid: Bools | None = None) -> Any:
    """Whole numbers of 10^-scale as exact decimals: of that scale for CSV, of four for Parquet."""
    kind = pa.decimal128(18, scale) if is_csv else _NUMBER
    words = np.empty((len(values), 2), dtype=np.int64)
    words[:, 0] = values * 10 ** (kind.scale - scale)
    words[:, 1] = words[:, 0] >> 63
    array = pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words)])
    if valid is None:
        return array
    return pc.if_else(pa.array(valid), array, pa.scalar(None, kind))


def dates(days: Ints) -> Any:
    """Days since 1970-01-01 as dates."""
    return pa.array(days.astype(np.int32), type=pa.int32()).cast(pa.date32())


def numbered(prefix: Ints, numbers: Ints, digits: int) -> Any:
    """Text codes: a letter given by its code point, then the number with leading zeros."""
    characters = np.empty((len(numbers), digits + 1), dtype=np.uint8)
    characters[:, 0] = prefix
    rest = numbers.copy()
    for column in range(digits, 0, -1):
        rest, digit = np.divmod(rest, 10)
        characters[:, column] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * (digits + 1)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(characters)]
    return pa.Array.from_buffers(pa.string(), len(numbers), buffers)


def looked_up(codes: Sequence[str], positions: Ints) -> Any:
    """Text by position in a list; -1 and empty codes are missing values."""
    values = pa.array([code or None for code in codes], type=pa.string())
    indices = pa.array(positions.astype(np.int32), mask=positions < 0)
    return pa.DictionaryArray.from_arrays(indices, values)


def clock_times(minutes: Ints) -> Any:
    """Minutes of the day as HH:MM."""
    labels = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]
    return looked_up(labels, minutes)


def _typed(text: str, kind: str) -> Any:
    """A value as Parquet holds it; ValueError where only text can hold it."""
    if text == "":
        return None
    if kind == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise ValueError(f"not a number: {text}")
        return Decimal(text)
    return date.fromisoformat(text) if kind == "date" else text


def is_typed(table: str, row: Row) -> bool:
    """Whether a typed file can hold every value of the row."""
    try:
        for column, kind in TABLES[table].items():
            _typed(row.get(column, ""), kind)
    except ValueError:
        return False
    return True


def _parquet_type(kind: str) -> Any:
    return {"number": _NUMBER, "date": pa.date32()}.get(kind, pa.string())


class TableFile:
    """One table's file, open for writing; a context manager."""

    def __init__(self, folder: Path, table: str, file_format: str) -> None:
        self.table = table
        self.is_csv = file_format == "csv"
        self.row_count = 0
        self.columns = TABLES[table]
        self.path = folder / f"{table}.{file_format}"
        self._partial = self.path.with_name(self.path.name + ".partial")

    def __enter__(self) -> Self:
        if self.is_csv:
            self._stream = self._partial.open("wb")
            self._stream.write((",".join(self.columns) + "\n").encode())
        else:
            fields = [(name, _parquet_type(kind)) for name, kind in self.columns.items()]
            self._schema = pa.schema(fields)
            self._writer = pq.ParquetWriter(
                self._partial, self._schema, compression="zstd", use_dictionary=self._repeating()
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_csv:
            self._stream.close()
        else:
            self._writer.close()
        if kind is None:
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)

    def _repeating(self) -> list[str]:
        unique = {"id", "invoice_no_365"} if self.table.startswith("dw_invoice") else set()
        return [name for name, kind in self.columns.items() if name not in unique]

    def write_columns(self, columns: dict[str, Any]) -> None:
        """Append rows held as arrow arrays, all columns of the table, in its order."""
        if list(columns) != list(self.columns):
            raise ValueError(f"{self.table} needs the columns {list(self.columns)}")
        batch = pa.table(columns)
        self.row_count += batch.num_rows
        if self.is_csv:
            text = pa.table([c.cast(pa.string()) for c in batch.columns], names=list(columns))
            options = pa_csv.WriteOptions(include_header=False, quoting_style="none")
            pa_csv.write_csv(text, self._stream, options)
        else:
            self._writer.write_table(batch.cast(self._schema), row_group_size=_ROW_GROUP)

    def write_rows(self, rows: Sequence[Row]) -> None:
        """Append rows held as text; for Parquet every value must have the column's type."""
        if not rows:
            return
        self.row_count += len(rows)
        if self.is_csv:
            buffer = _Text()
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerows([row.get(name, "") for name in self.columns] for row in rows)
            self._stream.write("".join(buffer.parts).encode())
            return
        columns = {
            name: pa.array([_typed(r.get(name, ""), kind) for r in rows], _parquet_type(kind))
            for name, kind in self.columns.items()
        }
        self._writer.write_table(pa.table(columns), row_group_size=_ROW_GROUP)


class _Text:
    """What csv.writer writes to."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> None:
        self.parts.append(text)
