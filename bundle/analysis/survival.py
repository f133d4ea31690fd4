"""How long until 100 %, where some runs never arrive: survival curves, restricted means, log-rank tests.

A run that has not arrived when its training ends is censored there: it may have arrived at any later step.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import CensoredData, ecdf, logrank

from bundle.analysis.curves import Curve


class Times(NamedTuple):
    """Steps to 100 % of several runs, (runs,), infinite for those that do not arrive in `until` steps."""

    first: np.ndarray
    until: float

    @property
    def arrived(self) -> int:
        return int(np.isfinite(self.first).sum())

    def censored(self) -> CensoredData:
        there = np.isfinite(self.first)
        return CensoredData(uncensored=self.first[there], right=np.full((~there).sum(), self.until))

    def surviving(self) -> tuple[np.ndarray, np.ndarray]:
        """Return steps and the share of runs that is still below 100 % after each (Kaplan and Meier 1958)."""
        survival = ecdf(self.censored()).sf
        before = survival.quantiles < self.until
        steps, shares = survival.quantiles[before], survival.probabilities[before]
        last = shares[-1] if len(shares) else 1.0
        return np.array([0, *steps, self.until]), np.array([1, *shares, last])

    def restricted_mean(self) -> tuple[float, float, float]:
        """Return the mean number of steps below 100 %, of the first `until`, and its 95 % interval.

        The interval is the normal one, within what can be; of one run it is the mean alone.
        """
        below = np.minimum(self.first, self.until)
        half = 1.96 * below.std(ddof=1) / np.sqrt(len(below)) if len(below) > 1 else 0.0
        mean = float(below.mean())
        return mean, max(0.0, float(mean - half)), min(self.until, float(mean + half))


def times(curves: Sequence[Curve]) -> Times:
    return Times(np.array([curve.first() for curve in curves]), float(max(c.steps[-1] for c in curves)))


def log_rank(one: Times, other: Times) -> float:
    """Return p of the log-rank test that both arrive alike; 1 where nobody arrives (Mantel 1966)."""
    if not one.arrived + other.arrived:
        return 1.0
    return float(logrank(one.censored(), other.censored()).pvalue)
