"""Spark: a session in dbt's own process, its tables as Parquet files in a folder.

What was built is read from the files, by DuckDB, so that only dbt starts a Java.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from ingest.java import java_environment
from tests.warehouse.engines.engine import Engine, RawTables
from tests.warehouse.harness import SCHEMA_OF_TESTS, land, quoted

CLASSES = Path(sys.prefix) / "share" / f"classes-of-spark-{version('pyspark')}.jsa"
"""The thousands of classes that a build loads, as the first build of all has left them.

Every later Java begins with them: a small build took 71 s with them and 129 s without. One that
cannot use them, as it is of another version, loads its classes one by one.
"""


class SparkEngine(Engine):
    """A warehouse in a folder of its own."""

    name = "spark"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may_be_killed = False
        """Whether the catalogue syncs what it writes, as it does outside of tests."""
        self._landed: dict[str, dict[str, list[str]]] = {}
        self._is_building = False

    @property
    def warehouse(self) -> Path:
        """The folder that holds a folder a schema, and in it one a table."""
        return self.folder / "spark-warehouse"

    def settings(self) -> dict[str, str]:
        return {
            **java_environment(),
            "SPARK_WAREHOUSE": str(self.warehouse),
            "SPARK_DRIVER_MEMORY": "2g",
            "SPARK_SHUFFLE_PARTITIONS": "2",
            # Of a small build most is spent on compiling code that runs once. Java keeps 48 MB for
            # what it compiled so, which all models fill: from then on it would only interpret. What
            # a statement leaves behind is young, and collected seldom where it has room; that the
            # small Java that starts Spark has less room than that it would print.
            "JDK_JAVA_OPTIONS": (
                "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC "
                "-Xmn768m -Xlog:gc+ergo=off "
                + ("" if self.may_be_killed else "-Dderby.system.durability=test ")
                + (
                    f"-XX:SharedArchiveFile={CLASSES} -Xlog:cds=off -Xlog:cds+dynamic=off"
                    if CLASSES.exists()
                    else f"-XX:ArchiveClassesAtExit={self._own_classes}"
                    if self._is_building
                    else ""
                )
            ),
            "DBT_THREADS": "2",
        }

    @property
    def _own_classes(self) -> Path:
        """Where this process's Java leaves its classes when it ends."""
        return CLASSES.with_suffix(f".{os.getpid()}")

    def dbt(self, command: Sequence[str], variables: Mapping[str, Any]) -> str:
        CLASSES.parent.mkdir(exist_ok=True)
        self._is_building = command[0] == "build"
        try:
            output = super().dbt(command, variables)
        finally:
            self._is_building = False
        if self._own_classes.exists():
            self._own_classes.replace(CLASSES)
        return output

    def land(self, tables: RawTables) -> None:
        arriving = self.folder / "arriving"
        shutil.rmtree(arriving, ignore_errors=True)
        with duckdb.connect() as connection:
            for schema, named in tables.items():
                (arriving / schema).mkdir(parents=True)
                for name, table in named.items():
                    land(connection, schema, name, table)
                    path = arriving / schema / f"{name}.parquet"
                    connection.execute(f"copy {quoted(schema)}.{quoted(name)} to '{path}'")
        shapes = {
            schema: {name: list(table.columns) for name, table in named.items()}
            for schema, named in tables.items()
        }
        if all(self._landed.get(schema) == shape for schema, shape in shapes.items()):
            # Spark knows the tables, so new files in their folders will do, and start no Java.
            for path in arriving.glob("*/*.parquet"):
                (place,) = (self.warehouse / f"{path.parent.name}.db").glob(f"{path.stem}__*")
                shutil.rmtree(place)
                place.mkdir()
                path.rename(place / path.name)
        else:
            self.run(sys.executable, "-m", "tests.warehouse.engines.land_in_spark", str(arriving))
            self._landed.update(shapes)

    def copy_into(
        self, connection: duckdb.DuckDBPyConnection, place: str, table: str, columns: dict[str, str]
    ) -> None:
        folder = self.folder_of(table)
        if any(folder.rglob("*.parquet")):
            names = ", ".join(
                f"cast({quoted(name)} as {kind}) as {quoted(name)}"
                for name, kind in columns.items()
            )
            source = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
            connection.execute(f"create or replace table {place} as select {names} from {source}")
        else:
            definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
            connection.execute(f"create or replace table {place} ({definition})")

    def folder_of(self, table: str) -> Path:
        """The folder of a table that is named `layer.name`."""
        layer, name = table.split(".")
        return self.warehouse / f"{SCHEMA_OF_TESTS}_{layer}.db" / name

    def tables(self, *layers: str) -> list[str]:
        """Names `layer.name` of all tables in the layers; views have no files."""
        return sorted(
            f"{layer}.{folder.name}"
            for layer in layers
            for folder in self.folder_of(f"{layer}.*").parent.iterdir()
        )
