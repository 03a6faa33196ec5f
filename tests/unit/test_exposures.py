"""Each view of the page is an exposure of the tables that its queries read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml

from dashboard import queries

PROJECT = Path(__file__).resolve().parents[2]
DASHBOARD = PROJECT / "dashboard"
VIEWS = sorted(path.stem for path in (DASHBOARD / "views").glob("*.py"))
FRAME_OF_ALL = ("app", "access", "layout")
"""Modules whose queries no single view asks."""


def models() -> set[str]:
    """Names of the tables that a page may read."""
    return {
        path.stem
        for layer in ("core", "marts")
        for path in (PROJECT / "models" / layer).rglob("*.sql")
    }


def queries_named_in(module: Path) -> set[str]:
    """The constants of dashboard/queries.py that a module names."""
    return {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "queries"
    }


def tables_in(sql: str) -> set[str]:
    """The tables that a query reads."""
    return set(re.findall(r"\b(?:from|join)\s+([a-z_0-9]+)", sql)) & models()


def tables_of_views() -> dict[str, set[str]]:
    """The tables that the queries of each view read."""
    return {
        view: set().union(
            *(
                tables_in(getattr(queries, name))
                for name in queries_named_in(DASHBOARD / "views" / f"{view}.py")
                if isinstance(getattr(queries, name), str)
            )
        )
        for view in VIEWS
    }


def test_exposures_name_what_views_read() -> None:
    exposures = yaml.safe_load((PROJECT / "models" / "_exposures.yml").read_text())["exposures"]
    declared = {
        exposure["name"].removeprefix("page_"): {
            re.sub(r"ref\('(.*)'\)", r"\1", table) for table in exposure["depends_on"]
        }
        for exposure in exposures
    }
    assert declared == tables_of_views()


def test_every_query_is_asked() -> None:
    """A query that no module asks is left over."""
    modules = [*(DASHBOARD / "views").glob("*.py"), *DASHBOARD.glob("*.py")]
    asked = set().union(*(queries_named_in(module) for module in modules))
    kept = {name for name in vars(queries) if name.isupper() and not name.startswith("_")}
    assert kept - asked == set()


def test_tables_are_named_without_a_schema() -> None:
    """With one, a query would go past the views that restrict rows."""
    for name, sql in vars(queries).items():
        if name.isupper() and isinstance(sql, str):
            assert not re.findall(r"\b(?:from|join)\s+[a-z_0-9]+\.", sql), name
