"""Intervals around shares, means and medians, all of at least 95 %."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom, binomtest
from scipy.stats import t as student


def interval(count: int, n: int) -> tuple[float, float]:
    """Return the exact interval of the share count / n; all of 0 to 1 where n is 0.

    Source: Clopper and Pearson 1934.
    """
    if not n:
        return 0.0, 1.0
    low, high = binomtest(int(count), int(n)).proportion_ci()
    return float(low), float(high)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and its interval by Student's t; infinite for a single value."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return mean, -np.inf, np.inf
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and its interval between order statistics; infinite for few values.

    An infinite value is a run that never arrives; nan, the difference of two that do not, counts as 0.
    """
    ordered = np.sort(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf))
    n = len(ordered)
    rank = int(binom.ppf(0.025, n, 0.5))  # P(fewer than `rank` values below the median) <= 2.5 %
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (-np.inf, np.inf)
    below, above = ordered[(n - 1) // 2], ordered[n // 2]
    median = below if below == above else (below + above) / 2
    return float(median), float(low), float(high)
