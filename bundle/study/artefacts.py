"""What the report writes beside its results: figures with their values, strips, animations, notebooks.

Another kind of processor gives other last digits. So a picture stays as it is where it is the same to one
grey level, and with it the values that it shows; an output of a notebook, where its numbers are the same to
the last digit shown; so does a file of main numbers. What made a picture (its provenance) does not count.
"""

import base64
import copy
import io
import json
import math
import re
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from PIL import Image, ImageSequence

from lib.files import write_atomically

DIGITS = 4
GREY_LEVELS = 1
PROVENANCE = "provenance"  # the key in JSON files of what made them; it is written in full
DECIMAL = re.compile(r"-?\d+\.\d+")


def write_if_changed(path: Path, data: bytes) -> bytes:
    """Write a file unless what it says is the same already; return what it holds then.

    A file that is kept gets a new time all the same: whoever made it again stands for it. A file that
    cannot be read is written. Raises OSError naming `path`.
    """
    before = path.read_bytes() if path.is_file() else None
    if before is not None and says_the_same(before, data, suffix=path.suffix):
        path.touch()
        return before
    write_atomically(path, data)
    return data


def write_with_values(path: Path, picture: bytes, values: dict, *, indent: int | None = None) -> bytes:
    """Write a picture unless it says the same already, and beside it the values that it shows, as JSON.

    Return the picture that is there then. The values of a picture that stays do so too.
    """
    before = path.read_bytes() if path.is_file() else b""
    written = write_if_changed(path, picture)
    values_path = path.with_suffix(".json")
    if written != before or not values_path.is_file():
        write_atomically(values_path, json_bytes(values, indent=indent))
    return written


def says_the_same(before: bytes, after: bytes, *, suffix: str) -> bool:
    """Return whether two files of a kind (".png", ".gif", ".json", ".ipynb" or other) say the same."""
    if before == after:
        return True
    try:
        if suffix in (".png", ".gif"):
            return _pictures_alike(before, after)
        if suffix == ".json":
            return _numbers_alike(json.loads(before), json.loads(after))
        if suffix == ".ipynb":
            notebooks = [nbformat.reads(data.decode("utf-8"), as_version=4) for data in (before, after)]
            return notebook_bytes(keep_outputs(*notebooks)) == before
    except (ValueError, OSError, KeyError, AttributeError, TypeError):  # one of them is damaged
        return False
    return False


def _numbers_alike(before: dict, after: dict) -> bool:
    """Return whether numbers by name are the same to the last of the digits that are written."""
    if before.keys() != after.keys():
        return False
    numbers = [before[name] for name in after]
    return np.allclose(numbers, list(after.values()), rtol=1.5 * 10 ** (1 - DIGITS), atol=0)


def _pictures_alike(before: bytes, after: bytes) -> bool:
    (durations, frames), (other_durations, other_frames) = _frames(before), _frames(after)
    if durations != other_durations or frames[0].shape != other_frames[0].shape:
        return False
    pairs = zip(frames, other_frames, strict=True)
    return all(np.abs(pixels - others).max() <= GREY_LEVELS for pixels, others in pairs)


def _frames(data: bytes) -> tuple[list[float], list[np.ndarray]]:
    """Return how long each frame of a picture or animation stays, in ms, and its pixels (h, w, 4)."""
    durations, frames = [], []
    with Image.open(io.BytesIO(data)) as image:
        for frame in ImageSequence.Iterator(image):
            durations.append(frame.info.get("duration", 0))
            frames.append(np.asarray(frame.convert("RGBA"), np.int16))
    return durations, frames


def json_bytes(values: object, *, indent: int | None = None) -> bytes:
    """Return JSON text and a newline; its numbers have `DIGITS` digits, or all of those before the point."""
    separators = (",", ":") if indent is None else None
    return (json.dumps(_rounded(values), indent=indent, separators=separators) + "\n").encode()


def _rounded(values: object) -> object:
    if isinstance(values, dict):
        return {name: part if name == PROVENANCE else _rounded(part) for name, part in values.items()}
    if isinstance(values, list | tuple):
        return [_rounded(part) for part in values]
    if not isinstance(values, float) or not math.isfinite(values) or values == 0:
        return values
    decimals = DIGITS - 1 - math.floor(math.log10(abs(values)))
    return float(np.round(values, min(12, max(0, decimals))))


def texts_alike(before: str, after: str) -> bool:
    """Return whether two texts differ at most by the last digit shown of decimal numbers in them."""
    if DECIMAL.split(before) != DECIMAL.split(after):
        return False
    for number, other in zip(DECIMAL.findall(before), DECIMAL.findall(after), strict=True):
        decimals = len(other.partition(".")[2])
        if abs(float(number) - float(other)) > 1.5 * 0.1**decimals:
            return False
    return True


def keep_outputs(before: NotebookNode, after: NotebookNode) -> NotebookNode:
    """Return the later notebook with those outputs of the earlier one that say the same."""
    cells_before = {cell.get("id"): cell for cell in before.cells if cell.cell_type == "code"}
    for cell in after.cells:
        earlier = cells_before.get(cell.get("id"))
        if cell.cell_type != "code" or earlier is None or len(earlier.outputs) != len(cell.outputs):
            continue
        pairs = zip(earlier.outputs, cell.outputs, strict=True)
        cell.outputs = [old if _outputs_alike(old, new) else new for old, new in pairs]
    return after


def _outputs_alike(before: NotebookNode, after: NotebookNode) -> bool:
    """Return whether two outputs of a cell show the same: their pictures, and all else as text."""
    outputs = [copy.deepcopy(output) for output in (before, after)]
    pictures = [output.get("data", {}).pop("image/png", "") for output in outputs]
    texts = [json.dumps(output, sort_keys=True) for output in outputs]
    if not all(pictures):
        return pictures[0] == pictures[1] and texts_alike(*texts)
    return _pictures_alike(*map(base64.b64decode, pictures)) and texts_alike(*texts)


def keep_outputs_of(path: Path, notebook: NotebookNode) -> NotebookNode:
    """Return a notebook with those outputs of the one in a file, if there is one, that say the same."""
    try:
        before = nbformat.read(path, as_version=4)
    except Exception:  # nbformat raises many kinds for what is damaged
        return notebook
    return keep_outputs(before, notebook)


def notebook_bytes(notebook: NotebookNode) -> bytes:
    """Return a notebook as it is written."""
    return (nbformat.writes(notebook) + "\n").encode()
