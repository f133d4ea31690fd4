"""Pictures of digits."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.plots.style import HALF, WIDE, styled


@styled
def draw_digits(
    images: np.ndarray, *, columns: int, below: Sequence[str] = (), width: float = HALF
) -> Figure:
    """Draw digits row by row, with fixed contrast and without smoothing.

    Args:
        images: (n, 28, 28) uint8, 0 black to 255 white.
        columns: digits in a row.
        below: a text under each digit, or nothing.
        width: inches.
    """
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(width, width / columns * rows + (0.4 * rows if below else 0)))
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for index, (axes, image) in enumerate(zip(grid.flat, images, strict=False)):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        if below:
            axes.text(0.5, -0.08, below[index], transform=axes.transAxes, ha="center", va="top")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    return figure


def tile(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Return digits (n, h, w) uint8 as one picture, row by row, with grey gaps of `gap` pixels."""
    count, height, width = images.shape
    rows = -(-count // columns)
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), 64, np.uint8)
    for index, image in enumerate(images):
        y, x = (index // columns) * (height + gap), (index % columns) * (width + gap)
        picture[y : y + height, x : x + width] = image
    return picture


@styled
def draw_grid(images: np.ndarray) -> Figure:
    """Draw 25 samples (25, 28, 28) uint8 as a square of five by five."""
    figure = Figure(figsize=(HALF, HALF))
    _picture(figure.subplots(), tile(images, columns=5))
    return figure


@styled
def draw_all_grids(grids: Mapping[int, np.ndarray], *, columns: int = 6) -> Figure:
    """Draw the first 25 samples of every checkpoint, each grid under its batch number."""
    rows = -(-len(grids) // columns)
    figure = Figure(figsize=(WIDE, WIDE / columns * rows * 1.14))
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, (batch, images) in zip(panels.flat, grids.items(), strict=False):
        _picture(axes, tile(images[:25], columns=5))
        axes.set_title(f"{batch:,}".replace(",", " "), pad=2)
    return figure


def _picture(axes, picture: np.ndarray) -> None:
    axes.set_axis_off()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")


def draw_strips(walks: Sequence) -> Figure:
    """Draw walks of equally many steps below one another, as wide as the text.

    Args:
        walks: each with `images` (steps, 28, 28) uint8 and `captions`, a text for each.
    """
    captions = [caption for walk in walks for caption in walk.captions]
    images = np.concatenate([walk.images for walk in walks])
    return draw_digits(images, columns=len(walks[0].images), below=captions, width=WIDE)
