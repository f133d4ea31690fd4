import numpy as np
import pytest

from bundle.analysis.survival import Times, arrivals, log_rank, survival_table
from tests.part1_records import lstm_first, table


def test_the_survival_curve_is_the_product_of_those_who_stay():
    """Kaplan and Meier by hand: of five, one arrives at 100, two at 300, two never."""
    steps, shares = Times(np.array([300, 100, np.inf, 300, np.inf]), 1500).surviving()
    assert steps.tolist() == [0, 100, 300, 1500]
    assert shares == pytest.approx([1, 4 / 5, 4 / 5 * 2 / 4, 2 / 5])


def test_nobody_arrives_and_all_do():
    assert Times(np.full(3, np.inf), 1500).surviving()[1].tolist() == [1, 1]
    assert Times(np.array([100.0, 200.0]), 1500).surviving()[1].tolist() == [1, 0.5, 0, 0]


def test_the_restricted_mean_is_the_area_below_the_survival_curve():
    times = Times(np.array([300, 100, np.inf, 300, np.inf]), 1500)
    steps, shares = times.surviving()
    mean, low, high = times.restricted_mean()
    assert mean == pytest.approx(np.sum(np.diff(steps) * shares[:-1]))
    assert low < mean < high
    assert Times(np.array([100.0]), 1500).restricted_mean() == (100, 100, 100)


def test_the_log_rank_test_by_another_route():
    """Observed less expected arrivals of the first group over their hypergeometric variance, by hand."""
    one, other = np.array([100, 200, 300, np.inf]), np.array([200, 400, np.inf, np.inf])
    observed = expected = variance = 0.0
    for step in (100, 200, 300, 400):
        at_risk = [(of >= step).sum() for of in (one, other)]
        events = (one == step).sum() + (other == step).sum()
        n = sum(at_risk)
        observed += (one == step).sum()
        expected += events * at_risk[0] / n
        if n > 1:
            variance += events * (at_risk[0] / n) * (at_risk[1] / n) * (n - events) / (n - 1)
    from scipy.stats import chi2

    p = chi2.sf((observed - expected) ** 2 / variance, 1)
    assert log_rank(Times(one, 1500), Times(other, 1500)) == pytest.approx(p)
    nobody = Times(np.full(4, np.inf), 1500)
    assert log_rank(nobody, nobody) == 1


def test_arrivals_have_a_row_for_each_case_and_length():
    runs = table(lstm_first(range(10), wins=10))
    rows = arrivals(runs)
    assert list(rows["case"]) == ["as written, original metric", "as written"]
    assert (rows["LSTM arrived"] == 10).all()
    assert rows["LSTM mean"].tolist() == [25, 25]
    assert [*survival_table(runs).iloc[0, :4]] == ["as written, original metric", 5, "10/10", "25 [25, 25]"]
    assert (rows["p"] < 0.001).all()
