"""Figures of every method on every split: ours, our baselines' and the peers'.

A peer is judged on the customers of our own outcome tables. Where a peer has no word on one of
them, it is given the mean of what it predicted. Our own figures come from score_backtest and must
be those that `metrics` computes from the same predictions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from bench.scores import metrics
from bench.scores.lines import AGAIN, CHURN, NEW, RISK, RULES, VALUE, WALLET
from bench.scores.splits import AFTER, TRAIN
from bench.shuffle import Shuffles

OURS = "ours"
TOLERANCE = 1e-6
"""By how much two computations of one metric may differ."""
SAME_RULE = 1e-9
"""By how much support, confidence and lift may differ from mlxtend's."""

PEERS_OF = {"popular_30": "popularity_30_days", "popular_90": "popularity_90_days"}
"""Peers that score_backtest has as baselines of its own, under these names."""


class JudgeError(Exception):
    """Figures that contradict each other."""


@dataclass
class Figures:
    """What every method reached."""

    values: dict[tuple[str, str, str], dict[str, float]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """By score, metric and method: the figure of each as-of date."""
    hits: dict[str, dict[str, pd.DataFrame]] = field(default_factory=lambda: defaultdict(dict))
    """By method and as-of date: hits and slots of new items by customer."""
    ranks: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By as-of date: ranks of peer gaps and of later spend among customers of equal spend."""

    def add(self, score: str, method: str, day: str, found: Mapping[str, float]) -> None:
        """Keep a method's metrics of a date."""
        for metric, value in found.items():
            self.values[score, metric, method][day] = value


def judge_split(figures: Figures, split: Path, peers: Mapping[str, Path]) -> None:
    """Add all figures of a split; `peers` are the folders of those that came to their end.

    Raises JudgeError when score_backtest and `metrics` disagree.
    """
    published(figures, split)
    judge_churn(figures, split, peers)
    judge_value(figures, split, peers)
    judge_risk(figures, split)
    judge_wallet(figures, split)
    judge_new_items(figures, split, peers)
    judge_reorders(figures, split, peers)


def after(split: Path, name: str) -> pd.DataFrame:
    """A table of what came after; decimals as doubles."""
    rows = pd.read_parquet(split / AFTER / f"{name}.parquet")
    decimals = [
        column
        for column in rows
        if rows[column].dtype == object and column not in ("customer_id", "item_id")
    ]
    for column in decimals:
        known = rows[column].dropna()
        if len(known) and type(known.iloc[0]).__name__ == "Decimal":
            rows[column] = rows[column].astype(np.float64)
    return rows


def published(figures: Figures, split: Path) -> None:
    """Take over what score_backtest says of our scores and their baselines."""
    rows = after(split, "score_backtest")
    for row in rows.to_dict("records"):
        method = row["baseline_name"] if isinstance(row["baseline_name"], str) else OURS
        figures.add(row["score_name"], method, split.name, {row["metric"]: float(row["value"])})


def check(figures: Figures, score: str, method: str, day: str, found: Mapping[str, float]) -> None:
    """Add figures; those that are there already must be the same."""
    for metric, value in found.items():
        known = figures.values[score, metric, method].get(day)
        if known is not None and abs(known - value) > TOLERANCE * max(1.0, abs(known)):
            raise JudgeError(
                f"{score} as of {day}: score_backtest says that {metric} of {method} is {known}, "
                f"and computed anew it is {value}"
            )
    figures.add(score, method, day, found)


def predictions(folder: Path, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers with what a peer predicted of them."""
    predicted = pd.read_parquet(folder / "predictions.parquet")
    judged = customers.merge(predicted, on="customer_id", how="left")
    judged["predicted"] = judged["predicted"].fillna(predicted["predicted"].mean())
    return judged


def judge_churn(figures: Figures, split: Path, peers: Mapping[str, Path]) -> None:
    """Churn by us, by BG/NBD and by gradient boosting."""
    outcomes = after(split, "churn")
    ours = outcomes[outcomes["method_name"] == CHURN]
    check(figures, CHURN, OURS, split.name, metrics.churn_metrics(ours))
    customers = ours[["customer_id", "is_churned"]]
    for peer in ("bgnbd", "boosting"):
        if peer in peers:
            found = metrics.churn_metrics(predictions(peers[peer], customers))
            figures.add(CHURN, peer, split.name, found)


def judge_value(figures: Figures, split: Path, peers: Mapping[str, Path]) -> None:
    """Lifetime value, where its half year has passed."""
    outcomes = after(split, "value").rename(columns={"predicted_value": "predicted"})
    ours = outcomes[outcomes["method_name"] == VALUE]
    if ours.empty:
        return
    check(figures, VALUE, OURS, split.name, metrics.value_metrics(ours))
    covered = float(ours["is_in_range"].dropna().astype(bool).mean())
    check(figures, VALUE, OURS, split.name, {"interval_coverage": covered})
    customers = ours[["customer_id", "actual_value"]]
    if "bgnbd_gamma_gamma" in peers:
        found = metrics.value_metrics(predictions(peers["bgnbd_gamma_gamma"], customers))
        figures.add(VALUE, "bgnbd_gamma_gamma", split.name, found)


def judge_risk(figures: Figures, split: Path) -> None:
    """Categories flagged as fading, by the test and by the drop of spend alone."""
    orders = pd.read_parquet(split / TRAIN / "orders.parquet", columns=["customer_id", "is_order"])
    risks = after(split, "risks")
    flagged = risks.loc[risks["is_at_risk"], "customer_id"].nunique()
    customers = orders.loc[orders["is_order"], "customer_id"].nunique()
    figures.add(RISK, OURS, split.name, {"flagged_customers": flagged / customers})
    outcomes = after(split, "category_churn")
    for name, rows in outcomes.groupby("method_name"):
        method = OURS if name == "is_at_risk" else str(name)
        check(figures, RISK, method, split.name, metrics.flag_metrics(rows))


def judge_wallet(figures: Figures, split: Path) -> None:
    """Gaps to the peers, where the spend that followed is known."""
    gaps = after(split, "gaps")
    if gaps.empty:
        return
    share = gaps["peer_gap"].sum() / gaps["spend_before"].sum()
    figures.add(WALLET, OURS, split.name, {"gap_of_spend": float(share)})
    for method, gap in ((OURS, "peer_gap"), ("opportunity_gap", "opportunity_gap")):
        ranks = metrics.ranks_at_equal_spend(gaps, gap)
        found = {"rank_correlation_at_equal_spend": metrics.correlation(ranks)}
        check(figures, WALLET, method, split.name, found)
        if method == OURS:
            figures.ranks[split.name] = ranks


def judge_new_items(figures: Figures, split: Path, peers: Mapping[str, Path]) -> None:
    """Lists of new items, for the customers who then bought a new one."""
    outcomes = after(split, "new_items")
    is_judged = (outcomes["method_name"] == NEW) & (outcomes["bought_count"] > 0)
    customers = outcomes[is_judged].set_index("customer_id")["slot_count"].sort_index()
    purchases = after(split, "purchases")
    bought = purchases[~purchases["is_owned"]]
    lines = pd.read_parquet(split / TRAIN / "lines.parquet", columns=["item_id"])
    catalogue = lines["item_id"].nunique()
    lists = {OURS: split / AFTER / "recommendations.parquet"}
    for peer in ("popular_30", "popular_90", "bm25", "als", "bm25_recent", "als_recent"):
        if peer in peers:
            lists[peer] = peers[peer] / "lists.parquet"
    for method, file in lists.items():
        shown = pd.read_parquet(file)
        hits = metrics.list_hits(shown, bought, customers.index, customers.to_numpy())
        figures.hits[method][split.name] = hits
        found = {"hits_per_slot": metrics.hits_per_slot(hits)}
        check(figures, NEW, PEERS_OF.get(method, method), split.name, found)
        found["coverage"] = shown["item_id"].nunique() / catalogue
        figures.add(NEW, method, split.name, found)


def judge_reorders(figures: Figures, split: Path, peers: Mapping[str, Path]) -> None:
    """Items to buy again, for the customers who did."""
    if "most_often" not in peers:
        return
    outcomes = after(split, "reorders")
    purchases = after(split, "purchases")
    shown = pd.read_parquet(peers["most_often"] / "lists.parquet")
    for days in (30, 90):
        is_judged = (outcomes["method_name"] == AGAIN) & (outcomes["bought_count"] > 0)
        is_judged &= outcomes["horizon_days"] == days
        customers = outcomes[is_judged].set_index("customer_id")["slot_count"]
        bought = purchases[purchases["is_owned"] & (purchases["days_until"] <= days)]
        hits = metrics.list_hits(shown, bought, customers.index, customers.to_numpy())
        found = {f"hits_per_slot_{days}_days": metrics.hits_per_slot(hits)}
        check(figures, AGAIN, "most_often_bought", split.name, found)
        figures.add(AGAIN, "most_often", split.name, found)


def judge_shuffles(figures: Figures, split: Path, shuffles: Shuffles) -> None:
    """What our test of pairs calls significant where nothing is, and bounds too small."""
    found = {
        "significant_pairs": float(shuffles.real),
        "shuffled_share": shuffles.share,
        "bounds_too_small": float(shuffles.bounds_too_small),
    }
    figures.add(RULES, OURS, split.name, found)


def judge_rules(figures: Figures, split: Path, folder: Path) -> None:
    """Rules of mlxtend beside ours, and how many are no more than chance by our test."""
    keys, numbers = ["from_item_id", "to_item_id"], ["support", "confidence", "lift"]
    ours, theirs = after(split, "rules"), pd.read_parquet(folder / "rules.parquet")
    both = ours.merge(theirs, on=keys, suffixes=("", "_theirs"))
    differences = [(both[name] - both[f"{name}_theirs"]).abs().max() for name in numbers]
    of_one_only = len(ours) + len(theirs) - 2 * len(both)
    if of_one_only or max(differences, default=0) > SAME_RULE:
        raise JudgeError(f"mlxtend has other rules: {of_one_only} of one only, {differences}")
    figures.add(
        RULES,
        OURS,
        split.name,
        {
            "rules": float(len(ours)),
            "rules_of_one_only": float(of_one_only),
            "largest_difference": float(max(differences, default=0.0)),
            "not_significant_in_published": float((~ours["is_significant"]).mean()),
        },
    )
    figures.add(RULES, "mlxtend", split.name, {"rules": float(len(theirs))})
    pairs = after(split, "pairs")
    by_lift = pd.read_parquet(folder / "all_rules.parquet")
    figures.add(RULES, "mlxtend", split.name, not_significant(by_lift, "lift", pairs))
    both_ways = [
        pairs.rename(columns={f"item_id_{one}": keys[0], f"item_id_{other}": keys[1]})
        for one, other in (("a", "b"), ("b", "a"))
    ]
    above_chance = pd.concat(both_ways)
    above_chance = above_chance[above_chance["adjusted_lift"] > 1]
    found = not_significant(above_chance, "adjusted_lift", pairs)
    figures.add(RULES, OURS, split.name, found)


def not_significant(rules: pd.DataFrame, rank_by: str, pairs: pd.DataFrame) -> dict[str, float]:
    """Shares of rules that our test of pairs does not call more than chance.

    `rules` has from_item_id, to_item_id and the column that ranks them; a pair that the test does
    not know is not significant.
    """
    significant = pairs[pairs["is_significant"]]
    known = set(zip(significant["item_id_a"], significant["item_id_b"], strict=True))
    ordered = rules.sort_values(
        [rank_by, "from_item_id", "to_item_id"], ascending=[False, True, True]
    )
    is_chance = np.array(
        [
            (min(pair), max(pair)) not in known
            for pair in zip(ordered["from_item_id"], ordered["to_item_id"], strict=True)
        ]
    )
    cuts = {"first_1000": 1000, "first_10000": 10_000, "all": len(is_chance)}
    return {
        f"not_significant_in_{name}": float(is_chance[:cut].mean())
        for name, cut in cuts.items()
        if len(is_chance)
    }
