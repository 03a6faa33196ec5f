"""Times the build of Online Retail II, with all data tests, on DuckDB.

`make bench FILE=online_retail_ii.parquet` loads the file into a DuckDB file of its own, builds it,
and prints rows, seconds and peak memory as a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parent.parent
VARS = "{connectors: [online_retail]}"
LINES_TABLE = "online_retail.online_retail_lines"


def run_timed(command: list[str], environment: dict[str, str]) -> float:
    """Wall-clock seconds of a command, its output passed on; exits with it when it fails."""
    started = time.perf_counter()
    finished = subprocess.run(command, cwd=PROJECT, env=environment, check=False)
    if finished.returncode != 0:
        sys.exit(finished.returncode)
    return time.perf_counter() - started


def peak_memory_gib() -> float:
    """The largest resident set of any command run so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main() -> None:
    """Loads, builds and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, prog="make bench")
    parser.add_argument("--file", required=True, type=Path, help="an Online Retail II file")
    file = parser.parse_args().file.resolve()
    dbt = str(Path(sys.executable).with_name("dbt"))
    load = [sys.executable, "-m", "ingest.load", "--source", "online_retail", "--file", str(file)]
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "bench.duckdb"
        environment = {
            **os.environ,
            "DUCKDB_PATH": str(warehouse),
            "DBT_TARGET": "duckdb",
            "DBT_TARGET_PATH": str(Path(folder) / "target"),
        }
        load_seconds = run_timed(load, environment)
        load_memory = peak_memory_gib()
        build = [dbt, "build", "--exclude", "test_type:unit", "--vars", VARS]
        build_seconds = run_timed(build, environment)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            counted = connection.execute(f"select count(*) from {LINES_TABLE}").fetchall()
        size_mib = warehouse.stat().st_size / 2**20
    print()
    print("| step | lines | seconds | peak memory, GiB | file, MiB |")
    print("|---|---|---|---|---|")
    print(f"| load | {counted[0][0]:,} | {load_seconds:.1f} | {load_memory:.2f} | |")
    print(
        f"| build with data tests | {counted[0][0]:,} | {build_seconds:.1f} "
        f"| {peak_memory_gib():.2f} | {size_mib:.0f} |"
    )


if __name__ == "__main__":
    main()
