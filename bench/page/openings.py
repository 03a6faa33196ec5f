"""What visitors open, and when: a fixed mix of pages, drawn by a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SECONDS_BETWEEN_ACTIONS = 10.0
SEED = 20240101
REP, MANAGER, ANALYST = "rep", "manager", "analyst"
ROLES = (REP, MANAGER, ANALYST)
_EACH_TEN = (REP, REP, MANAGER, REP, REP, ANALYST, REP, REP, MANAGER, REP)


@dataclass(frozen=True)
class Opening:
    """A page as an address names it."""

    name: str
    page: str
    """The path of its address; empty is the first page."""
    weight: float
    """Share of all actions, in percent."""
    query: Mapping[str, str] = field(default_factory=dict)
    of_customer: bool = False
    """Whether the address names a customer."""

    def address(self, customer: str | None) -> dict[str, str]:
        """The query of the address, for a customer where the page is of one."""
        named = {"customer": customer} if self.of_customer and customer else {}
        return {**named, **self.query}


OPENINGS = (
    Opening("My customers", "", 20),
    Opening("Customer", "customer", 12, of_customer=True),
    Opening("Customer, categories", "customer", 4, {"show": "Categories"}, True),
    Opening("Customer, items", "customer", 4, {"show": "Items"}, True),
    Opening("Customer, invoices", "customer", 4, {"show": "Invoices"}, True),
    Opening("Overview, 7D", "overview", 2, {"period": "7D"}),
    Opening("Overview, 30D", "overview", 6, {"period": "30D"}),
    Opening("Overview, 90D", "overview", 4, {"period": "90D"}),
    Opening("Overview, YTD", "overview", 2, {"period": "YTD"}),
    Opening("Overview, all", "overview", 2, {"period": "All"}),
    Opening("Customers", "customers", 6),
    Opening("Customers, 30D", "customers", 2, {"period": "30D"}),
    Opening("Cohorts", "cohorts", 4),
    Opening("Cohorts, revenue", "cohorts", 2, {"measure": "Revenue"}),
    Opening("Baskets", "baskets", 6),
    Opening("Patterns", "patterns", 6),
    Opening("Top lists", "top_lists", 4),
    Opening("Top lists, gaps", "top_lists", 2, {"list": "Wallet gaps"}),
    Opening("Invoice lines of a customer", "lines", 8, of_customer=True),
)


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    email: str
    role: str
    customers: Sequence[str]
    """Ids of customers whom they may see, for the addresses that they open."""


@dataclass(frozen=True)
class Action:
    """A page to open, and when: seconds after the beginning."""

    due: float
    opening: Opening
    customer: str | None


def plan(number: int, person: Person, seconds: float) -> list[Action]:
    """Return what a visitor does within some seconds; the same number does the same."""
    chance = random.Random(SEED * 1000 + number)
    due = chance.uniform(0, SECONDS_BETWEEN_ACTIONS)
    openings = [each for each in OPENINGS if person.customers or not each.of_customer]
    weights = [each.weight for each in openings]
    actions = []
    while due < seconds:
        (opening,) = chance.choices(openings, weights)
        customer = chance.choice(person.customers) if opening.of_customer else None
        actions.append(Action(due, opening, customer))
        due += SECONDS_BETWEEN_ACTIONS
    return actions


def choose_people(known: Mapping[str, Sequence[Person]], count: int) -> list[Person]:
    """Return so many visitors, of ten seven reps, two managers and an analyst.

    Nobody comes twice before everybody of the role has come once.
    """
    chosen = []
    taken = dict.fromkeys(ROLES, 0)
    for number in range(count):
        role = _EACH_TEN[number % len(_EACH_TEN)]
        people = known[role]
        chosen.append(people[taken[role] % len(people)])
        taken[role] += 1
    return chosen
