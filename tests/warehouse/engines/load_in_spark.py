"""Loads files into Spark one after another, as `make load` does, but in one process.

What stands in the raw table after each load is printed as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ingest.contract import read_contract
from ingest.load import load
from ingest.spark import SparkWarehouse, open_spark

SCHEMA = "online_retail"
TABLE = f"{SCHEMA}.online_retail_lines"


def main(project: Path, files: list[Path]) -> None:
    """Loads over a table that is there already, and then over what the load before has left."""
    read_contract("spark", {}, project)
    with open_spark() as warehouse:
        warehouse.execute(f"create schema {SCHEMA}")
        warehouse.execute(f"create table {TABLE} as select 'left by another program' as note")
    for file in files:
        load("online_retail", file, "spark", project_dir=project)
        with open_spark() as warehouse:
            print(json.dumps(what_stands(warehouse), default=str), flush=True)


def what_stands(warehouse: SparkWarehouse) -> dict[str, object]:
    """The columns of the raw table with their types, its rows, and all names in its schema."""
    return {
        "columns": [row[:2] for row in warehouse.execute(f"describe table {TABLE}")],
        "rows": warehouse.execute(f"select * from {TABLE}"),
        "tables": sorted(row[1] for row in warehouse.execute(f"show tables in {SCHEMA}")),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
