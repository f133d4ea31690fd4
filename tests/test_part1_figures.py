import numpy as np
import pytest

from bundle.figures.memory import draw_whole_range
from bundle.figures.part1 import (
    draw_accuracy_against_length,
    draw_accuracy_curves,
    draw_original_figures,
    draw_readings,
    draw_survival,
)
from bundle.figures.saving import plotted
from tests.part1_records import run, table
from tests.test_saved_figures import runs


def test_the_curve_is_the_mean_over_seeds_at_every_look():
    corrected = runs(lengths=(5,), recipes=("corrected",))
    (panel,) = plotted(draw_accuracy_curves(corrected))
    expected = np.mean(list(corrected["n_correct"]), axis=0)
    np.testing.assert_allclose(panel["lines"][0]["y"], expected, atol=1e-6)
    assert "n = 3" in panel["lines"][0]["label"]


def test_accuracy_against_length_averages_the_last_third():
    corrected = runs(recipes=("corrected",))
    (panel,) = plotted(draw_accuracy_against_length(corrected))
    late = corrected["n_correct"].apply(lambda values: np.mean(values[41:]))
    expected = late.groupby(corrected["seq_length"]).mean()
    np.testing.assert_allclose(panel["lines"][0]["y"], expected, atol=1e-6)


def test_each_of_the_original_s_figures_has_a_panel_with_both_metrics():
    records = [run("RNN", 30, [0.1, 0.5, 0.12, 0.15, 0.14], seed=s) for s in range(2)]
    records[0].columns["n_correct_batch"] = [5, 0, 19, 0, 10]
    figure = draw_original_figures(table(records))
    assert [axes.get_title() for axes in figure.axes][-1] == "Figure 6: RNN, length 30"
    shared, original = plotted(figure)[-1]["lines"][:2]
    np.testing.assert_allclose(shared["y"], [0.1, 0.5, 0.12, 0.15, 0.14])
    assert (original["x"], original["y"]) == ([0, 50, 100], [0.05, 0.19, 0.1])  # the first seed


def test_a_cell_that_the_original_does_not_have_is_drawn_by_the_shared_metric_alone():
    records = [run("LSTM", 5, [0.1, 1]), run("RNN", 5, [0.1, 0.8]), run("GRU", 5, [0.1, 0.9])]
    labels = [line["label"] for line in plotted(draw_original_figures(table(records)))[2]["lines"]]
    assert labels[:3] == ["GRU, as written (n = 1)", "LSTM, as written (n = 1)", "original metric, one seed"]


def test_two_readings_of_a_figure_are_drawn_side_by_side():
    ends = {"chance": 0.1, "learning": 0.9}
    readings = {name: table([run("RNN", 30, [0.1, 0.2, end])]) for name, end in ends.items()}
    figure = draw_readings(readings)
    assert [panel["lines"][0]["y"][-1] for panel in plotted(figure)] == pytest.approx([10, 90])
    assert [axes.get_title() for axes in figure.axes] == ["chance (n = 1)", "learning (n = 1)"]


def test_the_survival_figure_steps_down_where_a_seed_arrives():
    records = [
        run("LSTM", 5, curve, seed=s) for s, curve in enumerate(([0.1, 1, 1, 1], [0.1, 0.5, 1, 1], [0.1] * 4))
    ]
    (panel,) = plotted(draw_survival(table(records)))
    (line,) = panel["lines"]
    assert line["x"] == [0, 25, 50, 75]
    np.testing.assert_allclose(line["y"], [1, 2 / 3, 1 / 3, 1 / 3], atol=1e-6)


def test_each_network_is_drawn_at_every_length_it_was_checked_at():
    checked = {"5": 1.0, "10": 0.9, "20": 0.3}
    records = [run("RNN", 10, [1], seed=s, accuracy_at=checked) for s in range(2)]
    (panel,) = plotted(draw_whole_range(table(records, "span")))
    curve, dot = panel["lines"][:2]
    assert (curve["x"], curve["y"]) == ([5, 10, 20], [1.0, 0.9, 0.3])
    assert (dot["x"], dot["y"]) == ([10], [0.9])
