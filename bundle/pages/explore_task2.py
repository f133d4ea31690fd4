"""The explorer of Task 2: the same noises along the GAN's training."""

from collections.abc import Mapping
from itertools import count, cycle

import ipywidgets as widgets
import numpy as np
import torch

from bundle.claims.gan import quality_by_batch
from bundle.pages import controls
from bundle.plots.digits import tile
from bundle.plots.gan import MEASURES, draw_quality_curve
from bundle.plots.style import spaced
from bundle.runs.records import Record
from lib.gan.networks import Generator, as_bytes
from lib.networks import answers

CURVE, GRID = 440, 370  # widths on the screen, in pixels


def task2_explorer(record: Record, grids: Mapping, generator: Generator, *, seed: int) -> widgets.Widget:
    """Return an explorer of the same noises along a GAN's training: `grids` (25 k, 28, 28) uint8 by batch.

    `generator` is the one that is kept; at a click it is given noises of a `seed`, which counts up.
    """
    quality, sets = quality_by_batch(record), min(map(len, grids.values())) // 25
    turns, seeds = cycle(range(sets)), count(seed)
    now = {"set": next(turns)}
    named = [(spaced(batch, "\u202f"), batch) for batch in grids]
    batch = controls.dropdown("Batch", named, "how many batches the generator has seen")
    slider = widgets.IntSlider(max=len(grids) - 1, tooltip=batch.tooltip)
    widgets.link((batch, "index"), (slider, "value"))
    words, picture, beside = (widgets.HTML() for _ in range(3))
    real = {name[5:]: value for name, value in record.summary.items() if name.startswith("real_")}
    distances = {batch: quality[batch]["frechet_distance"] for batch in grids}
    curve = draw_quality_curve([*distances], [*distances.values()], floor=real["frechet_distance"])
    pixels = controls.drawn(curve)

    def show(_=None) -> None:
        which = f"noise {now['set'] + 1} of {sets}" if sets > 1 else "the noise"
        said = f"25 images after {batch.label} batches; {which}, the same at every batch."
        display(grids[batch.value][25 * now["set"] :][:25], said, quality[batch.value])

    def display(images: np.ndarray, said: str, measured: Mapping[str, float]) -> None:
        words.value = controls.status(said)
        picture.value = controls.image(tile(images, columns=5), said, width=GRID)
        seen = controls.ringed(pixels, curve, batch.value, distances[batch.value])
        alt = "Fréchet distance against the batch, a ring at this one."
        table = controls.measures(measured, real, words=MEASURES)
        beside.value = table + controls.image(seen, alt, width=CURVE)

    def turn(_) -> None:
        now["set"] = next(turns)
        show()

    def draw(_) -> None:
        drawn = next(seeds)
        noise = torch.randn(25, generator.latent_dim, generator=torch.Generator().manual_seed(drawn))
        images = answers(generator, noise.to(next(generator.parameters()).device), batch_size=25)
        batch.value = max(grids)
        said = f"25 images of new noise (seed {drawn}) by the generator that is kept."
        display(as_bytes(images).numpy(), said, record.summary)

    controls.whenever([batch], show)
    other = controls.button("Other noise", "the next stored set of noises, at every batch", turn)
    other.disabled = sets < 2
    new = controls.button("New noise", "25 noises drawn now, for the generator that is kept", draw)
    steering = controls.steered(slider, batch, milliseconds=500)
    return widgets.VBox([steering, controls.row(other, new), words, controls.row(picture, beside)])
