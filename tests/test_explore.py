"""The explorers without a browser: a control is set, and pictures and words follow."""

import base64
import io
import re
import threading

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from bundle.analysis.curves import run_table
from bundle.figures.digits import tile
from bundle.notebook import controls
from bundle.notebook.explore_digits import task2_explorer, task3_explorer
from bundle.notebook.explore_part1 import accuracy_explorer, palindrome_explorer, wrong
from bundle.study.records import Record
from lib.evaluation.classifier import Classifier, load_classifier
from lib.gan.networks import Generator, as_bytes, load_generator
from lib.latent.end_points import endpoints
from lib.networks import answers
from lib.recurrent.lstm import LSTM

LENGTHS = {"LSTM": (3, 5), "RNN": (3,)}
RECIPES = {"as-written": 1, "corrected": 0.5}  # and how high their curves end


def parts(widget: widgets.Widget) -> list[widgets.Widget]:
    """The widget and all that is in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def named(widget: widgets.Widget, name: str) -> widgets.Widget:
    (one,) = [part for part in parts(widget) if getattr(part, "description", "") == name]
    return one


def slider(widget: widgets.Widget) -> widgets.Widget:
    (one,) = [part for part in parts(widget) if isinstance(part, widgets.IntSlider | widgets.FloatSlider)]
    return one


def page(widget: widgets.Widget) -> str:
    return "\n".join(part.value for part in parts(widget) if isinstance(part, widgets.HTML))


def words(widget: widgets.Widget) -> str:
    return "\n".join(re.findall(r"(?s)<div role='status'[^>]*>(.*?)</div>", page(widget)))


def picture(widget: widgets.Widget, alt: str) -> np.ndarray:
    """The pixels of the picture whose alternative text begins so."""
    (data,) = re.findall(rf"<img alt='{alt}[^']*' src='data:image/png;base64,([^']+)'", page(widget))
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def changes(widget: widgets.Widget, alt: str, act) -> bool:
    before = picture(widget, alt)
    act()
    return not np.array_equal(before, picture(widget, alt))


@pytest.fixture
def accuracy() -> widgets.Widget:
    records = [
        Record(
            settings={"cell": cell, "recipe": recipe, "seq_length": length, "seed": seed} | {"eval_count": 1},
            columns={
                "step": list(range(0, 150)),
                "n_correct": np.linspace(0.1, end * length / 5 / (1 + seed), 150).tolist(),
            },
        )
        for recipe, end in RECIPES.items()
        for cell, lengths in LENGTHS.items()
        for length in lengths
        for seed in (0, 1)
    ]
    return accuracy_explorer(run_table({"runs": records}))


@pytest.fixture(scope="module")
def model() -> LSTM:
    torch.manual_seed(0)
    return LSTM(1, 4, 10)


@pytest.fixture
def palindrome(model) -> widgets.Widget:
    explorer = palindrome_explorer(model, units=[2, 0], trained=6)
    named(explorer, "Palindrome").value = "12321"
    return explorer


def test_curves_are_shown_for_the_chosen_cells_and_length_with_their_numbers(accuracy):
    assert "LSTM, as written (2 seeds)" in words(accuracy)
    assert "RNN, as written (2 seeds)" in words(accuracy)
    assert changes(accuracy, "Accuracy", lambda: named(accuracy, "RNN").set_trait("value", False))
    assert "RNN" not in words(accuracy)
    assert changes(accuracy, "Accuracy", lambda: named(accuracy, "Length").set_trait("value", 5))
    last = [np.linspace(0.1, end, 150)[100:].mean() for end in (0.5, 1)]
    assert f"from {last[0]:.1%} to {last[1]:.1%}" in words(accuracy)


def test_curves_of_several_recipes_lie_over_one_another(accuracy):
    def blue() -> int:
        """How many pixels have the LSTM's colour."""
        return (abs(picture(accuracy, "Accuracy").astype(int) - (0, 0x72, 0xB2)).max(-1) < 30).sum()

    named(accuracy, "RNN").value = False
    one = blue()
    named(accuracy, "corrected").value = True
    assert blue() > 1.3 * one
    assert re.findall(r"LSTM, ([a-z ]+) \(2 seeds\)", words(accuracy)) == ["as written", "corrected"]


def test_a_choice_without_runs_is_said_in_words(accuracy):
    named(accuracy, "Length").value = 5
    assert words(accuracy).endswith("No runs of length 5: RNN, as written.")
    named(accuracy, "LSTM").value = False
    assert words(accuracy) == "No runs of length 5: RNN, as written."
    assert "<img" not in page(accuracy)
    named(accuracy, "RNN").value = False
    assert words(accuracy) == "Tick a cell and a recipe."
    named(accuracy, "Length").value, named(accuracy, "RNN").value = 3, True
    assert "<img alt='Accuracy against step" in page(accuracy)


def test_what_was_chosen_last_stays_though_a_kernel_answers_in_two_threads(accuracy, monkeypatch):
    drawing, overtaken, draw = threading.Event(), threading.Event(), controls.render

    def slow(figure):
        drawing.set()
        overtaken.wait(0.5)  # by the other thread, if nothing holds it
        return draw(figure)

    monkeypatch.setattr(controls, "render", slow)
    first = threading.Thread(target=lambda: setattr(named(accuracy, "RNN"), "value", False))
    first.start()
    assert drawing.wait(20)
    named(accuracy, "LSTM").value = False
    overtaken.set()
    first.join()
    assert words(accuracy) == "Tick a cell and a recipe."
    assert "<img" not in page(accuracy)


def test_a_palindrome_is_followed_to_its_last_digit_and_what_is_to_come_is_hidden(palindrome):
    assert slider(palindrome).value == slider(palindrome).max == named(palindrome, "Digits read").value == 4
    assert "After 4 of 4 digits" in words(palindrome)
    whole = picture(palindrome, "Gates")
    slider(palindrome).value = 1
    assert "After 1 of 4 digits" in words(palindrome)
    assert "If the palindrome ended here" in words(palindrome)
    veiled = picture(palindrome, "Gates")
    hidden = veiled != whole
    assert veiled[hidden].min() >= 229  # nine tenths white
    assert np.flatnonzero(hidden.any(axis=(0, 2))).min() > whole.shape[1] * 0.2  # the first digit stays


def test_the_answer_shown_is_the_networks(palindrome, model):
    named(palindrome, "Digits read").value = 3
    with torch.no_grad():
        chances = model(torch.tensor([[[1.0], [2.0], [3.0]]])).softmax(1)[0]
    assert f"says {chances.argmax()}, {chances.max():.0%} sure" in words(palindrome)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12a21", "Only the digits 0 to 9 can be read; here is also a."),
        ("1 1", "Only the digits 0 to 9 can be read; here is also a space."),
        ("\u0663\u0663\u0663", "Only the digits 0 to 9 can be read; here is also \u0663."),
        ("", "The number of digits is 0; it must be from 3 to 13."),
        ("1" * 14, "The number of digits is 14; it must be from 3 to 13."),
        ("1234", "1234 is not a palindrome: backwards it is 4321. 1234321 is one."),
        ("12345678", "12345678 is not a palindrome: backwards it is 87654321."),
        ("1221", ""),
    ],
)
def test_what_is_no_palindrome_is_said_in_words(text, message):
    assert wrong(text, longest=13) == message


def test_after_a_wrong_input_the_last_palindrome_stays(palindrome):
    assert not changes(palindrome, "Gates", lambda: named(palindrome, "Palindrome").set_trait("value", "<b>"))
    assert "here is also &lt;, &gt;, b. Still shown: 12321." in words(palindrome)
    slider(palindrome).value = 2
    assert "After 2 of 4 digits" in words(palindrome)


def test_a_palindrome_beyond_the_training_is_read_and_said_to_be(palindrome):
    named(palindrome, "Palindrome").value = "123454321"
    assert "trained on no more than 6 digits" in words(palindrome)


def test_another_one_is_always_a_palindrome(palindrome):
    seen = set()
    for _ in range(3):
        named(palindrome, "Another one").click()
        seen.add(named(palindrome, "Palindrome").value)
        assert "Still shown" not in words(palindrome)
    assert len(seen) == 3
    assert all(text == text[::-1] for text in seen)


def gan(*, sets: int) -> widgets.Widget:
    random = np.random.default_rng(0)
    grids = {batch: random.integers(0, 256, (25 * sets, 28, 28), dtype=np.uint8) for batch in (0, 10, 20)}
    moments = {"quality_batch": [0, 10, 20], "quality_frechet_distance": [9.0, 4.0, 2.0]}
    run = pd.Series({**moments, "frechet_distance": 1.5, "real_frechet_distance": 0.5})
    explorer = task2_explorer(run, grids)
    explorer.grids = grids
    return explorer


def test_each_checkpoint_shows_its_grid_and_what_was_measured_there():
    explorer = gan(sets=1)
    for place, (batch, distance) in enumerate({0: 9, 10: 4, 20: 2}.items()):
        slider(explorer).value = place
        assert np.array_equal(picture(explorer, "25 images"), tile(explorer.grids[batch], columns=5))
        assert f"<td>{distance:.3f}</td><td>0.500</td>" in page(explorer)
        assert f"after {batch} batches" in words(explorer)
        assert named(explorer, "Batch").value == batch


def test_play_moves_the_slider_and_the_slider_moves_play():
    explorer = gan(sets=1)
    (play,) = [part for part in parts(explorer) if isinstance(part, widgets.Play)]
    play.value = 1
    assert named(explorer, "Batch").value == 10
    slider(explorer).value = 2
    assert (play.min, play.value, play.max) == (0, 2, 2)
    named(explorer, "Play").value = True
    assert play.playing


def test_every_stored_noise_can_be_chosen_at_every_checkpoint():
    explorer = gan(sets=2)
    assert "noise 1 of 2" in words(explorer)
    named(explorer, "Noise").value = 2
    assert "noise 2 of 2" in words(explorer)
    slider(explorer).value = 1
    assert np.array_equal(picture(explorer, "25 images"), tile(explorer.grids[10][25:], columns=5))


def test_no_measure_is_minus_nothing():
    table = controls.measures({"kid": -1e-5}, {"kid": -4e-4}, words={"kid": "KID"})
    assert "<td>0.000</td><td>0.000</td>" in table
    assert "-0.000" not in table


@pytest.fixture(scope="module")
def networks() -> tuple[Generator, Classifier]:
    return load_generator("models"), load_classifier("models")


@pytest.fixture
def task3(networks) -> widgets.Widget:
    return task3_explorer(*networks, steps=9, candidates=300, seed=0)


def test_alpha_goes_from_the_one_end_point_to_the_other(task3, networks):
    source = torch.Generator().manual_seed(0)
    ends = endpoints(*networks, torch.randn(300, networks[0].latent_dim, generator=source), 2, 7)
    strip = picture(task3, "Strip of 9").astype(int)
    for alpha, end, left in ((0, ends[0], 0), (1, ends[1], 8 * 30)):
        slider(task3).value = alpha
        image = as_bytes(answers(networks[0], end.noise[None], batch_size=1))[0].numpy()
        assert np.array_equal(picture(task3, "At alpha"), image)
        assert abs(strip[:, left : left + 28] - image).max() <= 1  # nine at once may round otherwise
        assert f"sees a {end.digit}, {end.confidence:.0%} sure" in words(task3)


def test_each_place_between_shows_another_image_and_its_number(task3):
    for alpha in (0.25, 0.5, 0.75):
        assert changes(task3, "At alpha", lambda alpha=alpha: slider(task3).set_trait("value", alpha))
        assert named(task3, "Alpha").value == alpha
        assert f"At alpha {alpha:.3f}" in words(task3)


def test_a_typed_alpha_moves_the_slider_and_one_out_of_range_is_said_in_words(task3):
    named(task3, "Alpha").value = 0.4
    assert slider(task3).value == 0.4
    named(task3, "Alpha").value = -1.5
    assert "Alpha is -1.5; it must be from 0 to 1." in words(task3)
    assert slider(task3).value == 0.4


def test_the_circle_has_the_same_ends_and_another_middle(task3):
    slider(task3).value = 0.5
    line = picture(task3, "Strip of 9").astype(int)
    assert changes(task3, "At alpha", lambda: named(task3, "Path").set_trait("value", "circle"))
    circle = picture(task3, "Strip of 9").astype(int)
    assert np.array_equal(line[:, :28], circle[:, :28])
    assert np.array_equal(line[:, -28:], circle[:, -28:])
    assert not np.array_equal(line, circle)


def test_new_end_points_are_the_next_seeds(task3):
    assert changes(task3, "Strip of 9", named(task3, "New end points").click)
    assert "(seed 1)" in words(task3)


def test_equal_digits_are_said_in_words_and_nothing_stale_is_shown(task3):
    named(task3, "To").value = 2
    assert words(task3) == "From and To are both 2; choose two different digits."
    assert "<img" not in page(task3)
    assert slider(task3).disabled
    slider(task3).value, named(task3, "Path").value = 0.3, "circle"
    assert "<img" not in page(task3)
    named(task3, "To").value = 5
    assert "From 2 to 5 along a great circle" in words(task3)
    assert not slider(task3).disabled


def test_a_generator_without_a_digit_is_said_in_words(networks):
    torch.manual_seed(0)
    untrained = Generator(latent_dim=4, width=2, topology="shuffle")
    explorer = task3_explorer(untrained, networks[1], steps=9, candidates=20, seed=0)
    assert "no 2 (From) or no 7 (To) in 20 noises (seed 0)" in words(explorer)
    assert "train the generator for longer" in words(explorer)


@pytest.mark.parametrize("name", ["accuracy", "palindrome", "task2", "task3"])
def test_every_control_has_a_name_and_a_tip_and_every_picture_a_text(name, request):
    explorer = gan(sets=1) if name == "task2" else request.getfixturevalue(name)
    for part in parts(explorer):
        if isinstance(part, widgets.IntSlider | widgets.FloatSlider):
            assert part.tooltip  # its name is that of the field beside it
        elif isinstance(part, widgets.ValueWidget | widgets.Button) and not isinstance(
            part, widgets.HTML | widgets.Play
        ):
            assert part.description, part
            assert part.tooltip, part
    assert re.findall(r"<(?:img|svg)", page(explorer))
    assert not re.findall(r"<img alt=''|<img (?!alt)|<svg (?!role='img' aria-label='\w)", page(explorer))
