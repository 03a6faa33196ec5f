"""Who may see which customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.independent.star import Star


def seniors(rep: str, managers: Mapping[str, str | None]) -> frozenset[str]:
    """A rep and everyone above, however many levels; a circle is walked once."""
    met = {rep}
    above = managers.get(rep)
    while above is not None and above not in met:
        met.add(above)
        above = managers.get(above)
    return frozenset(met)


def customer_access(star: Star) -> Iterable[dict[str, Any]]:
    """A row a customer whom anybody may see: the sets of viewers that are right."""
    who_manages = frozenset(
        manager for rep, manager in star.managers.items() if manager is not None and manager != rep
    )
    for customer_id, reps in star.reps_of_customers.items():
        viewers = frozenset(
            who_manages if rep is None else seniors(rep, star.managers) for rep in reps
        )
        if viewers != {frozenset()}:
            yield {"customer_id": customer_id, "viewers": viewers}
