"""The explorer of Task 3: walks between two digits."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np
import torch

from bundle.original import WALKS
from bundle.pages import controls
from bundle.plots.digits import tile
from bundle.plots.style import COLOURS
from bundle.plots.walks import PATHS
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import between, path
from lib.networks import answers

STRIP, DIGIT = 560, 224  # widths on the screen, in pixels
FINE = 25  # places of the slider from one image of a strip to the next


def task3_explorer(
    generator: Generator, classifier: Classifier, *, steps: int, candidates: int, seed: int
) -> widgets.Widget:
    """Return an explorer of walks between two of `candidates` noises; new end points count the seed up."""
    begin, end, kind, alpha = _controls(*WALKS[0], steps=steps)
    chosen, strip, mark, words, picture, judged = (widgets.HTML() for _ in range(6))

    def see(noises: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (n, 28, 28) uint8 of noises (n, latent_dim), and what the judge sees (n, 10)."""
        images = answers(generator, noises.to(next(generator.parameters()).device), batch_size=len(noises))
        return as_bytes(images).numpy(), predict(classifier, images).cpu().numpy()

    @lru_cache
    def ends(seed: int, *digits: int) -> list[torch.Tensor] | str:
        """Return the two noises, or in words why there are none."""
        source = torch.Generator().manual_seed(seed)
        noise = torch.randn(candidates, generator.latent_dim, generator=source)
        try:
            return [one.noise for one in endpoints(generator, classifier, noise, *digits)]
        except ValueError as error:
            return f"{error}."

    walk = lru_cache(lambda kind, *pair: _strip(*see(path(*ends(*pair), steps=steps, kind=kind))))
    now = {"seed": seed}

    def show(_=None) -> None:
        pair = now["seed"], begin.value, end.value
        found = ends(*pair)
        alpha.disabled = isinstance(found, str)
        if alpha.disabled:
            strip.value = mark.value = words.value = picture.value = judged.value = ""
            chosen.value = controls.status(found)
            return
        strip.value = walk(kind.value, *pair)
        surest = f"The ends: of {candidates} noises (seed {now['seed']}) the two that the judge is surest of."
        chosen.value = controls.status(f"From {begin.value} to {end.value} along a {kind.label}. {surest}")
        noise = between(*found, torch.tensor(alpha.value), kind=kind.value)
        (image,), (chances,) = see(noise[None])
        said = f"At alpha {alpha.value:.3f} the judge sees a {chances.argmax()}, {chances.max():.0%} sure."
        picture.value = controls.image(image, said, width=DIGIT)  # first: it is waited for
        place = f"position:absolute;left:{(0.5 + alpha.value * (steps - 1)) / steps * STRIP:.1f}px"
        arrow = f"<span style='{place};transform:translateX(-50%)'>\u25bc</span>"
        box = f"width:{STRIP}px;height:14px;line-height:14px;position:relative"
        mark.value = controls.unspoken(box, arrow)
        judged.value = controls.bars(chances, title="What the judge sees", colour=COLOURS["generator"])
        words.value = controls.status(said)

    def renew(_) -> None:
        now["seed"] += 1
        show()

    controls.whenever([begin, end, kind, alpha], show)
    new = controls.button("New end points", "draw other noises for the same two digits", renew)
    steering = controls.steered(alpha, controls.number("Alpha", alpha, words), milliseconds=50, stride=2)
    choices, shown = controls.row(begin, end, kind, new), controls.row(picture, judged)
    return widgets.VBox([choices, chosen, steering, mark, strip, words, shown])


def _controls(first: int, second: int, *, steps: int) -> tuple[widgets.Widget, ...]:
    """Return the controls for the digits at both ends, the kind of path, and the place on it."""
    begin = controls.dropdown("From", range(10), "the digit to walk from", value=first, width=150)
    end = controls.dropdown("To", range(10), "the digit to walk to", value=second, width=150)
    kinds = [(path["label"], kind) for kind, path in PATHS.items()]
    tip, far = "the path between the two noises", "how far along the path: 0 the first digit, 1 the second"
    look = {"orientation": "horizontal", "layout": {"width": "240px"}}
    kind = widgets.RadioButtons(options=kinds, description="Path", tooltip=tip, **look)
    return begin, end, kind, widgets.FloatSlider(max=1, step=1 / (FINE * (steps - 1)), tooltip=far)


def _strip(images: np.ndarray, chances: np.ndarray) -> str:
    """Return images as a strip, and under each what the judge sees."""
    digits, sure = chances.argmax(1), chances.max(1)
    alt = f"Strip of {len(images)} images; the judge sees {', '.join(map(str, digits))}."
    cell = "<div style='flex:1;text-align:center'>{}<br>{:.0%}</div>"
    cells = "".join(map(cell.format, digits, sure))
    picture = controls.image(tile(images, columns=len(images)), alt, width=STRIP)
    return picture + controls.unspoken(f"display:flex;width:{STRIP}px;line-height:1.2", cells)
