"""What can be played with in the notebooks: a control is changed, and pictures and words follow."""

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import ipywidgets as widgets
import numpy as np
import pandas as pd
import PIL.Image
import PIL.ImageOps
import torch
from IPython.display import Image, clear_output, display

from bundle.analysis.quality import MEASURES, by_batch
from bundle.figures.digits import tile
from bundle.figures.memory import draw_inside
from bundle.figures.saving import figure_png
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

GAP = 8  # between two pictures, in pixels


def palindrome_explorer(model: LSTM, *, units: Sequence[int], trained: int) -> widgets.Widget:
    """Return an explorer of a typed palindrome inside an LSTM that was trained on `trained` digits."""
    longest = 2 * trained + 1
    field = widgets.Text("3141413", description="Palindrome", continuous_update=False)
    words = widgets.HTML()

    def show_palindrome(text: str) -> None:
        text = text.strip()
        if not (text.isascii() and text.isdecimal() and text == text[::-1] and 3 <= len(text) <= longest):
            words.value = status(f"{text!r} is no palindrome of 3 to {longest} digits, like 31413.")
            clear_output()
            return
        *digits, last = map(int, text)
        step = widgets.IntSlider(len(digits), min=1, max=len(digits), description="Digits read")
        answer = widgets.HTML()

        def show_step(seen: int) -> None:
            states, probabilities = read(model, digits)
            digit = probabilities[seen - 1].argmax()
            sentence = f"After {seen} of {len(digits)} digits the network says {digit}."
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
            display(Image(figure_png(figure, {}), width=width_on_screen(figure)))

        inside = widgets.interactive_output(show_step, {"seen": step})
        display(widgets.VBox([step, widgets.HBox([inside, answer])]))

    return widgets.VBox([field, words, widgets.interactive_output(show_palindrome, {"text": field})])


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
    options = [(spaced(batch), batch) for batch in grids]
    slider = widgets.SelectionSlider(options=options, description="Batch")
    words, beside = widgets.HTML(), widgets.HTML()

    def show(batch: int) -> None:
        words.value = status(f"25 images after {spaced(batch)} batches.")
        here = table.assign(here=quality.loc[batch]).rename(index=MEASURES)
        beside.value = here[["here", "real digits"]].to_html(float_format="{:z.3f}".format, border=0)
        display(enlarged(tile(grids[batch][:25], columns=5), 3))

    images = widgets.interactive_output(show, {"batch": slider})
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
    controls = {
        "first": widgets.Dropdown(options=range(10), value=begin, description="From"),
        "second": widgets.Dropdown(options=range(10), value=end, description="To"),
        "kind": widgets.Dropdown(options=kinds, description="Path"),
        "alpha": widgets.FloatSlider(max=1, step=0.005, description="Alpha", readout_format=".3f"),
    }
    words, answer = widgets.HTML(), widgets.HTML()

    def show(first: int, second: int, kind: str, alpha: float) -> None:
        try:
            ends = [point.noise for point in find_ends(first, second)]
        except ValueError as error:
            words.value = status(str(error))
            answer.value = ""
            clear_output()
            return
        here = between(*ends, torch.tensor([alpha]), kind=kind)
        noises = torch.cat([here, path(*ends, steps=steps, kind=kind)])
        images = answers(generator, noises, batch_size=len(noises))
        probabilities = predict(classifier, images).numpy()
        digit, *strip_digits = probabilities.argmax(axis=1)
        sentence = f"At alpha {alpha:.3f} the classifier sees a {digit}."
        in_strip = ", ".join(map(str, strip_digits))
        words.value = status(sentence) + f"In the strip of {steps} images it sees {in_strip}."
        answer.value = bars("What the classifier sees", probabilities[0])
        pixels = as_bytes(images).numpy()
        strip = enlarged(tile(pixels[1:], columns=steps), 2)
        image = enlarged(pixels[0], 8)
        picture = PIL.Image.new("LA", (strip.width, strip.height + GAP + image.height))  # transparent
        picture.paste(strip)
        picture.paste(image, (0, strip.height + GAP))
        display(picture)  # as one: the second of two would flicker

    pictures = widgets.interactive_output(show, controls)
    *choices, slider = controls.values()
    return widgets.VBox([widgets.HBox(choices), slider, words, widgets.HBox([pictures, answer])])


def status(text: str) -> str:
    """Return words as HTML that a screen reader speaks when they change."""
    return f"<div role='status'>{html.escape(text)}</div>"


def bars(title: str, probabilities: np.ndarray) -> str:
    """Return a bar for the probability of each digit (10,) as HTML."""
    table = pd.DataFrame({title: probabilities})
    return table.style.format("{:.0%}").bar(color=GREY, vmin=0, vmax=1).to_html()


def enlarged(pixels: np.ndarray, factor: int) -> PIL.Image.Image:
    """Return grey pixels (h, w) uint8 as a picture, each of them sharp and `factor` pixels wide."""
    picture = PIL.Image.fromarray(pixels)
    return PIL.ImageOps.scale(picture, factor, PIL.Image.Resampling.NEAREST)
