"""Figures show what was measured, under its own name."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from bundle.figures import part1
from bundle.figures.digits import tile
from bundle.figures.memory import draw_inside
from bundle.figures.saving import plotted, save_figure, save_walk
from bundle.study.provenance import described, provenance
from lib.recurrent.training import cross_entropy
from tests.part1_records import run, table


def test_a_saved_figure_carries_settings_seeds_and_versions_and_its_values(tmp_path):
    records = [run("LSTM", 5, [0.1, 1], seed=s) for s in range(3)]
    for record in records:
        record.provenance.update(provenance(seconds=1, device="cpu", threads=1))
    shown = table(records)
    path = tmp_path / "figure-03.png"
    first = save_figure(part1.draw_accuracy_curves(shown), path, provenance=described(records))
    about = Image.open(path).text
    assert json.loads(about["Seeds"]) == [0, 1, 2]
    assert json.loads(about["Settings"])["cell"] == "LSTM"
    assert "torch" in {name.lower() for name in about}
    assert len(json.loads(path.with_suffix(".json").read_text())["panels"][0]["lines"]) >= 2
    again = save_figure(
        part1.draw_accuracy_curves(shown), tmp_path / "again.png", provenance=described(records)
    )
    assert again == first


def test_the_look_inside_shows_the_chosen_units_over_the_digits():
    rng = np.random.default_rng(0)
    states = {name: rng.random((7, 16)) for name in "ifoc"}
    figure = draw_inside(states, [1, 2, 3, 4, 3, 2, 1], units=[3, 8], right=rng.random(7))
    panels = plotted(figure)
    np.testing.assert_allclose(panels[1]["pictures"][0], states["f"][:, [3, 8]].T)
    np.testing.assert_allclose(panels[3]["pictures"][0], np.tanh(states["c"][:, [3, 8]].T))
    assert [label.get_text() for label in figure.axes[4].get_xticklabels()] == list("1234321")


def test_the_doubled_softmax_is_drawn_with_its_floor_and_the_gradient_autograd_finds():
    left, right = plotted(part1.draw_softmax_twice())
    floor = next(line for line in left["lines"] if len(set(line["y"])) == 1 and len(line["y"]) == 2)
    assert floor["y"][0] == pytest.approx(1.46115, abs=1e-5)
    for times, (drawn_loss, drawn_pull) in enumerate(zip(left["lines"], right["lines"], strict=False), 1):
        if times > 2:
            break
        for at in (50, 500, 950):
            p = torch.tensor(drawn_loss["x"][at], dtype=torch.float64)
            logits = torch.cat((p.log()[None], ((1 - p) / 9).log().expand(9)))[None].requires_grad_()
            loss = cross_entropy(logits, torch.tensor([0]), softmax_twice=times == 2)
            loss.backward()
            assert drawn_loss["y"][at] == pytest.approx(loss.item(), abs=2e-6)
            assert drawn_pull["y"][at] == pytest.approx(-logits.grad[0, 0].item(), abs=2e-6)


def test_each_of_the_original_s_figures_has_a_panel_with_both_metrics():
    records = [run("RNN", 30, [0.1, 0.5, 0.12, 0.15, 0.14], seed=s) for s in range(2)]
    records[0].columns["n_correct_batch"] = [5, 0, 19, 0, 10]
    figure = part1.draw_original_figures(table(records))
    assert [axes.get_title() for axes in figure.axes][-1] == "Figure 6: RNN, length 30"
    shared, original = plotted(figure)[-1]["lines"][:2]
    np.testing.assert_allclose(shared["y"], [0.1, 0.5, 0.12, 0.15, 0.14])
    assert (original["x"], original["y"]) == ([0, 50, 100], [0.05, 0.19, 0.1])  # the first seed


def test_curves_are_means_over_seeds_and_a_point_the_mean_of_the_last_third():
    curves = ([0.1, 0.2, 0.4, 0.9], [0.1, 0.4, 0.6, 0.7])
    runs = table([run("LSTM", 5, curve, seed=s) for s, curve in enumerate(curves)])
    (panel,) = plotted(part1.draw_accuracy_curves(runs))
    np.testing.assert_allclose(panel["lines"][0]["y"], [0.1, 0.3, 0.5, 0.8])
    assert panel["lines"][0]["label"] == "LSTM, as written (n = 2)"
    (panel,) = plotted(part1.draw_accuracy_against_length(runs))
    np.testing.assert_allclose(panel["lines"][0]["y"], [0.8])
    np.testing.assert_allclose(panel["lines"][1]["y"], [0.9, 0.7])


def test_a_walk_is_saved_as_a_row_and_moving_and_how_it_came_about(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 7), dtype=np.uint8)
    save_walk(images, tmp_path / "walk", facts={"digits": [1]}, provenance={"seeds": [3]})
    assert json.loads((tmp_path / "walk.json").read_text()) == {"provenance": {"seeds": [3]}, "digits": [1]}
    with Image.open(tmp_path / "walk.gif") as animation:
        assert animation.n_frames == 2 * len(images) - 2  # there and back
    row = Image.open(tmp_path / "walk.png")
    assert json.loads(row.text["Seeds"]) == [3]
    assert (np.asarray(row)[::4, ::4] == tile(images, columns=4)).all()
