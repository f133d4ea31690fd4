"""Figures, pictures and animations into files, with where they come from."""

import io
import json
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.figures.digits import tile
from bundle.figures.style import DPI, STYLE
from bundle.study.artefacts import PROVENANCE, write_if_changed, write_with_values
from bundle.study.layout import Output

SCALE, FRAME_MS = 4, 220  # screen pixels for each of a picture's, and how long an image of a walk stays


def save_figure(figure: Figure, path: Path, *, provenance: dict) -> bytes:
    """Write `path` (PNG, provenance in its metadata) and, beside it, the plotted values; return the PNG.

    What has lines or dots, and no picture, is left as SVG too, below `build`.

    Files that show the same already stay as they are: see `bundle.study.artefacts`.
    """
    drawing = Output(path.parents[1]).drawings / f"{path.stem}.svg"
    if any(axes.images for axes in figure.axes):
        drawing.unlink(missing_ok=True)
    else:
        drawing.parent.mkdir(parents=True, exist_ok=True)
        with matplotlib.rc_context({**STYLE, "svg.fonttype": "none", "svg.hashsalt": path.stem}):
            figure.savefig(drawing, transparent=True, metadata={"Date": None})
    values = {PROVENANCE: provenance, "panels": plotted(figure)}
    return write_with_values(path, figure_png(figure, provenance), values)


def figure_png(figure: Figure, provenance: dict) -> bytes:
    """Return a figure as PNG, provenance in its metadata."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=DPI, metadata=_metadata(provenance))
    return buffer.getvalue()


def plotted(figure: Figure) -> list[dict]:
    """Return the values that a figure shows, one dict per axes: lines, bands and pictures."""
    panels = []
    for axes in figure.axes:
        lines = [(line.get_label(), *line.get_xydata().T) for line in axes.lines]
        panel = {
            "lines": [{"label": label, "x": x.tolist(), "y": y.tolist()} for label, x, y in lines],
            "bands": [[path.vertices.tolist() for path in band.get_paths()] for band in axes.collections],
            "pictures": [np.asarray(image.get_array()).tolist() for image in axes.images],
        }
        panels.append({name: part for name, part in panel.items() if part})
    return panels


def save_picture(picture: np.ndarray, path: Path, *, provenance: dict) -> None:
    """Write a picture (h, w) uint8 as PNG, every pixel `SCALE` pixels wide, provenance in its metadata."""
    write_if_changed(path, _png(picture, provenance))


def save_walk(images: np.ndarray, path: Path, *, facts: dict, provenance: dict) -> None:
    """Write images (steps, h, w) uint8 as `path`.png, in a row, and .gif, there and back; facts as .json."""
    row = _png(tile(images, columns=len(images)), provenance)
    write_with_values(path.with_suffix(".png"), row, {PROVENANCE: provenance, **facts}, indent=1)
    first, *others = [enlarged(image) for image in [*images, *images[-2:0:-1]]]
    buffer = io.BytesIO()
    first.save(buffer, format="gif", save_all=True, append_images=others, duration=FRAME_MS, loop=0)
    write_if_changed(path.with_suffix(".gif"), buffer.getvalue())


def _png(picture: np.ndarray, provenance: dict) -> bytes:
    text = PngInfo()
    for name, value in _metadata(provenance).items():
        text.add_text(name, value)
    buffer = io.BytesIO()
    enlarged(picture).save(buffer, format="png", pnginfo=text, optimize=True)
    return buffer.getvalue()


def _metadata(provenance: dict) -> dict[str, str]:
    return {name.capitalize(): json.dumps(value) for name, value in provenance.items()}


def enlarged(picture: np.ndarray, scale: int = SCALE) -> Image.Image:
    """Return a picture (h, w) uint8 whose pixels are sharp and `scale` pixels wide."""
    return Image.fromarray(np.kron(picture, np.ones((scale, scale), np.uint8)))
