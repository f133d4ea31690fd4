"""The explorers of Task 2, the same noises along the GAN's training, and of Task 3, walks between digits."""

from collections.abc import Mapping
from functools import lru_cache

import ipywidgets as widgets
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from bundle.analysis.quality import MEASURES, by_batch
from bundle.figures.digits import tile
from bundle.figures.gan import draw_quality_curve
from bundle.figures.style import COLOURS, spaced
from bundle.figures.walks import PATHS
from bundle.notebook import controls
from bundle.original import WALK_FIGURES
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import between, path
from lib.networks import answers

CURVE, GRID, STRIP, DIGIT = 440, 370, 560, 224  # widths on the screen, in pixels
FINE = 25  # places of the slider from one image of a strip to the next


def task2_explorer(run: pd.Series, grids: Mapping[int, np.ndarray]) -> widgets.Widget:
    """Return an explorer of grids (25 k, 28, 28) uint8 by batch, and of what was measured there."""
    quality, sets = by_batch(run), min(map(len, grids.values())) // 25
    options = [(spaced(batch, "\u202f"), batch) for batch in grids]
    batch = controls.dropdown("Batch", options, "how many batches the generator has seen")
    noise = controls.dropdown("Noise", range(1, sets + 1), "which of the stored noises", width=150)
    slider = widgets.IntSlider(max=len(grids) - 1, tooltip=batch.tooltip)
    widgets.link((batch, "index"), (slider, "value"))
    words, picture, beside = (widgets.HTML() for _ in range(3))
    real = {name: run[f"real_{name}"] for name in MEASURES if f"real_{name}" in run}
    distances = quality["frechet_distance"][list(grids)]
    curve = draw_quality_curve(distances, floor=real["frechet_distance"])
    pixels = controls.render(curve)

    def show(_=None) -> None:
        status = (
            f"25 images after {batch.label} batches; noise {noise.value} of {sets}, the same at every batch."
        )
        words.value = controls.status(status)
        images = grids[batch.value][25 * (noise.value - 1) :][:25]
        picture.value = controls.image(tile(images, columns=5), status, width=GRID)
        marked_curve = controls.draw_ring(pixels, curve, batch.value, distances[batch.value])
        alt = "Fréchet distance against the batch, a ring at this one."
        table = controls.measures(quality.loc[batch.value], real, words=MEASURES)
        beside.value = table + controls.image(marked_curve, alt, width=CURVE)

    controls.whenever([batch, noise], show)
    steering = controls.steering_row(slider, batch, milliseconds=500)
    return widgets.VBox([steering, noise, words, controls.row(picture, beside)])


def task3_explorer(
    generator: Generator, classifier: Classifier, *, steps: int, candidates: int, seed: int
) -> widgets.Widget:
    """Return an explorer of walks between two of `candidates` noises; new end points count the seed up."""
    begin, end, kind, alpha = _controls(*WALK_FIGURES[17], steps=steps)
    choice, strip, words, picture, answer = (widgets.HTML() for _ in range(5))

    def see(noises: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (n, 28, 28) uint8 of noises (n, latent_dim), and their probabilities (n, 10)."""
        images = _images(generator, noises)
        return as_bytes(images).numpy(), predict(classifier, images).cpu().numpy()

    @lru_cache
    def ends(seed: int, first: int, second: int) -> list[Tensor] | str:
        return _ends(generator, classifier, first, second, candidates=candidates, seed=seed)

    @lru_cache
    def walk(kind: str, *pair: int) -> str:
        return _strip(*see(path(*ends(*pair), steps=steps, kind=kind)))

    now = {"seed": seed}

    def show(_=None) -> None:
        pair = now["seed"], begin.value, end.value
        noises = ends(*pair)
        alpha.disabled = isinstance(noises, str)
        if alpha.disabled:
            strip.value = words.value = picture.value = answer.value = ""
            choice.value = controls.status(noises)
            return
        strip.value = walk(kind.value, *pair)
        surest = f"The ends are the surest of {candidates} noises (seed {now['seed']})."
        choice.value = controls.status(f"From {begin.value} to {end.value} along a {kind.label}. {surest}")
        noise = between(*noises, torch.tensor(alpha.value), kind=kind.value)
        (image,), (chances,) = see(noise[None])
        seen = f"the classifier sees a {chances.argmax()}, {chances.max():.0%} sure"
        status = f"At alpha {alpha.value:.3f} {seen}."
        picture.value = controls.image(image, status, width=DIGIT)  # first: it is waited for
        answer.value = controls.bars(chances, title="What the classifier sees", colour=COLOURS["generator"])
        words.value = controls.status(status)

    def renew(_) -> None:
        now["seed"] += 1
        show()

    controls.whenever([begin, end, kind, alpha], show)
    new = controls.button("New end points", "draw other noises for the same two digits", renew)
    play = controls.play_button(alpha, milliseconds=50, stride=2)
    steering = controls.row(controls.number("Alpha", alpha, words), *play)
    strip_with_slider = controls.above(alpha, strip, images=steps, width=STRIP)
    choices, result = controls.row(begin, end, kind, new), controls.row(picture, answer)
    return widgets.VBox([choices, choice, steering, strip_with_slider, words, result])


def _ends(
    generator: Generator, classifier: Classifier, first: int, second: int, *, candidates: int, seed: int
) -> list[Tensor] | str:
    """Return the noises of two digits, or in words why there are none."""
    if first == second:
        return f"From and To are both {first}; choose two different digits."
    noise = _noise(generator, candidates, seed=seed)
    try:
        return [end.noise for end in endpoints(generator, classifier, noise, first, second)]
    except ValueError:
        none = f"no {first} (From) or no {second} (To) in {candidates} noises (seed {seed})"
        way_out = "draw new end points, choose other digits, or train the generator for longer"
        return f"The classifier sees {none}; {way_out}."


def _controls(first: int, second: int, *, steps: int) -> tuple[widgets.Widget, ...]:
    begin = controls.dropdown("From", range(10), "the digit to walk from", value=first, width=150)
    end = controls.dropdown("To", range(10), "the digit to walk to", value=second, width=150)
    kinds = [(path["label"], kind) for kind, path in PATHS.items()]
    tip, far = "the path between the two noises", "how far along the path: 0 the first digit, 1 the second"
    look = {"orientation": "horizontal", "layout": {"width": "240px"}}
    kind = widgets.RadioButtons(options=kinds, description="Path", tooltip=tip, **look)
    return begin, end, kind, widgets.FloatSlider(max=1, step=1 / (FINE * (steps - 1)), tooltip=far)


def _strip(images: np.ndarray, chances: np.ndarray) -> str:
    """Return images as a strip, and under each what the classifier sees."""
    digits, sure = chances.argmax(1), chances.max(1)
    alt = f"Strip of {len(images)} images; the classifier sees {', '.join(map(str, digits))}."
    cell = "<div style='flex:1;text-align:center'>{}<br>{:.0%}</div>"
    cells = "".join(map(cell.format, digits, sure))
    picture = controls.image(tile(images, columns=len(images)), alt, width=STRIP)
    return picture + controls.unspoken("display:flex;width:100%;font-size:12px;line-height:1.3", cells)


def _noise(generator: Generator, count: int, *, seed: int) -> Tensor:
    return torch.randn(count, generator.latent_dim, generator=torch.Generator().manual_seed(seed))


def _images(generator: Generator, noises: Tensor) -> Tensor:
    """Return what a generator makes, where it is, of noises that are on the CPU."""
    return answers(generator, noises.to(next(generator.parameters()).device), batch_size=len(noises))
