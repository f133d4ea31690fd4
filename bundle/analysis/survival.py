"""How long until 100 %, where some runs never arrive: survival curves.

A run that has not arrived when its training ends is censored there: it may have arrived at any later step.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import CensoredData, ecdf

from bundle.analysis.curves import Curve


class Times(NamedTuple):
    """Steps to 100 % of several runs, (runs,), infinite for those that do not arrive in `until` steps."""

    first: np.ndarray
    until: float

    def surviving(self) -> tuple[np.ndarray, np.ndarray]:
        """Return steps and the share of runs that is still below 100 % after each (Kaplan and Meier 1958)."""
        arrives = np.isfinite(self.first)
        still_below = np.full((~arrives).sum(), self.until)
        survival = ecdf(CensoredData(uncensored=self.first[arrives], right=still_below)).sf
        before = survival.quantiles < self.until
        steps, shares = survival.quantiles[before], survival.probabilities[before]
        last = shares[-1] if len(shares) else 1.0
        return np.array([0, *steps, self.until]), np.array([1, *shares, last])


def times(curves: Sequence[Curve]) -> Times:
    until = max(curve.steps[-1] for curve in curves)
    return Times(np.array([curve.first() for curve in curves]), float(until))
