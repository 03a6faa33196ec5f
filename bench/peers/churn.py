"""Probabilities of no order in the next days, by other means, from what a split knew.

    python -m bench.peers.churn bgnbd --input SPLIT/train --output FOLDER

- `bgnbd`: the BG/NBD model of lifetimes, from order days alone.
- `boosting`: scikit-learn's histogram gradient boosting, from the same training rows, weights and
  features as `customer_churn`, the probability of our BG/NBD model among them; how many trees is
  chosen on the last snapshot. It has the features for nothing: its seconds are those of fitting
  and predicting.

Writes predictions.parquet: customer_id, predicted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.peers.bgnbd import Model, read_orders, summarise
from bench.peers.command import Task, parse_task

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

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
ROUNDS = (50, 100, 200, 400)
"""Numbers of trees to choose from."""
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
    with task.part("read"):
        rows = pd.read_parquet(task.input / "snapshots.parquet")
        inputs = rows[FEATURES].astype(np.float64)
        is_training = rows["snapshot_kind"] == "training"
    with task.part("compute"):
        training = Training(
            inputs[is_training],
            rows.loc[is_training, "is_churned"].astype(int),
            rows.loc[is_training, "training_weight"].astype(np.float64),
            pd.to_datetime(rows.loc[is_training, "snapshot_date"]),
        )
        model = training.fit(training.best_rounds())
        scored = rows.loc[~is_training, "customer_id"]
        predicted = model.predict_proba(inputs.loc[~is_training, model.feature_names_in_])[:, 1]
        return pd.DataFrame({"customer_id": scored.to_numpy(), "predicted": predicted})


@dataclass(frozen=True)
class Training:
    """Past snapshots of customers: features, whether they left, weights and dates."""

    inputs: pd.DataFrame
    left: pd.Series
    weights: pd.Series
    dates: pd.Series

    def fit(self, rounds: int) -> HistGradientBoostingClassifier:
        """Fit so many small trees."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=rounds,
            max_leaf_nodes=8,
            min_samples_leaf=50,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=SEED,
        )
        # A feature that is the same, or unknown, in all rows teaches nothing and is refused.
        inputs = self.inputs.loc[:, self.inputs.nunique() > 1]
        return model.fit(inputs, self.left, sample_weight=self.weights)

    def best_rounds(self) -> int:
        """How many trees predict the last snapshot best from those whose outcome it knew."""
        from sklearn.metrics import log_loss

        is_last = self.dates == self.dates.max()
        is_known = self.dates <= self.dates.max() - pd.Timedelta(days=HORIZON_DAYS)
        if self.left[is_known].nunique() < 2:
            return min(ROUNDS)
        known = Training(
            self.inputs[is_known], self.left[is_known], self.weights[is_known], self.dates[is_known]
        )
        model = known.fit(max(ROUNDS))
        stages = model.staged_predict_proba(self.inputs.loc[is_last, model.feature_names_in_])
        losses = {
            rounds: log_loss(self.left[is_last], predicted[:, 1], labels=[0, 1])
            for rounds, predicted in enumerate(stages, start=1)
            if rounds in ROUNDS
        }
        return min(losses, key=lambda rounds: (losses[rounds], rounds))


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
