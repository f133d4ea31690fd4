"""The explorer of Task 2: the same noises along the GAN's training."""

from collections.abc import Mapping

import ipywidgets as widgets
import numpy as np
import torch

from bundle.claims.gan import quality_by_batch
from bundle.pages import controls
from bundle.plots.digits import tile
from bundle.plots.gan import MEASURES, draw_quality_curve
from bundle.runs.records import Record
from lib.gan.networks import Generator
from lib.gan.sampling import as_bytes, sample

CURVE, GRID = 440, 370  # widths on the screen, in pixels


def task2_explorer(
    record: Record,
    grids: Mapping[int, np.ndarray],
    generator: Generator,
    *,
    floor: Mapping[str, float],
    seed: int,
) -> widgets.Widget:
    """Return an explorer of a GAN's training: the same noises at each checkpoint, with what was measured.

    Args:
        record: of the GAN, as `bundle.runs.gan.ready_gan` returns it.
        grids: by batch, (25 k, 28, 28) uint8: the images of k sets of 25 noises, the same at each batch.
        generator: the one that is kept, for noises drawn at a click.
        floor: the measures of real digits.
        seed: of the first noises drawn at a click; the next clicks count up.
    """
    batches, quality = list(grids), quality_by_batch(record)
    sets = min(len(images) for images in grids.values()) // 25
    batch = controls.dropdown(
        "Batch", [(controls.spaced(b), b) for b in batches], "how many batches the generator has seen"
    )
    slider = widgets.IntSlider(max=len(batches) - 1, tooltip=batch.tooltip)
    widgets.link((batch, "index"), (slider, "value"))
    other = controls.button("Other noise", "the next stored set of noises, at every batch", disabled=sets < 2)
    new = controls.button("New noise", "25 noises drawn now, for the generator that is kept")
    words, picture, beside = widgets.HTML(), widgets.HTML(), widgets.HTML()
    distances = [quality[b]["frechet_distance"] for b in batches]
    curve = draw_quality_curve(batches, {"averaged generator": distances}, floor=floor["frechet_distance"])
    plain = controls.drawn(curve)
    places = [controls.place(curve, *point) for point in zip(batches, distances, strict=True)]
    now = {"set": 0, "seed": seed - 1}

    def show(_=None) -> None:
        which = f"noise {now['set'] + 1} of {sets}" if sets > 1 else "the noise"
        said = f"25 images after {controls.spaced(batch.value)} batches; {which}, the same at every batch."
        display(grids[batch.value][25 * now["set"] :][:25], said, quality[batch.value])

    def display(images: np.ndarray, said: str, measured: Mapping[str, float]) -> None:
        words.value = controls.status(said)
        picture.value = controls.image(tile(images, columns=5), said, width=GRID, pixelated=True)
        beside.value = controls.measures(measured, floor, words=MEASURES) + controls.image(
            controls.ringed(plain, places[batch.index]),
            "Fréchet distance against the batch, a ring at this one.",
            width=CURVE,
        )

    def turn(_) -> None:
        now["set"] = (now["set"] + 1) % sets
        show()

    def draw(_) -> None:
        now["seed"] += 1
        noise = torch.randn(25, generator.latent_dim, generator=torch.Generator().manual_seed(now["seed"]))
        noise = noise.to(next(generator.parameters()).device)
        batch.value = batches[-1]
        said = f"25 images of new noise (seed {now['seed']}) by the generator that is kept."
        display(as_bytes(sample(generator, noise, batch_size=25)).numpy(), said, record.summary)

    controls.whenever([batch], show)
    other.on_click(turn)
    new.on_click(draw)
    steering = controls.steered(slider, batch, milliseconds=500)
    return widgets.VBox([steering, controls.row(other, new), words, controls.row(picture, beside)])
