"""One style for all numbers of tables and captions, whatever made them."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

Table = tuple[list[str], list[list[str]]]  # header and rows

SPACE = "\u00a0"  # one that does not break
NUMBER = re.compile(r"[−-]?\d+(\.\d+)?")
BESIDE = re.compile(
    r"never|none|no pairs|to|of|ties?|−∞|[\s\d.,/%()\[\]<±−-]"
)  # what a number's cell may hold
VERBATIM = re.compile(r"(`[^`]*`|\]\([^)]*\)|<[^>]*>|\$[^$]*\$)")  # code, addresses, tags, maths in Markdown


def pct(share: float, digits: int = 0) -> str:
    """Return a share as "97 %"."""
    return f"{100 * share:.{digits}f} %"


def number(value: float | None, form: str = "") -> str:
    """Return a number as a cell shows it: None leaves it empty, infinity is a step that never comes."""
    if value is None:
        return ""
    if not form and np.isinf(value):
        return "never" if value > 0 else "−∞"
    whole = abs(value) >= 10 or float(value).is_integer()
    return format(value, form or (".0f" if whole else ".3f"))


def p_value(p: float) -> str:
    """Return a p-value as a cell shows it: never as if it were zero."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def with_interval(value: float, low: float, high: float, form: str) -> str:
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


def once(words: Sequence[str]) -> list[str]:
    """Return the words of a column without those that repeat the row above."""
    return ["" if word == above else word for above, word in zip([None, *words], words, strict=False)]


def in_style(text: str) -> str:
    """Return text whose numbers are written "98 %", "187 400" and "−0.5", and never "-0.000"."""
    text = re.sub(r"(?<![\w.)-])[-−](0(?:\.0+)?)(?![\d.])", r"\1", text)
    text = re.sub(r"(?<![\w.)-])-(?=\d)", "−", text)
    text = re.sub(r"(?<=\d)\s?%", f"{SPACE}%", text)
    return re.sub(
        r"(?<![\w.])\d{5,}(?!\w|\.\d)", lambda match: f"{int(match[0]):,}".replace(",", SPACE), text
    )


def prose_in_style(markdown: str) -> str:
    """Return Markdown in the same style; code, addresses and tags stay as they are."""
    pieces = VERBATIM.split(markdown)
    return "".join(piece if place % 2 else in_style(piece) for place, piece in enumerate(pieces))


def table_in_style(table: Table | pd.DataFrame) -> Table:
    """Return a table in the same style: as many decimals down a column, a unit in its header alone."""
    if isinstance(table, pd.DataFrame):
        table = list(table.columns), table.to_numpy().tolist()
    header, rows = table
    columns = [_column(name, [str(row[place]) for row in rows]) for place, name in enumerate(header)]
    names, cells = [name for name, _ in columns], [cells for _, cells in columns]
    return names, [list(row) for row in zip(*cells, strict=True)]


def is_numeric(cells: list[str]) -> bool:
    """Return whether a column is one of numbers, which stand to the right."""
    filled = [cell for cell in cells if cell]
    return any(map(NUMBER.search, filled)) and not any(BESIDE.sub("", cell) for cell in filled)


def _column(name: str, cells: list[str]) -> tuple[str, list[str]]:
    name, cells = in_style(name), [_padded(in_style(cell)) for cell in cells]
    filled = [cell for cell in cells if cell]
    if not is_numeric(cells):
        return name, cells
    if all(len(NUMBER.findall(cell)) == cell.count("%") for cell in filled):
        name, cells = f"{name} (%)", [cell.replace(f"{SPACE}%", "") for cell in cells]
    alone = [cell for cell in cells if NUMBER.fullmatch(cell)]
    places = max((_places(cell) for cell in alone), default=0)
    return name, [_exact(cell, places) if cell in alone else cell for cell in cells]


def _padded(cell: str) -> str:
    """Write a value and its interval in square brackets with as many decimals as the longest of them."""
    if "[" not in cell or BESIDE.sub("", cell):
        return cell
    places = max(_places(match[0]) for match in NUMBER.finditer(cell))
    return NUMBER.sub(lambda match: _exact(match[0], places), cell)


def _places(number: str) -> int:
    return len(number.partition(".")[2])


def _exact(number: str, places: int) -> str:
    """Pad a whole number below ten; a larger one may have been rounded."""
    return f"{number}.{'0' * places}" if places and len(number.strip("−-")) == 1 else number
