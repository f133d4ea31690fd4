"""The figures of memory: what a network holds at which length, and a look inside one."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bundle.figures.part1 import CELLS
from bundle.figures.style import COLOURS, panels, styled, tick

PERCENT = PercentFormatter(1, symbol=" %")
LINES = ("-", "--", "-.", ":")  # of the lengths that networks were trained up to


@styled
def draw_combinations(counts: pd.DataFrame) -> Figure:
    """Draw which share of runs holds its length: input and curriculum down, cells across.

    `counts` is `bundle.analysis.memory.combinations`'s.
    """
    counts = counts.assign(share=counts["holding"] / counts["runs"])
    shares = counts.pivot(index=["input", "curriculum"], columns="cell", values="share")
    shares = shares[[cell for cell in CELLS if cell in shares]]
    figure, (axes,) = panels(2.1)
    picture = axes.imshow(shares, "cividis", vmin=0, vmax=1, aspect="auto")
    for row in counts.itertuples():
        place = list(shares.columns).index(row.cell), list(shares.index).index((row.input, row.curriculum))
        colour = "black" if row.share > 0.5 else "white"
        axes.annotate(f"{row.holding} of {row.runs}", place, color=colour, ha="center", va="center")
    axes.set_xticks(range(len(shares.columns)), shares.columns)
    axes.set_yticks(range(len(shares.index)), [f"{given}, {order}" for given, order in shares.index])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure.colorbar(picture, ax=axes, fraction=0.03, pad=0.02, label="share that holds", format=PERCENT)
    return figure


@styled
def draw_whole_range(runs: pd.DataFrame) -> Figure:
    """Draw trained networks' accuracy at every length, each seed a line, a panel for each cell.

    A dot marks the length that a network was trained up to.
    """
    cells = runs.groupby("cell", sort=False)
    figure, row = panels(2.4, 1, len(cells), sharey=True)
    for axes, (cell, group) in zip(row, cells, strict=True):
        colour, _, _ = CELLS[cell]
        lengths = list(group["seq_length"].unique())
        for run in group.itertuples():
            place = lengths.index(run.seq_length)
            shade = 0.35 + 0.65 * (place + 1) / len(lengths)
            accuracy = {int(length): share for length, share in run.accuracy_at.items()}
            look = {"color": colour, "alpha": shade, "linewidth": 0.7}
            axes.plot(list(accuracy), list(accuracy.values()), LINES[place % len(LINES)], **look)
            axes.plot(run.seq_length, accuracy[run.seq_length], "o", color=colour, markersize=3)
        axes.set(xlabel=f"length of the palindromes ({cell})", xscale="log")
        tick(axes, [10**k for k in range(len(str(2 * max(lengths))))])
    row[0].set_ylabel("accuracy")
    return figure


def best_units(run: Mapping, count: int) -> list[int]:
    """Return the units that remember best in a row of `run_inside`, by their cell state at the end."""
    last = np.reshape(run["c"], (run["seq_length"], -1))[-1]
    return sorted(run["units"][:count], key=lambda unit: -last[unit])


@styled
def draw_inside_of(run: Mapping, count: int) -> Figure:
    """Draw a row of `run_inside`: the palindrome in the units that remember best."""
    shape = run["seq_length"], -1
    states = {name: np.reshape(run[name], shape) for name in "ifoc"}
    right = np.array(run["right"])
    return draw_inside(states, run["digits"], units=best_units(run, count), right=right)


@styled
def draw_inside(states: Mapping, digits: Sequence[int], *, units: Sequence[int], right: np.ndarray) -> Figure:
    """Draw gates and cell of units, from top to bottom, over a palindrome, and how sure the network is.

    `states` has i, f, o, c (seq_length, hidden); `right` (seq_length,) is p of the last digit at each step.
    """
    names = {"i": "input gate $i$", "f": "forget gate $f$", "o": "output gate $o$", "c": r"cell, $\tanh c$"}
    figure, (*rows, last) = panels(5.2, 5, 1, sharex=True, height_ratios=(3, 3, 3, 3, 2))
    for axes, (key, name) in zip(rows, names.items(), strict=True):
        values = states[key][:, list(units)].T  # (units, seq_length)
        values, colours, low = (np.tanh(values), "RdBu_r", -1) if key == "c" else (values, "cividis", 0)
        picture = axes.imshow(values, colours, vmin=low, vmax=1, aspect="auto", interpolation="nearest")
        axes.set(ylabel=name, yticks=[])
        axes.tick_params(bottom=False)
        figure.colorbar(picture, ax=axes, fraction=0.02, pad=0.01)
    last.plot(range(len(digits)), right, "-", color=COLOURS["LSTM"], marker="o", markersize=2)
    last.set(ylim=(0, 1.04), ylabel="P(right)", xlim=(-0.5, len(digits) - 0.5), xlabel="input digit")
    last.set_xticks(range(len(digits)), digits)
    return figure
