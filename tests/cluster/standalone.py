"""A standalone Spark cluster on the loopback address: a master, workers, and a Thrift server.

The processes are started from the classes in the pyspark package, each as the leader of a process
group of its own, so that a worker can be killed with the executors it started.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyspark

from ingest.java import java_environment

HOST = "127.0.0.1"
START_SECONDS = 180
WORKER = ("--cores", "1", "--memory", "2g")
SPARK_HOME = Path(pyspark.__file__).parent


class ClusterFailed(Exception):
    """A process of the cluster did not start; the message has the end of its log."""


class Process:
    """One process of the cluster, with a log of its own."""

    def __init__(self, name: str, folder: Path, command: list[str]) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self._command = command
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> None:
        """Starts the process."""
        self._log_start = len(self.log())
        environment = {
            **os.environ,
            **java_environment(),
            "SPARK_HOME": str(SPARK_HOME),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_DAEMON_MEMORY": "512m",
        }
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                cwd=self._log.parent,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kills the process and what it started, as the loss of a machine would."""
        assert self._popen is not None
        os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def end(self) -> None:
        """Ends the process and what it started, if it runs."""
        if self._popen is None:
            return
        self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def log(self) -> str:
        """All that the process has said, over all its lives."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def said(self, text: str) -> bool:
        """Whether it has said something since it was last started."""
        return text in self.log()[self._log_start :]

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Waits until the process is ready; raises ClusterFailed when it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            assert self._popen is not None
            if self._popen.poll() is not None or time.monotonic() > deadline:
                raise ClusterFailed(f"{self.name} did not start: {self.log()[-3000:]}")
            time.sleep(0.5)


class Cluster:
    """A master, two workers of one core each, and a Thrift server that runs its jobs on them."""

    def __init__(self, folder: Path, warehouse: Path) -> None:
        master_port, self.thrift_port = free_port(), free_port()
        master = f"spark://{HOST}:{master_port}"
        self.master = Process("master", folder, daemon("master.Master", "--port", str(master_port)))
        self.workers = [
            Process(name, folder, daemon("worker.Worker", *WORKER, "--work-dir", name, master))
            for name in ("worker_1", "worker_2")
        ]
        settings = {
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.driver.memory": "1g",
            "spark.executor.memory": "1g",
            "spark.executor.cores": "1",
            "spark.ui.enabled": "false",
            "spark.sql.warehouse.dir": str(warehouse),
            "spark.hadoop.javax.jdo.option.ConnectionURL": (
                f"jdbc:derby:;databaseName={warehouse}/metastore_db;create=true"
            ),
        }
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        self.thrift_server = Process(
            "thrift_server",
            folder,
            [
                *(str(SPARK_HOME / "bin" / "spark-submit"), "--master", master, "--class", server),
                *(part for key, value in settings.items() for part in ("--conf", f"{key}={value}")),
                "spark-internal",
                *("--hiveconf", f"hive.server2.thrift.port={self.thrift_port}"),
                *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
            ],
        )

    def start(self) -> None:
        """Starts everything and waits until the Thrift server listens."""
        self.master.start()
        self.master.wait_until(lambda: self.master.said("I have been elected leader"))
        for worker in self.workers:
            self.start_worker(worker)
        self.thrift_server.start()
        self.thrift_server.wait_until(lambda: is_listening(self.thrift_port))

    def start_worker(self, worker: Process) -> None:
        """Starts a worker and waits until the master knows it."""
        worker.start()
        worker.wait_until(lambda: worker.said("Successfully registered with master"))

    def end(self) -> None:
        """Ends everything that was started."""
        for process in (self.thrift_server, *self.workers, self.master):
            process.end()


@contextmanager
def standalone_cluster(folder: Path, warehouse: Path) -> Iterator[Cluster]:
    """A running cluster, its logs in a folder and its tables in another."""
    cluster = Cluster(folder, warehouse)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()


def daemon(name: str, *arguments: str) -> list[str]:
    """The command that starts a daemon of a standalone cluster."""
    command = str(SPARK_HOME / "bin" / "spark-class")
    place = ("--host", HOST, "--webui-port", "0")
    return [command, f"org.apache.spark.deploy.{name}", *place, *arguments]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether somebody listens on a port of the loopback address."""
    with socket.socket() as caller:
        return caller.connect_ex((HOST, port)) == 0
