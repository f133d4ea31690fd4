import json

import numpy as np
import pytest
import torch
from PIL import Image

from lib import figures
from lib.records import Record, provenance
from lib.training import cross_entropy


def runs(cells=("LSTM",), recipes=("as-written", "corrected"), lengths=(3, 5), seeds=3) -> list[Record]:
    rng = np.random.default_rng(0)
    return [
        Record(
            settings={"cell": cell, "recipe": recipe, "seq_length": length, "seed": seed},
            columns={"accuracy": rng.random(60).tolist()},
            provenance=provenance(seconds=1, device="cpu", threads=1),
        )
        for cell in cells
        for recipe in recipes
        for length in lengths
        for seed in range(seeds)
    ]


def test_the_curve_is_the_mean_over_seeds_of_every_tenth_step():
    records = runs(lengths=(5,), recipes=("corrected",))
    (panel,) = figures.plotted(figures.accuracy_curves(records, every=10))
    expected = np.mean([record.columns["accuracy"][::10] for record in records], axis=0)
    np.testing.assert_allclose(panel["lines"][0]["y"], expected, atol=1e-6)
    assert "n = 3" in panel["lines"][0]["label"]


def test_accuracy_against_length_averages_the_last_steps():
    records = runs(recipes=("corrected",))
    (panel,) = figures.plotted(figures.accuracy_against_length(records, last=20))
    expected = [
        np.mean([r.columns["accuracy"][-20:] for r in figures.matching(records, seq_length=n)])
        for n in (3, 5)
    ]
    np.testing.assert_allclose(panel["lines"][0]["y"], expected, atol=1e-6)


def test_a_saved_figure_carries_settings_seeds_and_versions_and_its_values(tmp_path):
    records = runs(lengths=(5,))
    path = tmp_path / "figure-03.png"
    figures.save(figures.accuracy_curves(records, every=10), path, provenance=figures.described(records))
    about = Image.open(path).text
    assert json.loads(about["Seeds"]) == [0, 1, 2]
    assert json.loads(about["Settings"]) == {"cell": "LSTM", "seq_length": 5}
    assert "torch" in {name.lower() for name in about}
    assert len(json.loads(path.with_suffix(".json").read_text())["panels"][0]["lines"]) >= 2


def test_the_same_values_give_the_same_bytes(tmp_path):
    records = runs()
    first, second = (
        figures.save(figures.accuracy_against_length(records, last=10), tmp_path / name, provenance={})
        for name in ("a.png", "b.png")
    )
    assert first == second


def test_tiles_keep_every_pixel_and_the_order_row_by_row():
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8) * 10
    picture = figures.tile(images, columns=3, gap=1)
    assert picture.shape == (9, 14)
    assert picture[0, 0] == 0
    assert picture[0, 5] == 10
    assert picture[5, 0] == 30
    assert picture[4, 0] == 64


def test_a_grid_shows_grey_values_as_they_are_not_stretched():
    dim = np.full((25, 28, 28), 90, np.uint8)
    image = figures.grid(dim).axes[0].images[0]
    assert image.get_clim() == (0, 255)
    assert image.get_interpolation() == "nearest"


@pytest.mark.parametrize("columns", [4, 9])
def test_digits_have_their_words_below(columns):
    figure = figures.digits(
        np.zeros((9, 28, 28), np.uint8), columns=columns, below=[str(i) for i in range(9)]
    )
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words == [str(i) for i in range(9)]


def test_drawing_leaves_the_callers_style_alone():
    import matplotlib

    before = matplotlib.rcParams["font.size"]
    figures.accuracy_curves(runs(lengths=(5,)), every=10)
    assert matplotlib.rcParams["font.size"] == before


def test_the_span_figure_draws_every_seed_and_names_the_span():
    finals = {("RNN", "corrected"): {5: [1, 0.9, 1]}, ("LSTM", "ours"): {5: [1, 1, 1], 300: [0.99, 1, 0.2]}}
    (panel,) = figures.plotted(figures.memory_span(finals, accuracy=0.99, spans=[0, 5]))
    medians, points = panel["lines"][2:4]
    assert (medians["label"], medians["x"], medians["y"]) == ("LSTM, ours: span 5", [5, 300], [1, 0.99])
    assert points["y"] == [1, 1, 1, 0.99, 1, 0.2]
    assert panel["lines"][0]["label"] == "RNN, corrected: no span"


def test_the_look_inside_shows_the_chosen_units_over_the_digits():
    rng = np.random.default_rng(0)
    states = {name: rng.random((7, 16)) for name in "ifoc"}
    figure = figures.inside(states, [1, 2, 3, 4, 3, 2, 1], units=[3, 8], right=rng.random(7))
    panels = figures.plotted(figure)
    np.testing.assert_allclose(panels[1]["pictures"][0], states["f"][:, [3, 8]].T)
    np.testing.assert_allclose(panels[3]["pictures"][0], np.tanh(states["c"][:, [3, 8]].T))
    assert [label.get_text() for label in figure.axes[4].get_xticklabels()] == list("1234321")


def test_the_doubled_softmax_is_drawn_with_its_floor_and_the_gradient_autograd_finds():
    left, right = figures.plotted(figures.softmax_twice())
    floor = next(line for line in left["lines"] if len(set(line["y"])) == 1 and len(line["y"]) == 2)
    assert floor["y"][0] == pytest.approx(1.46115, abs=1e-5)
    for times, (drawn_loss, drawn_pull) in enumerate(zip(left["lines"], right["lines"], strict=False), 1):
        if times > 2:
            break
        for at in (50, 500, 950):
            p = torch.tensor(drawn_loss["x"][at], dtype=torch.float64)
            logits = torch.cat((p.log()[None], ((1 - p) / 9).log().expand(9)))[None].requires_grad_()
            recipe = "corrected" if times == 1 else "as-written"
            loss = cross_entropy(logits, torch.tensor([0]), recipe=recipe)
            loss.backward()
            assert drawn_loss["y"][at] == pytest.approx(loss.item(), abs=2e-6)
            assert drawn_pull["y"][at] == pytest.approx(-logits.grad[0, 0].item(), abs=2e-6)


def test_the_speed_figure_shows_what_was_measured():
    scaling = {
        "hidden": [
            {"hidden": h, "ms": {"torch": 3.0 * h, "ours": 2.0 * h, "floor": 1.0 * h}} for h in (32, 64)
        ]
    }
    (panel,) = figures.plotted(figures.speed(scaling))
    shown = {line["label"]: line["y"] for line in panel["lines"]}
    assert shown == {"torch.nn.LSTM": [96, 192], "ours": [64, 128], "bare matrix products": [32, 64]}
