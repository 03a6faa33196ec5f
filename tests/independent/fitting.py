"""How likely the parameters of the BG/NBD model are, and what a numerical optimiser would gain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln

from tests.independent.scores import Fit

Numbers = npt.NDArray[np.float64]


class Buyers:
    """Customers by repeat order days, week of the last one and age in weeks."""

    def __init__(self, kinds: Counter[tuple[int, int, int]]) -> None:
        self.counts = np.array([*kinds.values()], dtype=float)
        self.repeats, self.last, self.age = (
            np.array(column, dtype=float) for column in zip(*kinds, strict=True)
        )
        orders, weeks = self.counts @ self.repeats, self.counts @ self.age
        self.log_rate = float(np.log((orders + 0.5) / (weeks + 1)))

    def log_likelihood(self, logs: Numbers) -> float:
        """Of all customers, by the logarithms of r, alpha, a, b (Fader et al. 2005, equation 6)."""
        r, alpha, a, b = np.exp(logs)
        x = self.repeats
        stayed = -(r + x) * np.log(alpha + self.age)
        gone = np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + self.last)
        either = np.where(x > 0, np.logaddexp(stayed, gone), stayed)
        orders = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        leaving = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        return float(self.counts @ (orders + leaving + either))

    def log_prior(self, logs: Numbers) -> float:
        """Normal, each with a standard deviation of 3, around what companies usually have."""
        log_r, log_alpha, log_a, log_b = logs
        distances = (
            log_r + 0.3,
            log_r - log_alpha - self.log_rate - 0.7,
            log_a - log_b + 2.5,
            np.logaddexp(log_a, log_b) - 1,
        )
        return -float(np.sum(np.square(distances))) / 18

    def score(self, logs: Numbers) -> float:
        """Log likelihood and log prior, a customer."""
        return (self.log_likelihood(logs) + self.log_prior(logs)) / float(self.counts.sum())


def logs_of(fit: Fit) -> Numbers:
    logs: Numbers = np.log(np.array([fit.r, fit.alpha, fit.a, fit.b]))
    return logs


def best_score(buyers: Buyers, starts: Sequence[Numbers]) -> float:
    """The most that an optimiser finds from any of the starts."""
    settings = {"maxiter": 2000, "maxfev": 2000, "fatol": 1e-8, "xatol": 1e-5}
    found = (
        minimize(lambda logs: -buyers.score(logs), start, method="Nelder-Mead", options=settings)
        for start in starts
    )
    return max(-float(one.fun) for one in found)
