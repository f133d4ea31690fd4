import numpy as np
import pytest

from bundle.analysis.curves import Curve, run_table, statistics_table, summary, survival
from tests.part1_records import run, table


def curve(*accuracy: float) -> Curve:
    return Curve(np.arange(len(accuracy)) * 25, np.array(accuracy))


@pytest.mark.parametrize(
    ("accuracy", "first", "held"),
    [
        ([0.1, 0.5, 1, 1], 50, 50),
        ([0.1, 1, 0.9, 1], 25, 75),
        ([0.1, 1, 1, 0.9], 25, np.inf),
        ([0.1, 0.2, 0.3, 0.4], np.inf, np.inf),
    ],
)
def test_steps_to_full_accuracy(accuracy, first, held):
    assert curve(*accuracy).first() == first
    assert curve(*accuracy).held() == held


def test_the_other_measures_of_a_curve():
    measures = curve(0.5, 0.2, 1, 0.95, 0.85, 0.8, 1, 0.3, 1).measures()  # steps 0 to 200, late after 133
    assert measures["relapses"] == pytest.approx(4 / 7)  # below 100 % after the first at 100 %
    assert measures["drop"] == measures["drop_of_best"] == pytest.approx(0.7)
    assert measures["late_lowest"] == 0.3
    assert measures["late_deviation"] == pytest.approx(np.std([1, 0.3, 1]))
    assert (measures["first_95"], measures["final"], measures["best"]) == (50, 1, 1)
    assert curve(0.5, 0.9).measures()["relapses"] == 1
    assert curve(0.1).measures()["late_lowest"] == 0.1  # a single evaluation


def test_the_original_s_metric_is_the_lstm_s_every_25_steps_and_the_rnn_s_batch_every_50():
    rnn = run("RNN", 5, [0.1, 0.2, 0.3])
    rnn.columns["n_correct_batch"] = [7, 8, 9]
    runs = table([run("LSTM", 5, [0.1, 0.2, 0.3]), rnn])
    assert [list(shared.values) for shared in runs["curve"]] == [[0.1, 0.2, 0.3]] * 2
    lstm, rnn = runs["original_curve"]
    assert lstm.steps.tolist() == [0, 25, 50]
    assert rnn.steps.tolist() == [0, 50]
    assert rnn.values == pytest.approx([0.07, 0.09])
    assert table([run("LSTM", 5, [0.1], recipe="corrected")], "corrected")["original_curve"].item() is None


def test_statistics_are_medians_over_seeds():
    groups = {"as written": [run("LSTM", 5, [0.1, 1, 1], seed=0), run("LSTM", 5, [0.1, 0.5, 1], seed=1)]}
    groups["unscheduled"] = [run("LSTM", 10, [0.1, 0.2], schedule_factor=1)]
    runs = run_table(groups)
    assert summary(runs)["LSTM as written 5 first 100 %"] == 37.5
    assert summary(runs)["LSTM as written, no schedule 10 first 100 %"] == -1
    assert statistics_table(runs)["first 100 %"].tolist() == ["38", "never"]


def test_the_survival_curve_is_the_product_of_those_who_stay():
    """Kaplan and Meier by hand: of five, one arrives at 25, two at 75, two never."""
    curves = [[0.1, 1, 1, 1, 1]] + [[0.1, 0.1, 0.1, 1, 1]] * 2 + [[0.1] * 5] * 2
    steps, shares = survival(table([run("LSTM", 5, values, seed=s) for s, values in enumerate(curves)]))
    assert steps.tolist() == [0, 25, 75, 100]
    assert shares == pytest.approx([1, 4 / 5, 4 / 5 * 2 / 4, 2 / 5])
