"""Draws the star schema from the project itself, as a Mermaid diagram in docs/star.md.

Tables and columns are those of the contracts in models/core, and lines between them are the
relationships tests, so the picture cannot say anything that the project does not check.
Run by `make docs`; a test fails when the file no longer matches the project.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode, ModelNode

PROJECT = Path(__file__).resolve().parent.parent
TARGET = PROJECT / "docs" / "star.md"

HEADING = """# The star

Generated from the contracts and relationship tests of `models/core` by `make docs`. Facts are in
the middle; each line is a test that runs in every build.
"""


def star_tables(manifest: Manifest) -> dict[str, ModelNode]:
    """Core facts and dimensions by name, in the order of their names."""
    models = [node for node in manifest.nodes.values() if isinstance(node, ModelNode)]
    return {
        model.name: model
        for model in sorted(models, key=lambda model: model.name)
        if model.path.startswith("core/") and model.name.startswith(("dim_", "fct_"))
    }


def relationships(manifest: Manifest) -> list[tuple[str, str, str]]:
    """(child table, child column, parent table) of every relationships test in core."""
    tables = star_tables(manifest)
    found = []
    for test in manifest.nodes.values():
        if not isinstance(test, GenericTestNode) or test.test_metadata.name != "relationships":
            continue
        child_id = str(test.attached_node)
        others = [unique_id for unique_id in test.depends_on.nodes if unique_id != child_id]
        child = manifest.nodes[child_id].name
        parent = manifest.nodes[others[0]].name if others else child
        if child in tables and parent in tables:
            found.append((child, str(test.column_name), parent))
    return sorted(found)


def diagram(manifest: Manifest) -> str:
    """The whole page: heading and Mermaid source."""
    lines = [HEADING, "```mermaid", "erDiagram"]
    for name, node in star_tables(manifest).items():
        lines.append(f"    {name} {{")
        for column in node.columns.values():
            data_type = str(column.data_type).replace("(", "_").replace(",", "_").replace(")", "")
            lines.append(f"        {data_type} {column.name}")
        lines.append("    }")
    for child, foreign_key, parent in relationships(manifest):
        lines.append(f"    {parent} ||--o{{ {child} : {foreign_key}")
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
