"""The demo company through the whole build: what its generator planted is what the marts say."""

from __future__ import annotations

import json
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from tests.independent.fitting import Buyers, logs_of
from tests.independent.scores import Fit, buyers_by_kind
from tests.independent.star import Star
from tests.warehouse.comparing import (
    access_differences,
    expected_star,
    gain_over_the_fit,
    score_differences,
)
from tests.warehouse.harness import PROJECT, Company, Warehouse, demo_tables

TRUTHS: dict[str, Any] = json.loads((PROJECT / "seeds" / "demo" / "truths.json").read_text())


def test_exactly_the_planted_bad_rows_are_rejected(demo: Warehouse) -> None:
    rows = demo.rows("core.rejected_rows")
    found = Counter((row["source_table"], row["reason"]) for row in rows)
    planted = {
        (table, reason): count
        for table, reasons in TRUTHS["rejected_rows"]["counts"].items()
        for reason, count in reasons.items()
    }
    assert dict(found) == planted


def test_every_raw_row_is_accepted_or_rejected(demo: Warehouse) -> None:
    accepted = {
        "dw_invoice_header": "core.fct_invoice",
        "dw_invoice_line": "core.fct_invoice_line",
        "dw_inventory_snapshot": "core.fct_inventory_snapshot",
    }
    for contract_table, table in accepted.items():
        assert len(demo.rows(table)) == TRUTHS["accepted_row_counts"][contract_table], table
    listed = {
        "dw_item": "core.dim_item",
        "dw_customer": "core.dim_customer",
        "dw_sales_rep": "core.dim_sales_rep",
        "dw_location": "core.dim_location",
        "dw_channel": "core.dim_channel",
    }
    for contract_table, table in listed.items():
        count = sum(row["is_listed"] for row in demo.rows(table))
        assert count == TRUTHS["accepted_row_counts"][contract_table], table


def test_money_in_is_money_accepted_and_rejected(demo: Warehouse) -> None:
    accepted = sum(row["net_amount"] for row in demo.rows("core.fct_invoice_line"))
    rejected = sum(row["net_amount"] or 0 for row in demo.rows("core.rejected_rows"))
    assert accepted == Decimal(TRUTHS["money"]["accepted_net_amount"])
    assert rejected == Decimal(TRUTHS["money"]["rejected_net_amount"])


def test_kinds_of_lines_are_counted_as_planted(demo: Warehouse) -> None:
    lines = demo.rows("core.fct_invoice_line")
    types = Counter(row["line_type"] for row in lines)
    counts = TRUTHS["counts"]
    assert types == {
        "sale": counts["sale_lines"],
        "return": counts["return_lines"],
        "adjustment": counts["adjustment_lines"],
    }
    assert sum(row["item_id"] == "POST" for row in lines) == counts["postage_lines"]
    assert (
        sum(row["customer_id"] == "__unknown__" for row in lines)
        == (counts["lines_without_customer"])
    )
    assert (
        sum(row["item_id"] == "__unknown__" for row in lines) == (counts["lines_without_item_code"])
    )


def test_marked_rows_name_what_is_amiss(demo: Warehouse) -> None:
    marks = Counter(row["mark"] for row in demo.rows("core.marked_rows"))
    counts = TRUTHS["counts"]
    assert marks == {
        "missing_customer": counts["invoices_without_customer"],
        "unknown_item": counts["lines_with_unknown_item_code"],
        "missing_item": counts["lines_without_item_code"],
        "missing_category": 1 + len(TRUTHS["items"]["without_category"]),  # POST has none either
        "unreadable_value": len(TRUTHS["marked_values"]["values"]),
    }
    unreadable = {
        (row["source_table"], row["source_key"], row["detail"])
        for row in demo.rows("core.marked_rows")
        if row["mark"] == "unreadable_value"
    }
    assert unreadable == {
        (value["table"], value["key"], value["column"])
        for value in TRUTHS["marked_values"]["values"]
    }


def test_header_mismatches_are_those_planted(demo: Warehouse) -> None:
    found = {
        (row["invoice_id"], row["header_amount"], row["line_amount"])
        for row in demo.rows("core.header_mismatch")
    }
    assert found == {
        (row["invoice"], Decimal(row["header_total"]), Decimal(row["line_total"]))
        for row in TRUTHS["header_mismatches"]["invoices"]
    }


def test_the_planted_pairs_lead_the_rules(demo: Warehouse) -> None:
    rules = demo.rows("marts.basket_rule")
    planted = TRUTHS["item_pairs"]["pairs"]
    strongest = sorted(rules, key=lambda rule: rule["rule_rank"])[: 2 * len(planted)]
    assert {frozenset((rule["from_item_id"], rule["to_item_id"])) for rule in strongest} == {
        frozenset((pair["from_item"], pair["to_item"])) for pair in planted
    }
    by_items = {(rule["from_item_id"], rule["to_item_id"]): rule for rule in rules}
    for pair in planted:
        rule = by_items[pair["from_item"], pair["to_item"]]
        assert rule["basket_count"] == pair["basket_count"]
        assert rule["from_basket_count"] == pair["from_basket_count"]
        assert rule["to_basket_count"] == pair["to_basket_count"]
        assert rule["total_basket_count"] == TRUTHS["item_pairs"]["total_basket_count"]
        assert rule["is_significant"]
        assert rule["confidence"] > Decimal("0.4")


def test_seasonal_categories_peak_when_planted(demo: Warehouse) -> None:
    for season in TRUTHS["seasonality"]["categories"]:
        months = [
            row
            for row in demo.rows("marts.revenue_by_category")
            if row["category_id"] == season["category"]
        ]
        peak = [
            row["revenue"] for row in months if row["month_start"].month in season["peak_months"]
        ]
        rest = [
            row["revenue"]
            for row in months
            if row["month_start"].month not in season["peak_months"]
        ]
        assert sum(peak) / len(peak) >= 2 * sum(rest) / len(rest), season["category"]


def test_customers_who_left_have_not_bought_since(demo: Warehouse) -> None:
    rfm = {row["customer_id"]: row for row in demo.rows("marts.customer_rfm")}
    for left in TRUTHS["customers_who_left"]["customers"]:
        customer = rfm[left["customer"]]
        assert customer["recency_days"] >= 150
        assert customer["r_score"] <= 2


def test_customers_who_left_are_in_the_top_fifth_of_churn(demo: Warehouse) -> None:
    scored = [row for row in demo.rows("marts.customer_churn") if row["is_scored"]]
    scored.sort(key=lambda row: (-row["churn_probability"], row["customer_id"]))
    top_fifth = {row["customer_id"] for row in scored[: len(scored) // 5]}
    left = {row["customer"] for row in TRUTHS["customers_who_left"]["customers"]}
    assert left <= top_fifth
    assert {row["churn_band"] for row in scored if row["customer_id"] in left} == {"high"}


def test_steady_customers_are_not_at_high_risk(demo: Warehouse) -> None:
    bands = {row["customer_id"]: row["churn_band"] for row in demo.rows("marts.customer_churn")}
    for steady in TRUTHS["steady_customers"]["customers"]:
        assert bands[steady["customer"]] == "low", steady["customer"]


def test_the_fading_category_is_flagged_and_steady_spend_is_not_lost(demo: Warehouse) -> None:
    churn = {(row["customer_id"], row["category_id"]): row for row in demo.rows("marts.churn_risk")}
    for fade in TRUTHS["customers_who_fade_in_one_category"]["customers"]:
        row = churn[fade["customer"], fade["category"]]
        assert row["recent_spend"] == Decimal(fade["recent_spend"])
        assert row["prev_spend"] == Decimal(fade["previous_spend"])
        assert row["churn_flag"] == 1
        assert row["drop_pct"] > Decimal("0.7")
    for steady in TRUTHS["steady_customers"]["customers"]:
        flags = [row["churn_flag"] for key, row in churn.items() if key[0] == steady["customer"]]
        assert flags and sum(flags) == 0, steady["customer"]


def test_the_fading_category_is_at_risk_and_nothing_of_steady_customers(demo: Warehouse) -> None:
    churn = {(row["customer_id"], row["category_id"]): row for row in demo.rows("marts.churn_risk")}
    for fade in TRUTHS["customers_who_fade_in_one_category"]["customers"]:
        row = churn[fade["customer"], fade["category"]]
        assert row["is_at_risk"], row
        lost = Decimal(fade["previous_spend"]) - Decimal(fade["recent_spend"])
        assert row["value_at_risk"] == lost
        assert row["reason"].startswith(
            f"Usual purchases of {fade['category']} in the last 90 days"
        )
        others = [key for key in churn if key[0] == fade["customer"] and key[1] != fade["category"]]
        assert not any(churn[key]["is_at_risk"] for key in others)
    steady = {customer["customer"] for customer in TRUTHS["steady_customers"]["customers"]}
    assert not [key for key, row in churn.items() if key[0] in steady and row["is_at_risk"]]


def test_peers_are_enough_or_none(demo: Warehouse) -> None:
    wallet = demo.rows("marts.share_of_wallet")
    compared = [row for row in wallet if row["peer_group"] is not None]
    assert len(compared) > 300
    assert min(row["peer_customer_count"] for row in compared) >= 20
    spend = sum(row["actual_spend"] for row in wallet)
    assert 0 < sum(row["peer_gap"] for row in compared) <= spend / 5
    for customer in TRUTHS["customers"]["listed_but_never_invoiced"]:
        row = next(row for row in wallet if row["customer_id"] == customer)
        assert row["peer_gap"] is None
        assert row["no_benchmark_reason"] == "Bought nothing in a category in the last 365 days."


def test_customers_without_invoices_have_a_row_and_a_gap(demo: Warehouse) -> None:
    wallet = {row["customer_id"]: row for row in demo.rows("marts.share_of_wallet")}
    for customer in TRUTHS["customers"]["listed_but_never_invoiced"]:
        assert wallet[customer]["actual_spend"] == 0
        assert wallet[customer]["opportunity_gap"] == wallet[customer]["avg_spend"]
    for customer in TRUTHS["customers"]["invoiced_but_not_listed"]:
        assert customer in wallet


def test_the_build_says_which_build_it_is(demo: Warehouse) -> None:
    rows = demo.rows("core.build_info")
    assert [str(row["as_of_date"]) for row in rows] == [TRUTHS["as_of_date"]]
    assert rows[0]["build_id"] and rows[0]["built_at"]


# The scores, computed a second time.


@pytest.fixture(scope="module")
def star() -> Star:
    """The demo company's star as the independent calculation has it."""
    return expected_star(Company({"dw": demo_tables()}, {"build_date": "2026-12-31"}))


def test_reps_may_see_what_the_independent_calculation_says(demo: Warehouse, star: Star) -> None:
    assert access_differences(demo, star) == []
    assert len({row["viewer_id"] for row in demo.rows("core.customer_access")}) > 5


def test_scores_are_what_the_independent_calculation_says(demo: Warehouse, star: Star) -> None:
    assert score_differences(demo, star) == []
    assert sum(row["is_scored"] for row in demo.rows("marts.customer_churn")) > 300
    assert any(row["predicted_lower"] for row in demo.rows("marts.customer_lifetime_value"))


def test_no_parameters_are_much_likelier_than_the_fit(demo: Warehouse, star: Star) -> None:
    """And the prior, which keeps the search from infinity, counts less than one customer."""
    assert 0 <= gain_over_the_fit(demo, star) <= 0.0005
    buyers, logs = Buyers(buyers_by_kind(star)), logs_of(published_fit(demo))
    a_customer = buyers.log_likelihood(logs) / buyers.counts.sum()
    assert a_customer < buyers.log_prior(logs)


def published_fit(demo: Warehouse) -> Fit:
    return Fit.of(demo.rows("marts.bgnbd_fit")[0])


def test_probabilities_are_those_of_the_mixture(demo: Warehouse) -> None:
    """Rates and chances to leave, weighed by how likely they make the orders that were seen."""
    fit, horizon = published_fit(demo), 90 / 7
    r, alpha, a, b = fit.r, fit.alpha, fit.a, fit.b

    def mean_of_rates(orders: int, until: float) -> float:
        """Mean of rate^orders * exp(-rate * until) over the gamma mixture, but for a constant."""
        scale = (r + orders) / (alpha + until)
        peak = (r + orders) * (math.log(scale) - 1)

        def weight(logarithm: float) -> float:
            rate = math.exp(logarithm)
            return math.exp((r + orders) * logarithm - rate * (alpha + until) - peak)

        centre = math.log(scale)
        return math.exp(peak) * float(quad(weight, centre - 30, centre + 5, points=[centre])[0])

    def mean_of_drops(leave: int, stay: int) -> float:
        """Mean of p^leave * (1 - p)^stay over the beta mixture, but for a constant."""
        return math.exp(gammaln(a + leave) + gammaln(b + stay) - gammaln(a + b + leave + stay))

    rows = [
        row
        for row in demo.rows("marts.customer_snapshot")
        if row["snapshot_kind"] == "score" and row["order_day_count"] <= 40
    ]
    for row in sorted(rows, key=lambda row: str(row["customer_id"]))[::12]:
        orders = row["order_day_count"] - 1
        last, age = (row["age_days"] - row["recency_days"]) / 7, row["age_days"] / 7

        def chance(until: float, orders: int = orders, last: float = last) -> float:
            gone = 0.0
            if orders:
                gone = mean_of_drops(1, orders - 1) * mean_of_rates(orders, last)
            return mean_of_drops(0, orders) * mean_of_rates(orders, until) + gone

        silent = chance(age + horizon) / chance(age)
        assert float(row["bgnbd_probability"]) == pytest.approx(silent, abs=1e-6), row
