"""What every engine can do for a test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb

from tests.warehouse.harness import (
    PROJECT,
    SCHEMA_OF_TESTS,
    SCORES,
    Builder,
    BuildFailed,
    RawTable,
)

RawTables = Mapping[str, Mapping[str, RawTable]]
"""Raw tables by schema and name."""


class Engine(ABC):
    """A warehouse of the tests' own on one engine, in a folder of its own."""

    name: str
    builder: Builder | None = None
    """Where it is given, it runs dbt in this process and need not parse the project each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = PROJECT
        self._has_seeds = False
        shutil.copy(PROJECT / "profiles.yml.example", folder / "profiles.yml")

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The environment variables that point profiles.yml and the loader at this warehouse."""

    @abstractmethod
    def land(self, tables: RawTables) -> None:
        """Replaces raw tables by others of text columns; schemas that are not named stay."""

    @abstractmethod
    def copy_into(
        self, connection: duckdb.DuckDBPyConnection, place: str, table: str, columns: dict[str, str]
    ) -> None:
        """Copies a built table, named `layer.name`, to `place` in a DuckDB connection.

        ``columns`` maps its columns to their DuckDB types.
        """

    @abstractmethod
    def tables(self, *layers: str) -> list[str]:
        """Names `layer.name` of all tables and views in the layers."""

    def environment(self) -> dict[str, str]:
        """The environment of commands that work on this warehouse."""
        return {
            **os.environ,
            "DBT_TARGET": self.name,
            "DBT_SCHEMA": SCHEMA_OF_TESTS,
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DO_NOT_TRACK": "1",
            **self.settings(),
        }

    def run(self, *command: str) -> str:
        """Runs a command in the project's folder and returns what it printed.

        Raises BuildFailed with the end of it when the command fails.
        """
        finished = subprocess.run(
            command,
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            raise BuildFailed(f"{self.name}: {(finished.stdout + finished.stderr)[-6000:]}")
        return finished.stdout

    def dbt(self, command: Sequence[str], variables: Mapping[str, Any]) -> str:
        """Runs one dbt command with vars and returns what it printed; a builder, what it told."""
        if self.builder:
            assert self.builder.project == self.project
            with patch.dict("os.environ", self.environment()):
                return self.builder.run_dbt_here(self.name, command, variables)
        executable = str(Path(sys.executable).with_name("dbt"))
        return self.run(executable, "--no-use-colors", *command, "--vars", json.dumps(variables))

    def load(self, source: str, file: Path, variables: Mapping[str, Any]) -> str:
        """Loads a file, or for dw a folder, as `make load` does."""
        return self.run(
            sys.executable, "-m", "ingest.load", "--source", source, "--file", str(file),
            "--target", self.name, "--vars", json.dumps(variables),
        )  # fmt: skip

    def build(
        self,
        variables: Mapping[str, Any],
        *,
        full_refresh: bool = False,
        with_tests: bool = False,
        with_scores: bool = True,
        select: Sequence[str] = (),
    ) -> str:
        """Builds all models, or those selected, from landed raw tables; returns what dbt printed.

        With tests, the data tests run as well. Raises BuildFailed with dbt's messages.
        """
        # Reference seeds come with the first build: a process of their own would start Spark again.
        left_out = ["unit_test", *([] if with_tests else ["test"])]
        if self._has_seeds:
            left_out.append("seed")
        excluded = ["path:seeds/demo", *([] if with_scores else SCORES)]
        command = ["build", "--exclude", *excluded, "--exclude-resource-type", *left_out]
        if full_refresh:
            command += ["--full-refresh"]
        if select:
            command += ["--select", *select]
        output = self.dbt(command, variables)
        self._has_seeds = self._has_seeds or not select
        return output
