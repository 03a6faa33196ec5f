"""Runs `dbt build` in a process of its own, and reads from its artifacts how it ended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten
from typing import Any

from ingest.contract import PROJECT_DIR
from ingest.errors import InputError

_FAILED = ("error", "fail", "runtime error")
_TABLES = ("model", "seed", "snapshot")
_SECONDS_TO_END = 10
"""How long dbt may take to end by itself before it is killed."""
_LONGEST_MESSAGE = 400
_NO_LEAKS = "ignore:resource_tracker"
"""A filter of Python's warnings: semaphores of a killed process are freed without a word."""

Node = Mapping[str, Any]


class BuildFailed(InputError):
    """A build of which at least one step failed, or that did not make every table."""


@dataclass(frozen=True)
class Dbt:
    """dbt on one target, in one place: what all its commands of a build have in common."""

    target: str
    variables: Mapping[str, Any]
    environment: Mapping[str, str]
    """Variables set for dbt beside this process's own."""
    artifacts: Path
    """dbt's target folder."""
    lock: int
    """A descriptor that dbt inherits."""

    def build(self, options: Sequence[str]) -> list[Node]:
        """Run `dbt build` and return the nodes of all tables, views and seeds that it made.

        Raises BuildFailed.
        """
        made = self.run("build", options)
        nodes = json.loads((self.artifacts / "manifest.json").read_text())["nodes"].values()
        tables = [node for node in nodes if _is_table(node)]
        missing = [node["name"] for node in tables if node["unique_id"] not in made]
        if missing:
            raise BuildFailed(
                f"dbt made only a part of the tables: {missing[0]} and {len(missing) - 1} more are "
                "missing; leave out the options that select nodes, or run plain dbt build in place"
            )
        return tables

    def run(self, command: str, options: Sequence[str]) -> set[str]:
        """Run a dbt command, its output where this process's goes; return the nodes that it made.

        Raises BuildFailed.
        """
        results_file = self.artifacts / "run_results.json"
        results_file.unlink(missing_ok=True)
        with _child(
            self._command(command, options),
            cwd=PROJECT_DIR,
            env=self._environment(),
            pass_fds=[self.lock],
        ) as child:
            exit_code = child.wait()
        results = json.loads(results_file.read_text())["results"] if results_file.exists() else []
        if exit_code != 0:
            raise BuildFailed(_reason(exit_code, results))
        return {result["unique_id"] for result in results if result["status"] not in _FAILED}

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query that may use ref().

        Raises BuildFailed.
        """
        options = ("--inline", query, "--limit", "-1", "--output", "json", "--quiet")
        answer = subprocess.run(
            self._command("show", options),
            cwd=PROJECT_DIR,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise BuildFailed(shorten(answer.stdout, _LONGEST_MESSAGE, placeholder=" ..."))
        return list(json.loads(answer.stdout)["show"])

    def at(self, day: str) -> "Dbt":
        """Return dbt as of an earlier day."""
        return replace(self, variables={**self.variables, "as_of_date": day})

    def _command(self, command: str, options: Sequence[str]) -> list[str]:
        return [
            *(str(Path(sys.executable).with_name("dbt")), command),
            *("--target", self.target, "--vars", json.dumps(self.variables, default=str)),
            *("--target-path", str(self.artifacts), *options),
        ]

    def _environment(self) -> dict[str, str]:
        is_told = "DBT_PROFILES_DIR" in os.environ
        profiles = {} if is_told else {"DBT_PROFILES_DIR": str(PROJECT_DIR)}
        # Else what Python says of a stopped dbt may come after the last sentence of the build.
        warnings = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), _NO_LEAKS)))
        return {**os.environ, "PYTHONWARNINGS": warnings, **profiles, **self.environment}


def _is_table(node: Node) -> bool:
    return node["resource_type"] in _TABLES and node["config"]["materialized"] != "ephemeral"


def _reason(exit_code: int, results: Sequence[Mapping[str, Any]]) -> str:
    """Return in half a sentence why a build failed."""
    failed = [result for result in results if result["status"] in _FAILED]
    if not failed:
        ended = f"signal {-exit_code} killed it" if exit_code < 0 else f"exit code {exit_code}"
        return f"dbt did not come to its end ({ended}), its messages above say more"
    first = failed[0]
    name = first["unique_id"].split(".", 2)[2]
    message = shorten(str(first["message"] or "no message"), _LONGEST_MESSAGE, placeholder=" ...")
    others = f", and {len(failed) - 1} more steps failed" if failed[1:] else ""
    return f"{name} failed ({message}){others}"


@contextmanager
def _child(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that does not outlive the block."""
    child = subprocess.Popen(command, **options)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
