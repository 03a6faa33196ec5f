"""Reads the tables of an opened page, and lets queries have other answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from dashboard import queries, warehouse


def shown(app: AppTest, first_column: str, number: int = 0) -> list[dict[str, Any]]:
    """The rows of the table that begins with a column, of several the one with this number."""
    tables = [
        pa.ipc.open_stream(element.proto.arrow_data.data).read_all() for element in app.dataframe
    ]
    found = [table for table in tables if table.column_names[0] == first_column]
    rows: list[dict[str, Any]] = found[number].to_pylist() if number < len(found) else []
    return rows


@contextmanager
def answers(**by_query: list[dict[str, Any]] | Exception) -> Iterator[None]:
    """Let queries, by their names, answer with other rows than the warehouse's, or fail."""
    read = warehouse.read
    replaced = {getattr(queries, name): answer for name, answer in by_query.items()}

    def answered(viewer: str, sql: str, **values: warehouse.Value) -> pa.Table:
        answer = replaced.get(sql)
        if isinstance(answer, Exception):
            raise answer
        table = read(viewer, sql, **values)
        return table if answer is None else pa.Table.from_pylist(answer, schema=table.schema)

    with patch.object(warehouse, "read", answered):
        yield
