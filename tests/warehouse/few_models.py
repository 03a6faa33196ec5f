"""The project with few of its models, and without comments in the database.

What is the same for any model is tested on these: their builds take a part of the time.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from tests.warehouse.harness import CONNECTORS, PROJECT

PUBLISHED = ("daily_sales", "customer_rfm", "revenue_by_category", "customer_access")
"""What the tests of publishing read, and `customer_access`, which the page reads besides."""
STAR = tuple(path.stem for path in (PROJECT / "models" / "core").glob("*.sql"))


def make_project_of_few_models(folder: Path, wanted: Collection[str]) -> Path:
    """Copies commands, macros and seeds into a new folder, and the wanted models with their inputs.

    A data test comes along if all models that it names do; unit tests do not.
    """
    for part in ("ingest", "macros", "models", "publish", "seeds", "tests/core", "tests/generic"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "profiles.yml.example", folder)
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    del project["models"][project["name"]]["+persist_docs"]
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project, sort_keys=False), "utf-8")

    models = {path.stem: path for path in (folder / "models").rglob("*.sql")}
    kept = {"clock", *wanted}  # macros read the clock
    while read := {name for model in kept for name in read_by(models[model])} & set(models) - kept:
        kept |= read
    left_out = set(models) - kept
    for name in left_out:
        models[name].unlink()
    for pattern in ("*__unit_tests.yml", "_exposures.yml"):
        for path in (folder / "models").rglob(pattern):
            path.unlink()
    for path in (folder / "models").rglob("*.yml"):
        described = yaml.safe_load(path.read_text("utf-8"))
        path.write_text(yaml.safe_dump(without(left_out, described), allow_unicode=True), "utf-8")
    for path in (folder / "tests" / "core").glob("*.sql"):
        if left_out & set(re.findall(r"'(\w+)'", path.read_text("utf-8"))):
            path.unlink()
    return folder


def read_by(model: Path) -> set[str]:
    """Names of the models and seeds that a model reads, of those that its own text names.

    For each entity, rejected_rows and marked_rows read a model whose name they put together.
    """
    text = model.read_text("utf-8")
    entities = re.findall(r"union_connectors\('(\w+)'\)", text)
    staged = {f"stg_{connector}__{entity}" for connector in CONNECTORS for entity in entities}
    return staged | set(re.findall(r"ref\('(\w+)'\)", text))


def without(models: Collection[str], described: Any) -> Any:
    """What a file of properties says, without models and the tests that read one of them."""
    if isinstance(described, list):
        return [without(models, one) for one in described]
    if not isinstance(described, dict):
        return described
    found = {
        "models": lambda one: {one["name"]},
        "data_tests": lambda one: set(re.findall(r"ref\('(\w+)'\)", str(one))),
    }
    return {
        key: without(
            models,
            [one for one in value if found[key](one).isdisjoint(models)] if key in found else value,
        )
        for key, value in described.items()
    }
