"""What can be played with in the notebooks: a control is changed, and pictures and words follow.

Pictures are PNG in HTML, because an image of ipywidgets has no alternative text.
"""

import base64
import html
import io
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from bundle.analysis.curves import median_arrival
from bundle.analysis.quality import MEASURES, by_batch
from bundle.figures.digits import tile
from bundle.figures.memory import draw_inside
from bundle.figures.part1 import draw_accuracy_curves
from bundle.figures.style import SCREEN_DPI, WIDE, spaced
from bundle.figures.walks import PATHS
from bundle.original import WALK_FIGURES
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import between, path
from lib.networks import answers
from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM

GRID, STRIP, DIGIT = 370, 560, 224  # widths on the screen, in pixels
PLACES = 200  # from one end of a walk to the other


def watch(show: Callable[[], None], *controls: widgets.Widget) -> None:
    """Call show now, and whenever the value of a control changes, one call after the other.

    A kernel may answer one control in its main thread and the next in another.
    """
    lock = threading.RLock()

    def answer(_) -> None:
        with lock:
            show()

    for control in controls:
        control.observe(answer, "value")
    show()


def part1_explorer(runs: pd.DataFrame, model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return the explorer of curves above that of a palindrome; see both."""
    curves, inside = accuracy_explorer(runs), palindrome_explorer(model, units=units, trained=trained)
    above_curves = widgets.HTML("<h4>How fast each network learns</h4>")
    above_inside = widgets.HTML("<h4>Inside an LSTM while it reads your palindrome</h4>")
    return widgets.VBox([above_curves, curves, above_inside, inside])


def accuracy_explorer(runs: pd.DataFrame) -> widgets.Widget:
    """Return an explorer of the accuracy against the step, of the networks that are ticked, at one length."""
    lengths = runs["seq_length"]
    length = widgets.Dropdown(options=sorted(lengths.unique()), value=lengths.iloc[0], description="Length")
    groups = {}
    for (cell, recipe), group in runs.groupby(["cell", "recipe"], sort=False):
        box = widgets.Checkbox(recipe == "as written", description=f"{cell}, {recipe}", indent=False)
        groups[box] = group
    words, picture = widgets.HTML(), widgets.HTML()

    def show() -> None:
        shown, lines = [], []
        for box, group in groups.items():
            at_length = group[group["seq_length"] == length.value]
            if box.value and len(at_length):
                shown.append(at_length)
                lines.append(f"{box.description}: median step first at 100 %: {median_arrival(at_length)}.")
        words.value = status("\n".join(lines) or "Tick a network.")
        picture.value = ""
        if shown:
            figure = draw_accuracy_curves(pd.concat(shown))
            picture.value = figure_html(figure, f"Accuracy against step. {' '.join(lines)}")

    watch(show, length, *groups)
    boxes = widgets.Box([length, *groups], layout={"flex_flow": "row wrap"})
    return widgets.VBox([boxes, words, picture])


def palindrome_explorer(model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return an explorer of a typed palindrome inside an LSTM that was trained on `trained` digits."""
    longest = 2 * trained + 1
    field = widgets.Text("3141413", description="Palindrome", continuous_update=False)
    step = widgets.IntSlider(6, min=1, max=6, description="Digits read")
    words, inside, answer = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def show() -> None:
        text = field.value.strip()
        if not (text.isascii() and text.isdecimal() and text == text[::-1] and 3 <= len(text) <= longest):
            words.value = status(f"{text!r} is no palindrome of 3 to {longest} digits, like 31413.")
            inside.value = answer.value = ""
            return
        *digits, last = map(int, text)
        step.max = len(digits)
        states, probabilities = read(model, digits)
        seen = step.value
        digit = probabilities[seen - 1].argmax()
        sentence = f"After {seen} of {len(digits)} digits the network says {digit}."
        if seen == len(digits):
            sentence += f" The last digit is {last}."
        if len(digits) > trained:
            sentence += f" It was trained on no more than {trained} digits."
        answer.value = bars("The answer so far", probabilities[seen - 1])
        right = probabilities[:, last]
        for values in (*states.values(), right):
            values[seen:] = np.nan  # still to come
        figure = draw_inside(states, digits, units=units, right=right)
        inside.value = figure_html(figure, f"Gates and cell state. {sentence}")
        words.value = status(sentence)

    watch(show, field, step)
    return widgets.VBox([field, step, words, widgets.HBox([inside, answer])])


def read(model: LSTM, digits: Sequence[int]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return i, f, o, c (steps, hidden) of an LSTM that reads digits, and its answers (steps, 10)."""
    x = torch.tensor(digits, dtype=torch.float32, device=model.ph.weight.device)[None, :, None]
    steps = {name: values[:, 0].cpu() for name, values in trace(model, x).items()}
    states = {name: steps[name].numpy() for name in "ifoc"}
    return states, steps["logits"].softmax(dim=1).numpy()


def task2_explorer(run: pd.Series, grids: Mapping[int, np.ndarray]) -> widgets.Widget:
    """Return an explorer of grids (at least 25, 28, 28) uint8 by batch, and of what was measured there."""
    quality = by_batch(run)
    measures = [name for name in MEASURES if name in quality and f"real_{name}" in run]
    table = pd.DataFrame({"real digits": [run[f"real_{name}"] for name in measures]}, index=measures)
    batch = widgets.SelectionSlider(options=[(spaced(b), b) for b in grids], description="Batch")
    words, picture, beside = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def show() -> None:
        sentence = f"25 images after {batch.label} batches."
        picture.value = pixels_html(tile(grids[batch.value][:25], columns=5), sentence, width=GRID)
        here = table.assign(here=quality.loc[batch.value]).rename(index=MEASURES)
        beside.value = here[["here", "real digits"]].to_html(float_format="{:z.3f}".format, border=0)
        words.value = status(sentence)

    watch(show, batch)
    return widgets.VBox([batch, words, widgets.HBox([picture, beside])])


def task3_explorer(
    generator: Generator, classifier: Classifier, *, steps: int, candidates: int, seed: int
) -> widgets.Widget:
    """Return an explorer of walks between two digits, whose noises are chosen from `candidates` of a seed."""
    digits = range(10)
    first, second = WALK_FIGURES[17]
    begin = widgets.Dropdown(options=digits, value=first, description="From")
    end = widgets.Dropdown(options=digits, value=second, description="To")
    kinds = [(look["label"], kind) for kind, look in PATHS.items()]
    kind = widgets.Dropdown(options=kinds, description="Path")
    alpha = widgets.FloatSlider(0, min=0, max=1, step=1 / PLACES, description="Alpha", readout_format=".3f")
    strip, words, picture, answer = (widgets.HTML() for _ in range(4))
    source = torch.Generator().manual_seed(seed)
    noise = torch.randn(candidates, generator.latent_dim, generator=source)

    def see(noises: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (n, 28, 28) uint8 of noises (n, latent_dim), and their probabilities (n, 10)."""
        images = answers(generator, noises, batch_size=len(noises))
        return as_bytes(images).numpy(), predict(classifier, images).numpy()

    @lru_cache
    def ends(first: int, second: int) -> list[Tensor]:
        return [end.noise for end in endpoints(generator, classifier, noise, first, second)]

    @lru_cache
    def draw_strip(first: int, second: int, kind: str) -> str:
        images, probabilities = see(path(*ends(first, second), steps=steps, kind=kind))
        digits = ", ".join(map(str, probabilities.argmax(1)))
        sentence = f"Strip of {steps} images; the classifier sees {digits}."
        return pixels_html(tile(images, columns=steps), sentence, width=STRIP) + sentence

    def show() -> None:
        try:
            noises = ends(begin.value, end.value)
        except ValueError as error:
            words.value = status(str(error))
            strip.value = picture.value = answer.value = ""
            return
        (image,), (probabilities,) = see(between(*noises, torch.tensor([alpha.value]), kind=kind.value))
        sentence = f"At alpha {alpha.value:.3f} the classifier sees a {probabilities.argmax()}."
        picture.value = pixels_html(image, sentence, width=DIGIT)
        answer.value = bars("What the classifier sees", probabilities)
        strip.value = draw_strip(begin.value, end.value, kind.value)
        words.value = status(sentence)

    watch(show, begin, end, kind, alpha)
    choices = widgets.HBox([begin, end, kind])
    return widgets.VBox([choices, strip, alpha, words, widgets.HBox([picture, answer])])


def status(text: str) -> str:
    """Return words as HTML that a screen reader speaks when they change."""
    return f"<div role='status' style='white-space:pre-line'>{html.escape(text)}</div>"


def bars(title: str, probabilities: np.ndarray) -> str:
    """Return a bar for the probability of each digit (10,) as HTML."""
    rows = "".join(
        f"<div>{digit} <progress value='{p:.3f}' aria-label='{digit}'></progress> {p:.0%}</div>"
        for digit, p in enumerate(probabilities.tolist())
    )
    return f"<b>{title}</b>{rows}"


def figure_html(figure: Figure, alt: str) -> str:
    """Return a matplotlib figure as HTML, at its natural size and sharper than a screen."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=1.5 * SCREEN_DPI)
    return image_html(png, alt, width=round(WIDE * SCREEN_DPI))


def pixels_html(pixels: np.ndarray, alt: str, *, width: int) -> str:
    """Return grey pixels (h, w) uint8 as HTML, each of them sharp."""
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, format="png")
    return image_html(png, alt, width=width, look="image-rendering:pixelated")


def image_html(png: io.BytesIO, alt: str, *, width: int, look: str = "") -> str:
    data = base64.b64encode(png.getvalue()).decode()
    look = f"width:{width}px;max-width:100%;display:block;{look}"
    return f"<img alt='{html.escape(alt)}' src='data:image/png;base64,{data}' style='{look}'>"
