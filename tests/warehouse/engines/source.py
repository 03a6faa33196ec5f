"""Companies whose raw rows come in files, loaded as `make load` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.warehouse.engines.engine import Engine
from tests.warehouse.harness import PROJECT


@dataclass(frozen=True)
class Source:
    """Raw files of one company and the vars that it is built with."""

    connector: str
    file: Path
    variables: Mapping[str, Any]

    def build_on(self, engine: Engine, *, with_tests: bool = False) -> None:
        engine.load(self.connector, self.file, self.variables)
        engine.build(self.variables, with_tests=with_tests)


DEMO_FILES = Source("dw", PROJECT / "seeds" / "demo", {"use_demo_data": False})
