"""The BG/NBD model of the package lifetimes, on the orders that a split knows.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way. Times are in weeks, and a
purchase is a day with an order, as is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

WEEK = 7.0
PENALTIES = (0.0, 0.001, 0.01, 0.1)
"""Of large parameters, as lifetimes advises where the likelihood alone does not converge."""

Doubles = npt.NDArray[np.float64]


def read_orders(folder: Path) -> tuple[pd.DataFrame, pd.Timestamp]:
    """A split's customers x days, and its as-of date, which the scored snapshots bear."""
    orders = pd.read_parquet(folder / "orders.parquet")
    orders["invoice_date"] = pd.to_datetime(orders["invoice_date"])
    dates = pd.read_parquet(folder / "snapshots.parquet", columns=["as_of_date"])
    return orders, pd.Timestamp(dates["as_of_date"].max())


def summarise(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Customers with an order: `frequency` (repeat days), `recency` and `age` in weeks.

    `value` is the net spend per order day, not below 0, in money; `days` the order days.
    """
    spend = orders.groupby("customer_id")["spend"].sum()
    days = orders[orders["is_order"]].groupby("customer_id")["invoice_date"]
    known = days.agg(days="nunique", first="min", last="max")
    known["frequency"] = known["days"] - 1
    known["recency"] = (known["last"] - known["first"]).dt.days / WEEK
    known["age"] = (as_of - known["first"]).dt.days / WEEK
    known["value"] = spend.reindex(known.index).clip(lower=0) / known["days"]
    return known.drop(columns=["first", "last"])


@dataclass(frozen=True)
class Model:
    """A fitted model, with what it says of customers."""

    fitter: object
    parameters: dict[str, float]

    @classmethod
    def fit(cls, customers: pd.DataFrame) -> Model:
        """Maximise the likelihood of all customers, with the least penalty that converges."""
        from lifetimes import BetaGeoFitter
        from lifetimes.utils import ConvergenceError

        for penalty in PENALTIES:
            fitter = BetaGeoFitter(penalizer_coef=penalty)
            try:
                fitter.fit(customers["frequency"], customers["recency"], customers["age"])
            except ConvergenceError:
                continue
            return cls(fitter, {name: float(fitter.params_[name]) for name in fitter.params_.index})
        raise ValueError(f"BG/NBD did not converge, not even with a penalty of {PENALTIES[-1]}")

    def alive(self, customers: pd.DataFrame) -> Doubles:
        """Probability that each customer still buys."""
        found = self.fitter.conditional_probability_alive(  # type: ignore[attr-defined]
            customers["frequency"], customers["recency"], customers["age"]
        )
        return np.asarray(found, dtype=np.float64)

    def silent(self, customers: pd.DataFrame, days: int) -> Doubles:
        """Probability of no order in so many days.

        Who is alive can leave only after an order, so until the first one their rate is that of a
        negative binomial.
        """
        scale = self.parameters["alpha"] + customers["age"].to_numpy()
        shape = self.parameters["r"] + customers["frequency"].to_numpy()
        none_if_alive = (scale / (scale + days / WEEK)) ** shape
        return np.asarray(1 - self.alive(customers) * (1 - none_if_alive), dtype=np.float64)
