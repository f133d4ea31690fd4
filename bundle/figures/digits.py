"""Pictures of digits."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.analysis.formatting import in_style
from bundle.figures.style import WIDE, panels, styled


@styled
def draw_digits(images: np.ndarray, *, columns: int, below: Sequence[str] = ()) -> Figure:
    """Draw digits (n, 28, 28) uint8 row by row, a text of `below` under each, as wide as the text."""
    figure = _pictures(images, columns, height=WIDE / columns + (0.4 if below else 0))
    for axes, words in zip(figure.axes, below, strict=False):
        axes.text(0.5, -0.08, in_style(words), transform=axes.transAxes, ha="center", va="top")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    return figure


def draw_strips(walks: Sequence) -> Figure:
    """Draw walks below one another, each with `images` (steps, 28, 28) uint8 and `captions` for these."""
    captions = [caption for walk in walks for caption in walk.captions]
    images = np.concatenate([walk.images for walk in walks])
    return draw_digits(images, columns=len(walks[0].images), below=captions)


@styled
def draw_grids(grids: Mapping[str, np.ndarray], *, columns: int) -> Figure:
    """Draw the first 25 images of each entry, five by five, under its name."""
    pictures = [tile(images[:25], columns=5) for images in grids.values()]
    lines = max(name.count("\n") for name in grids) + 1
    figure = _pictures(pictures, columns, height=WIDE / columns + 0.13 * lines)
    for axes, name in zip(figure.axes, grids, strict=False):
        axes.set_title(in_style(name), pad=2)
    return figure


def tile(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Return digits (n, h, w) uint8 as one picture, row by row, with grey gaps of `gap` pixels."""
    count, height, width = images.shape
    rows, down, across = -(-count // columns), height + gap, width + gap
    cells = np.full((rows * columns, down, across), 64, np.uint8)
    cells[:count, :height, :width] = images
    picture = cells.reshape(rows, columns, down, across).swapaxes(1, 2).reshape(rows * down, columns * across)
    return picture[: rows * down - gap, : columns * across - gap]


def _pictures(pictures: Sequence[np.ndarray], columns: int, *, height: float) -> Figure:
    """Draw pictures (h, w) uint8 in rows, `height` inches high, with fixed contrast and without smoothing."""
    rows = -(-len(pictures) // columns)
    figure, grid = panels(rows * height, rows, columns)
    for axes in grid:
        axes.set_axis_off()
    for axes, picture in zip(grid, pictures, strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    return figure
