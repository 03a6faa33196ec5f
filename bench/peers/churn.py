"""Probabilities of no order in the next days, by other means, from what a split knew.

    python -m bench.peers.churn bgnbd --input SPLIT/train --output FOLDER

- `bgnbd`: the BG/NBD model of lifetimes, from order days alone.
- `boosting`: scikit-learn's histogram gradient boosting, from the same training rows, weights and
  features as `customer_churn`, the probability of our BG/NBD model among them. It has the features
  for nothing: its seconds are those of fitting and predicting.

Writes predictions.parquet: customer_id, predicted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from bench.peers.bgnbd import Model, read_orders, summarise
from bench.peers.command import Task, parse_task

HORIZON_DAYS = 90
FEATURES = [
    "recency_days",
    "age_days",
    "history_days",
    "order_day_count",
    "mean_gap_days",
    "recent_order_days",
    "previous_order_days",
    "year_order_days",
    "season_order_days",
    "year_spend",
    "recent_spend",
    "mean_day_value",
    "alive_probability",
    "bgnbd_probability",
]
SEED = 20110601


def by_bgnbd(task: Task) -> pd.DataFrame:
    """No order within the horizon, by lifetimes."""
    with task.part("read"):
        orders, as_of = read_orders(task.input)
    with task.part("compute"):
        customers = summarise(orders, as_of)
        predicted = Model.fit(customers).silent(customers, HORIZON_DAYS)
        return pd.DataFrame({"customer_id": customers.index, "predicted": predicted})


def by_boosting(task: Task) -> pd.DataFrame:
    """No order within the horizon, by gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    with task.part("read"):
        rows = pd.read_parquet(task.input / "snapshots.parquet")
        inputs = rows[FEATURES].astype(np.float64)
        is_training = rows["snapshot_kind"] == "training"
        # What is the same, or unknown, in all training rows teaches nothing.
        inputs = inputs.loc[:, inputs[is_training].nunique() > 1]
    with task.part("compute"):
        model = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=100,
            max_leaf_nodes=8,
            min_samples_leaf=50,
            l2_regularization=1.0,
            random_state=SEED,
        )
        model.fit(
            inputs[is_training],
            rows.loc[is_training, "is_churned"].astype(int),
            sample_weight=rows.loc[is_training, "training_weight"].astype(np.float64),
        )
        scored = rows.loc[~is_training, "customer_id"]
        predicted = model.predict_proba(inputs[~is_training])[:, 1]
        return pd.DataFrame({"customer_id": scored.to_numpy(), "predicted": predicted})


METHODS: dict[str, Callable[[Task], pd.DataFrame]] = {"bgnbd": by_bgnbd, "boosting": by_boosting}


def main() -> None:
    """Predict by the method that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("method", choices=METHODS)
    task, given = parse_task(parser)
    predictions = METHODS[given.method](task)
    predictions.to_parquet(task.output / "predictions.parquet", index=False)
    task.tell({"predictions": len(predictions)})


if __name__ == "__main__":
    main()
