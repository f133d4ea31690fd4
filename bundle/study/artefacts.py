"""What the report writes beside its results: figures with their values, strips, animations, notebooks.

Another kind of processor gives other last digits. So numbers are rounded to what they mean before they are
written, and a file is written again only if what it says has changed: a number by more than its last digit
shown, a pixel by more than one grey level. What made a file (its provenance) does not count as said.
"""

import base64
import io
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from PIL import Image, ImageSequence

from lib.files import write_atomically

DIGITS = 4  # shown of the largest number of a list; of the others as many decimals
GREY_LEVELS = 1  # by so much two pixels may differ
PROVENANCE = "provenance"  # the key in JSON files of what made them
PIXELS = "pictures"  # the key of the pixels that a figure shows
PICTURES = (".png", ".gif")
DECIMAL = re.compile(r"-?\d+\.\d+")
MARKED = re.compile(r'"#(-?[\d.]+|NaN|-?Infinity)"')


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


def says_the_same(before: bytes, after: bytes, *, suffix: str) -> bool:
    """Return whether two files of a kind (".png", ".gif", ".json", ".ipynb" or other) say the same."""
    if before == after:
        return True
    try:
        if suffix in PICTURES:
            return pictures_alike(before, after)
        if suffix == ".json":
            return numbers_alike(*(_without_provenance(data) for data in (before, after)))
        if suffix == ".ipynb":
            notebooks = [nbformat.reads(data.decode("utf-8"), as_version=4) for data in (before, after)]
            return notebook_bytes(keep_outputs(*notebooks)) == before
    except (ValueError, OSError, KeyError, AttributeError):  # one of them is damaged
        return False
    return False


def pictures_alike(before: bytes, after: bytes) -> bool:
    """Return whether two pictures or animations show the same, frame by frame, to one grey level."""
    frames, others = (list(_frames(data)) for data in (before, after))
    if len(frames) != len(others):
        return False
    for (duration, pixels), (other_duration, other_pixels) in zip(frames, others, strict=True):
        if duration != other_duration or pixels.shape != other_pixels.shape:
            return False
        if np.abs(pixels - other_pixels).max(initial=0) > GREY_LEVELS:
            return False
    return True


def _frames(data: bytes) -> Iterator[tuple[float, np.ndarray]]:
    """Yield of each frame how long it stays, in milliseconds, and its pixels (h, w, 4) int16."""
    with Image.open(io.BytesIO(data)) as image:
        for frame in ImageSequence.Iterator(image):
            yield frame.info.get("duration", 0), np.asarray(frame.convert("RGBA"), np.int16)


def json_bytes(values: object, *, indent: int | None = None) -> bytes:
    """Return JSON text with a newline at its end; its numbers are rounded, see `DIGITS`."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(
        _rounded(values), default=lambda number: f"#{number}", indent=indent, separators=separators
    )
    return (MARKED.sub(r"\1", text) + "\n").encode()


def _rounded(values: object) -> object:
    """Return values with floats as decimal numbers, but for provenance, whose settings are exact.

    The floats of a list have as many decimals as its largest needs.
    """
    if isinstance(values, dict):
        return {name: v if name == PROVENANCE else _rounded(v) for name, v in values.items()}
    numbers = list(_floats(values))
    if not numbers:
        return [_rounded(value) for value in values] if isinstance(values, list | tuple) else values
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(largest))) if largest else DIGITS
    return _with_decimals(values, min(decimals, 12))


def _floats(values: object) -> Iterator[float]:
    """Yield the floats in nested lists that hold nothing but numbers."""
    if isinstance(values, float):
        yield values
    elif isinstance(values, list | tuple) and _is_numeric(values):
        for value in values:
            yield from _floats(value)


def _is_numeric(values: object) -> bool:
    if isinstance(values, list | tuple):
        return all(_is_numeric(value) for value in values)
    return isinstance(values, int | float)


def _with_decimals(values: object, decimals: int) -> object:
    if isinstance(values, list | tuple):
        return [_with_decimals(value, decimals) for value in values]
    if not isinstance(values, float):
        return values
    if not math.isfinite(values):
        return Decimal(values)
    return Decimal(f"{values + 0.0:.{max(1, decimals)}f}")


def numbers_alike(before: object, after: object, *, pixels: bool = False) -> bool:
    """Return whether two JSON values are the same to the last digit shown; read them with Decimal.

    Whole numbers must be equal, but for those of a picture's pixels.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(
            numbers_alike(before[name], after[name], pixels=name == PIXELS) for name in before
        )
    if isinstance(before, list) and isinstance(after, list):
        pairs = zip(before, after, strict=False)
        return len(before) == len(after) and all(numbers_alike(*pair, pixels=pixels) for pair in pairs)
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return abs(before - after) <= max(_last_digit(before), _last_digit(after))
    if type(before) is not type(after):
        return False
    if pixels and isinstance(before, int):
        return abs(before - after) <= GREY_LEVELS
    return before == after or repr(before) == repr(after) == "nan"


def _last_digit(number: Decimal) -> Decimal:
    return Decimal(1).scaleb(number.as_tuple().exponent)


def texts_alike(before: str, after: str) -> bool:
    """Return whether two texts differ at most by the last digit shown of decimal numbers in them."""
    if DECIMAL.split(before) != DECIMAL.split(after):
        return False
    numbers_before = [Decimal(number) for number in DECIMAL.findall(before)]
    numbers_after = [Decimal(number) for number in DECIMAL.findall(after)]
    return numbers_alike(numbers_before, numbers_after)


def _without_provenance(data: bytes) -> object:
    values = json.loads(data, parse_float=Decimal)
    if isinstance(values, dict):
        values.pop(PROVENANCE, None)
    return values


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
    """Return whether two outputs of a cell show the same."""
    data, other = before.get("data", {}), after.get("data", {})
    if data.keys() != other.keys():
        return False
    for kind in data:
        if kind == "image/png":
            alike = pictures_alike(base64.b64decode(data[kind]), base64.b64decode(other[kind]))
        else:
            alike = texts_alike(str(data[kind]), str(other[kind]))
        if not alike:
            return False
    return texts_alike(_text_without_data(before), _text_without_data(after))


def _text_without_data(output: NotebookNode) -> str:
    rest = {name: value for name, value in output.items() if name != "data"}
    return json.dumps(rest, sort_keys=True)


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
