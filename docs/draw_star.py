"""Draws the star schema from the project itself, as a Mermaid diagram in docs/star.md.

Tables and columns are those of the contracts in models/core, and lines between them are the
relationships tests, so the picture cannot say anything that the project does not check.
Run by `make docs`; a test fails when the file no longer matches the project.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parent.parent
TARGET = PROJECT / "docs" / "star.md"

HEADING = """# The star

Generated from the contracts and relationship tests of `models/core` by `make docs`. Facts are in
the middle; each line is a test that runs in every build.
"""


def star_tables(manifest: Manifest) -> dict[str, Any]:
    """Core facts and dimensions by name, in the order of their names."""
    return {
        node.name: node
        for node in sorted(manifest.nodes.values(), key=lambda node: node.name)
        if node.resource_type == "model"
        and node.path.startswith("core/")
        and node.name.startswith(("dim_", "fct_"))
    }


def relationships(manifest: Manifest) -> list[tuple[str, str, str]]:
    """(child table, child column, parent table) of every relationships test in core."""
    tables = star_tables(manifest)
    found = []
    for node in manifest.nodes.values():
        test = getattr(node, "test_metadata", None)
        if test is None or test.name != "relationships":
            continue
        child = manifest.nodes[node.attached_node].name
        parent = next(
            manifest.nodes[unique_id].name
            for unique_id in node.depends_on.nodes
            if unique_id != node.attached_node or len(node.depends_on.nodes) == 1
        )
        if child in tables and parent in tables:
            found.append((child, str(node.column_name), parent))
    return sorted(found)


def diagram(manifest: Manifest) -> str:
    """The whole page: heading and Mermaid source."""
    lines = [HEADING, "```mermaid", "erDiagram"]
    for name, node in star_tables(manifest).items():
        lines.append(f"    {name} {{")
        for column in node.columns.values():
            data_type = column.data_type.replace("(", "_").replace(",", "_").replace(")", "")
            lines.append(f"        {data_type} {column.name}")
        lines.append("    }")
    for child, column, parent in relationships(manifest):
        lines.append(f"    {parent} ||--o{{ {child} : {column}")
    return "\n".join([*lines, "```", ""])


def project_manifest() -> Manifest:
    """The manifest of the project with both connectors on. Exits when dbt cannot parse it."""
    result = dbtRunner().invoke(
        ["--quiet", "parse", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    )
    if not result.success or not isinstance(result.result, Manifest):
        sys.exit(f"dbt cannot parse the project, so there is nothing to draw: {result.exception}")
    return result.result


if __name__ == "__main__":
    TARGET.write_text(diagram(project_manifest()))
    print(f"Wrote {TARGET.relative_to(PROJECT)}")
