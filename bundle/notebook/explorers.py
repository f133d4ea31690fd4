"""What can be played with in the notebooks: a control is changed, and pictures and words follow.

Pictures are HTML, not what ipywidgets' `Output` displays: papermill hangs over that now and then.
"""

import base64
import html
import io
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch

from bundle.analysis.quality import MEASURES, by_batch
from bundle.figures.digits import tile
from bundle.figures.memory import draw_inside
from bundle.figures.saving import enlarged, figure_png
from bundle.figures.style import GREY, spaced
from bundle.figures.walks import PATHS
from bundle.notebook.page import width_on_screen
from bundle.original import WALK_FIGURES
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import between, path
from lib.networks import answers
from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM


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
        seen = step.value
        states, probabilities = read(model, digits)
        sentence = (
            f"After {seen} of {len(digits)} digits the network says {probabilities[seen - 1].argmax()}."
        )
        if seen == len(digits):
            sentence += f" The last digit is {last}."
        if len(digits) > trained:
            sentence += f" It was trained on no more than {trained} digits."
        words.value = status(sentence)
        answer.value = bars("The answer so far", probabilities[seen - 1])
        right = probabilities[:, last]
        for values in (*states.values(), right):
            values[seen:] = np.nan  # still to come
        figure = draw_inside(states, digits, units=units, right=right)
        alt = f"Gates and cell state. {sentence}"
        inside.value = image_html(figure_png(figure, {}), alt, width=width_on_screen(figure))

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
    slider = widgets.SelectionSlider(options=[(spaced(batch), batch) for batch in grids], description="Batch")
    words, images, beside = widgets.HTML(), widgets.HTML(), widgets.HTML()

    def show() -> None:
        sentence = f"25 images after {slider.label} batches."
        words.value = status(sentence)
        images.value = digits_html(tile(grids[slider.value][:25], columns=5), sentence, enlarge=3)
        here = table.assign(here=quality.loc[slider.value]).rename(index=MEASURES)
        beside.value = here[["here", "real digits"]].to_html(float_format="{:z.3f}".format, border=0)

    watch(show, slider)
    return widgets.VBox([slider, words, widgets.HBox([images, beside])])


def task3_explorer(
    generator: Generator, classifier: Classifier, *, steps: int, candidates: int, seed: int
) -> widgets.Widget:
    """Return an explorer of walks between two digits, whose noises are chosen from `candidates` of a seed."""
    source = torch.Generator().manual_seed(seed)
    noise = torch.randn(candidates, generator.latent_dim, generator=source)
    find_ends = lru_cache(partial(endpoints, generator, classifier, noise))
    begin, end = WALK_FIGURES[17]
    kinds = [(look["label"], kind) for kind, look in PATHS.items()]
    first = widgets.Dropdown(options=range(10), value=begin, description="From")
    second = widgets.Dropdown(options=range(10), value=end, description="To")
    kind = widgets.Dropdown(options=kinds, description="Path")
    alpha = widgets.FloatSlider(max=1, step=0.005, description="Alpha", readout_format=".3f")
    words, strip, image, answer = (widgets.HTML() for _ in range(4))

    def show() -> None:
        try:
            ends = [point.noise for point in find_ends(first.value, second.value)]
        except ValueError as error:
            words.value = status(str(error))
            strip.value = image.value = answer.value = ""
            return
        here = between(*ends, torch.tensor([alpha.value]), kind=kind.value)
        noises = torch.cat([here, path(*ends, steps=steps, kind=kind.value)])
        images = answers(generator, noises, batch_size=len(noises))
        probabilities = predict(classifier, images).numpy()
        pixels = as_bytes(images).numpy()
        digit, *strip_digits = probabilities.argmax(axis=1)
        sentence = f"At alpha {alpha.value:.3f} the classifier sees a {digit}."
        in_strip = f"In the strip of {steps} images it sees {', '.join(map(str, strip_digits))}."
        words.value = status(sentence) + in_strip
        strip.value = digits_html(tile(pixels[1:], columns=steps), in_strip, enlarge=2)
        image.value = digits_html(pixels[0], sentence, enlarge=8)
        answer.value = bars("What the classifier sees", probabilities[0])

    watch(show, first, second, kind, alpha)
    choices = widgets.HBox([first, second, kind])
    return widgets.VBox([choices, alpha, words, strip, widgets.HBox([image, answer])])


def status(text: str) -> str:
    """Return words as HTML that a screen reader speaks when they change."""
    return f"<div role='status'>{html.escape(text)}</div>"


def bars(title: str, probabilities: np.ndarray) -> str:
    """Return a bar for the probability of each digit (10,) as HTML."""
    table = pd.DataFrame({title: probabilities})
    return table.style.format("{:.0%}").bar(color=GREY, vmin=0, vmax=1).to_html()


def digits_html(pixels: np.ndarray, alt: str, *, enlarge: int) -> str:
    """Return grey pixels (h, w) uint8 as HTML, each of them sharp and so many pixels wide."""
    picture = enlarged(pixels, enlarge)
    png = io.BytesIO()
    picture.save(png, format="png")
    return image_html(png.getvalue(), alt, width=picture.width)


def image_html(png: bytes, alt: str, *, width: int) -> str:
    """Return a picture as HTML, with its alternative text, which an image of ipywidgets does not have."""
    data = base64.b64encode(png).decode()
    return f"<img alt='{html.escape(alt)}' src='data:image/png;base64,{data}' style='width:{width}px'>"
