"""The explorers without a browser: a control is set, and pictures and words follow."""

import base64
import io
import re

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from bundle.figures.digits import tile
from bundle.notebook import explorers
from lib.evaluation.classifier import Classifier, load_classifier
from lib.gan.networks import Generator, as_bytes, load_generator
from lib.latent.end_points import endpoints
from lib.networks import answers
from lib.recurrent.lstm import LSTM


def parts(widget: widgets.Widget) -> list[widgets.Widget]:
    """The widget and all that is in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def control(widget: widgets.Widget, name: str) -> widgets.Widget:
    (found,) = [part for part in parts(widget) if getattr(part, "description", "") == name]
    return found


def page(widget: widgets.Widget) -> str:
    return "\n".join(part.value for part in parts(widget) if isinstance(part, widgets.HTML))


def words(widget: widgets.Widget) -> str:
    return "\n".join(re.findall(r"(?s)<div role='status'[^>]*>(.*?)</div>", page(widget)))


def picture(widget: widgets.Widget, alt: str) -> np.ndarray:
    """The pixels of the picture whose alternative text begins so."""
    (data,) = re.findall(rf"<img alt='{alt}[^']*' src='data:image/png;base64,([^']+)'", page(widget))
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


@pytest.fixture(scope="module")
def networks() -> tuple[Generator, Classifier]:
    return load_generator("models"), load_classifier("models")


def test_a_typed_palindrome_is_followed_through_the_network():
    torch.manual_seed(0)
    model = LSTM(1, 4, 10)
    explorer = explorers.palindrome_explorer(model, units=[2, 0], trained=6)
    control(explorer, "Palindrome").value = "12321"
    steps = control(explorer, "Digits read")
    assert steps.value == steps.max == 4
    whole = picture(explorer, "Gates and cell state")
    steps.value = 3
    with torch.no_grad():
        probabilities = model(torch.tensor([[[1.0], [2.0], [3.0]]])).softmax(1)[0]
    assert words(explorer) == f"After 3 of 4 digits the network says {probabilities.argmax()}."
    assert f"<progress value='{probabilities.max():.3f}'" in page(explorer)
    assert not np.array_equal(whole, picture(explorer, "Gates and cell state"))
    control(explorer, "Palindrome").value = "1234"
    assert "is no palindrome of 3 to 13 digits" in words(explorer)
    assert "<img" not in page(explorer)


def test_each_moment_of_the_gan_shows_its_grid_and_its_measures():
    random = np.random.default_rng(0)
    grids = {batch: random.integers(0, 256, (25, 28, 28), dtype=np.uint8) for batch in (0, 10, 20)}
    distances = {0: 9.0, 10: 4.0, 20: 2.0}
    moments = {"quality_batch": [*distances], "quality_frechet_distance": [*distances.values()]}
    explorer = explorers.task2_explorer(pd.Series(moments | {"real_frechet_distance": 0.5}), grids)
    for batch, distance in distances.items():
        control(explorer, "Batch").value = batch
        assert np.array_equal(picture(explorer, "25 images"), tile(grids[batch], columns=5))
        assert re.search(rf"<td>{distance:.3f}</td>\s*<td>0.500</td>", page(explorer))
        assert f"after {batch} batches" in words(explorer)


def test_alpha_walks_from_one_digit_to_the_other(networks):
    explorer = explorers.task3_explorer(*networks, steps=9, candidates=300, seed=0)
    source = torch.Generator().manual_seed(0)
    ends = endpoints(*networks, torch.randn(300, networks[0].latent_dim, generator=source), 2, 7)
    line = picture(explorer, "Strip of 9").astype(int)
    for alpha, end, left in ((0, ends[0], 0), (1, ends[1], 8 * 30)):
        control(explorer, "Alpha").value = alpha
        image = as_bytes(answers(networks[0], end.noise[None], batch_size=1))[0].numpy()
        assert np.array_equal(picture(explorer, "At alpha"), image)
        assert abs(line[:, left : left + 28] - image).max() <= 1  # nine at once may round otherwise
        assert f"the classifier sees a {end.digit}" in words(explorer)
    control(explorer, "Path").value = "circle"
    circle = picture(explorer, "Strip of 9").astype(int)
    assert np.array_equal(line[:, :28], circle[:, :28])
    assert not np.array_equal(line, circle)
