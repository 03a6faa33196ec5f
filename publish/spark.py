"""What a killed build leaves behind on Spark, which has no step that publishes all tables at once.

A table whose files were being written when Spark was killed is in no catalogue, but Spark refuses
to make a table where files lie. Spark marks what it finished by a file `_SUCCESS`.
"""

import os
import shutil
from pathlib import Path

from ingest.connections import target_schema
from ingest.contract import PROJECT_DIR

_FINISHED = "_SUCCESS"


def clear_unfinished_tables() -> None:
    """Delete the folders of tables that a killed build of a session has not finished.

    The tables of a cluster are out of this machine's reach; there the first failing model tells
    which folder to delete.
    """
    if os.environ.get("SPARK_METHOD", "session") != "session":
        return
    warehouse = PROJECT_DIR / os.environ.get("SPARK_WAREHOUSE", "spark-warehouse")
    for folder in warehouse.glob(f"{target_schema()}_*.db/*"):
        if _is_unfinished(folder):
            shutil.rmtree(folder)


def _is_unfinished(folder: Path) -> bool:
    """Return whether files lie in a table's folder although no writing of it ever ended."""
    return any(folder.iterdir()) and not (folder / _FINISHED).exists()
