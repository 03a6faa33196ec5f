"""The project with few marts: publishing is the same for any, and builds are half as long."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.warehouse.harness import PROJECT

MARTS = ("daily_sales", "customer_rfm", "revenue_by_category")
"""What most tests of publishing read."""


def make_project_of_few_marts(folder: Path, wanted: Sequence[str] = MARTS) -> Path:
    """Copies commands, macros, seeds and the tests of the star into a folder, and models.

    These are the star, the marts that are wanted, and all that they read.
    """
    for part in ("ingest", "macros", "models", "publish", "seeds", "tests/core", "tests/generic"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dbt_project.yml", "profiles.yml.example"):
        shutil.copy(PROJECT / file, folder)
    marts = {path.stem: path for path in (folder / "models" / "marts").glob("*/*.sql")}
    kept = set(wanted)
    while reached := {name for mart in kept for name in read_by(marts[mart])} & set(marts) - kept:
        kept |= reached
    for name in marts.keys() - kept:
        marts[name].unlink()
    for path in (folder / "models" / "marts").glob("*/*.yml"):
        describe_only(kept, path)
    for pattern in ("*__unit_tests.yml", "_exposures.yml"):
        for path in (folder / "models").rglob(pattern):
            path.unlink()
    return folder


def read_by(model: Path) -> set[str]:
    """Names of the models and seeds that a model reads."""
    return set(re.findall(r"ref\('(\w+)'\)", model.read_text("utf-8")))


def describe_only(models: set[str], path: Path) -> None:
    """Takes the descriptions and tests of all other models out of a file."""
    described: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    if "models" in described:
        described["models"] = [one for one in described["models"] if one["name"] in models]
        path.write_text(yaml.safe_dump(described, allow_unicode=True), "utf-8")
