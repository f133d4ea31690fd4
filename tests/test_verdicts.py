import math

import pytest

from bundle.analysis.verdicts import Verdict, decide, interval, median_interval, p_value


def verdict(count: int, n: int) -> Verdict:
    return Verdict("a sentence", "a test", "a case", count=count, n=n)


@pytest.mark.parametrize(
    ("n", "count", "word"),
    [
        (3, 3, "undecided"),
        (10, 10, "holds"),
        (10, 9, "holds"),
        (10, 7, "undecided"),
        (10, 1, "does not hold"),
        (0, 0, "undecided"),
    ],
)
def test_the_verdict_follows_the_count(n, count, word):
    (decided,) = decide([verdict(count, n)])
    assert decided.word == word


def test_the_interval_is_the_exact_one_of_clopper_and_pearson():
    low, high = interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert high == 1
    assert verdict(10, 10).cells(".2f")[:2] == ["10/10", f"{low:.2f} to 1.00"]


def test_p_values_are_the_exact_binomial_ones_corrected_by_both_step_up_rules():
    """By another route: binomial sums by hand, and the rules of 1995 and 2001 written out."""
    verdicts = decide([verdict(9, 10), verdict(6, 10), verdict(40, 50), verdict(2, 4)])
    for v in verdicts:
        tail = sum(math.comb(v.n, k) for k in range(v.n + 1) if math.comb(v.n, k) <= math.comb(v.n, v.count))
        assert v.p == pytest.approx(tail / 2**v.n)
    ordered = sorted(verdicts, key=lambda v: v.p)
    harmonic = sum(1 / k for k in range(1, len(ordered) + 1))
    for place, v in enumerate(ordered):
        later = [other.p * len(ordered) / (k + 1) for k, other in enumerate(ordered) if k >= place]
        assert v.corrected == pytest.approx(min(1, *later))
        assert v.dependent == pytest.approx(min(1, *(harmonic * p for p in later)))


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
