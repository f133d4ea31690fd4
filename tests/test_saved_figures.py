import itertools
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from bundle.analysis.curves import run_table
from bundle.figures.digits import draw_digits, draw_grid, draw_strips, tile
from bundle.figures.memory import draw_inside
from bundle.figures.part1 import draw_accuracy_against_length, draw_accuracy_curves, draw_softmax_twice
from bundle.figures.saving import plotted, save_figure, save_walk
from bundle.figures.walks import draw_change_table, draw_line_and_circle, draw_third_digits
from bundle.study.provenance import described, provenance
from bundle.study.records import Record
from lib.recurrent.training import cross_entropy


def runs(cells=("LSTM",), recipes=("as-written", "corrected"), lengths=(3, 5), seeds=3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    records = [
        Record(
            settings={"cell": cell, "recipe": recipe, "seq_length": length, "seed": seed, "eval_count": 1},
            columns={"step": [25 * k for k in range(61)], "n_correct": rng.random(61).tolist()},
            provenance=provenance(seconds=1, device="cpu", threads=1),
        )
        for cell in cells
        for recipe in recipes
        for length in lengths
        for seed in range(seeds)
    ]
    return run_table({"runs": records})


def test_a_saved_figure_carries_settings_seeds_and_versions_and_its_values(tmp_path):
    shown = runs(lengths=(5,))
    path = tmp_path / "figure-03.png"
    save_figure(draw_accuracy_curves(shown), path, provenance=described(list(shown["record"])))
    about = Image.open(path).text
    assert json.loads(about["Seeds"]) == [0, 1, 2]
    assert json.loads(about["Settings"]) == {"cell": "LSTM", "eval_count": 1, "seq_length": 5}
    assert "torch" in {name.lower() for name in about}
    assert len(json.loads(path.with_suffix(".json").read_text())["panels"][0]["lines"]) >= 2


def test_the_same_values_give_the_same_bytes(tmp_path):
    records = runs()
    first, second = (
        save_figure(draw_accuracy_against_length(records), tmp_path / name, provenance={})
        for name in ("a.png", "b.png")
    )
    assert first == second


def test_tiles_keep_every_pixel_and_the_order_row_by_row():
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8) * 10
    picture = tile(images, columns=3, gap=1)
    assert picture.shape == (9, 14)
    assert picture[0, 0] == 0
    assert picture[0, 5] == 10
    assert picture[5, 0] == 30
    assert picture[4, 0] == 64


def test_a_grid_shows_grey_values_as_they_are_not_stretched():
    dim = np.full((25, 28, 28), 90, np.uint8)
    image = draw_grid(dim).axes[0].images[0]
    assert image.get_clim() == (0, 255)
    assert image.get_interpolation() == "nearest"


@pytest.mark.parametrize("columns", [4, 9])
def test_digits_have_their_words_below(columns):
    figure = draw_digits(np.zeros((9, 28, 28), np.uint8), columns=columns, below=[str(i) for i in range(9)])
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words == [str(i) for i in range(9)]


def test_drawing_leaves_the_callers_style_alone():
    import matplotlib

    before = matplotlib.rcParams["font.size"]
    draw_accuracy_curves(runs(lengths=(5,)))
    assert matplotlib.rcParams["font.size"] == before


def test_the_look_inside_shows_the_chosen_units_over_the_digits():
    rng = np.random.default_rng(0)
    states = {name: rng.random((7, 16)) for name in "ifoc"}
    figure = draw_inside(states, [1, 2, 3, 4, 3, 2, 1], units=[3, 8], right=rng.random(7))
    panels = plotted(figure)
    np.testing.assert_allclose(panels[1]["pictures"][0], states["f"][:, [3, 8]].T)
    np.testing.assert_allclose(panels[3]["pictures"][0], np.tanh(states["c"][:, [3, 8]].T))
    assert [label.get_text() for label in figure.axes[4].get_xticklabels()] == list("1234321")


def test_the_doubled_softmax_is_drawn_with_its_floor_and_the_gradient_autograd_finds():
    left, right = plotted(draw_softmax_twice())
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


def test_line_and_circle_are_drawn_with_what_was_measured():
    alpha = [0, 0.5, 1]
    columns = {"alpha": alpha}
    for i, kind in enumerate(("line", "circle")):
        for j, name in enumerate(("norm", "norm low", "norm high", "frechet_distance", "nearest")):
            columns[f"{kind} {name}"] = [10 * i + j + a for a in alpha]
    whole = {
        "real frechet_distance": 0.1,
        "short frechet_distance": 0.7,
        "real nearest": 1,
        "short nearest": 2,
    }
    norm, *distances = plotted(draw_line_and_circle(pd.Series({**columns, **whole})))
    assert [line["y"] for line in norm["lines"]] == [columns["line norm"], columns["circle norm"]]
    for panel, name in zip(distances, ("frechet_distance", "nearest"), strict=True):
        assert panel["lines"][0]["y"] == columns[f"line {name}"]
        real_and_short = [line["y"][0] for line in panel["lines"][2:]]
        assert real_and_short == [whole[f"real {name}"], whole[f"short {name}"]]


def test_third_digits_of_straight_walks_are_drawn_by_generator_without_those_at_the_ends():
    rows = []
    walks = itertools.product([0, 1], [(2, 7), (6, 7)], ["line", "circle"])
    for generator, (first, second), kind in walks:
        for digit in ["any", *sorted(set(range(10)) - {first, second})]:
            share = 0.9 if digit == "any" else digit / 20
            rows.append((generator, first, second, kind, digit, share, share - 0.01, share + 0.01))
    names = ["generator", "first", "second", "kind", "digit", "share", "low", "high"]
    figure = draw_third_digits(pd.DataFrame(rows, columns=names))
    for generator in (0, 1):
        drawn = plotted(figure)[0]["lines"][generator]["y"]
        assert drawn == [0.9, *(d / 20 for d in range(10) if d not in (2, 7))]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["any", *"01234589"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["generator 1", "generator 2", "the original's digit"]


def test_the_change_table_names_share_and_third_digit():
    shares, between = np.full((10, 10), np.nan), np.full((10, 10), -1)
    shares[2, 6], between[2, 6], shares[6, 2] = 0.25, 8, 0.5
    axes = draw_change_table(shares, between).axes[0]
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {
        ((6, 2), "25\u00a0%\n(8)"),
        ((2, 6), "50\u00a0%\n(–)"),
    }


def test_a_walk_is_saved_as_a_row_an_animation_there_and_back_and_its_facts(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (4, 5, 7), dtype=np.uint8)
    for name in ("one", "two"):
        save_walk(frames, tmp_path / name, facts={"digits": [1]}, provenance={"seeds": [3]})
    assert json.loads((tmp_path / "one.json").read_text()) == {"provenance": {"seeds": [3]}, "digits": [1]}
    row = np.asarray(Image.open(tmp_path / "one.png"))
    assert (row[::4, ::4] == tile(frames, columns=4)).all()
    with Image.open(tmp_path / "one.gif") as gif:
        assert json.loads(gif.info["comment"]) == {"seeds": [3]}
        assert gif.info["loop"] == 0
        played = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            played.append((np.asarray(gif.convert("L"))[::4, ::4], gif.info["duration"]))
    for (shown, stays), expected in zip(played, (0, 1, 2, 3, 2, 1), strict=True):
        assert (shown == frames[expected]).all()
        assert stays == (
            2000 if expected in (0, 3) else 500
        )  # 2 s of four frames, each end four times as long
    for end in (".png", ".gif", ".json"):
        assert (tmp_path / f"one{end}").read_bytes() == (tmp_path / f"two{end}").read_bytes()


def test_strips_stand_below_one_another_each_image_over_its_caption():
    walks = [
        SimpleNamespace(images=np.full((3, 28, 28), 10 * i, np.uint8), captions=[f"{i}{j}" for j in range(3)])
        for i in range(2)
    ]
    figure = draw_strips(walks)
    assert [axes.texts[0].get_text() for axes in figure.axes] == ["00", "01", "02", "10", "11", "12"]
    assert [np.max(panel["pictures"][0]) for panel in plotted(figure)] == [0, 0, 0, 10, 10, 10]
