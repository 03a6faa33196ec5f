"""The start page ranks what the mart ranks, hides who is held out, and finds what is typed."""

from __future__ import annotations

from collections import Counter
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open, figures
from tests.warehouse.harness import Warehouse


def tables(app: AppTest) -> list[list[dict[str, Any]]]:
    """The rows of each table."""
    return [table.value.to_dict("records") for table in app.dataframe]


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def search_for(app: AppTest, text: str) -> AppTest:
    """Type a search; the address of a page that is open already is not read again."""
    app.text_input(key="search").set_value(text).run()
    assert not app.exception, [exception.value for exception in app.exception]
    return app


def replaced(answers: dict[str, pa.Table]) -> Any:
    """Answer some queries otherwise."""
    read = warehouse.read

    def answer(viewer: str, sql: str, **values: Any) -> pa.Table:
        return answers[sql] if sql in answers else read(viewer, sql, **values)

    return patch("dashboard.warehouse.read", answer)


def test_cards_and_list_of_everybody_are_those_of_the_marts(
    open_page: Open, published: Warehouse
) -> None:
    (sums,) = published.query(
        """
        select count(*) as action_count, sum(expected_value) as expected_value,
            (select count(*) from opportunity_marts.customer_360) as customer_count,
            (select sum(value_at_risk) from opportunity_marts.churn_risk where is_at_risk)
                as value_at_risk,
            (
                select count(distinct customer_id)
                from opportunity_marts.next_best_action where is_holdout
            ) as held_out
        from opportunity_marts.next_best_action where not is_holdout
        """
    )
    app = open_page("my_customers")
    assert figures(app) == {
        "Customers": f"{sums['customer_count']:,}",
        "Actions": f"{sums['action_count']:,}",
        "Expected, EUR": f"{sums['expected_value']:,.0f}",
        "Value at risk, EUR": f"{sums['value_at_risk']:,.0f}",
    }
    actions, customers = tables(app)
    best = published.query(
        """
        select customers.customer_name, actions.expected_value, reps.sales_rep_name
        from opportunity_marts.next_best_action as actions
        inner join opportunity_marts.customer_360 as customers using (customer_id)
        inner join opportunity_core.dim_sales_rep as reps
            on actions.sales_rep_id = reps.sales_rep_id
        where not actions.is_holdout
        order by expected_value desc, probability desc, customer_id, action_type
        limit 200
        """
    )
    assert [(row["customer_name"], row["expected_value"]) for row in actions] == [
        (row["customer_name"], float(row["expected_value"])) for row in best
    ]
    assert [row["place"] for row in actions] == list(range(1, 201))
    names = {row["sales_rep_name"] for row in best} - {"Unknown sales rep"}
    assert {row["sales_rep_name"] for row in actions} == names | {"No sales rep"}
    assert f"{sums['held_out']:,} more customers" in captions(app)
    assert f"The first 200 of {sums['customer_count']:,} customers" in captions(app)
    assert [row["customer_name"] for row in customers] == sorted(
        row["customer_name"] for row in customers
    )


def test_a_reps_list_is_in_the_marts_order_without_who_is_held_out(
    open_page: Open, published: Warehouse
) -> None:
    ranks = published.query(
        """
        select rank_for_rep from opportunity_marts.next_best_action
        where sales_rep_id = 'R05' and not is_holdout order by rank_for_rep
        """
    )
    with patch(
        "dashboard.access.viewer",
        lambda: access.Viewer("R05", "Ines Corrado", is_manager=False, is_signed_in=True),
    ):
        app = open_page("my_customers")
    actions, customers = tables(app)
    assert [row["place"] for row in actions] == [row["rank_for_rep"] for row in ranks]
    assert "sales_rep_name" not in actions[0]
    assert {row["customer_id"] for row in customers} == {
        row["customer_id"]
        for row in published.query(
            "select customer_id from opportunity_core.customer_access where viewer_id = 'R05'"
        )
    }


def test_filters_of_the_address_hold(open_page: Open, published: Warehouse) -> None:
    app = search_for(
        open_page(
            "my_customers", region="East", segment="Cafe", category="Coffee", kind="cross_sell"
        ),
        "CAFÉ",
    )
    expected = published.query(
        """
        select customers.customer_name, items.item_name
        from opportunity_marts.next_best_action as actions
        inner join opportunity_marts.customer_360 as customers using (customer_id)
        inner join opportunity_core.dim_item as items on actions.item_id = items.item_id
        where customers.customer_name like '%Café%' and customers.region = 'East'
            and customers.customer_segment = 'Cafe' and items.category_id = 'Coffee'
            and actions.action_type = 'cross_sell' and not actions.is_holdout
        order by expected_value desc, probability desc, customer_id
        """
    )
    assert expected
    actions, customers = tables(app)
    assert [(row["customer_name"], row["what_to_do"]) for row in actions] == [
        (row["customer_name"], f"Offer something new: {row['item_name']}") for row in expected
    ]
    assert {(row["region"], row["customer_segment"]) for row in customers} == {("East", "Cafe")}
    assert len(customers) > len(actions)


KINDS = {
    "cross_sell": "Offer something new", "reorder": "Offer to reorder", "win_back": "Win back",
    "missing_category": "Open a category", "wallet_gap": "Grow to the peers' level",
}  # fmt: skip


def test_a_kind_of_action_has_one_name(open_page: Open, published: Warehouse) -> None:
    """In the filter, in every row of the list, and on the page of each row's customer."""
    app = open_page("my_customers", kind="wallet_gap")
    assert app.selectbox(key="kind").options == ["All", *KINDS.values()]
    assert r"Kind of action **Grow to the peers' level**" in captions(app)
    actions = published.query(
        """
        select customer_id, action_type, coalesce(item_name, category_name) as about
        from opportunity_marts.next_best_action as actions
        left join opportunity_core.dim_item as items using (item_id)
        left join opportunity_core.dim_category as categories
            on actions.category_id = categories.category_id
        where not is_holdout
        """
    )
    assert {action["action_type"] for action in actions} == set(KINDS)
    everything = {**queries.NO_ACTION_FILTER, "is_own_list": False, "limit": 1_000_000}
    for kind, name in KINDS.items():
        of_kind = [action for action in actions if action["action_type"] == kind]
        nothing = "the customer" if kind == "win_back" else None
        rows = warehouse.read(
            warehouse.EVERYTHING, queries.ACTIONS, **{**everything, "kind": kind}
        ).to_pylist()
        assert Counter((row["customer_id"], row["what_to_do"]) for row in rows) == Counter(
            (action["customer_id"], f"{name}: {about}" if about else name)
            for action in of_kind
            for about in [action["about"] or nothing]
        )
        own = warehouse.read(
            warehouse.EVERYTHING, queries.CUSTOMER_ACTIONS, customer=of_kind[0]["customer_id"]
        ).to_pylist()
        assert {row["kind_name"] for row in own if row["action_type"] == kind} == {name}


def test_a_code_is_found(open_page: Open) -> None:
    customers = tables(search_for(open_page("my_customers"), " c00254 "))[-1]
    assert [row["customer_id"] for row in customers] == ["C00254"]


def test_what_is_typed_is_looked_for_as_it_is(open_page: Open) -> None:
    app = open_page("my_customers")
    for text in ("%", "_", "'; drop table dim_customer; --", "\\", "\0%", "$region"):
        search_for(app, text)
        assert figures(app)["Customers"] == "0", text
        assert not app.dataframe
        assert not app.error
        assert len(app.info) == 2


def test_without_actions_the_customers_are_listed_by_what_is_at_risk(
    open_page: Open, published: Warehouse
) -> None:
    numbers = {
        "has_actions": False, "action_count": 0, "expected_value": 0.0,
        "held_out_customer_count": 0, "held_out_action_count": 0,
    }  # fmt: skip
    with replaced({queries.ACTIONS_TOTALS: pa.Table.from_pylist([numbers])}):
        app = open_page("my_customers")
    (warning,) = app.warning
    assert "Not computed yet" in warning.value
    assert "Bought nothing in a category" in warning.value
    listed = tables(app)[0]
    expected = published.query(
        """
        select customers.customer_name, items.item_name
        from opportunity_marts.customer_360 as customers
        left join opportunity_marts.item_recommendation as recommendations
            on customers.customer_id = recommendations.customer_id and recommendations.rank = 1
        left join opportunity_core.dim_item as items using (item_id)
        order by value_at_risk desc, peer_gap desc nulls last, customers.customer_id
        limit 200
        """
    )
    assert [(row["customer_name"], row["item_name"]) for row in listed] == [
        (row["customer_name"], row["item_name"]) for row in expected
    ]


def test_a_failing_query_leaves_the_other_list(open_page: Open) -> None:
    read = warehouse.read

    def answer(viewer: str, sql: str, **values: Any) -> pa.Table:
        if sql in (queries.ACTIONS_TOTALS, queries.ACTIONS):
            raise warehouse.QueryFailed("the table is away")
        return read(viewer, sql, **values)

    with patch("dashboard.warehouse.read", answer):
        app = open_page("my_customers")
    assert len(app.error) == 2
    assert len(tables(app)) == 1


def test_odd_names_are_shown_as_they_are(open_page: Open) -> None:
    names = ["<script>alert(1)</script> **b** [x](y) $z$", "x" * 10_000]
    row = {
        "customer_id": "C1", "region": "'; drop table x", "customer_segment": "No segment",
        "rfm_segment": None, "sales_rep_name": "`a`", "last_purchase_date": None,
        "value_at_risk": 0.0, "peer_gap": None, "churn_probability": None, "is_holdout": False,
    }  # fmt: skip
    table = pa.Table.from_pylist([{**row, "customer_name": name} for name in names])
    attributes = pa.Table.from_pylist(
        [
            {"region": name, "customer_segment": "s", "rfm_segment": None}
            for name in ["~~a~~ | b", "y" * 10_000]
        ]
    )
    with replaced({queries.CUSTOMER_LIST: table, queries.CUSTOMER_ATTRIBUTES: attributes}):
        app = open_page("my_customers", region="~~a~~ | b")
    assert [row["customer_name"] for row in tables(app)[-1]] == names
    assert r"\~\~a\~\~ \| b" in captions(app)


@pytest.mark.parametrize("address", [{}, {"region": "East"}], ids=["all", "filtered"])
def test_back_from_a_customer_finds_the_filters_each_time(
    open_page: Open, address: dict[str, str]
) -> None:
    """The browser's Back names the list with the customer's address; the story has a real one."""
    app = open_page("my_customers", **address)
    for _ in range(2):
        (key,) = (str(table.key) for table in app.dataframe if str(table.key).startswith("actions"))
        app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
        app.run()
        assert app.title[0].value != "My customers" and list(app.query_params) == ["customer"]
        app.switch_page("views/my_customers.py").run()
        assert app.title[0].value == "My customers" and dict(app.query_params) == address


def test_who_has_no_customer_is_told_so(open_page: Open) -> None:
    with patch(
        "dashboard.access.viewer",
        lambda: access.Viewer("R99", "Nobody", is_manager=False, is_signed_in=True),
    ):
        app = open_page("my_customers")
    assert "no customer here that you may see" in app.info[0].value
    assert not app.dataframe
