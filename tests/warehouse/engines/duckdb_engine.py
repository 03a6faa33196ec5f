"""DuckDB: a file."""

from __future__ import annotations

import duckdb

from tests.warehouse.engines.engine import Engine, RawTables
from tests.warehouse.harness import SCHEMA_OF_TESTS, Warehouse, land, quoted


class DuckDBEngine(Engine):
    """A warehouse in a DuckDB file."""

    name = "duckdb"

    @property
    def warehouse(self) -> Warehouse:
        """The file, to be read."""
        return Warehouse(self.folder / "warehouse.duckdb")

    def settings(self) -> dict[str, str]:
        return {"DUCKDB_PATH": str(self.warehouse.path)}

    def land(self, tables: RawTables) -> None:
        with duckdb.connect(str(self.warehouse.path)) as connection:
            for schema, named in tables.items():
                connection.execute(f"drop schema if exists {quoted(schema)} cascade")
                for name, table in named.items():
                    land(connection, schema, name, table)

    def copy_into(
        self, connection: duckdb.DuckDBPyConnection, place: str, table: str, columns: dict[str, str]
    ) -> None:
        copy_table(connection, place, self.warehouse, table, columns)

    def tables(self, *layers: str) -> list[str]:
        return self.warehouse.tables(*layers)


def copy_table(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    warehouse: Warehouse,
    table: str,
    columns: dict[str, str],
) -> None:
    """Copies a table, named `layer.name`, of a DuckDB file to `place` in a connection."""
    names = ", ".join(map(quoted, columns))
    # Views name the database they were made in, so it is attached under the same name.
    connection.execute(f"attach '{warehouse.path}' as {quoted(warehouse.path.stem)} (read_only)")
    connection.execute(
        f"create or replace table {place} as"
        f" select {names} from {quoted(warehouse.path.stem)}.{SCHEMA_OF_TESTS}_{table}"
    )
    connection.execute(f"detach {quoted(warehouse.path.stem)}")
