"""The project with few marts: publishing is the same for any, and builds are half as long."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.warehouse.harness import PROJECT

MARTS = ("daily_sales", "customer_rfm", "revenue_by_category")
"""These are built, with all that they read, and the star."""


def make_project_of_few_marts(folder: Path) -> Path:
    """Copies commands, macros, seeds and models into a folder, and the tests of the star."""
    for part in ("ingest", "macros", "models", "publish", "seeds", "tests/core", "tests/generic"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dbt_project.yml", "profiles.yml.example"):
        shutil.copy(PROJECT / file, folder)
    marts = {path.stem: path for path in (folder / "models" / "marts").glob("*/*.sql")}
    kept = set(MARTS)
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
