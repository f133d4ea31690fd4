"""Figures show what was measured, under its own name."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from bundle.analysis.claims import Verdict
from bundle.figures import gan, memory, part1, verdicts, walks
from bundle.figures.digits import tile
from bundle.figures.saving import plotted, save_figure, save_walk
from bundle.figures.verdicts import LOOKS
from bundle.study.provenance import described, provenance
from lib.recurrent.training import cross_entropy
from tests.part1_records import run, table

SENTENCES = {"a": "A is so", "b": "B is so"}


def test_a_saved_figure_carries_settings_seeds_and_versions_and_its_values(tmp_path):
    records = [run("LSTM", 5, [0.1, 1], seed=s) for s in range(3)]
    for record in records:
        record.provenance.update(provenance(seconds=1, device="cpu", threads=1))
    path, provenance_shown = tmp_path / "figure-03.png", described(records)
    first, again = (
        save_figure(part1.draw_accuracy_curves(table(records)), place, provenance=provenance_shown)
        for place in (path, tmp_path / "again.png")
    )
    assert again == first
    about = Image.open(path).text
    assert json.loads(about["Seeds"]) == [0, 1, 2]
    assert json.loads(about["Settings"])["cell"] == "LSTM"
    assert "torch" in {name.lower() for name in about}
    assert len(json.loads(path.with_suffix(".json").read_text())["panels"][0]["lines"]) >= 2


def test_the_look_inside_shows_the_chosen_units_over_the_digits():
    rng = np.random.default_rng(0)
    states = {name: rng.random((7, 16)) for name in "ifoc"}
    figure = memory.draw_inside(states, [1, 2, 3, 4, 3, 2, 1], units=[3, 8], right=rng.random(7))
    panels = plotted(figure)
    np.testing.assert_allclose(panels[1]["pictures"][0], states["f"][:, [3, 8]].T)
    np.testing.assert_allclose(panels[3]["pictures"][0], np.tanh(states["c"][:, [3, 8]].T))
    assert [label.get_text() for label in figure.axes[4].get_xticklabels()] == list("1234321")


def test_the_doubled_softmax_is_drawn_with_its_floor_and_the_gradient_autograd_finds():
    left, right = plotted(part1.draw_softmax_twice())
    floor = next(line for line in left["lines"] if len(set(line["y"])) == 1 and len(line["y"]) == 2)
    assert floor["y"][0] == pytest.approx(1.46115, abs=1e-5)
    for place, softmax_twice in enumerate((False, True)):
        drawn_loss, drawn_pull = left["lines"][place], right["lines"][place]
        for at in (50, 500, 950):
            p = torch.tensor(drawn_loss["x"][at], dtype=torch.float64)
            logits = torch.cat((p.log()[None], ((1 - p) / 9).log().expand(9)))[None].requires_grad_()
            loss = cross_entropy(logits, torch.tensor([0]), softmax_twice=softmax_twice)
            loss.backward()
            assert drawn_loss["y"][at] == pytest.approx(loss.item(), abs=2e-6)
            assert drawn_pull["y"][at] == pytest.approx(-logits.grad[0, 0].item(), abs=2e-6)


def test_each_of_the_original_s_figures_has_a_panel_with_both_metrics():
    records = [run("RNN", 30, [0.1, 0.5, 0.12, 0.15, 0.14], seed=s) for s in range(2)]
    records[0].columns["n_correct_batch"] = [5, 0, 19, 0, 10]
    records += [run("GRU", 30, [0.2, 0.3, 0.4, 0.5, 0.6]), run("LSTM", 30, [0.1, 0.1, 0.1, 0.1, 0.1])]
    figure = part1.draw_original_figures(table(records))
    assert [axes.get_title() for axes in figure.axes][-1] == "Figure 6: RNN, length 30"
    other, shared, original = plotted(figure)[-1]["lines"][:3]
    np.testing.assert_allclose(shared["y"], [0.1, 0.5, 0.12, 0.15, 0.14])
    np.testing.assert_allclose(other["y"], [0.2, 0.3, 0.4, 0.5, 0.6])  # a cell that the original has not
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


def test_third_digits_are_drawn_by_generator_without_those_at_the_ends():
    rows = []
    for generator, (first, second) in itertools.product([0, 1], [(2, 7), (6, 7)]):
        for digit in ["any", *sorted(set(range(10)) - {first, second})]:
            share = 0.9 if digit == "any" else digit / 20
            rows.append((generator, first, second, digit, share, share - 0.01, share + 0.01))
    names = ["generator", "first", "second", "digit", "share", "low", "high"]
    figure = walks.draw_third_digits(pd.DataFrame(rows, columns=names))
    for generator in (0, 1):
        drawn = plotted(figure)[0]["lines"][generator]["y"]
        assert drawn == [0.9, *(d / 20 for d in range(10) if d not in (2, 7))]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["any", *"01234589"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["generator 1", "generator 2", "the original's digit"]


def test_losses_and_quality_of_a_gan_are_drawn_under_their_own_names():
    run = {"batch": [0, 50], "generator_loss": [0.8, 0.7], "discriminator_loss": [0.6, 0.5]}
    run["quality_batch"] = [0, 50, 100]
    for name, values in {"frechet_distance": [9, 2, 1], "clear": [0.1, 0.7, 0.8]}.items():
        run[f"quality_{name}"], run[f"real_{name}"] = values, 0.9
        run[f"quality_raw_{name}"] = [value / 2 for value in values]
    runs = pd.DataFrame([run])
    (panel,) = plotted(gan.draw_loss_curves(runs.iloc[0]))
    drawn = {line["label"]: line["y"] for line in panel["lines"]}
    assert (drawn["generator"], drawn["discriminator"]) == ([0.8, 0.7], [0.6, 0.5])
    figure = gan.draw_measures(runs, ["frechet_distance", "clear"], columns=2)
    assert [axes.get_title() for axes in figure.axes] == ["Fréchet distance", "share of clear images"]
    for panel, values in zip(plotted(figure), ([2, 1], [0.7, 0.8]), strict=True):
        drawn = {line["label"]: line["y"] for line in panel["lines"]}
        assert drawn["generator"] == values  # without batch 0
        assert drawn["as trained"] == [value / 2 for value in values]
        assert drawn["real images"] == [0.9, 0.9]


def test_verdicts_stand_by_claim_and_case_and_the_one_that_decides_is_larger():
    rows = [("a", "ours", Verdict.HOLDS), ("a", "ours", Verdict.FAILS), ("b", "its", Verdict.UNDECIDED)]
    decided = pd.DataFrame(rows, columns=["claim", "case", "verdict"])
    figure = verdicts.draw_verdicts(decided, sentences=SENTENCES, cases=["its", "ours"])
    its, ours = figure.axes
    assert [label.get_text() for label in its.get_yticklabels()] == [*SENTENCES.values()]
    lines = [*ours.lines, *its.lines]
    assert [tuple(line.get_xydata()[0]) for line in lines] == [(0, 0), (1, 0), (0, 1)]
    assert [line.get_marker() for line in lines] == [LOOKS[verdict]["marker"] for _, _, verdict in rows]
    decides, other = ours.lines
    assert decides.get_markersize() > other.get_markersize()


def test_shares_of_seeds_stand_by_claim_and_case_in_the_look_of_their_verdict():
    rows = [("a", "as written", Verdict.HOLDS, 0.9), ("b", "as written", Verdict.FAILS, 0.1)]
    rows.append(("b", "corrected", Verdict.DEPENDS, 0.4))
    shares = pd.DataFrame(rows, columns=["claim", "case", "verdict", "share"]).assign(low=0.0, high=1.0)
    figure = verdicts.draw_shares(shares, sentences=SENTENCES)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [*SENTENCES.values()]
    dots = []
    for axes in figure.axes:
        drawn = axes.lines[1:-1:2]  # before each its interval, after them one half
        dots += [(axes.get_title(), *line.get_xydata()[0], line.get_marker()) for line in drawn]
    looks = [(case, share, LOOKS[verdict]["marker"]) for _, case, verdict, share in rows]
    assert [(case, share, marker) for case, share, _, marker in dots] == looks
    assert [height for _, _, height, _ in dots] == [0, 1, 1]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["holds", "fails", "depends"]
