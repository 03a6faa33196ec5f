"""Runs `dbt build` in a process of its own, and reads from its artifacts how it ended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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

Node = Mapping[str, Any]


class BuildFailed(InputError):
    """A build of which at least one step failed, or that did not make every table."""


def run_build(
    target: str,
    vars_text: str,
    options: Sequence[str],
    *,
    environment: Mapping[str, str],
    artifacts: Path,
    lock: int,
) -> list[Node]:
    """Run `dbt build` and return the nodes of all tables, views and seeds that it made.

    Its output goes where this process's output goes. `environment` is set for dbt beside this
    process's own, `artifacts` is dbt's target folder, and `lock` a descriptor that dbt inherits.
    Raises BuildFailed.
    """
    command = [str(Path(sys.executable).with_name("dbt")), "build"]
    command += ["--target", target, "--vars", vars_text or "{}", "--target-path", str(artifacts)]
    results_file = artifacts / "run_results.json"
    results_file.unlink(missing_ok=True)
    profiles = {} if "DBT_PROFILES_DIR" in os.environ else {"DBT_PROFILES_DIR": str(PROJECT_DIR)}
    with _child(
        [*command, *options],
        cwd=PROJECT_DIR,
        env={**os.environ, **profiles, **environment},
        pass_fds=[lock],
    ) as child:
        exit_code = child.wait()
    results = json.loads(results_file.read_text())["results"] if results_file.exists() else []
    if exit_code != 0:
        raise BuildFailed(_reason(exit_code, results))
    nodes = json.loads((artifacts / "manifest.json").read_text())["nodes"].values()
    tables = [node for node in nodes if _is_table(node)]
    made = {result["unique_id"] for result in results if result["status"] not in _FAILED}
    missing = [node["name"] for node in tables if node["unique_id"] not in made]
    if missing:
        raise BuildFailed(
            f"dbt made only a part of the tables: {missing[0]} and {len(missing) - 1} more are "
            "missing; leave out the options that select nodes, or run plain dbt build in place"
        )
    return tables


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
