"""Whatever a company looks like, every mart is what the independent calculation says.

The examples are always the same unless PROPERTY_SEED gives a number to draw others from;
PROPERTY_EXAMPLES says how many companies of each connector are built, by default 7, which are the
first of those that more would be. A failing company is printed with the number that makes it again
(PROPERTY_COMPANY builds that one alone).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pprint import pformat

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.warehouse.companies import dw_company, online_retail_company
from tests.warehouse.comparing import all_differences
from tests.warehouse.harness import Builder, BuildFailed, Company

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "7"))
SEED = os.environ.get("PROPERTY_SEED")
ONE_COMPANY = os.environ.get("PROPERTY_COMPANY")
DATA_TESTS_ONE_IN, SCORES_ONE_IN = 3, 2
"""Data tests double the time of a build, and so do scores: not every company has all."""

Test = Callable[[Builder, int], None]


def for_many_companies(test: Test) -> Test:
    """Calls a test with numbers of companies.

    A failing example is not made smaller: each attempt would take seconds, and the list of
    differences leads to the rows that matter.
    """
    numbers = st.integers(0, 2**32 - 1) if ONE_COMPANY is None else st.just(int(ONE_COMPANY))
    generated = given(number=numbers)(test)
    bounded = settings(
        max_examples=EXAMPLES,
        derandomize=SEED is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(generated)
    seeded: Test = bounded if SEED is None else seed(int(SEED))(bounded)
    return seeded


def check(builder: Builder, make: Callable[[int], Company], number: int) -> None:
    """Builds a company, compares all of it, and fails with everything that differs."""
    company = make(number)
    with_scores = number % SCORES_ONE_IN == 0
    try:
        warehouse = builder.build(
            company, with_tests=number % DATA_TESTS_ONE_IN == 0, with_scores=with_scores
        )
    except BuildFailed as failure:
        found = [f"the build failed: {failure}"]
    else:
        found = all_differences(warehouse, company, with_scores=with_scores)
        builder.forget(warehouse)
    if found:
        title = f"The company (PROPERTY_COMPANY={number}):"
        pytest.fail("\n".join([*found, "", title, pformat(company, width=200)]))


@for_many_companies
def test_invoices_lines_and_items(builder: Builder, number: int) -> None:
    check(builder, dw_company, number)


@for_many_companies
def test_flat_line_file(builder: Builder, number: int) -> None:
    check(builder, online_retail_company, number)
