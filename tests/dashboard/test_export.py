"""Exports hold what a table shows, with its filters, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
import streamlit as st
from python_calamine import CalamineWorkbook

from dashboard import export
from tests.dashboard.conftest import Open

FORMULAS = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    '=HYPERLINK("//x")',
]
LONG = "Ω" * 10_000
TOO_LONG = "😀" * 20_000  # 40,000 units of UTF-16
NAMES = [
    *FORMULAS, "{=1+1}", "http://example.org", "007", "", "Łódź, 東京 🥐", 'a "b", c', "two\nlines",
    "_x0041_", "\x01", " =1", LONG,
]  # fmt: skip


def csv_of(content: bytes) -> tuple[list[str], list[str], list[list[str]]]:
    """The comment lines, the headings and the rows of a CSV."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    comments = [row[0] for row in rows if len(row) == 1 and row[0].startswith("# ")]
    return comments, rows[len(comments)], rows[len(comments) + 1 :]


def excel_of(content: bytes) -> tuple[list[list[Any]], list[list[Any]]]:
    """The cells of both sheets."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Rows", "Filters"]
    rows, filters = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    return rows, filters


def table(**columns: list[Any]) -> tuple[pa.Table, dict[str, str]]:
    """A table and headings of its columns."""
    return pa.table(columns), {name: f"{name}, unit" for name in columns}


def test_names_are_text_in_a_csv_and_run_nowhere() -> None:
    rows, headings = table(name=NAMES, after=list(range(len(NAMES))))
    _, _, written = csv_of(export.to_csv(rows, headings, {}))
    assert [row[1] for row in written] == [str(place) for place in range(len(NAMES))]
    for (text, _), name in zip(written, NAMES, strict=True):
        assert text == (f"'{name}" if name in FORMULAS else name)


def test_names_are_text_in_excel_as_they_are() -> None:
    rows, headings = table(name=NAMES, after=list(range(len(NAMES))))
    content = export.to_excel(rows, headings, {})
    (_, *written), _ = excel_of(content)
    assert [row[0] for row in written] == NAMES
    assert [row[1] for row in written] == list(range(len(NAMES)))
    assert not formulas(content)


def formulas(content: bytes) -> list[str]:
    """Sheets of a workbook that have formulas or links."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return [
            part
            for part in parts.namelist()
            if part.startswith("xl/worksheets/")
            and (b"<f>" in parts.read(part) or b"<hyperlink" in parts.read(part))
        ]


def test_a_name_too_long_for_a_cell_is_cut_and_what_stands_right_of_it_stays() -> None:
    rows, headings = table(name=[TOO_LONG, "short"], after=[1, 2])
    (_, first, second), _ = excel_of(export.to_excel(rows, headings, {}))
    assert first[0] == "😀" * 16_383 + "…"
    assert [first[1], *second] == [1, "short", 2]
    _, _, written = csv_of(export.to_csv(rows, headings, {}))
    assert written == [[TOO_LONG, "1"], ["short", "2"]]


def test_numbers_dates_and_nulls_are_neither_rounded_nor_lost() -> None:
    values: dict[str, list[Any]] = {
        "amount": [123456789.1234, -0.0001, None],
        "ratio": [2 / 3, 0.123456789012, None],
        "count": [9_007_199_254_740_991, -1, None],
        "day": [date(2024, 2, 29), date(1899, 12, 31), None],
        "time": [datetime(2024, 2, 29, 23, 59, 58), datetime(1999, 3, 1, 12), None],
        "yes": [True, False, None],
        "name": ["a", None, "c"],
    }
    rows, headings = table(**values)
    _, heading, written = csv_of(export.to_csv(rows, headings, {}))
    assert heading == list(headings.values())
    assert written == [
        ["123456789.1234", "0.6666666666666666", "9007199254740991", "2024-02-29",
         "2024-02-29 23:59:58", "True", "a"],
        ["-0.0001", "0.123456789012", "-1", "1899-12-31", "1999-03-01 12:00:00", "False", ""],
        ["", "", "", "", "", "", "c"],
    ]  # fmt: skip
    (heading, *cells), _ = excel_of(export.to_excel(rows, headings, {}))
    assert heading == list(headings.values())
    assert cells[0][1] == pytest.approx(2 / 3, rel=1e-15)
    cells[0][1] = 2 / 3
    assert cells == [
        [123456789.1234, 2 / 3, 9_007_199_254_740_991, date(2024, 2, 29),
         datetime(2024, 2, 29, 23, 59, 58), True, "a"],
        [-0.0001, 0.123456789012, -1, "1899-12-31", datetime(1999, 3, 1, 12), False, ""],
        ["", "", "", "", "", "", "c"],
    ]  # fmt: skip


def test_filters_are_written_as_text_whatever_they_hold() -> None:
    filters = {"Location": "=1+1", "Search": 'a "b"\nc', "Long": TOO_LONG}
    rows, headings = table(name=["a"])
    comments, heading, written = csv_of(export.to_csv(rows, headings, filters))
    assert comments == [f"# {name}: {value}" for name, value in filters.items()]
    assert (heading, written) == (["name, unit"], [["a"]])
    content = export.to_excel(rows, headings, filters)
    assert not formulas(content)
    _, sheet = excel_of(content)
    assert [row[0] for row in sheet] == list(filters)
    assert [row[1] for row in sheet][:2] == ["=1+1", 'a "b"\nc']


def test_a_table_without_rows_has_its_headings() -> None:
    rows, headings = pa.table({"name": pa.array([], pa.string())}), {"name": "Name"}
    assert csv_of(export.to_csv(rows, headings, {"Item": "x"})) == (["# Item: x"], ["Name"], [])
    assert excel_of(export.to_excel(rows, headings, {"Item": "x"})) == ([["Name"]], [["Item", "x"]])


def test_rows_that_a_sheet_cannot_hold_are_counted() -> None:
    rows, headings = table(name=["a", "b", "c"])
    with patch.object(export, "EXCEL_ROWS", 3):
        cells, filters = excel_of(export.to_excel(rows, headings, {}))
    assert cells == [["name, unit"], ["a"], ["b"]]
    assert filters == [["Rows left out", "1, the last ones"]]


@pytest.fixture
def exported(open_page: Open) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Opens a page, and returns what its tables show beside what they export."""

    def opened(name: str, **address: str) -> list[dict[str, Any]]:
        tables: list[dict[str, Any]] = []

        def dataframe(shown: pa.Table, **options: Any) -> Any:
            headings = {
                key: config["label"] for key, config in options["column_config"].items()
            }  # as they stand above the columns
            tables.append(
                {"rows": shown, "headings": [headings[key] for key in shown.column_names]}
            )
            return draw_table(shown, **options)

        def download_button(label: str, data: Callable[[], bytes], **options: Any) -> Any:
            tables[-1][label] = data
            tables[-1]["name"] = options["file_name"].rpartition(".")[0]
            return draw_button(label, data, **options)

        draw_table, draw_button = st.dataframe, st.download_button
        with patch.multiple(st, dataframe=dataframe, download_button=download_button):
            open_page(name, **address)
        return tables

    yield opened


def test_a_page_exports_the_rows_and_columns_that_it_shows_with_its_filters(
    exported: Callable[..., list[dict[str, Any]]],
) -> None:
    tables = exported("patterns", period="All", location="L02")
    names = ["sales-by-hour", "sales-by-weekday", "seasons"]
    by_name = {shown["name"]: shown for shown in tables}
    for shown in [by_name[name] for name in names]:
        rows = [list(row.values()) for row in shown["rows"].to_pylist()]
        comments, heading, written = csv_of(shown["CSV"]())
        assert heading == shown["headings"]
        assert written == [["" if cell is None else str(cell) for cell in row] for row in rows]
        assert "# Location: Dunmere Branch" in comments
        assert "# Data up to: 2026-06-30" in comments
        (heading, *cells), filters = excel_of(shown["Excel"]())
        assert heading == shown["headings"]
        for cell_row, row in zip(cells, rows, strict=True):
            assert cell_row == pytest.approx(row, rel=1e-14) or cell_row == row
        assert ["Location", "Dunmere Branch"] in filters
