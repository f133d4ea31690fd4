"""Figures, pictures and animations into files, with where they come from."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.plots.digits import tile
from bundle.plots.style import DPI, STYLE
from bundle.runs.provenance import versions
from bundle.runs.records import Record
from lib.files import write_atomically


def save_picture(picture: np.ndarray, path: Path, *, scale: int, provenance: dict) -> None:
    """Write a picture (h, w) uint8 as PNG, every pixel `scale` pixels wide, provenance in its metadata."""
    text = PngInfo()
    for name, value in _metadata(provenance).items():
        text.add_text(name, value)
    buffer = io.BytesIO()
    large = np.repeat(np.repeat(picture, scale, axis=0), scale, axis=1)
    Image.fromarray(large).save(buffer, format="png", pnginfo=text, optimize=True)
    write_atomically(path, buffer.getvalue())


def _metadata(provenance: dict) -> dict[str, str]:
    return {name.capitalize(): json.dumps(value) for name, value in provenance.items()}


def described(records: Sequence[Record]) -> dict:
    """Return what these records have in common: settings, all their seeds, versions and commits."""
    first = records[0].settings
    common = {k: v for k, v in first.items() if k != "seed" and all(r.settings.get(k) == v for r in records)}
    seeds = sorted({r.settings["seed"] for r in records})
    commits = sorted({r.provenance["commit"] for r in records})
    return {"settings": common, "seeds": seeds, "commits": commits, **versions()}


def plotted(figure: Figure) -> list[dict]:
    """Return the values that a figure shows, one dict per axes: lines, bands and pictures."""
    panels = []
    for axes in figure.axes:
        panel: dict = {"lines": [], "bands": [], "pictures": []}
        for line in axes.lines:
            x, y = line.get_data()
            x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
            panel["lines"].append({"label": line.get_label(), "x": x.tolist(), "y": y.round(6).tolist()})
        for band in axes.collections:
            panel["bands"].append([path.vertices.round(6).tolist() for path in band.get_paths()])
        panel["pictures"] = [np.asarray(image.get_array()).tolist() for image in axes.images]
        panels.append({name: part for name, part in panel.items() if part})
    return panels


def save_figure(figure: Figure, path: Path, *, provenance: dict) -> bytes:
    """Write `path` (PNG, provenance in its metadata) and, beside it, the plotted values; return the PNG."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=DPI, metadata=_metadata(provenance))
    write_atomically(path, buffer.getvalue())
    values = json.dumps({"provenance": provenance, "panels": plotted(figure)}, separators=(",", ":"))
    write_atomically(path.with_suffix(".json"), (values + "\n").encode())
    return buffer.getvalue()


def save_animation(
    frames: Sequence[np.ndarray], path: Path, *, scale: int, milliseconds: int, provenance: dict
) -> None:
    """Write pictures (h, w) uint8 as a GIF that runs to the last frame, back again, and on for ever.

    Every pixel becomes `scale` pixels wide; each frame stays for `milliseconds`, the first and the last for
    four times as long. Provenance is its comment.
    """
    large = [Image.fromarray(np.kron(frame, np.ones((scale, scale), np.uint8))) for frame in frames]
    stays = [milliseconds * (4 if frame in (0, len(frames) - 1) else 1) for frame in range(len(frames))]
    buffer = io.BytesIO()
    large[0].save(
        buffer,
        format="gif",
        save_all=True,
        append_images=[*large[1:], *large[-2:0:-1]],
        duration=[*stays, *stays[-2:0:-1]],
        loop=0,
        optimize=False,
        comment=json.dumps(provenance).encode(),
    )
    write_atomically(path, buffer.getvalue())


def save_walk(frames: Sequence[np.ndarray], path: Path, *, facts: dict, provenance: dict) -> None:
    """Write `path`.png (all frames in a row), .gif (one after another, two seconds) and .json (the facts).

    Args:
        frames: (h, w) uint8 each.
    """
    row = tile(np.stack(frames), columns=len(frames))
    save_picture(row, path.with_suffix(".png"), scale=4, provenance=provenance)
    each = round(200 / len(frames)) * 10  # a GIF counts in hundredths of a second
    save_animation(frames, path.with_suffix(".gif"), scale=4, milliseconds=each, provenance=provenance)
    text = json.dumps(provenance | facts, indent=1) + "\n"
    write_atomically(path.with_suffix(".json"), text.encode())
