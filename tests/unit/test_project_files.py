"""What stands in two files says the same in both."""

from __future__ import annotations

import re

import pytest
import yaml
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode

from docs.draw_star import PROJECT, TARGET, diagram, project_manifest


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return project_manifest()


@pytest.fixture(scope="module")
def project_vars() -> set[str]:
    return set(yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"])


def test_the_check_of_vars_knows_every_var(project_vars: set[str]) -> None:
    macro = (PROJECT / "macros" / "operations" / "known_vars.sql").read_text()
    assert set(re.findall(r"'(\w+)'", macro)) == project_vars


def test_the_readme_tells_every_var(project_vars: set[str]) -> None:
    section = (PROJECT / "README.md").read_text().split("## Vars")[1].split("## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == project_vars


def test_the_readme_lists_every_public_mart(manifest: Manifest) -> None:
    section = (PROJECT / "README.md").read_text().split("## The marts")[1].split("## ")[0]
    public = {
        node.name
        for node in manifest.nodes.values()
        if isinstance(node, ModelNode)
        and node.path.startswith("marts/")
        and str(node.access) == "public"
    }
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == public


def test_docs_input_lists_every_rejection_reason() -> None:
    text = (PROJECT / "docs" / "input.md").read_text()
    section = text.split("## Why a row is rejected")[1].split("## ")[0]
    told = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    tests = yaml.safe_load((PROJECT / "models" / "core" / "_core__models.yml").read_text())
    table = next(model for model in tests["models"] if model["name"] == "rejected_rows")
    reason = next(column for column in table["columns"] if column["name"] == "reason")
    allowed = reason["data_tests"][0]["accepted_values"]["arguments"]["values"]
    assert told == set(allowed)


def test_the_diagram_is_the_project(manifest: Manifest) -> None:
    assert TARGET.read_text() == diagram(manifest), "run make docs"


def test_every_macro_is_described() -> None:
    """By its own name, or by that of what an engine's version overrides."""
    described = {
        macro["name"]
        for path in (PROJECT / "macros").rglob("*.yml")
        for macro in yaml.safe_load(path.read_text())["macros"]
        if macro["description"]
    }
    files = {path.stem for path in (PROJECT / "macros").rglob("*.sql")}
    assert files - described - {name.split("__")[-1] for name in described} == set()


def test_no_lock_file_names_an_address() -> None:
    for lock in (PROJECT / "requirements").glob("*.lock"):
        assert "://" not in lock.read_text(), lock.name


def test_the_judging_key_has_the_vars_by_which_rows_are_judged() -> None:
    """One too few, and rows stay as they were judged; one too many, and all are judged again."""
    macro = (PROJECT / "macros" / "judging" / "judging_key.sql").read_text()
    in_key = set(re.findall(r"'(\w+)'", macro.split("for name in [")[1].split("]")[0]))
    folders = ("models/staging", "models/intermediate", "macros/connectors", "macros/reading")
    read = {
        name
        for folder in (*folders, "macros/judging", "macros/clock")
        for path in (PROJECT / folder).rglob("*.sql")
        for name in re.findall(r"var\(['\"](\w+)", path.read_text())
    }
    # Where rows are does not matter, as the rows are compared; so is what build_date makes of them.
    where_rows_are = {"use_demo_data", "dw_columns", "dw_optional_tables"}
    assert in_key == read - where_rows_are - {"build_date"}
