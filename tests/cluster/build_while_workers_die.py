"""The demo company on a real cluster that loses each of its workers once while it is built."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.cluster.standalone import HOST, Cluster, standalone_cluster
from tests.warehouse.engines.duckdb_engine import DuckDBEngine
from tests.warehouse.engines.parity import check_parity
from tests.warehouse.engines.spark import SparkEngine

BUILD = ["build", "--exclude-resource-type", "unit_test", "test"]
STEPS_BEFORE_EACH_LOSS = 20


class ClusterEngine(SparkEngine):
    """A warehouse that a cluster's Thrift server builds."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cluster: Cluster | None = None

    def settings(self) -> dict[str, str]:
        assert self.cluster is not None
        return {
            **super().settings(),
            "SPARK_METHOD": "thrift",
            "SPARK_HOST": HOST,
            "SPARK_PORT": str(self.cluster.thrift_port),
        }

    def finished_steps(self) -> int:
        """How many models and seeds dbt has finished."""
        log = self.folder / "logs" / "dbt.log"
        return log.read_text("utf-8").count("Finished running node") if log.exists() else 0


def lose_each_worker_once(engine: ClusterEngine, cluster: Cluster, build: Future[str]) -> int:
    """Kills each worker in its turn while the build runs, and starts it again; returns how many."""
    lost = 0
    for place, worker in enumerate(cluster.workers, 1):
        while engine.finished_steps() < place * STEPS_BEFORE_EACH_LOSS and not build.done():
            time.sleep(0.5)
        if build.done():
            break
        worker.kill()
        lost += 1
        cluster.start_worker(worker)
    return lost


def test_a_build_survives_the_loss_of_each_worker(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    folders = [tmp_path / name for name in ("duckdb", "spark", "cluster")]
    for folder in folders:
        folder.mkdir()
    reference, engine = DuckDBEngine(folders[0]), ClusterEngine(folders[1])
    reference.dbt(BUILD, {})
    with standalone_cluster(folders[2], engine.warehouse) as cluster:
        engine.cluster = cluster
        with ThreadPoolExecutor(1) as pool:
            build = pool.submit(engine.dbt, BUILD, {})
            lost = lose_each_worker_once(engine, cluster, build)
            build.result()
    assert lost == len(cluster.workers), "the build was over before each worker was lost"
    check_parity("The demo company on a cluster", reference.warehouse, engine, record_property)
