"""Spend in the next half year by lifetimes' BG/NBD and Gamma-Gamma models.

    python -m bench.peers.value --input SPLIT/train --output FOLDER

Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value. An order day's value is net of
returns. Writes predictions.parquet: customer_id, predicted (in money).
"""

from __future__ import annotations

import pandas as pd

from bench.peers.bgnbd import WEEK, Model, read_orders, summarise
from bench.peers.command import Task, run_peer

HORIZON_DAYS = 180


def compute(task: Task) -> dict[str, int]:
    """Predict the spend of all customers with an order; returns how many they are."""
    with task.part("read"):
        orders, as_of = read_orders(task.input)
    with task.part("compute"):
        customers = summarise(orders, as_of)
        predicted = expected_spend(customers)
    predictions = pd.DataFrame({"customer_id": customers.index, "predicted": predicted.to_numpy()})
    predictions.to_parquet(task.output / "predictions.parquet", index=False)
    return {"predictions": len(predictions)}


def expected_spend(customers: pd.DataFrame) -> pd.Series:
    """Expected order days times their expected value; the mean value where none is known."""
    from lifetimes import GammaGammaFitter

    model = Model.fit(customers)
    days = model.fitter.conditional_expected_number_of_purchases_up_to_time(  # type: ignore[attr-defined]
        HORIZON_DAYS / WEEK, customers["frequency"], customers["recency"], customers["age"]
    )
    paying = customers[(customers["frequency"] > 0) & (customers["value"] > 0)]
    values = GammaGammaFitter(penalizer_coef=0.0).fit(paying["days"], paying["value"])
    expected = values.conditional_expected_average_profit(customers["days"], customers["value"])
    expected = expected.where(customers["value"] > 0, 0.0)
    return pd.Series(days, index=customers.index) * expected


if __name__ == "__main__":
    run_peer(compute, __doc__)
