"""Lands Parquet files, one a table in a folder a schema, in Spark: in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.contract import Table, read_contract
from ingest.files import ParquetFile
from ingest.landing import Landing
from ingest.progress import progress_bars
from ingest.spark import open_spark
from tests.unit.small_project import make_small_project


def land(folder: Path) -> None:
    """Replaces each schema that the folder has a folder for."""
    with TemporaryDirectory() as project:  # from which dbt reads the profile
        read_contract("spark", {}, make_small_project(Path(project)))
    with open_spark() as warehouse, progress_bars() as progress:
        for schema in sorted(folder.iterdir()):
            warehouse.execute(f"drop schema if exists `{schema.name}` cascade")
            for path in sorted(schema.iterdir()):
                file = ParquetFile(path, progress)
                table = Table("", path.stem, schema.name, path.stem, True, ())
                warehouse.land(Landing(table, file, file.columns))


if __name__ == "__main__":
    land(Path(sys.argv[1]))
