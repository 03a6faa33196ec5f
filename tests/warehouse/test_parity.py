"""All engines give the same rows: the demo company, and Online Retail II in `make test-long`.

Raw rows arrive as a company's do, by the loader: COPY on PostgreSQL, Spark's own readers on Spark.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.engine import Engine
from tests.warehouse.engines.parity import compare, differences, show
from tests.warehouse.engines.postgres import PostgresEngine, PostgresServer
from tests.warehouse.harness import PROJECT, Warehouse

PUBLIC_TABLES = 30


def loaded_and_built(engine: Engine, source: str, file: Path, variables: Mapping[str, Any]) -> None:
    engine.load(source, file, variables)
    engine.build(variables)


class TestDemoCompany:
    source = "dw"
    file = PROJECT / "seeds" / "demo"
    variables: Mapping[str, Any] = {"use_demo_data": False}

    @pytest.fixture(scope="class")
    def reference(self, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
        engine = DuckDBEngine(tmp_path_factory.mktemp("duckdb"))
        loaded_and_built(engine, self.source, self.file, self.variables)
        return engine.warehouse

    def check(
        self, reference: Warehouse, engine: Engine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        loaded_and_built(engine, self.source, self.file, self.variables)
        comparisons = compare(reference, engine)
        with capsys.disabled():
            show(f"{self.file.name}: {engine.name} beside duckdb", comparisons)
        assert len(comparisons) >= PUBLIC_TABLES
        assert not differences(comparisons), "\n".join(differences(comparisons))

    def test_postgres(
        self,
        reference: Warehouse,
        postgres_server: PostgresServer,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.check(reference, PostgresEngine(tmp_path, postgres_server), capsys)
