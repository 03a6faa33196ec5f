"""What dbt's run_results.json tells of a command's time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PAIR_STEP = (
    "basket_item",
    "basket_population",
    "basket_frequent_item",
    "basket_pair",
    "basket_pair_test",
    "basket_rule",
)
"""The models that count pairs and judge them."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Timing:
    """Seconds of one dbt command."""

    node_seconds: float
    """Time during which at least one node was at work; the rest of the wall time is dbt's own."""
    table_seconds: float
    """Time during which at least one model or seed was at work."""
    model_seconds: dict[str, float]
    """Seconds of each model."""

    @property
    def test_seconds(self) -> float:
        """Time during which tests were at work and nothing else."""
        return self.node_seconds - self.table_seconds

    @property
    def pair_seconds(self) -> float:
        """Seconds of the models of the pair step, added up."""
        return sum(self.model_seconds.get(model, 0.0) for model in PAIR_STEP)


def covered(spans: Iterable[Span]) -> float:
    """Length of what intervals cover together."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def read_timing(path: Path) -> Timing:
    """Read a run_results.json."""
    results = json.loads(path.read_text())["results"]
    spans = [
        (
            result["unique_id"].split(".")[0],
            (_seconds(timed["started_at"]), _seconds(timed["completed_at"])),
        )
        for result in results
        for timed in result["timing"]
    ]
    models = {
        result["unique_id"].split(".")[-1]: float(result["execution_time"])
        for result in results
        if result["unique_id"].startswith("model.")
    }
    return Timing(
        covered(span for _, span in spans),
        covered(span for kind, span in spans if kind != "test"),
        models,
    )


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
