"""The figures of memory: what a network holds at which length, and a look inside one."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bundle.figures.style import COLOURS, panels, styled, tick

CELLS = ("RNN", "LSTM", "GRU")  # from left to right


@styled
def draw_combinations(counts: pd.DataFrame) -> Figure:
    """Draw which share of runs holds its length: input and curriculum down, cells across.

    `counts` is `bundle.analysis.memory.combinations`'s.
    """
    table = counts.pivot(index=["input", "curriculum"], columns="cell", values=["holding", "runs"])
    holding, runs = (table[name].reindex(columns=CELLS) for name in ("holding", "runs"))
    shares = holding / runs
    figure, (axes,) = panels(2.1)
    axes.imshow(shares, "cividis", vmin=0, vmax=1, aspect="auto")
    for (y, x), share in np.ndenumerate(shares):
        words = f"{holding.iat[y, x]} of {runs.iat[y, x]}"
        axes.text(x, y, words, color="black" if share > 0.5 else "white", ha="center", va="center")
    axes.set_xticks(range(len(CELLS)), CELLS)
    axes.set_yticks(range(len(shares)), map(", ".join, shares.index))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


@styled
def draw_whole_range(runs: pd.DataFrame) -> Figure:
    """Draw trained networks' accuracy at every length, each seed a line, a panel for each cell.

    A dot marks the length that a network was trained up to.
    """
    cells = runs.groupby("cell", sort=False)
    figure, row = panels(2.4, 1, len(cells), sharey=True)
    for axes, (cell, group) in zip(row, cells, strict=True):
        for run in group.itertuples():
            accuracy = {int(length): share for length, share in run.accuracy_at.items()}
            axes.plot(list(accuracy), list(accuracy.values()), color=COLOURS[cell], linewidth=0.7, alpha=0.7)
            axes.plot(run.seq_length, accuracy[run.seq_length], "o", color=COLOURS[cell], markersize=3)
        axes.set(xlabel=f"length of the palindromes ({cell})", xscale="log")
        tick(axes, [10**k for k in range(len(str(2 * group["seq_length"].max())))])
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
        values, colours, low = (np.tanh(values), "RdBu", -1) if key == "c" else (values, "cividis", 0)
        picture = axes.imshow(values, colours, vmin=low, vmax=1, aspect="auto", interpolation="nearest")
        axes.set(ylabel=name, yticks=[])
        axes.tick_params(bottom=False)
        figure.colorbar(picture, ax=axes, fraction=0.02, pad=0.01)
    last.plot(range(len(digits)), right, "-", color=COLOURS["LSTM"], marker="o", markersize=2)
    last.set(ylim=(0, 1.04), ylabel="P(right)", xlim=(-0.5, len(digits) - 0.5), xlabel="input digit")
    last.set_xticks(range(len(digits)), digits)
    return figure
