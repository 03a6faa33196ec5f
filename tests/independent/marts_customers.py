"""The customer marts: RFM, ABC, wallet, penetration, churn, cohorts and customer_360."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.independent.judging import UNCATEGORISED, UNKNOWN
from tests.independent.marts_sales import (
    Row,
    month_has_ended,
    month_start,
    next_month,
    ratio,
    total,
    total_or_none,
)
from tests.independent.reading import MONEY_PLACES
from tests.independent.settings import rfm_segments
from tests.independent.star import ZERO, Fact, Star

SURE_IN_DOUBLES = Decimal(10**7)
"""Below this a double, read to eight decimals, still tells a half of the fourth."""


def facts_by_customer(star: Star) -> dict[str, list[Fact]]:
    """Lines of each known customer up to the clock, an empty list for one without any."""
    facts: dict[str, list[Fact]] = {customer_id: [] for customer_id in star.customers}
    for fact in star.facts:
        if fact.customer_id != UNKNOWN:
            facts[fact.customer_id].append(fact)
    return facts


def spend(facts: Sequence[Fact]) -> Decimal:
    """Net amount of sale and return lines."""
    return total(fact.net_amount for fact in facts if fact.is_trade)


def monetary(star: Star, facts: Sequence[Fact]) -> Decimal:
    if star.settings.rfm_monetary == "sales":
        return total(fact.net_amount for fact in facts if fact.is_sale)
    return spend(facts)


def score(value: Any, values: Sequence[Any], is_worse: Callable[[Any, Any], bool]) -> int:
    """1 to 5 by the share of customers that are strictly worse."""
    return 1 + 5 * sum(is_worse(other, value) for other in values) // len(values)


def customer_rfm(star: Star) -> list[Row]:
    as_of = star.as_of
    rows: list[Row] = []
    for customer_id, facts in facts_by_customer(star).items():
        sales = [fact for fact in facts if fact.is_sale]
        if sales and as_of is not None:
            rows.append(
                {
                    "customer_id": customer_id,
                    "recency_days": (as_of - max(fact.day for fact in sales)).days,
                    "frequency": len({fact.invoice_id for fact in sales}),
                    "monetary": monetary(star, facts),
                }
            )
    columns = {
        name: [row[name] for row in rows] for name in ("recency_days", "frequency", "monetary")
    }
    for row in rows:
        row["r_score"] = score(row["recency_days"], columns["recency_days"], lambda a, b: a > b)
        row["f_score"] = score(row["frequency"], columns["frequency"], lambda a, b: a < b)
        row["m_score"] = score(row["monetary"], columns["monetary"], lambda a, b: a < b)
        row["rfm_segment"] = rfm_segments()[row["r_score"], row["f_score"], row["m_score"]]
    return rows


def abc_classes(amounts: Mapping[str, Decimal | None], star: Star) -> dict[str, str | None]:
    """ABC class of each key by its amount; None where the amount is unknown."""
    positive = {key: amount for key, amount in amounts.items() if amount and amount > 0}
    whole = total(positive.values())
    classes: dict[str, str | None] = {
        key: None if amount is None else "C" for key, amount in amounts.items()
    }
    so_far = ZERO
    for place, key in enumerate(sorted(positive, key=lambda key: (-positive[key], key))):
        so_far += positive[key]
        if place == 0 or so_far <= star.settings.abc_cut_a * whole:
            classes[key] = "A"
        elif so_far <= star.settings.abc_cut_b * whole:
            classes[key] = "B"
    return classes


def share_of_wallet(star: Star) -> list[Row]:
    by_customer = facts_by_customer(star)
    spends = [spend(facts) for facts in by_customer.values() if facts]
    means = means_as_doubles_have_them(exact_mean(spends))
    rows = []
    for customer_id, facts in by_customer.items():
        actual = spend(facts)
        rows.append(
            {
                "customer_id": customer_id,
                "actual_spend": actual,
                "avg_spend": means,
                "opportunity_gap": frozenset(max(mean - actual, ZERO) for mean in means),
            }
        )
    return rows


def exact_mean(amounts: Sequence[Decimal]) -> Decimal:
    """Mean with four decimals, halves away from zero; zero of nothing."""
    if not amounts:
        return ZERO
    mean = Fraction(total(amounts)) / len(amounts)
    units = int(abs(mean) * 10_000 + Fraction(1, 2))
    return (Decimal(units) / 10_000 * (-1 if mean < 0 else 1)).quantize(ZERO)


def means_as_doubles_have_them(mean: Decimal) -> frozenset[Decimal]:
    """A mean, and where it is too large for a double to tell a half, its neighbours too."""
    if abs(mean) < SURE_IN_DOUBLES:
        return frozenset({mean})
    return frozenset({mean - MONEY_PLACES, mean, mean + MONEY_PLACES})


def category_penetration(star: Star) -> list[Row]:
    as_of = star.as_of
    if as_of is None:
        return []
    sellable = {fact.category_id for fact in star.facts if fact.is_product} - {UNCATEGORISED}
    rows = []
    for customer_id, facts in facts_by_customer(star).items():
        for category_id in sellable:
            of_category = [fact for fact in facts if fact.category_id == category_id]
            total_spend = spend(of_category)
            last = max((fact.day for fact in of_category if fact.is_sale), default=None)
            if last is None:
                status = "never"
            elif last > as_of - timedelta(days=star.settings.penetration_active_days):
                status = "active"
            else:
                status = "lapsed"
            rows.append(
                {
                    "customer_id": customer_id,
                    "category_id": category_id,
                    "total_spend": total_spend,
                    "has_category": int(total_spend > 0),
                    "penetration_status": status,
                    "last_invoice_date": last,
                }
            )
    return rows


def churn_risk(star: Star) -> list[Row]:
    as_of = star.as_of
    if as_of is None:
        return []
    window = timedelta(days=star.settings.churn_window_days)
    rows = []
    for customer_id, facts in facts_by_customer(star).items():
        for category_id in {fact.category_id for fact in facts} - {UNCATEGORISED}:
            of_category = [fact for fact in facts if fact.category_id == category_id]
            recent = [fact for fact in of_category if as_of - window < fact.day <= as_of]
            previous = [
                fact for fact in of_category if as_of - 2 * window < fact.day <= as_of - window
            ]
            recent_spend, prev_spend = spend(recent), spend(previous)
            if prev_spend <= 0:
                continue
            spend_ratio = Fraction(recent_spend) / Fraction(prev_spend)
            threshold = Fraction(star.settings.churn_drop_threshold)
            rows.append(
                {
                    "customer_id": customer_id,
                    "category_id": category_id,
                    "recent_spend": recent_spend,
                    "prev_spend": prev_spend,
                    "spend_ratio": spend_ratio,
                    "drop_pct": min(max(1 - spend_ratio, Fraction(0)), Fraction(1)),
                    "churn_flag": int(spend_ratio < threshold),
                    "recent_invoices": len({fact.invoice_id for fact in recent if fact.is_sale}),
                    "prev_invoices": len({fact.invoice_id for fact in previous if fact.is_sale}),
                }
            )
    return rows


def cohort_retention(star: Star) -> list[Row]:
    as_of = star.as_of
    if as_of is None:
        return []
    by_customer = facts_by_customer(star)
    cohorts: dict[date, list[str]] = {}
    for customer_id, facts in by_customer.items():
        first = min((fact.day for fact in facts if fact.is_sale), default=None)
        if first is not None:
            cohorts.setdefault(month_start(first), []).append(customer_id)
    rows = []
    for cohort_month, members in cohorts.items():
        period, index = cohort_month, 0
        while period <= as_of:
            facts = [
                fact
                for member in members
                for fact in by_customer[member]
                if month_start(fact.day) == period and fact.is_trade
            ]
            active = len({fact.customer_id for fact in facts if fact.is_sale})
            revenue = spend(facts)
            rows.append(
                {
                    "cohort_month": cohort_month,
                    "cohort_index": index,
                    "period_month": period,
                    "cohort_size": len(members),
                    "active_customers": active,
                    "retention_rate": ratio(active, len(members)),
                    "revenue": revenue,
                    "margin": total_or_none(fact.margin for fact in facts),
                    "avg_revenue": ratio(revenue, len(members)),
                    "is_complete": month_has_ended(period, as_of),
                }
            )
            period, index = next_month(period), index + 1
    return rows


def customer_360(star: Star) -> list[Row]:
    rfm = {row["customer_id"]: row for row in customer_rfm(star)}
    wallet = {row["customer_id"]: row for row in share_of_wallet(star)}
    penetration = category_penetration(star)
    churn = churn_risk(star)
    by_customer = facts_by_customer(star)
    profits = {
        customer_id: total_or_none(fact.margin for fact in facts)
        for customer_id, facts in by_customer.items()
    }
    by_revenue = abc_classes(
        {customer_id: monetary(star, facts) for customer_id, facts in by_customer.items()}, star
    )
    by_profit = abc_classes(profits, star)

    rows = []
    for customer_id, facts in by_customer.items():
        customer = star.customers[customer_id]
        sales = [fact.day for fact in facts if fact.is_sale]
        statuses = [
            row["penetration_status"] for row in penetration if row["customer_id"] == customer_id
        ]
        scores = rfm.get(customer_id, {})
        costed = total(fact.net_amount for fact in facts if fact.cost_amount is not None)
        revenue_class, profit_class = by_revenue[customer_id], by_profit[customer_id]
        rows.append(
            {
                "customer_id": customer_id,
                "customer_name": customer.name,
                "region": customer.region,
                "country": customer.country,
                "location_id": customer.location_id,
                "sales_rep_id": customer.sales_rep_ids,
                "first_purchase_date": min(sales, default=None),
                "last_purchase_date": max(sales, default=None),
                "recency_days": scores.get("recency_days"),
                "frequency": scores.get("frequency", 0),
                "monetary": monetary(star, facts),
                **{
                    name: scores.get(name)
                    for name in ("r_score", "f_score", "m_score", "rfm_segment")
                },
                "revenue": total(fact.net_amount for fact in facts),
                "profit": profits[customer_id],
                "margin_ratio": ratio(profits[customer_id], costed),
                "abc_revenue": revenue_class,
                "abc_profit": profit_class,
                "abc_combined": profit_class and f"{revenue_class}{profit_class}",
                "actual_spend": wallet[customer_id]["actual_spend"],
                "avg_spend": wallet[customer_id]["avg_spend"],
                "opportunity_gap": wallet[customer_id]["opportunity_gap"],
                "active_category_count": statuses.count("active"),
                "lapsed_category_count": statuses.count("lapsed"),
                "missing_category_count": statuses.count("never"),
                "churning_category_count": sum(
                    row["churn_flag"] for row in churn if row["customer_id"] == customer_id
                ),
            }
        )
    return rows
