"""One style for all numbers of tables and captions, whatever made them."""

import re

import numpy as np
import pandas as pd

Table = tuple[list[str], list[list[str]]]  # header and rows

SPACE = "\u00a0"  # one that does not break
# code, addresses, tags, maths and quotations in Markdown
VERBATIM = re.compile(r"(`[^`]*`|\]\([^)]*\)|<[^>]*>|\$[^$]*\$|“[^”]*”)")
LONG_NUMBER = re.compile(r"(?<![\w.])\d{5,}(?!\w|\.\d)")
NUMERIC = re.compile(r"[−<]? ?\d.*|never")


def pct(share: float, digits: int = 0) -> str:
    """Return a share as "97 %"."""
    return f"{100 * share:.{digits}f} %"


def number(value: float | None, form: str = "") -> str:
    """Return a number as a cell shows it: None leaves it empty, infinity is a step that never comes."""
    if value is None:
        return ""
    if not form and np.isinf(value):
        return "never"
    whole = abs(value) >= 10 or float(value).is_integer()
    return format(value, "z" + (form or (".0f" if whole else ".3f")))  # z: never "-0.000"


def p_value(p: float) -> str:
    """Return a p-value as a cell shows it: never as if it were zero."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def in_style(text: str) -> str:
    """Return text whose numbers are written "98 %", "187 400" and "−0.5"."""
    text = re.sub(r"(?<![\w.)-])-(?=\d)", "−", text)
    text = re.sub(r"(?<=\d)\s?%", f"{SPACE}%", text)
    return LONG_NUMBER.sub(lambda match: f"{int(match[0]):,}".replace(",", SPACE), text)


def prose_in_style(markdown: str) -> str:
    """Return Markdown in the same style; what is VERBATIM stays as it is."""
    pieces = VERBATIM.split(markdown)
    return "".join(piece if place % 2 else in_style(piece) for place, piece in enumerate(pieces))


def table_in_style(table: Table | pd.DataFrame) -> Table:
    """Return a table, its cells as text in the same style."""
    if isinstance(table, pd.DataFrame):
        table = list(table.columns), table.to_numpy().tolist()
    header, rows = table
    return list(map(in_style, header)), [[prose_in_style(str(cell)) for cell in row] for row in rows]


def is_numeric(cells: list[str]) -> bool:
    """Return whether a column is one of numbers, which stand to the right."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(NUMERIC.fullmatch(cell) for cell in filled)
