"""The figure of the ladder: how often each test is right, and on what."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.analysis.detectability import GENERATED, REAL, SIDES, accuracy_by_test, row_label
from bundle.analysis.formatting import in_style
from bundle.analysis.verdicts import mean_interval
from bundle.figures.style import COLOURS, THIN, legend_above, panels, styled
from bundle.study.records import Record

HOLLOW = {"markerfacecolor": "white"}
LOOKS = {
    GENERATED: {"color": COLOURS["generator"], "marker": "o"},
    REAL: {"color": "black", "marker": "s"},
}
MARKS = ("^", "v", "D")  # of damaged digits


@styled
def draw_detectability(records: Sequence[Record]) -> Figure:
    """Draw the share of right answers of each test, weak ones on top: each side's mean and interval."""
    shown = accuracy_by_test(records)
    sides = [side for side in SIDES if any(side in of for of in shown.values())]
    figure, (axes,) = panels(0.8 + 0.5 * len(shown))
    damaged = [side for side in sides if side not in LOOKS]
    looks = LOOKS | {
        side: {"color": "0.45", "marker": mark} | HOLLOW for side, mark in zip(damaged, MARKS, strict=False)
    }
    for at, side in enumerate(sides):
        look = {"linestyle": "none", "linewidth": 0.8, "markersize": 4, "label": side} | looks[side]
        found = {row: mean_interval(of[side]) for row, of in enumerate(shown.values()) if side in of}
        means, lows, highs = 100 * np.array([*found.values()]).T
        bars = None if np.isinf(lows).any() else [means - lows, highs - means]
        y = np.array([*found]) + 0.11 * (at - (len(sides) - 1) / 2)
        axes.errorbar(means, y, xerr=bars, **look)
    axes.axvline(50, **THIN)
    axes.set(xlabel="right answers (%); 50 is a coin toss", ylim=(len(shown) - 0.4, -0.6))
    axes.set_yticks(range(len(shown)), [in_style(row_label(sized_test)) for sized_test in shown])
    legend_above(figure, 3)
    return figure
