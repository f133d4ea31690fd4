"""Pictures of digits."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.analysis.formatting import in_style
from bundle.figures.style import WIDE, panels, styled


@styled
def draw_digits(images: Sequence[np.ndarray], *, columns: int, below: Sequence[str] = ()) -> Figure:
    """Draw pictures (h, w) uint8 row by row, a text of `below` under each, all as wide as the text.

    The contrast is fixed, and nothing is smoothed.
    """
    rows = -(-len(images) // columns)
    lines = max((words.count("\n") + 1 for words in below), default=0)
    figure, grid = panels(rows * (WIDE / columns + 0.13 * lines), rows, columns)
    for axes in grid:
        axes.set_axis_off()
    for axes, picture in zip(grid, images, strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    for axes, words in zip(grid, below, strict=False):
        axes.text(0.5, -0.04, in_style(words), transform=axes.transAxes, ha="center", va="top")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    return figure


def draw_strips(walks: Sequence) -> Figure:
    """Draw walks below one another, each with `images` (steps, 28, 28) uint8 and `captions` for these."""
    captions = [caption for walk in walks for caption in walk.captions]
    images = np.concatenate([walk.images for walk in walks])
    return draw_digits(images, columns=len(walks[0].images), below=captions)


def draw_grids(grids: Mapping[str, np.ndarray], *, columns: int) -> Figure:
    """Draw the first 25 images of each entry, five by five, above its name."""
    pictures = [tile(images[:25], columns=5) for images in grids.values()]
    return draw_digits(pictures, columns=columns, below=list(grids))


def tile(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Return digits (n, h, w) uint8 as one picture, row by row, with grey gaps of `gap` pixels."""
    count, height, width = images.shape
    rows, down, across = -(-count // columns), height + gap, width + gap
    cells = np.full((rows * columns, down, across), 64, np.uint8)
    cells[:count, :height, :width] = images
    picture = cells.reshape(rows, columns, down, across).swapaxes(1, 2).reshape(rows * down, columns * across)
    return picture[: rows * down - gap, : columns * across - gap]
