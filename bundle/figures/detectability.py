"""The figure of the two-sample tests: how often each is right, and on what."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bundle.analysis.detectability import GENERATED, REAL, TEST, mean_accuracy, test_label
from bundle.analysis.formatting import in_style
from bundle.figures.style import COLOURS, THIN, legend_above, panels, styled

LOOKS = {
    GENERATED: {"color": COLOURS["generator"], "marker": "o"},
    REAL: {"color": "black", "marker": "s"},
}
DAMAGED = {"color": "0.45", "markerfacecolor": "white"}
MARKERS = ("^", "v", "D")  # of damaged digits


@styled
def draw_detectability(runs: pd.DataFrame) -> Figure:
    """Draw the share of right answers of each test, weak ones on top: each side's mean and interval."""
    accuracy = mean_accuracy(runs)
    tests = accuracy.groupby(TEST, observed=True)
    accuracy["row"] = tests.ngroup()
    sides = accuracy["against"].cat.remove_unused_categories().cat.categories
    markers = iter(MARKERS)
    figure, (axes,) = panels(0.8 + 0.5 * tests.ngroups)
    for place, side in enumerate(sides):
        look = LOOKS[side] if side in LOOKS else {**DAMAGED, "marker": next(markers)}
        here = accuracy[(accuracy["against"] == side) & (accuracy["n"] > 0)]
        bars = 100 * np.array([here["mean"] - here["low"], here["high"] - here["mean"]])
        y = here["row"] + 0.11 * (place - (len(sides) - 1) / 2)
        bars = None if np.isinf(bars).any() else bars
        axes.errorbar(
            100 * here["mean"],
            y,
            xerr=bars,
            linestyle="none",
            linewidth=0.8,
            markersize=4,
            label=side,
            **look,
        )
    axes.axvline(50, **THIN)
    axes.set(xlabel="right answers (%); 50 is a coin toss", ylim=(tests.ngroups - 0.4, -0.6))
    axes.set_yticks(range(tests.ngroups), [in_style(test_label(*test)) for test in tests.groups])
    legend_above(figure, 3)
    return figure
