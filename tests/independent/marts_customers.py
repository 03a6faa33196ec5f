"""The customer marts: RFM, ABC, wallet, penetration, churn, cohorts and customer_360."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.independent.judging import UNCATEGORISED, UNKNOWN
from tests.independent.marts_baskets import benjamini_hochberg
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
    peers = peer_groups(star)
    rows = []
    for customer_id, facts in by_customer.items():
        actual = spend(facts)
        rows.append(
            {
                "customer_id": customer_id,
                "actual_spend": actual,
                "avg_spend": means,
                "opportunity_gap": frozenset(max(mean - actual, ZERO) for mean in means),
                **wallet_of_peers(star, peers, customer_id),
            }
        )
    return rows


@dataclass(frozen=True)
class Peers:
    """What customers spent by category in the peer window, and the peers of each."""

    spend: dict[str, dict[str, Decimal]]
    """Above 0, by customer and category; only customers who bought."""
    others: dict[str, list[str]]
    """The peers of each customer with a benchmark, without the customer."""

    def total(self, customer_id: str) -> Decimal:
        return total(self.spend[customer_id].values())


def peer_groups(star: Star) -> Peers:
    """The narrowest of four groups with enough others in it, for each customer who bought."""
    by_customer = facts_by_customer(star)
    segments = {row["customer_id"]: row["rfm_segment"] for row in customer_rfm(star)}
    bought: dict[str, dict[str, Decimal]] = {}
    for customer_id, facts in by_customer.items():
        assert star.as_of is not None
        first = star.as_of - timedelta(days=star.settings.peer_window_days)
        recent = [fact for fact in facts if fact.is_trade and fact.day > first]
        amounts = {
            category_id: spend([fact for fact in recent if fact.category_id == category_id])
            for category_id in {fact.category_id for fact in recent} - {UNCATEGORISED}
        }
        if any(amount > 0 for amount in amounts.values()):
            bought[customer_id] = {name: amount for name, amount in amounts.items() if amount > 0}
    keys = {}
    for customer_id, amounts in bought.items():
        customer = star.customers[customer_id]
        main = min(amounts, key=lambda category_id: (-amounts[category_id], category_id))
        region = customer.region or customer.country
        segment = segments.get(customer_id)
        keys[customer_id] = [(region, segment, main), (segment, main), (segment,), ()]
    others: dict[str, list[str]] = {}
    for customer_id, own in keys.items():
        for level, key in enumerate(own):
            peers = [peer for peer in keys if peer != customer_id and keys[peer][level] == key]
            if len(peers) >= star.settings.peer_min_customers:
                others[customer_id] = peers
                break
    return Peers(bought, others)


def quantile(star: Star, amounts: Sequence[Decimal]) -> Decimal:
    """The least amount that so large a share of the amounts does not exceed; 0 of none."""
    place = max(math.ceil(Fraction(star.settings.peer_quantile) * len(amounts)), 1)
    return sorted(amounts)[place - 1] if amounts else ZERO


def wallet_of_peers(star: Star, peers: Peers, customer_id: str) -> Row:
    others = peers.others.get(customer_id)
    if others is None:
        return dict.fromkeys(("peer_customer_count", "peer_benchmark_spend", "peer_gap"))
    own, own_total = peers.spend[customer_id], peers.total(customer_id)
    benchmark = quantile(star, [peers.total(other) for other in others])
    gaps = [
        max(
            quantile(star, [peers.spend[other].get(category_id, ZERO) for other in others])
            - own.get(category_id, ZERO),
            ZERO,
        )
        for category_id in {name for other in others for name in peers.spend[other]}
    ]
    most = (star.settings.peer_max_growth_ratio * own_total).quantize(ZERO, ROUND_HALF_UP)
    return {
        "peer_customer_count": len(others),
        "peer_benchmark_spend": benchmark,
        "peer_gap": min(max(benchmark - own_total, ZERO), total(gaps), most),
    }


def penetration_of_peers(peers: Peers, customer_id: str, category_id: str) -> Row:
    others = peers.others.get(customer_id)
    if others is None:
        return {"peer_penetration_ratio": None, "expected_spend": None}
    spends = sorted(
        peers.spend[other][category_id] for other in others if category_id in peers.spend[other]
    )
    share = Fraction(len(spends), len(others)) if others else Fraction(0)
    expected: frozenset[Decimal | None] = frozenset({None})
    if category_id not in peers.spend[customer_id]:
        median = Fraction(spends[(len(spends) - 1) // 2]) if spends else Fraction(0)
        units = int(share * median * 10_000 + Fraction(1, 2))
        expected = frozenset(means_as_doubles_have_them((Decimal(units) / 10_000).quantize(ZERO)))
    return {"peer_penetration_ratio": share, "expected_spend": expected}


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


def activity_bands(
    star: Star, by_customer: Mapping[str, Sequence[Fact]], day: date
) -> dict[str, int]:
    """How often customers ordered lately, of those who ordered within the window."""
    days = {
        customer_id: {fact.day for fact in facts if fact.is_sale and fact.day <= day}
        for customer_id, facts in by_customer.items()
    }
    lately = day - timedelta(days=star.settings.recommendation_horizon_days)
    first = day - timedelta(days=star.settings.peer_window_days)
    counts = {
        customer_id: sum(one > max(lately, first) for one in bought)
        for customer_id, bought in days.items()
        if any(one > first for one in bought)
    }
    return {customer_id: (0, 1, 2, 2, 3)[min(count, 4)] for customer_id, count in counts.items()}


def adoption(
    star: Star,
    by_customer: Mapping[str, Sequence[Fact]],
    sales: Mapping[tuple[str, str], Sequence[date]],
) -> dict[tuple[str, int], tuple[Fraction, Fraction]]:
    """How often, and for how much, customers began with a category that they lacked."""
    assert star.as_of is not None
    earlier = star.as_of - timedelta(days=star.settings.recommendation_horizon_days)
    categories = {category for (_, category), days in sales.items() if min(days) <= earlier}
    # Customers who lacked it, those who began, and what they spent; of a band all categories too.
    seen: dict[tuple[str | None, int], list[Fraction]] = {}
    for customer_id, band in activity_bands(star, by_customer, earlier).items():
        for category_id in categories:
            days = sales.get((customer_id, category_id))
            if days is None or min(days) > earlier:
                spent = spend(
                    [fact for fact in by_customer[customer_id] if fact.category_id == category_id]
                )
                for key in ((category_id, band), (None, band)):
                    cell = seen.setdefault(key, [Fraction(0)] * 3)
                    cell[0] += 1
                    cell[1] += days is not None
                    cell[2] += Fraction(spent) if days is not None else 0
    rows = sum(cell[0] for (category_id, _), cell in seen.items() if category_id is None)
    if rows < star.settings.recommendation_min_shown:
        return {}
    rates = {}
    for (name, band), cell in seen.items():
        if name is not None:
            whole = seen[None, band]
            began, brought = (
                (cell[at] + 20 * whole[at] / whole[0]) / (cell[0] + 20) for at in (1, 2)
            )
            rates[name, band] = (began, brought)
    return rates


def money_in_doubles(amount: Fraction) -> frozenset[Decimal]:
    """An amount with four decimals, and its neighbours, since a double cannot tell a half."""
    units = Decimal(math.floor(amount * 10_000 + Fraction(1, 2)))
    return frozenset((units + step) * MONEY_PLACES for step in (-1, 0, 1))


def category_penetration(star: Star) -> list[Row]:
    as_of = star.as_of
    if as_of is None:
        return []
    sellable = {fact.category_id for fact in star.facts if fact.is_product} - {UNCATEGORISED}
    peers = peer_groups(star)
    by_customer = facts_by_customer(star)
    sales: dict[tuple[str, str], list[date]] = {}
    for customer_id, facts in by_customer.items():
        for fact in facts:
            if fact.is_sale and fact.category_id in sellable:
                sales.setdefault((customer_id, fact.category_id), []).append(fact.day)
    rates = adoption(star, by_customer, sales)
    bands = activity_bands(star, by_customer, as_of)
    rows = []
    for customer_id, facts in by_customer.items():
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
            rate = None
            if last is None and customer_id in bands:
                rate = rates.get((category_id, bands[customer_id]))
            rows.append(
                {
                    "customer_id": customer_id,
                    "category_id": category_id,
                    "total_spend": total_spend,
                    "has_category": int(total_spend > 0),
                    "penetration_status": status,
                    "last_invoice_date": last,
                    **penetration_of_peers(peers, customer_id, category_id),
                    "adoption_probability": None if rate is None else rate[0],
                    "adoption_spend": None if rate is None else money_in_doubles(rate[1]),
                    "is_scored": customer_id in peers.others,
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
                    "value_at_risk": max(prev_spend - recent_spend, ZERO),
                    "window_days": star.settings.churn_window_days,
                    **rate_test(star, of_category),
                }
            )
    judge_risk(star, rows)
    return rows


def rate_test(star: Star, facts: Sequence[Fact]) -> Row:
    """Purchases of a customer in a category, recent and expected, and how likely so few are."""
    settings = star.settings
    assert star.as_of is not None
    window = settings.churn_window_days
    recent_from = star.as_of - timedelta(days=window)
    year_from = recent_from - timedelta(days=365)
    first = min((fact.day for fact in facts if fact.is_sale), default=None)
    untested = {
        "recent_purchases": None,
        "expected_purchases": None,
        "is_season_known": False,
        "rate_p_value": None,
    }
    if first is None or first >= recent_from:
        return untested
    start = max(first, year_from)
    sold = {fact.invoice_id for fact in facts if fact.is_sale}
    spends: dict[date, Decimal] = {}
    for fact in facts:
        if fact.day > start and fact.is_trade and fact.invoice_id in sold:
            spends[fact.day] = spends.get(fact.day, ZERO) + fact.net_amount
    if not spends:
        return untested
    median = sorted(spends.values())[(len(spends) - 1) // 2]
    least = settings.churn_min_purchase_ratio * max(median, ZERO)
    days = [day for day, amount in spends.items() if amount >= least]
    recent = sum(day > recent_from for day in days)
    earlier = len(days) - recent
    if not earlier:
        return untested
    usual = Fraction(earlier * window, (recent_from - start).days)
    season = Fraction(1)
    is_known = window <= 365 and first <= year_from
    if is_known:
        last_year = sum(day <= star.as_of - timedelta(days=365) for day in days)
        weight = max(Fraction(settings.churn_min_expected_purchases), Fraction(1))
        season = min(season, (last_year + weight) / (usual + weight))
    share = window * season / (window * season + (recent_from - start).days)
    p_value = sum(
        math.comb(len(days), count) * share**count * (1 - share) ** (len(days) - count)
        for count in range(recent + 1)
    )
    return {
        "recent_purchases": recent,
        "expected_purchases": usual * season,
        "is_season_known": is_known,
        "rate_p_value": Fraction(p_value),
    }


def judge_risk(star: Star, rows: Sequence[Row]) -> None:
    """Adds is_at_risk to the rows of churn_risk."""
    settings = star.settings
    spends = sorted(row["prev_spend"] for row in rows)
    least = settings.churn_min_value_ratio * (spends[(len(spends) - 1) // 2] if spends else ZERO)
    tested: dict[str, dict[int, float]] = {}
    for place, row in enumerate(rows):
        expected = row["expected_purchases"]
        if expected is not None and expected >= Fraction(settings.churn_min_expected_purchases):
            tested.setdefault(row["customer_id"], {})[place] = float(row["rate_p_value"])
    q_values: dict[int, float] = {}
    for p_values in tested.values():
        q_values |= benjamini_hochberg(p_values, len(p_values))
    for place, row in enumerate(rows):
        row["is_at_risk"] = (
            place in q_values
            and round(q_values[place], 12) <= float(settings.churn_max_p_value)
            and row["value_at_risk"] > 0
            and row["value_at_risk"] >= least
        )


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
