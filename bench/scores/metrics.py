"""The metrics of score_backtest, computed a second way, by scikit-learn, scipy and numpy.

Peers are judged by them, and so are our own predictions, whose figures must be those that
score_backtest published: so neither side has a metric of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import brier_score_loss, roc_auc_score

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LIST_LENGTH = 10
RESAMPLES, SEED = 1000, 20110601


def churn_metrics(outcomes: pd.DataFrame) -> dict[str, float]:
    """Of customer_id, predicted (a probability) and is_churned (0 or 1).

    `fifth_error` is the largest distance, over the fifths of the customers by what was predicted,
    of the mean that was predicted from the share that left.
    """
    predicted = outcomes["predicted"].astype(np.float64)
    actual = outcomes["is_churned"].astype(int)
    ordered = outcomes.assign(error=predicted - actual, predicted=predicted)
    ordered = ordered.sort_values(["predicted", "customer_id"])
    fifths = np.array_split(ordered["error"].to_numpy(), 5)
    return {
        "auc": float(roc_auc_score(actual, predicted)),
        "brier_score": float(brier_score_loss(actual, predicted.clip(0, 1))),
        "fifth_error": max(abs(float(fifth.mean())) for fifth in fifths if len(fifth)),
    }


def value_metrics(outcomes: pd.DataFrame) -> dict[str, float]:
    """Of customer_id, predicted and actual_value (both in money)."""
    predicted = outcomes["predicted"].astype(np.float64).to_numpy()
    actual = outcomes["actual_value"].astype(np.float64).to_numpy()
    ids = outcomes["customer_id"].to_numpy(dtype=str)
    best = first_tenth(predicted, ids)
    truly_best = first_tenth(actual, ids)
    top_revenue = actual[truly_best].sum()
    return {
        "rank_correlation": float(spearmanr(predicted, actual).statistic),
        "top_decile_capture": float(actual[best].sum() / top_revenue),
        "top_decile_revenue_found": float(actual[best & truly_best].sum() / top_revenue),
        "top_decile_customers_found": float((best & truly_best).sum() / truly_best.sum()),
        "mean_absolute_error": float(np.abs(predicted - actual).mean()),
    }


def flag_metrics(flags: pd.DataFrame) -> dict[str, float]:
    """Of is_flagged and has_bought_after; what has nothing to be divided by is left out."""
    flagged, lost = flags["is_flagged"].astype(bool), ~flags["has_bought_after"].astype(bool)
    found = float((flagged & lost).sum())
    wanted = {"precision": flagged.sum(), "recall": lost.sum()}
    return {name: found / float(count) for name, count in wanted.items() if count}


def ranks_at_equal_spend(outcomes: pd.DataFrame, gap: str) -> pd.DataFrame:
    """Ranks of a column and of spend_after among about twenty customers of equal spend_before.

    Both are less their mean; by customer_id.
    """
    band = (outcomes["spend_before"].rank(method="min") - 1) // 20
    ranks = outcomes.set_index("customer_id")[[gap, "spend_after"]].astype(np.float64)
    ranks.columns = pd.Index(["gap", "after"])
    bands = ranks.groupby(band.to_numpy())
    return bands.rank() - bands.rank().groupby(band.to_numpy()).transform("mean")


def correlation(ranks: pd.DataFrame) -> float:
    """Pearson's correlation of gap and after."""
    return float(ranks["gap"].corr(ranks["after"]))


def correlation_interval(dates: list[pd.DataFrame]) -> tuple[float, float]:
    """95 % interval of the mean over dates of a correlation of ranks.

    Each frame has gap and after by customer. Customers are drawn anew with replacement, each with
    all its dates.
    """
    customers = pd.Index(sorted(set().union(*(frame.index for frame in dates))))
    rows = [frame.reindex(customers, fill_value=0).to_numpy() for frame in dates]
    is_there = [customers.isin(frame.index) for frame in dates]
    generator = np.random.default_rng(SEED)
    means = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(customers), size=len(customers))
        weights = np.bincount(drawn, minlength=len(customers)).astype(np.float64)
        found = []
        for values, known in zip(rows, is_there, strict=True):
            covariance = np.cov(values[known].T, aweights=weights[known])
            found.append(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
        means.append(float(np.mean(found)))
    lower, upper = np.quantile(means, [0.025, 0.975])
    return float(lower), float(upper)


def first_tenth(values: Doubles, ids: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    """Which are in the tenth with the highest values, ties by id; a part of one does not count."""
    order = np.lexsort((ids, -values))
    chosen = np.zeros(len(values), dtype=bool)
    chosen[order[: len(values) // 10]] = True
    return chosen


def list_hits(
    lists: pd.DataFrame, bought: pd.DataFrame, customers: pd.Index, slots: Integers
) -> pd.DataFrame:
    """What lists brought to customers who bought: `hits` and `slots` by customer_id.

    `lists` has customer_id, item_id and rank, `bought` customer_id and item_id; `customers` are
    those judged, and `slots` how many items each of them could be shown.
    """
    shown = lists.loc[lists["rank"] <= LIST_LENGTH, ["customer_id", "item_id"]].drop_duplicates()
    hits = shown.merge(bought[["customer_id", "item_id"]].drop_duplicates())
    counts = hits.groupby("customer_id").size().reindex(customers, fill_value=0)
    return pd.DataFrame({"hits": counts.to_numpy(), "slots": slots}, index=customers)


def hits_per_slot(hits: pd.DataFrame) -> float:
    """Hits over slots of all customers together."""
    return float(hits["hits"].sum() / hits["slots"].sum())


def ratio_interval(ours: list[pd.DataFrame], theirs: list[pd.DataFrame]) -> tuple[float, float]:
    """95 % interval of the ratio of two methods' mean hits per slot over dates.

    Each list has a frame a date, as `list_hits` makes them, of the same customers. Customers are
    drawn anew with replacement, each with all its dates (Efron 1979, the bootstrap).
    """
    customers = pd.Index(sorted(set().union(*(frame.index for frame in ours))))

    def aligned(frames: list[pd.DataFrame], column: str) -> Doubles:
        rows = [frame[column].reindex(customers, fill_value=0).to_numpy() for frame in frames]
        return np.asarray(rows, dtype=np.float64)

    generator = np.random.default_rng(SEED)
    parts = [(aligned(frames, "hits"), aligned(frames, "slots")) for frames in (ours, theirs)]
    ratios = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(customers), size=len(customers))
        weights = np.bincount(drawn, minlength=len(customers)).astype(np.float64)
        mine, other = ((hits @ weights / (slots @ weights)).mean() for hits, slots in parts)
        ratios.append(mine / other)
    lower, upper = np.quantile(ratios, [0.025, 0.975])
    return float(lower), float(upper)
