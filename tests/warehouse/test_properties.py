"""Whatever a company looks like, every mart is what the independent calculation says.

`PROPERTY_EXAMPLES` sets how many companies of each connector are built (12 and more is meant);
`PROPERTY_SEED` sets a number to draw them from, which is otherwise always the same. A failing company
is printed in full, as Python that `Company` reads back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pprint import pformat
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.warehouse.comparing import all_differences
from tests.warehouse.companies import dw_companies, online_retail_companies
from tests.warehouse.harness import Builder, BuildFailed, Company

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "14"))
SEED = os.environ.get("PROPERTY_SEED")
DATA_TESTS_ONE_IN = 3


def companies_of(
    strategy: st.SearchStrategy[Company],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Runs a test on generated companies; a failing one is not made smaller, a build takes seconds."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        decorated: Any = settings(
            max_examples=EXAMPLES,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )(given(company=strategy, place=st.integers(1, DATA_TESTS_ONE_IN))(test))
        return seed(int(SEED))(decorated) if SEED is not None else decorated

    return decorate


def check(builder: Builder, company: Company, with_tests: bool) -> None:
    try:
        warehouse = builder.build(company, with_tests=with_tests)
    except BuildFailed as failure:
        found = [f"the build failed: {failure}"]
    else:
        found = all_differences(warehouse, company)
        builder.forget(warehouse)
    if found:
        pytest.fail("\n".join([*found, "", "The company:", pformat(company, width=200)]))


@companies_of(dw_companies())
def test_invoices_lines_and_items(builder: Builder, company: Company, place: int) -> None:
    check(builder, company, with_tests=place == 1)


@companies_of(online_retail_companies())
def test_flat_line_file(builder: Builder, company: Company, place: int) -> None:
    check(builder, company, with_tests=place == 1)
