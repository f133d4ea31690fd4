"""What the report writes beside its results: figures with their values, strips, animations, main numbers.

Another kind of processor gives other last digits. So numbers are rounded before they are written, and a
picture stays as it is where it is the same to one grey level, and with it the values that it shows. What
made a picture (its provenance) does not count.
"""

import io
import json
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from lib.files import write_atomically

DIGITS = 4
GREY_LEVELS = 1
PROVENANCE = "provenance"  # the key in JSON files of what made them; it is written in full


def write_if_changed(path: Path, data: bytes) -> bytes:
    """Write a file unless what it says is the same already; return what it holds then.

    A file that is kept gets a new time all the same: whoever made it again stands for it. A file that
    cannot be read is written. Raises OSError naming `path`.
    """
    before = path.read_bytes() if path.is_file() else b""
    if _says_the_same(before, data):
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


def _says_the_same(before: bytes, after: bytes) -> bool:
    """Return whether two files hold the same bytes, or pictures that are the same to one grey level."""
    if before == after:
        return True
    try:
        (durations, frames), (other_durations, other_frames) = _frames(before), _frames(after)
    except Exception:  # one of them is no picture, or damaged: Pillow raises many kinds
        return False
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
