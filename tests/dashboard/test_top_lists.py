"""Each top list is the head of its mart, in the mart's words."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pyarrow as pa

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open
from tests.warehouse.harness import Warehouse

NAMED = """
    inner join opportunity_marts.customer_360 as customers
        on marts.customer_id = customers.customer_id
"""
HEADS = {
    "Opportunities": (
        "expected_value",
        f"""
        select customers.customer_name as name, marts.expected_value as value
        from opportunity_marts.next_best_action as marts {NAMED} where not is_holdout
        order by marts.expected_value desc, probability desc, marts.customer_id, action_type
        """,
        "actions",
    ),
    "Wallet gaps": (
        "peer_gap",
        f"""
        select customers.customer_name as name, marts.peer_gap as value
        from opportunity_marts.share_of_wallet as marts {NAMED} where marts.peer_gap > 0
        order by marts.peer_gap desc, marts.customer_id
        """,
        "customers who spend less than their peers",
    ),
    "Category risks": (
        "value_at_risk",
        f"""
        select customers.customer_name as name, marts.value_at_risk as value
        from opportunity_marts.churn_risk as marts {NAMED} where is_at_risk
        order by marts.value_at_risk desc, marts.customer_id, category_id
        """,
        "categories of customers at risk",
    ),
    "Customer risks": (
        "expected_revenue",
        f"""
        select customers.customer_name as name, actions.expected_revenue as value
        from opportunity_marts.customer_churn as marts {NAMED}
        left join opportunity_marts.next_best_action as actions
            on marts.customer_id = actions.customer_id and action_type = 'win_back'
                and category_id is null
        where marts.churn_band = 'high'
        order by value desc nulls last, marts.churn_probability desc, marts.customer_id
        """,
        "customers at high risk",
    ),
    "Reorders": (
        "expected_revenue",
        f"""
        select customers.customer_name as name, marts.expected_revenue as value
        from opportunity_marts.item_reorder_due as marts {NAMED} where overdue_days >= 0
        order by marts.expected_revenue desc, marts.customer_id, item_id
        """,
        "reorders that are due",
    ),
    "Rules": (
        "basket_count",
        """
        select items.item_name as name, rules.basket_count as value
        from opportunity_marts.basket_rule as rules
        inner join opportunity_core.dim_item as items on rules.from_item_id = items.item_id
        order by rule_rank
        """,
        "rules",
    ),
    "Most valuable": (
        "predicted_value",
        f"""
        select customers.customer_name as name, marts.predicted_value as value
        from opportunity_marts.customer_lifetime_value as marts {NAMED}
        where marts.predicted_value is not null
        order by marts.predicted_value desc, marts.customer_id
        """,
        "customers with a predicted value",
    ),
}


def test_each_list_is_the_head_of_its_mart(open_page: Open, published: Warehouse) -> None:
    app = open_page("top_lists")
    for name, (column, sql, things) in HEADS.items():
        app.session_state["list"] = name
        app.run()
        rows = published.query(sql)
        (table,) = app.dataframe
        who = "from_item_name" if name == "Rules" else "customer_name"
        shown = table.value[[who, column]].astype(object)
        assert shown.where(shown.notna(), None).to_numpy().tolist() == [
            [row["name"], None if row["value"] is None else float(row["value"])]
            for row in rows[:50]
        ], name
        total = f"{len(rows):,} {things}."
        if len(rows) > 50:
            total = f"The first 50 of {total}"
        assert any(total in caption.value for caption in app.caption), name
        assert not app.error


def test_the_gap_to_the_mean_is_a_baseline_of_its_own(
    open_page: Open, published: Warehouse
) -> None:
    app = open_page("top_lists", list="Wallet gaps", against="Mean (baseline)")
    largest = published.query(
        """
        select opportunity_gap from opportunity_marts.share_of_wallet
        order by opportunity_gap desc limit 50
        """
    )
    shown = app.dataframe[0].value["opportunity_gap"].tolist()
    assert shown == [float(row["opportunity_gap"]) for row in largest]


def test_a_rep_sees_their_own(open_page: Open, published: Warehouse) -> None:
    own = published.query(
        """
        select count(*) as n from opportunity_marts.share_of_wallet where peer_gap > 0
        and customer_id in (
            select customer_id from opportunity_core.customer_access where viewer_id = 'R05'
        )
        """
    )[0]["n"]
    with patch(
        "dashboard.access.viewer",
        lambda: access.Viewer("R05", "Ines Corrado", is_manager=False, is_signed_in=True),
    ):
        app = open_page("top_lists", list="Wallet gaps")
    assert set(app.dataframe[0].value["sales_rep_name"]) == {"Ines Corrado"}
    assert any(f"of {own} customers" in caption.value for caption in app.caption)


NO_SCORE = {"scored_count": 0, "total": 0, "reason": "Too *few* customers."}


TOTALS: dict[str, tuple[str, dict[str, Any]]] = {
    "Opportunities": (queries.TOP_OPPORTUNITIES_TOTALS, {"action_count": 0}),
    "Wallet gaps": (queries.TOP_GAPS_TOTALS, {"customer_count": 9, "avg_spend": 1.0}),
    "Category risks": (queries.TOP_CATEGORY_RISKS_TOTALS, {"row_count": 9}),
    "Customer risks": (queries.TOP_CUSTOMER_RISKS_TOTALS, {"customer_count": 9}),
    "Reorders": (queries.TOP_REORDERS_TOTALS, {"row_count": 9}),
    "Most valuable": (queries.TOP_CUSTOMERS_TOTALS, {"customer_count": 9}),
}


def test_what_is_not_scored_says_why(open_page: Open) -> None:
    read = warehouse.read
    answers = {sql: pa.Table.from_pylist([NO_SCORE | numbers]) for sql, numbers in TOTALS.values()}

    def answer(viewer: str, sql: str, **values: Any) -> pa.Table:
        return answers[sql] if sql in answers else read(viewer, sql, **values)

    with patch("dashboard.warehouse.read", answer):
        app = open_page("top_lists")
        for name in TOTALS:
            app.session_state["list"] = name
            app.run()
            (warning,) = app.warning
            assert "Not computed yet" in warning.value, name
            assert name == "Opportunities" or r"Too \*few\* customers\." in warning.value, name


def test_who_has_no_customer_reads_that_nothing_is_there(open_page: Open) -> None:
    with patch(
        "dashboard.access.viewer",
        lambda: access.Viewer("R99", "Nobody", is_manager=False, is_signed_in=True),
    ):
        app = open_page("top_lists", list="Category risks")
    assert len(app.info) == 1
    assert not app.dataframe
    assert not app.error
