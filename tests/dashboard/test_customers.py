"""The customers page counts what customer_360 says, by rules whose edges are tried here."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, queries, warehouse
from tests.dashboard.conftest import Open, figures
from tests.dashboard.tables import answers
from tests.warehouse.harness import Warehouse

NO_FILTER = {"segment": None, "region": None, "location": None}


def ask(sql: str, viewer: str = warehouse.EVERYTHING, **values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.read(
        viewer, sql, **{**NO_FILTER, "limit": 10_000, **values}
    ).to_pylist()
    return rows


def table_with(app: AppTest, *columns: str) -> list[dict[str, Any]]:
    """The rows of the one table that has all of these columns and no table before it."""
    for element in app.dataframe:
        table = pa.ipc.open_stream(element.proto.arrow_data.data).read_all()
        if set(columns) <= set(table.column_names):
            rows: list[dict[str, Any]] = table.to_pylist()
            return rows
    raise AssertionError(f"no table has {columns}")


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_figures_of_everybody_are_those_of_customer_360(
    open_page: Open, published: Warehouse
) -> None:
    (sums,) = published.query(
        """
        select count(*) as customers, count(first_purchase_date) as buyers,
            count(*) filter (churn_band = 'high') as high,
            count(*) filter (churn_band = 'lapsed') as lapsed,
            avg(predicted_value) as average, sum(revenue) as revenue
        from opportunity_marts.customer_360
        """
    )
    app = open_page("customers")
    assert figures(app) == {
        "Customers": f"{sums['customers']:,}",
        "At high risk": f"{sums['high']:,}",
        "Lapsed": f"{sums['lapsed']:,}",
        "Average value, EUR": f"{sums['average']:,.0f}",
    }
    segments = table_with(app, "rfm_segment", "customer_share")
    expected = published.query(
        """
        select rfm_segment, count(*) as customer_count, sum(revenue) as revenue
        from opportunity_marts.customer_360 where rfm_segment is not null
        group by rfm_segment order by revenue desc
        """
    )
    assert [(row["rfm_segment"], row["customer_count"]) for row in segments] == [
        (row["rfm_segment"], row["customer_count"]) for row in expected
    ]
    for shown, row in zip(segments, expected, strict=True):
        assert shown["revenue"] == pytest.approx(float(row["revenue"]))
        assert shown["customer_share"] == pytest.approx(row["customer_count"] / sums["buyers"])
        assert shown["revenue_share"] == pytest.approx(float(row["revenue"] / sums["revenue"]))
    without = sums["customers"] - sums["buyers"]
    assert f"{without} more customers have no order yet" in captions(app)
    assert f"Not in it: {without} customers without a score. No order yet" in captions(app)
    assert len(table_with(app, "recency_days", "monetary")) == sums["buyers"]
    lapsing = table_with(app, "churn_band", "reason_1")
    assert len(lapsing) == sums["high"] + sums["lapsed"]
    assert {row["churn_band"] for row in lapsing} == {"high", "lapsed"}
    assert [row["monetary"] for row in lapsing] == sorted(
        (row["monetary"] for row in lapsing), reverse=True
    )


def test_whales_are_those_of_the_mart(open_page: Open, published: Warehouse) -> None:
    expected = published.query(
        """
        select customer_name from opportunity_marts.customer_360 where is_whale
        order by predicted_value desc, customer_id
        """
    )
    rows = table_with(open_page("customers"), "predicted_value", "churn_probability")
    assert [row["customer_name"] for row in rows] == [row["customer_name"] for row in expected]


def test_buckets_hold_their_start_and_not_their_end(open_page: Open) -> None:
    shown = table_with(open_page("customers"), "name", "customer_count")
    assert [row["name"] for row in shown] == [
        "0 to under 50", "50 to under 100", "100 to under 250", "250 to under 500", "500 and more",
    ]  # fmt: skip
    customers = ask("select predicted_value from customer_360 where predicted_value is not null")
    ends = [0, 50, 100, 250, 500, float("inf")]
    assert [row["customer_count"] for row in shown] == [
        sum(start <= row["predicted_value"] < end for row in customers)
        for start, end in pairwise(ends)
    ]


EDGES = """
with customer_360 as (
    select
        customer_id, customer_id as customer_name, null as region, null as sales_rep_name,
        'Cafe' as customer_segment, null as location_id, 'Loyal' as rfm_segment,
        cast(first_sale as date) as first_purchase_date, cast(null as date) as last_purchase_date,
        1 as recency_days, 1 as frequency, 1.0 as monetary, 1.0 as revenue,
        null as churn_probability, null as churn_band, predicted_value, null as value_tier,
        false as is_whale
    from (
        values
        ('a', '2026-01-01', 0), ('b', '2026-01-02', 49.9999), ('c', '2026-01-01', 50),
        ('d', '2026-06-01', 99.9999), ('e', '2026-05-31', 500), ('f', '2026-06-30', null)
    ) as customers (customer_id, first_sale, predicted_value)
),
fct_invoice as (
    select
        customer_id, cast(day as date) as invoice_date, 'sale' as invoice_type,
        1 as sale_line_count, 10.0 as net_amount
    from (
        values
        ('a', '2026-06-01', 4), ('a', '2026-06-30', 6), ('a', '2026-05-31', 9),
        ('b', '2026-06-02', 9), ('c', '2026-06-03', 4), ('c', '2026-07-01', 1),
        ('d', '2026-06-01', 1), ('e', '2026-06-01', 1), ('f', '2026-06-30', 2)
    ) as days (customer_id, day, order_count)
    cross join generate_series(1, 9) as numbers (number)
    where number <= order_count
    union all
    values
    ('e', date '2026-06-09', 'return', 0, -3.0), ('e', date '2026-06-09', 'adjustment', 0, 7.0)
), """


def on_edges(sql: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a query over customers who lie on the edges of groups."""
    return ask(EDGES + sql.strip().removeprefix("with"), **values)


def test_edges_of_buckets(published: Warehouse) -> None:
    rows = on_edges(queries.VALUE_BUCKETS)
    assert [(row["bucket_start"], row["customer_count"]) for row in rows] == [
        (0, 2), (50, 2), (100, 0), (250, 0), (500, 1),
    ]  # fmt: skip
    listed = on_edges(queries.CUSTOMERS_OF_VALUE_BUCKET, bucket_start=50)
    assert [row["customer_id"] for row in listed] == ["d", "c"]


def test_new_is_who_first_ordered_in_the_period(published: Warehouse) -> None:
    """Ten orders are VIP (a), nine Loyal (b), four and two Regular (c; f, although new); of those
    with one, d came on its first day and e the day before."""
    june = {"start_date": date(2026, 6, 1), "end_date": date(2026, 6, 30)}
    rows = on_edges(queries.ORDER_GROUPS, **june)
    assert [(row["order_group"], row["customer_count"], row["order_count"]) for row in rows] == [
        ("VIP", 1, 10), ("Loyal", 1, 9), ("Regular", 2, 6), ("New", 1, 1), ("Once", 1, 1),
    ]  # fmt: skip
    (new,) = on_edges(queries.CUSTOMERS_OF_ORDER_GROUP, order_group="New", **june)
    (once,) = on_edges(queries.CUSTOMERS_OF_ORDER_GROUP, order_group="Once", **june)
    assert (new["customer_id"], once["customer_id"], once["spend"]) == ("d", "e", 7)


def test_orders_of_all_time_are_those_of_customer_360(
    open_page: Open, published: Warehouse
) -> None:
    app = open_page("customers", period="All", group="VIP")
    groups = table_with(app, "order_group_name")
    (sums,) = published.query(
        """
        select cast(sum(frequency) as bigint) as orders, count(first_purchase_date) as buyers,
            count(*) filter (frequency >= 10) as vip, count(*) filter (frequency = 1) as one
        from opportunity_marts.customer_360
        """
    )
    assert sum(row["order_count"] for row in groups) == sums["orders"]
    assert sum(row["customer_count"] for row in groups) == sums["buyers"]
    clock = ask("select first_invoice_date as start_date, as_of_date as end_date from clock")[0]
    counted = ask(queries.ORDER_GROUPS, **clock)
    for shown, row in zip(groups, counted, strict=True):
        assert shown["customer_count"] == row["customer_count"]
        assert shown["spend"] == pytest.approx(row["spend"])
    # Of all time there is no order before the period.
    assert [row["customer_count"] for row in groups][3:] == [sums["one"], 0]
    assert groups[0]["customer_count"] == sums["vip"]
    assert f"The first 200 of {sums['vip']:,} customers" in captions(app) or sums["vip"] <= 200
    assert len(table_with(app, "order_count", "first_purchase_date")) == min(sums["vip"], 200)


def test_filters_and_choices_of_the_address(open_page: Open, published: Warehouse) -> None:
    where = "region = 'North' and customer_segment = 'Cafe'"
    (sums,) = published.query(
        f"""
        select count(*) as customers, count(*) filter (rfm_segment = 'Champions') as champions,
            count(*) filter (value_tier = 'Platinum') as platinum
        from opportunity_marts.customer_360 where {where}
        """
    )
    app = open_page(
        "customers", region="North", segment="Cafe", rfm="Champions", by="Tier", value="Platinum",
        band="lapsed",
    )  # fmt: skip
    assert figures(app)["Customers"] == f"{sums['customers']}"
    assert "Region **North**" in captions(app) and "Segment **Cafe**" in captions(app)
    listed = [
        len(element.value) for element in app.dataframe
        if {"sales_rep_name", "frequency", "monetary"} <= set(element.value.columns)
        and "churn_probability" not in element.value.columns
    ]  # fmt: skip
    assert listed == [sums["champions"], sums["platinum"]]
    assert {row["churn_band"] for row in table_with(app, "churn_band")} == {"lapsed"}


def test_a_rep_sees_their_own(open_page: Open, published: Warehouse) -> None:
    (own,) = published.query(
        "select count(*) as n from opportunity_core.customer_access where viewer_id = 'R05'"
    )
    viewer = access.Viewer("R05", "Ines Corrado", is_manager=False)
    with patch.object(access, "viewer", return_value=viewer):
        app = open_page("customers", period="All")
    assert figures(app)["Customers"] == f"{own['n']}"
    assert {row["sales_rep_name"] for row in table_with(app, "churn_band")} == {"Ines Corrado"}


def test_points_are_the_most_valuable(published: Warehouse) -> None:
    all_points = ask(queries.RECENCY_AND_FREQUENCY)
    few = ask(queries.RECENCY_AND_FREQUENCY, limit=5)
    assert few == all_points[:5]
    assert min(row["monetary"] for row in few) >= max(row["monetary"] for row in all_points[5:])


def test_not_scored_yet_is_not_nobody(open_page: Open, published: Warehouse) -> None:
    reason = "The first order of all is 10 days old; a score needs 180."
    cards = {
        "customer_count": 7, "buyer_count": 7, "whale_count": 0, "churn_scored_count": 0,
        "high_count": 0, "lapsed_count": 0, "value_scored_count": 0,
        "average_predicted_value": None,
    }  # fmt: skip
    with answers(
        CUSTOMERS_CARDS=[cards], WHALES=[],
        VALUE_NOT_SCORED=[{"not_scored_reason": reason, "customer_count": 7}],
    ):  # fmt: skip
        app = open_page("customers")
    assert figures(app)["At high risk"] == "-" and figures(app)["Average value, EUR"] == "-"
    assert len(app.warning) == 3
    assert all("Not computed yet" in warning.value for warning in app.warning)
    assert all("10 days old; a score needs 180" in warning.value for warning in app.warning)


def test_nobody_there_and_one_query_broken(open_page: Open, published: Warehouse) -> None:
    with answers(RFM_SEGMENTS=warehouse.QueryFailed("no_such_table"), ORDER_GROUPS=[]):
        app = open_page("customers")
    (error,) = app.error
    assert "This could not be read" in error.value
    assert figures(app)["Customers"] and "No customer that passes" in app.info[-1].value


def test_names_that_are_no_names(open_page: Open, published: Warehouse) -> None:
    name = "**bold** <script>alert(1)</script> '; drop table x; -- " + "x" * 10_000
    (row,) = ask(queries.RECENCY_AND_FREQUENCY, limit=1)
    (whale, *_) = ask(queries.WHALES)
    with answers(
        RECENCY_AND_FREQUENCY=[{**row, "customer_name": name}],
        WHALES=[{**whale, "customer_name": name}],
    ):
        app = open_page("customers")
    assert not app.exception and not app.error
    assert table_with(app, "predicted_value", "churn_probability")[0]["customer_name"] == name
