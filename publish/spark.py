"""What a killed build leaves behind on Spark, which has no step that publishes all tables at once.

Spark writes a table's files before its catalogue knows the table, and forgets a table before it
deletes the files. A build that is killed in between leaves a folder of no table, and Spark refuses
to make a table where files lie. Months that were being written lie in hidden folders until they are
whole.
"""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from ingest.connections import target_schema
from ingest.contract import PROJECT_DIR
from ingest.errors import InputError
from ingest.java import java_environment

_HIDDEN = ("_temporary", ".spark-staging-*")
_LISTED = "table "
_NO_SUCH_TABLE = ("ERROR 42X05", "ERROR 42Y07")
"""What Derby says of a table, and of a schema, that is not there."""
_LIST_TABLES = f"""
    maximumdisplaywidth 1000;
    select '{_LISTED}' || DBS.NAME || '.db/' || TBLS.TBL_NAME
    from APP.TBLS as TBLS
    inner join APP.DBS as DBS on TBLS.DB_ID = DBS.DB_ID;
"""


def clear_what_was_killed() -> None:
    """Delete what a killed build of a session has left among its tables.

    Only folders of tables that this project makes are looked at. The files of a cluster are out of
    this machine's reach; there the first failing model tells which folder to delete. Raises
    InputError when the catalogue cannot be read or a folder cannot be deleted.
    """
    if os.environ.get("SPARK_METHOD", "session") != "session":
        return
    warehouse = PROJECT_DIR / os.environ.get("SPARK_WAREHOUSE", "spark-warehouse")
    catalogue = warehouse / "metastore_db"
    if not catalogue.is_dir():
        return
    tables = known_tables(catalogue)
    made = tables_of_this_project()
    for folder in warehouse.glob(f"{target_schema()}_*.db/*"):
        if folder.name not in made or not folder.is_dir():
            continue
        is_known = str(folder.relative_to(warehouse)) in tables
        for leftover in [folder] if not is_known else _hidden_folders(folder):
            try:
                shutil.rmtree(leftover)
            except OSError as error:
                raise InputError(
                    f"{leftover}, which a killed build left, cannot be deleted: {error.strerror}; "
                    "delete it and build again."
                ) from error


def tables_of_this_project() -> set[str]:
    """Return the names of all models and seeds."""
    files = [*PROJECT_DIR.glob("models/**/*.sql"), *PROJECT_DIR.glob("seeds/**/*.csv")]
    return {file.stem for file in files}


def known_tables(catalogue: Path) -> set[str]:
    """Return the folders, as `schema.db/table`, of all tables and views in a catalogue.

    There are none in a catalogue that was killed while Spark made it. Raises InputError when
    another process has it open.
    """
    lines = ask_derby(catalogue, _LIST_TABLES)
    return {line.removeprefix(_LISTED).rstrip() for line in lines if line.startswith(_LISTED)}


def ask_derby(database: Path, statements: str, options: str = "") -> list[str]:
    """Run statements on the Derby database of a catalogue, and return the lines that Derby prints.

    Derby's own shell takes a second, and Spark ten to start. A statement about a table that is not
    there prints nothing. Raises InputError.
    """
    if ";" in str(database):
        raise InputError(
            f"Spark's catalogue cannot lie in {database}, whose path has a semicolon: set "
            "SPARK_WAREHOUSE to another folder."
        )
    path = str(database).replace("'", "''")
    environment = {**os.environ, **java_environment()}
    home = environment.get("JAVA_HOME")
    finished = subprocess.run(
        [
            str(Path(home) / "bin" / "java") if home else "java",
            "-Dderby.stream.error.file=/dev/null",
            "-classpath",
            os.pathsep.join(map(str, _folder_of_jars().glob("derby*.jar"))),
            "org.apache.derby.tools.ij",
        ],
        input=f"connect 'jdbc:derby:{path}{options}';\n{statements}\nexit;\n",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = finished.stdout.splitlines()
    faults = [
        line
        for line in [*lines, *finished.stderr.splitlines()]
        if "ERROR" in line and not any(fault in line for fault in _NO_SUCH_TABLE)
    ]
    if finished.returncode != 0 or faults:
        reason = faults[-1] if faults else f"exit code {finished.returncode}"
        raise InputError(
            f"Spark's catalogue {database} cannot be read ({reason}); if a program has it open, "
            "end it and build again."
        )
    return lines


def _hidden_folders(folder: Path) -> list[Path]:
    return [hidden for pattern in _HIDDEN for hidden in folder.glob(pattern)]


def _folder_of_jars() -> Path:
    """Return where the package of Spark keeps its Java libraries."""
    package = find_spec("pyspark")
    if package is None or package.origin is None:
        raise InputError("Spark is not installed here; run make with TARGET=spark, which does.")
    return Path(package.origin).parent / "jars"
