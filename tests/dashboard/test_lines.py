"""The invoice lines page: what it sums, what it says of a bad address, what it keeps back."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from dashboard import access
from tests.dashboard.conftest import Open, figures
from tests.dashboard.test_customer import texts
from tests.warehouse.harness import Warehouse


def test_all_lines_are_summed_and_the_newest_thousand_shown(
    open_page: Open, published: Warehouse
) -> None:
    (sums,) = published.query(
        """
        select count(*) as line_count, count(distinct invoice_id) as invoice_count,
            sum(net_amount) as net_amount, sum(margin_amount) as margin_amount
        from opportunity_core.fct_invoice_line
        where customer_id in (
            select customer_id from opportunity_core.dim_customer where region = 'West'
        ) and line_type <> 'adjustment'
        """
    )
    app = open_page("lines", region="West", kind="spend")
    shown = figures(app)
    assert shown["Lines"] == f"{sums['line_count']:,}"
    assert shown["Invoices"] == f"{sums['invoice_count']:,}"
    assert shown["Net amount, EUR"] == f"{sums['net_amount']:,.0f}"
    assert shown["Margin, EUR"] == f"{sums['margin_amount']:,.0f}"
    rows = app.dataframe[0].value
    assert len(rows) == 1000
    assert list(rows["invoice_date"]) == sorted(rows["invoice_date"], reverse=True)
    assert f"The newest 1,000 of {sums['line_count']:,} lines" in texts(app)


@pytest.mark.parametrize("kind", ["spend", "sales"], ids=["of whole invoices", "of some lines"])
def test_the_margin_is_a_share_of_what_has_a_cost(
    open_page: Open, published: Warehouse, kind: str
) -> None:
    """Lines whose cost is unknown are in neither of the two sums."""
    types = {"spend": "('sale', 'return')", "sales": "('sale')"}[kind]
    (sums,) = published.query(
        f"""
        select sum(margin_amount) / sum(case when margin_amount is not null then net_amount end)
            as of_costed, sum(margin_amount) / sum(net_amount) as of_all
        from opportunity_core.fct_invoice_line
        where customer_id in (
            select customer_id from opportunity_core.dim_customer where region = 'West'
        ) and line_type in {types}
        """
    )
    app = open_page("lines", region="West", kind=kind)
    (margin,) = (metric for metric in app.metric if metric.label == "Margin, EUR")
    assert margin.proto.delta_description == f"{100 * sums['of_costed']:.1f} % of revenue"
    assert f"{100 * sums['of_all']:.1f} % of revenue" != margin.proto.delta_description


@pytest.mark.parametrize(
    "address",
    [
        {"category": "Tea", "from": "2026-05-01", "to": "2026-05-31"},
        {"item": "COF0001", "kind": "sales", "location": "L08"},
        {"customer": "C00066", "channel": "WEB"},
        {"region": ""},
    ],
)
def test_what_is_shown_adds_up_to_what_is_said(open_page: Open, address: dict[str, str]) -> None:
    app = open_page("lines", **address)
    rows = app.dataframe[0].value
    assert 0 < len(rows) < 1000
    assert figures(app)["Lines"] == f"{len(rows):,}"
    (amount,) = (metric for metric in app.metric if metric.label == "Net amount, EUR")
    assert amount.proto.delta_description == f"{rows['net_amount'].sum():,.2f}"


def test_filters_are_named_and_an_invoice_has_its_lines(open_page: Open) -> None:
    app = open_page("lines", customer="C00254", invoice="S000007585", item="COF0001")
    said = texts(app).replace("\\", "")
    assert "Velvet Mill Coffee House (C00254)" in said
    assert "House Espresso Beans 1 kg (COF0001)" in said
    assert figures(app)["Lines"] == "1"


def test_without_a_filter_the_last_week_is_shown(open_page: Open) -> None:
    app = open_page("lines")
    assert "No filter is set" in texts(app)
    assert str(app.dataframe[0].value["invoice_date"].min())[:10] >= "2026-06-24"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"from": "yesterday"}, "“yesterday” is no date"),
        ({"from": "2026-06-02", "to": "2026-06-01"}, "The period ends before it begins"),
        ({"customer": "nobody"}, "There is no such customer among yours"),
        ({"invoice": "'; drop table clock; --"}, "There is no such invoice among yours"),
        ({"category": "Bricks"}, "There is no such category"),
        ({"kind": "all"}, "The kind of lines is spend"),
    ],
)
def test_a_bad_address_is_answered_in_a_sentence(
    open_page: Open, address: dict[str, str], said: str
) -> None:
    app = open_page("lines", **address)
    assert said in texts(app)
    assert not app.metric
    assert not app.dataframe


def test_a_rep_sees_no_line_of_others(open_page: Open, published: Warehouse) -> None:
    (own,) = published.query(
        """
        select count(*) as n from opportunity_core.fct_invoice_line
        where invoice_date >= '2026-06-01' and customer_id in (
            select customer_id from opportunity_core.customer_access where viewer_id = 'R05'
        )
        """
    )
    viewer = access.Viewer("R05", "Ines Corrado", is_manager=False)
    with patch.object(access, "viewer", return_value=viewer):
        june = open_page("lines", **{"from": "2026-06-01"})
        foreign = open_page("lines", customer="C00254")
        invoice = open_page("lines", invoice="S000007585")
    assert figures(june)["Lines"] == f"{own['n']:,}"
    assert "There is no such customer among yours" in texts(foreign)
    assert "There is no such invoice among yours" in texts(invoice)


def test_filters_chosen_by_hand_go_to_the_address(open_page: Open) -> None:
    app = open_page("lines", customer="C00254")
    app.selectbox(key="choose-category").set_value("Tea")
    app.button[0].click().run()
    assert app.query_params["category"] == "Tea"
    assert app.query_params["customer"] == "C00254"
    assert figures(app)["Net amount, EUR"] == "7,273"
