"""Loads into Spark: each file is staged as Parquet, which Spark's own reader then takes in.

Spark has no transactions. A raw table is therefore a view: the rows of a load go into a table of
their own, and when all tables are whole the views are pointed at them, each in one step.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import Table
from ingest.errors import InputError, one_line
from ingest.files import RawFile
from ingest.java import java_environment
from ingest.landing import Landing

_KEPT_TYPES = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_string,
)


class SparkWarehouse:
    """A load into Spark: what is landed is seen when it ends, or never."""

    def __init__(self, adapter: Any, staging: Path) -> None:
        self._adapter = adapter
        self._staging = staging
        self._load = uuid4().hex[:12]
        self._landed: list[Table] = []

    def land(self, landing: Landing) -> int:
        """Land a file's rows in a table of their own; return how many it then counts."""
        table = landing.table
        file = self._staging / f"{table.identifier}__{self._load}.parquet"
        _stage(landing.file, landing.columns, file)
        self._landed.append(table)
        arriving = self._arriving(table)
        self.execute(f"create schema if not exists {_quoted(table.schema)}")
        self.execute(f"create table {arriving} using parquet as select * from parquet.`{file}`")
        file.unlink()
        return int(self.execute(f"select count(*) from {arriving}")[0][0])

    def commit(self) -> None:
        """Point the raw tables at what was landed, and drop what older loads left."""
        for table in self._landed:
            place = f"{_quoted(table.schema)}.{_quoted(table.identifier)}"
            present = self._adapter.get_relation(None, table.schema, table.identifier)
            if present is not None and present.type == "table":
                self.execute(f"drop table {place}")
            self.execute(f"create or replace view {place} as select * from {self._arriving(table)}")
        for table in self._landed:
            self._drop_loads(table, all_but=f"{table.identifier}__{self._load}")

    def discard(self) -> None:
        """Drop what was landed."""
        for table in self._landed:
            self.execute(f"drop table if exists {self._arriving(table)}")

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        _, rows = self._adapter.execute(statement, fetch=True)
        return [tuple(row.values()) for row in rows.rows]

    def _arriving(self, table: Table) -> str:
        return f"{_quoted(table.schema)}.{_quoted(f'{table.identifier}__{self._load}')}"

    def _drop_loads(self, table: Table, all_but: str) -> None:
        pattern = f"{table.identifier}__{'?' * len(self._load)}".replace("?", "[0-9a-f]")
        found = self.execute(f"show tables in {_quoted(table.schema)} like '{pattern}'")
        for _, name, *_ in found:
            if name != all_but.lower():
                self.execute(f"drop table {_quoted(table.schema)}.{_quoted(name)}")


@contextmanager
def open_spark() -> Iterator[SparkWarehouse]:
    """Open a load into the Spark that profiles.yml means, which dbt has read by now."""
    from dbt.adapters.factory import get_adapter_by_type

    os.environ.update(java_environment())
    adapter = get_adapter_by_type("spark")  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(dir=_shared_folder(adapter)) as staging:
        # Workers run under other users, who cannot look into a folder that is only for its owner.
        Path(staging).chmod(0o755)
        try:
            with adapter.connection_named("load"):
                warehouse = SparkWarehouse(adapter, Path(staging))
                try:
                    yield warehouse
                except BaseException:
                    warehouse.discard()
                    raise
                # From here on a view may name what was landed, so nothing of it is dropped.
                warehouse.commit()
        except InputError:
            raise
        except Exception as error:  # whatever the connection's own library calls it
            raise InputError(
                f"Spark refused the load: {one_line(error)}; the tables that are there stay."
            ) from error


def _shared_folder(adapter: Any) -> str | None:
    """Return the folder in which Spark finds what this process writes; None for any will do."""
    if adapter.config.credentials.method == "session":
        return None
    folder = os.environ.get("SPARK_STAGING")
    if not folder:
        raise InputError(
            "the workers of a cluster cannot read this machine's files; set SPARK_STAGING to a "
            "folder that they and this machine see under one path."
        )
    return folder


def _stage(file: RawFile, columns: list[str], path: Path) -> None:
    """Write a file's rows as Parquet, in types that Spark reads."""
    empty = pa.table({name: pa.array([], pa.string()) for name in columns})
    writer = None
    try:
        for batch in file.batches(as_text=False):
            table = _readable(batch.rename_columns(columns))
            writer = writer or pq.ParquetWriter(
                path, table.schema, coerce_timestamps="us", allow_truncated_timestamps=True
            )
            writer.write_table(table)
        if writer is None:
            pq.write_table(empty, path)
    finally:
        if writer is not None:
            writer.close()


def _readable(batch: pa.Table) -> pa.Table:
    """Return rows with columns of types that Spark does not have, such as a time, as text."""
    for place, field in enumerate(batch.schema):
        if not any(is_kept(field.type) for is_kept in _KEPT_TYPES):
            text = batch.column(place).cast(pa.string())
            batch = batch.set_column(place, field.name, text)
    return batch


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
