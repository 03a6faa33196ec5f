"""Who is signed in, and whose customers they see."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import queries, warehouse


@dataclass(frozen=True)
class Viewer:
    """A person who looks at the page. `viewer_id` is what the warehouse restricts rows by."""

    viewer_id: str
    name: str
    is_manager: bool
    is_signed_in: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether this is an analyst, a manager of everybody, or nobody needs to sign in."""
        return self.viewer_id == warehouse.EVERYTHING


class Refused(Exception):
    """Nobody who may see anything; the text says why."""


def needs_sign_in() -> bool:
    """Return whether people sign in: on PostgreSQL unless put off, on DuckDB where put on."""
    chosen = os.environ.get("DASHBOARD_SIGN_IN", "")
    if chosen not in ("", "on", "off"):
        raise Refused(f"DASHBOARD_SIGN_IN is {chosen!r}; it is on or off.")
    return chosen == "on" or (chosen == "" and warehouse.target() == "postgres")


def configured() -> Mapping[str, Any]:
    """Return `.streamlit/secrets.toml`, or nothing where there is none."""
    try:
        return st.secrets.to_dict()
    except FileNotFoundError:
        return {}


def viewer() -> Viewer | None:
    """Return who looks at the page, or None who must sign in first. Raises Refused."""
    if not needs_sign_in():
        return Viewer(warehouse.EVERYTHING, "everybody", is_manager=True)
    secrets = configured()
    if "auth" not in secrets:
        raise Refused(
            "Sign-in is on and not configured: .streamlit/secrets.toml has no [auth]. "
            "docs/access.md shows what belongs there; DASHBOARD_SIGN_IN=off shows all to everybody."
        )
    source = warehouse.source()
    if isinstance(source, warehouse.PostgresSource) and (reason := _unsafe(source)):
        raise Refused(f"The page stays closed: {reason} docs/access.md shows how to mend it.")
    if not st.user.is_logged_in:
        return None
    settings = secrets.get("access", {})
    email = str(st.user.get("email") or "").strip().lower()
    is_verified = st.user.get("email_verified") in (True, "true")
    if not email or not (is_verified or settings.get("trusts_unverified_email") is True):
        raise Refused("Your identity provider names no verified e-mail address for you.")
    analysts = settings.get("analysts", [])
    if email in {str(analyst).strip().lower() for analyst in analysts}:
        return Viewer(warehouse.EVERYTHING, email, is_manager=True, is_signed_in=True)
    reps = warehouse.read(warehouse.NOTHING, queries.SALES_REP_BY_EMAIL, email=email).to_pylist()
    if len(reps) != 1:
        known = "no sales rep has" if not reps else "more than one sales rep has"
        raise Refused(f"You are signed in as {email}, and {known} that address in the warehouse.")
    rep = reps[0]
    if rep["sales_rep_id"] in (warehouse.EVERYTHING, warehouse.NOTHING):
        raise Refused(
            f"The sales rep of {email} has the code {rep['sales_rep_id']!r}: choose another."
        )
    viewer_id = rep["sales_rep_id"]
    if rep["is_manager"] and _customers_of(viewer_id) == _customers_of(warehouse.EVERYTHING):
        viewer_id = warehouse.EVERYTHING  # the same rows, which are found without looking for them
    return Viewer(viewer_id, rep["sales_rep_name"], rep["is_manager"], is_signed_in=True)


def _customers_of(viewer_id: str) -> int:
    """Return how many customers a viewer may see."""
    count: int = warehouse.read(viewer_id, queries.CUSTOMER_COUNT).to_pylist()[0]["customer_count"]
    return count


@st.cache_resource(show_spinner=False, ttl=60)
def _unsafe(_source: warehouse.PostgresSource) -> str | None:
    return _source.unsafe()
