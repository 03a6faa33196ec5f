"""A dbt project of this one's sources and vars, which parses fast."""

from collections.abc import Iterable
from pathlib import Path
from shutil import copy

import yaml

ROOT = Path(__file__).resolve().parents[2]


def make_small_project(folder: Path, seeds: Iterable[str] = ()) -> Path:
    """Writes the project into a folder, with small seeds of the given names; returns the folder."""
    (folder / "models").mkdir()
    for pattern in ("*/*__sources.yml", "*/*__contract.md"):
        for file in (ROOT / "models" / "staging").glob(pattern):
            copy(file, folder / "models")
    copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
    whole = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))
    kept = {key: whole[key] for key in ("name", "profile", "vars")}
    (folder / "seeds").mkdir()
    for name in seeds:
        (folder / "seeds" / f"{name}.csv").write_text("id\n1\n", "utf-8")
        kept["seeds"] = {whole["name"]: {"+schema": "demo"}}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(kept), "utf-8")
    return folder
