"""The scores of customers: churn and lifetime value; and the actions that all scores lead to."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from tests.independent.judging import UNKNOWN
from tests.independent.marts_customers import SURE_IN_DOUBLES, facts_by_customer, spend
from tests.independent.marts_sales import Row, total
from tests.independent.reading import EXACT
from tests.independent.scores import (
    MOST_MONEY,
    YEAR,
    Card,
    Fit,
    Seen,
    as_money,
    buyers_by_kind,
    log_odds,
    logistic,
    scorecard,
    share_of_hash,
    snapshots,
    twelve,
)
from tests.independent.settings import value_tiers
from tests.independent.star import ZERO, Star

Built = Callable[[str], Sequence[Mapping[str, Any]]]
"""Rows of a mart as the warehouse has them."""

LIKE_GROUP_SIZE, MOST_LIKE_GROUPS = 50, 10
MOST_RATIO = 10**15
UNSURE = 1e-9


@dataclass(frozen=True)
class Customer:
    """A customer on the day of a snapshot, with what the scores make of what could be seen."""

    seen: Seen
    card: Card
    odds: float
    """Log odds of no order in the churn horizon."""
    likely: Decimal
    """Expected spend in the value horizon."""


def likely_spend(row: Seen, odds: float) -> Decimal:
    """What the model expects, moved as the chance of an order is."""
    chance = 1 - row.silent
    moved = (1 - logistic(odds)) / chance if chance else 1.0
    return as_money(min(float(row.expected) * moved, MOST_MONEY))


class Scores:
    """Snapshots and cards of a company, with the parameters that the warehouse found."""

    def __init__(self, star: Star, built: Built) -> None:
        self.star, self.settings, self.built = star, star.settings, built
        fits = built("bgnbd_fit")
        self.rows = snapshots(star, Fit.of(fits[0]) if fits else None)
        self.cards = scorecard(self.rows)
        self.has_learnt = any(row.weight for row in self.rows)
        blended = [self.blend(*pair) for pair in zip(self.rows, self.cards, strict=True)]
        self.now, self.season, self.closed = (
            [
                Customer(row, card, odds, likely_spend(row, odds))
                for row, card, odds in zip(self.rows, self.cards, blended, strict=True)
                if row.kind == kind
            ]
            for kind in ("score", "season", "closed")
        )

    def blend(self, row: Seen, card: Card) -> float:
        """Log odds of model and scorecard together; those of the model while there is no other."""
        model = log_odds(row.silent)
        return twelve((model + card.log_odds) / 2 if self.has_learnt else model)

    def not_scored_reason(self, one: Customer | None) -> str | None:
        """Why there is no honest score."""
        settings = self.settings
        repeat_customers = sum(one.seen.is_repeat for one in self.now)
        if one is None:
            return "No order yet."
        if one.seen.history < settings.churn_min_history_days:
            return (
                f"The first order of all is {counted(one.seen.history, 'day')} old;"
                f" a score needs {settings.churn_min_history_days}."
            )
        if repeat_customers < settings.churn_min_repeat_customers:
            return (
                f"Customers with a second order day: {repeat_customers};"
                f" a score needs {settings.churn_min_repeat_customers}."
            )
        return None


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def bgnbd_cell(scores: Scores) -> list[Row]:
    return [
        {
            "repeat_count": repeats,
            "last_week": last,
            "age_weeks": age,
            "customer_count": count,
        }
        for (repeats, last, age), count in buyers_by_kind(scores.star).items()
    ]


def customer_snapshot(scores: Scores) -> list[Row]:
    return [
        {
            "snapshot_kind": row.kind,
            "snapshot_date": row.day,
            "customer_id": row.customer_id,
            "history_days": row.history,
            "training_weight": row.weight,
            "is_churned": row.is_churned,
            "recency_days": row.recency,
            "order_day_count": row.order_days,
            "mean_gap_days": row.mean_gap,
            "recent_order_days": row.recent,
            "previous_order_days": row.previous,
            "year_order_days": row.in_year,
            "season_order_days": row.in_season,
            "year_spend": row.year_spend,
            "recent_spend": row.recent_spend,
            "bgnbd_probability": row.silent,
            "expected_spend": published(row.expected),
            "next_spend": row.next_spend,
        }
        for row in scores.rows
    ]


def published(amount: Decimal) -> Decimal | float:
    """An amount; a double where that cannot tell four decimals."""
    return amount if amount < SURE_IN_DOUBLES else float(amount)


# Churn.


def customer_churn(scores: Scores) -> list[Row]:
    star = scores.star
    judged = scores.season or scores.now
    shift = 0.0
    if judged:
        outcomes = (one.seen.is_churned if scores.season else one.seen.silent for one in judged)
        level = sum(outcome or 0 for outcome in outcomes) / len(judged)
        said = sum(logistic(one.odds) for one in judged) / len(judged)
        shift = log_odds(level) - log_odds(said)

    found = {one.seen.customer_id: one for one in scores.now}
    rows = []
    for customer_id in star.customers:
        one = found.get(customer_id)
        reason = scores.not_scored_reason(one)
        row: Row = {
            "customer_id": customer_id,
            "recency_days": one and one.seen.recency,
            "mean_gap_days": one and one.seen.mean_gap,
            "is_scored": reason is None,
            "not_scored_reason": reason,
            **dict.fromkeys(("churn_probability", "churn_band", "reason_1", "reason_2")),
        }
        if one is not None and reason is None:
            chance = logistic(one.odds + shift)
            row["churn_probability"] = chance
            row["churn_band"] = churn_band(star, one.seen, twelve(chance))
            row |= reasons(star, one.seen, one.card, has_season=bool(scores.season))
        rows.append(row)
    return rows


def churn_band(star: Star, row: Seen, chance: float) -> str:
    if row.recency >= star.settings.churn_lapsed_days:
        return "lapsed"
    if chance >= star.settings.churn_band_high:
        return "high"
    return "medium" if chance >= star.settings.churn_band_medium else "low"


def whole(value: float | Decimal) -> int:
    """Nearest whole number, halves away from zero."""
    return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))


def sentences(star: Star, row: Seen) -> dict[str, str]:
    """What each reason says, but for its direction."""
    days = star.settings.churn_horizon_days
    usually = "the only one so far"
    if row.mean_gap is not None:
        usually = f"usually one every {counted(whole(row.mean_gap), 'day')}"
    if row.history < YEAR:
        season = "The same season last year is not known"
    elif row.in_season is None:
        season = "No customer yet in the same season last year"
    else:
        season = f"Ordered on {counted(row.in_season, 'day')} in the same {days} days last year"
    return {
        "silence": f"Last order {counted(row.recency, 'day')} ago, {usually}",
        "orders": f"Ordered on {counted(row.in_year, 'day')} in the last 365",
        "trend": f"Ordered on {counted(row.recent, 'day')} of the last {days},"
        f" on {row.previous} of the {days} before",
        "spend": f"Spent {whole(row.year_spend)} in the last 365 days",
        "season": season,
        "value": f"Spends {whole(as_money(row.day_value))} on a usual order day",
    }


def reasons(star: Star, row: Seen, card: Card, *, has_season: bool) -> Row:
    """The two reasons; several where parts are too close to tell."""
    of_silence = ("model", "recency", "gap")
    parts = {name: part / 2 for name, part in card.parts.items() if name not in of_silence}
    silence = log_odds(row.silent) - card.base + sum(card.parts[name] for name in of_silence)
    parts["silence"] = silence / 2
    said = {
        name: text + (": raises the risk." if parts[name] > 5e-13 else ": lowers the risk.")
        for name, text in sentences(star, row).items()
    }
    whole_move = sum(parts.values())
    directions = [sign for sign in (-1, 1) if sign * whole_move > -UNSURE]
    first, second = set(), set()
    for sign in directions:
        moves = {name: sign * part for name, part in parts.items()}
        one, two = sorted(moves.values(), reverse=True)[:2]
        first |= {name for name in moves if abs(moves[name] - one) < UNSURE}
        second |= {name for name in moves if abs(moves[name] - two) < UNSURE}

    is_lapsed = row.recency >= star.settings.churn_lapsed_days
    if is_lapsed:
        elsewhere = first - {"silence"}
        second = elsewhere | (second if "silence" in first else set())
    no_season = "No closed season yet, so the probability knows no time of year."
    lapsed = f"Long lapsed: no order for {counted(row.recency, 'day')}."
    return {
        "reason_1": lapsed if is_lapsed else frozenset(said[name] for name in first),
        "reason_2": frozenset(said[name] for name in second) if has_season else no_season,
    }


# Lifetime value.


def smaller(values: Sequence[Decimal], value: Decimal) -> int:
    """How many of the values, which are in order, are smaller."""
    return bisect_left(values, value)


def error_ratio(one: Customer) -> float | None:
    """What came over what was expected, an order day's spend added to both."""
    assert one.seen.next_spend is not None
    expected = one.likely + one.seen.usual
    if not expected:
        return None
    ratio = float(one.seen.next_spend + one.seen.usual) / float(expected)
    return twelve(ratio) if abs(ratio) < MOST_RATIO else None


def like_groups(customers: Sequence[Customer], count: int) -> list[int]:
    """Group of each customer, those of like prediction together."""
    ordered = sorted(one.likely for one in customers)
    return [smaller(ordered, one.likely) * count // len(customers) for one in customers]


def bounds(star: Star, ratios: Sequence[float | None]) -> tuple[float | None, float | None]:
    """The ratios between which value_interval of the past customers lie; None for an unknown."""
    ordered = sorted(ratios, key=lambda ratio: (ratio is None, ratio or 0.0))
    interval = Fraction(star.settings.value_interval)
    places = [math.ceil((1 + sign * interval) / 2 * len(ordered)) for sign in (-1, 1)]
    lower, upper = (ordered[place - 1] if 0 < place <= len(ordered) else None for place in places)
    return lower, upper


def customer_lifetime_value(scores: Scores) -> list[Row]:
    star = scores.star
    past = scores.season or scores.closed
    group_count = min(max(len(past) // LIKE_GROUP_SIZE, 1), MOST_LIKE_GROUPS)
    errors: dict[int, list[float | None]] = defaultdict(list)
    for one, group in zip(past, like_groups(past, group_count), strict=True):
        errors[group].append(error_ratio(one))
    limits = {group: bounds(star, ratios) for group, ratios in errors.items()}
    predicted = total(one.likely for one in past)
    closed_ratio = None
    if predicted:
        closed_ratio = float(total(one.seen.next_spend or ZERO for one in past)) / float(predicted)
        closed_ratio = closed_ratio if abs(closed_ratio) < MOST_RATIO else None
    ordered = sorted(one.likely for one in scores.now)
    groups = like_groups(scores.now, group_count)
    found = {pair[0].seen.customer_id: pair for pair in zip(scores.now, groups, strict=True)}

    rows = []
    for customer_id, facts in facts_by_customer(star).items():
        now, group = found.get(customer_id, (None, 0))
        reason = scores.not_scored_reason(now)
        row: Row = {
            "customer_id": customer_id,
            "historic_value": spend(facts),
            "is_whale": False,
            "closed_date": past[0].seen.day if past and now else None,
            "closed_total_ratio": closed_ratio if now else None,
            "is_scored": reason is None,
            "not_scored_reason": reason,
            **dict.fromkeys(("predicted_value", "predicted_lower", "predicted_upper")),
            "value_tier": None,
        }
        if now is not None and reason is None:
            with_less = smaller(ordered, now.likely)
            with_more = sum(value > now.likely for value in ordered)
            share = Fraction(with_less, len(ordered))
            whale_count = Fraction(star.settings.whale_share) * len(ordered)
            row["predicted_value"] = published(now.likely)
            row["value_tier"] = [name for begins, name in value_tiers() if begins <= share][-1]
            row["is_whale"] = with_more < whale_count and now.likely > 0
            row["predicted_lower"], row["predicted_upper"] = value_range(
                now, *limits.get(group, (None, None))
            )
        rows.append(row)
    return rows


def value_range(
    one: Customer, lower: float | None, upper: float | None
) -> tuple[Decimal | float | None, Decimal | float | None]:
    """The range that past errors of like customers leave; the prediction lies in it."""
    expected, usual = float(one.likely), float(one.seen.usual)

    def at(ratio: float) -> float:
        return (expected + usual) * ratio - usual

    return (
        None if lower is None else published(as_money(min(max(at(lower), 0.0), expected))),
        None if upper is None else published(as_money(min(max(at(upper), expected), MOST_MONEY))),
    )


def customer_360(scores: Scores) -> list[Row]:
    """What it says of churn, value and risk; the rest is with the other marts of customers."""
    customers: dict[str, Row] = {
        row["customer_id"]: {
            name: row[name] for name in ("customer_id", "churn_probability", "churn_band")
        }
        for row in customer_churn(scores)
    }
    for row in customer_lifetime_value(scores):
        customers[row["customer_id"]] |= {
            name: row[name] for name in ("predicted_value", "value_tier", "is_whale")
        }
    for wallet in scores.built("share_of_wallet"):
        customers[wallet["customer_id"]] |= {
            "peer_gap": wallet["peer_gap"],
            "at_risk_category_count": 0,
            "value_at_risk": ZERO,
        }
    for risk in scores.built("churn_risk"):
        if risk["is_at_risk"]:
            customers[risk["customer_id"]]["at_risk_category_count"] += 1
            customers[risk["customer_id"]]["value_at_risk"] += risk["value_at_risk"]
    return [*customers.values()]


# What to do next: from the marts that say what could be done.


@dataclass(frozen=True)
class Action:
    """Something to do about a customer, and what it is about."""

    customer_id: str
    kind: str
    probability: Decimal
    revenue: Decimal
    item_id: str | None = None
    category_id: str | None = None
    quantity: Decimal | None = None
    reason: str | None = None
    days: int = YEAR
    """Within which the revenue falls."""


def quarter(amount: Decimal | float) -> Decimal:
    """An amount to its fourth decimal, halves away from zero."""
    exact = amount if isinstance(amount, Decimal) else Decimal(repr(amount))
    return exact.quantize(ZERO, ROUND_HALF_UP, EXACT)


def actions(star: Star, built: Built) -> Iterator[Action]:
    settings = star.settings
    peer_days = settings.peer_window_days
    if star.as_of is None:
        return
    expires_on = star.as_of + timedelta(days=settings.action_valid_days)
    for kind, table in (("cross_sell", "item_recommendation"), ("reorder", "item_reorder_due")):
        for row in built(table):
            is_due = (row.get("due_date") or expires_on) <= expires_on
            if (
                row["purchase_probability"] is not None
                and row["expected_revenue"] is not None
                and (is_due)
            ):
                yield Action(
                    row["customer_id"], kind, row["purchase_probability"],
                    row["expected_revenue"], item_id=row["item_id"],
                    quantity=row["suggested_quantity"], reason=row["reason"],
                    days=settings.recommendation_horizon_days,
                )  # fmt: skip
    for row in built("churn_risk"):
        if row["is_at_risk"]:
            loss = 1 - row["rate_p_value"]
            yield Action(
                row["customer_id"], "win_back", loss, quarter(row["value_at_risk"] * loss),
                category_id=row["category_id"], reason=row["reason"],
                days=settings.churn_window_days,
            )  # fmt: skip
    by_customer = facts_by_customer(star)
    for row in built("customer_churn"):
        silence = (
            star.settings.churn_horizon_days
            if row["mean_gap_days"] is None
            else row["mean_gap_days"]
        )
        if row["churn_band"] == "high" and row["recency_days"] > silence:
            first = star.as_of - timedelta(days=YEAR)
            of_year = spend([fact for fact in by_customer[row["customer_id"]] if fact.day > first])
            loss = row["churn_probability"]
            yield Action(
                row["customer_id"], "win_back", loss,
                quarter(of_year * loss), reason=row["reason_1"],
            )  # fmt: skip
    for row in built("category_penetration"):
        if row["adoption_probability"] is not None and row["peer_penetration_ratio"]:
            yield Action(
                row["customer_id"], "missing_category", row["adoption_probability"],
                row["adoption_spend"], category_id=row["category_id"],
                days=settings.recommendation_horizon_days,
            )  # fmt: skip
    share = 1 - settings.peer_quantile
    for row in built("share_of_wallet"):
        if row["peer_gap"] is not None:
            yield Action(
                row["customer_id"], "wallet_gap", share,
                quarter(row["peer_gap"] * share), days=peer_days,
            )  # fmt: skip


def margins(built: Built) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Margin over revenue, where it is known, by item and by category."""
    items = {
        row["item_id"]: row["margin_ratio"]
        for row in built("product_performance")
        if row["margin_ratio"] is not None
    }
    sums: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for row in built("category_margin_monthly"):
        if row["margin_amount"] is not None and row["costed_revenue"] is not None:
            sums[row["category_id"]].append((row["margin_amount"], row["costed_revenue"]))
    categories = {}
    for category_id, amounts in sums.items():
        margin, revenue = (float(total(column)) for column in zip(*amounts, strict=True))
        if revenue and abs(margin / revenue) < MOST_RATIO:
            categories[category_id] = Decimal(repr(margin / revenue)).quantize(
                Decimal("1e-12"), ROUND_HALF_UP, EXACT
            )
    return items, categories


def next_best_action(scores: Scores) -> list[Row]:
    star, settings, built = scores.star, scores.settings, scores.built
    of_items, of_categories = margins(built)
    of_customers = {row["customer_id"]: row["margin_ratio"] for row in built("customer_360")}
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for action in actions(star, built):
        margin = of_items.get(action.item_id or "", of_categories.get(action.category_id or ""))
        margin = of_customers[action.customer_id] if margin is None else margin
        in_horizon = float(action.revenue * settings.churn_horizon_days) / action.days
        action = replace(action, revenue=quarter(in_horizon))
        value = quarter(EXACT.multiply(action.revenue, Decimal(1) if margin is None else margin))
        if action.probability > 0 and action.revenue > 0 and value > 0:
            # An action about nothing in particular comes after one that names something.
            subjects = [(it is None, it or "") for it in (action.item_id, action.category_id)]
            order = (-value, -action.probability, subjects)
            key = (action.customer_id, action.kind)
            best[key] = min(best.get(key, (order, action, margin)), (order, action, margin),
                            key=lambda one: one[0])  # fmt: skip
    reps = {row["customer_id"]: row["sales_rep_id"] or UNKNOWN for row in built("customer_360")}
    of_customer: Counter[str] = Counter()
    of_rep: Counter[str] = Counter()
    of_kind: Counter[tuple[str, str]] = Counter()
    rows = []
    for (customer_id, kind), (order, action, margin) in sorted(
        best.items(), key=lambda pair: (pair[1][0][:2], pair[0])
    ):
        of_customer[customer_id] += 1
        if of_customer[customer_id] > settings.actions_per_customer:
            continue
        of_kind[reps[customer_id], kind] += 1
        if settings.actions_per_kind and (
            of_kind[reps[customer_id], kind] > settings.actions_per_kind
        ):
            continue
        of_rep[reps[customer_id]] += 1
        if settings.actions_per_rep and of_rep[reps[customer_id]] > settings.actions_per_rep:
            continue
        about = f"{customer_id} {kind} {action.item_id or ''} {action.category_id or ''}"
        assert star.as_of is not None
        rows.append(
            {
                "customer_id": customer_id,
                "sales_rep_id": reps[customer_id],
                "action_id": hashlib.md5(about.encode()).hexdigest(),
                "action_type": kind,
                "item_id": action.item_id,
                "category_id": action.category_id,
                "expected_value": -order[0],
                "expected_revenue": action.revenue,
                "margin_ratio": margin,
                "probability": action.probability,
                "suggested_quantity": action.quantity,
                "expires_on": star.as_of + timedelta(days=settings.action_valid_days),
                "rank_for_rep": of_rep[reps[customer_id]],
                "is_holdout": share_of_hash(f"holdout {customer_id}")
                < Fraction(settings.action_holdout_ratio),
                **({} if action.reason is None else {"reason": action.reason}),
            }
        )
    return rows


SCORES: dict[str, tuple[Callable[[Scores], list[Row]], tuple[str, ...]]] = {
    "bgnbd_cell": (bgnbd_cell, ("repeat_count", "last_week", "age_weeks")),
    "customer_snapshot": (
        customer_snapshot,
        ("snapshot_kind", "snapshot_date", "customer_id"),
    ),
    "customer_churn": (customer_churn, ("customer_id",)),
    "customer_lifetime_value": (customer_lifetime_value, ("customer_id",)),
    "customer_360": (customer_360, ("customer_id",)),
    "next_best_action": (next_best_action, ("customer_id", "action_type")),
}
"""Each score with the columns of its key; computed with the parameters that the warehouse fitted,
because parameters of equal likelihood differ much."""
