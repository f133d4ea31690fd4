import numpy as np
import pytest

from bundle.analysis.curves import Curve, run_table, share_at_chance
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
        ([1, 1, 1, 1], 0, 0),
    ],
)
def test_steps_to_full_accuracy(accuracy, first, held):
    assert curve(*accuracy).first() == first
    assert curve(*accuracy).held() == held


def test_the_first_look_at_less_than_all():
    assert curve(0.1, 0.94, 0.95, 1).first(0.95) == 50
    assert curve(0.1, 0.95, 0.94, 1, 0.95).held(0.95) == 75


def test_the_deepest_drop_is_below_the_best_so_far():
    assert curve(0.2, 0.9, 0.3, 1.0, 0.6).deepest_drop() == pytest.approx(0.6)
    assert curve(0.2, 0.4, 0.9).deepest_drop() == 0


def test_unsteadiness_counts_from_the_first_full_evaluation():
    falling = curve(0.5, 0.2, 1, 0.95, 0.85, 0.8, 1, 0.3, 1, 1)
    assert falling.unsteadiness() == pytest.approx(4 / 8)
    assert curve(0.5, 0.9).unsteadiness() == 1


def test_the_last_third_of_the_training():
    late = curve(0, 0, 0, 0, 0, 0.2, 0.6)  # steps 0 to 150: after 100
    assert late.late().tolist() == [0.2, 0.6]
    assert late.spread() == pytest.approx(0.2)


def test_the_shared_metric_is_of_fresh_palindromes_and_the_same_for_both():
    runs = table([run(cell, 5, [0.1, 0.2, 0.3]) for cell in ("LSTM", "RNN")])
    for curve_ in runs["curve"]:
        assert curve_.steps.tolist() == [0, 25, 50]
        assert curve_.values == pytest.approx([0.1, 0.2, 0.3])


def test_the_original_s_metric_is_the_lstm_s_every_25_steps_and_the_rnn_s_batch_every_50():
    rnn = run("RNN", 5, [0.1, 0.2, 0.3])
    rnn.columns["n_correct_batch"] = [7, 8, 9]
    lstm, rnn = table([run("LSTM", 5, [0.1, 0.2, 0.3]), rnn])["original_curve"]
    assert lstm.steps.tolist() == [0, 25, 50]
    assert rnn.steps.tolist() == [0, 50]
    assert rnn.values == pytest.approx([0.07, 0.09])
    assert table([run("LSTM", 5, [0.1], recipe="corrected")], "corrected")["original_curve"].item() is None


def test_the_table_of_runs_has_groups_in_their_order_and_runs_sorted_in_each():
    groups = {"ours": [run("RNN", 5, [0.1], seed=s) for s in (1, 0)], "none": []}
    runs = run_table(groups | {"as written": [run("LSTM", 3, [0.1])]})
    assert list(zip(runs["group"], runs["cell"], runs["seed"], strict=True)) == [
        *(("ours", "RNN", 0), ("ours", "RNN", 1), ("as written", "LSTM", 0)),
    ]
    assert runs["record"][0] is groups["ours"][1]


def test_a_run_is_at_chance_if_it_never_leaves_it():
    runs = table([run("RNN", 5, curve, seed=s) for s, curve in enumerate(([0.1, 0.24], [0.1, 0.3, 0.1]))])
    assert share_at_chance(runs) == 0.5
    assert share_at_chance(runs[:0]) == 0
