"""Intervals around shares, means and medians, by other routes."""

import math

import pytest

from bundle.analysis.formatting import p_value
from bundle.analysis.intervals import interval, mean_interval, median_interval


def test_the_interval_of_a_share_is_the_exact_one_of_clopper_and_pearson():
    low, high = interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert high == 1
    assert interval(0, 0) == (0, 1)


def test_a_mean_has_the_interval_of_students_t():
    assert mean_interval([1, 2, 3]) == pytest.approx((2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))
    assert mean_interval([5]) == (5, -float("inf"), float("inf"))


def test_a_small_p_is_never_shown_as_zero():
    assert (p_value(1e-9), p_value(0.0009), p_value(0.0014), p_value(1)) == (
        "< 0.001",
        "< 0.001",
        "0.001",
        "1.000",
    )


def test_the_median_of_runs_that_may_never_arrive():
    never = math.inf
    assert median_interval([100, never, 300]) == (300, -math.inf, math.inf)
    median, low, high = median_interval([10, 20, 30, 40, 50, 60, 70, never, never, never])
    assert (median, low, high) == (55, 20, never)
    assert median_interval([never] * 10)[0] == never
    assert median_interval([math.nan, 1, -1])[0] == 0


@pytest.mark.parametrize("n", [10, 20, 31])
def test_the_interval_of_the_median_covers_at_least_95_percent_and_no_narrower_one_does(n):
    values = list(range(n))
    _, low, high = median_interval(values)
    rank = int(low) + 1
    assert high == n - rank
    outside = 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n
    narrower = 2 * sum(math.comb(n, k) for k in range(rank + 1)) / 2**n
    assert outside <= 0.05 < narrower
