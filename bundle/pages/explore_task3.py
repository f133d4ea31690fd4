"""The explorer of Task 3: walks between two digits."""

import ipywidgets as widgets
import numpy as np
import torch

from bundle.pages import controls
from bundle.plots.digits import tile
from bundle.plots.style import COLOURS
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.gan.sampling import as_bytes, sample
from lib.latent.end_points import endpoints
from lib.latent.interpolation import between, path

STRIP, DIGIT = 560, 224  # widths on the screen, in pixels


FINE = 25  # places of the slider from one image of a strip to the next


def task3_explorer(
    generator: Generator,
    classifier: Classifier,
    *,
    first: int,
    second: int,
    steps: int,
    candidates: int,
    seed: int,
) -> widgets.Widget:
    """Return an explorer of walks from one digit to another; it begins with the walk of a static strip.

    Args:
        first, second: the digits at the start.
        steps: images of the strip.
        candidates: noises drawn to choose the two ends from.
        seed: of the candidates; each click on new end points counts up.
    """
    begin = controls.dropdown("From", range(10), "the digit to walk from", value=first, width=150)
    end = controls.dropdown("To", range(10), "the digit to walk to", value=second, width=150)
    new = controls.button("New end points", "draw other noises for the same two digits")
    kind = widgets.RadioButtons(
        options=[("straight line", "line"), ("great circle", "circle")],
        description="Path",
        orientation="horizontal",
        tooltip="the path between the two noises",
        layout={"width": "240px"},
    )
    alpha = widgets.FloatSlider(
        max=1,
        step=1 / (FINE * (steps - 1)),
        tooltip="how far along the path: 0 the first digit, 1 the second",
    )
    chosen, strip, mark, words, picture, judged = (widgets.HTML() for _ in range(6))
    now: dict = {"seed": seed, "ends": None}

    def choose(_=None) -> None:
        source = torch.Generator().manual_seed(now["seed"])
        try:
            noise = torch.randn(candidates, generator.latent_dim, generator=source)
            ends = endpoints(generator, classifier, noise, begin.value, end.value)
        except ValueError as error:
            now["ends"], alpha.disabled = None, True
            chosen.value = controls.status(f"{error}.")
            for part in (strip, mark, words, picture, judged):
                part.value = ""
            return
        now["ends"], alpha.disabled = [one.noise for one in ends], False
        walk()

    def walk(_=None) -> None:
        if now["ends"] is None:
            return
        images, chances = _seen(generator, classifier, path(*now["ends"], steps=steps, kind=kind.value))
        tops = [(int(p.argmax()), float(p.max())) for p in chances]
        alt = f"Strip of {steps} images; the judge sees {', '.join(str(digit) for digit, _ in tops)}."
        strip.value = controls.image(
            tile(images, columns=steps), alt, width=STRIP, pixelated=True
        ) + controls.columns([f"{digit}<br>{sure:.0%}" for digit, sure in tops], width=STRIP)
        chosen.value = controls.status(
            f"From {begin.value} to {end.value} along a {kind.label}. The ends: of {candidates} noises "
            f"(seed {now['seed']}) the two that the judge is surest of."
        )
        move()

    def move(_=None) -> None:
        if now["ends"] is None:
            return
        noise = between(*now["ends"], torch.tensor(alpha.value), kind=kind.value)
        (image,), (chances,) = _seen(generator, classifier, noise[None])
        said = f"At alpha {alpha.value:.3f} the judge sees a {chances.argmax()}, {chances.max():.0%} sure."
        picture.value = controls.image(image, said, width=DIGIT, pixelated=True)  # first: it is waited for
        mark.value = controls.pointer((0.5 + alpha.value * (steps - 1)) / steps, width=STRIP)
        judged.value = controls.bars(chances, title="What the judge sees", colour=COLOURS["generator"])
        words.value = controls.status(said)

    def renew(_) -> None:
        now["seed"] += 1
        choose()

    controls.whenever([begin, end], choose)
    kind.observe(walk, "value")
    alpha.observe(move, "value")
    new.on_click(renew)
    steering = controls.steered(alpha, controls.number("Alpha", alpha, words), milliseconds=50)
    choices = controls.row(begin, end, kind, new)
    shown = controls.row(picture, judged)
    return widgets.VBox([choices, chosen, steering, mark, strip, words, shown])


def _seen(
    generator: Generator, classifier: Classifier, noises: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (n, 28, 28) uint8 of noises (n, latent_dim), and what the judge sees (n, 10)."""
    images = sample(generator, noises.to(next(generator.parameters()).device), batch_size=len(noises))
    return as_bytes(images).numpy(), predict(classifier, images).cpu().numpy()
