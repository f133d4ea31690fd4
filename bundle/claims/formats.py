"""How a table and the numbers in its cells are written."""

from collections.abc import Sequence

import numpy as np

Table = tuple[list[str], list[list[str]]]  # header and rows


def number(value: float | None, form: str = "") -> str:
    """Return a number as a cell shows it: None leaves it empty, infinity is a step that never comes."""
    if value is None:
        return ""
    if not form and np.isinf(value):
        return "never" if value > 0 else "−∞"
    whole = abs(value) >= 10 or float(value).is_integer()
    return format(value, form or (".0f" if whole else ".3f"))


def with_interval(value: float, low: float, high: float, form: str) -> str:
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


def once(words: Sequence[str]) -> list[str]:
    """Return the words of a column without those that repeat the row above."""
    return ["" if word == above else word for above, word in zip([None, *words], words, strict=False)]
