"""The figures of memory: what a network holds at which length, and a look inside one."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.analysis.memory import checked
from bundle.figures.part1 import CELLS
from bundle.figures.style import COLOURS, panels, styled, tick
from bundle.study.records import Record, grouped


@styled
def draw_whole_range(records: Sequence[Record]) -> Figure:
    """Draw trained networks' accuracy at every length, each seed a line, a panel for each cell.

    A dot marks the length that a network was trained up to.
    """
    cells = grouped(records, "cell")
    figure, row = panels(2.4, 1, len(cells), sharey=True)
    for axes, ((cell,), group) in zip(row, cells.items(), strict=True):
        colour, _, _ = CELLS[cell]
        lengths = grouped(group, "seq_length")
        for k, ((length,), runs) in enumerate(lengths.items()):
            for run in runs:
                found = checked(run)
                look = {"color": colour, "alpha": 0.35 + 0.65 * (k + 1) / len(lengths), "linewidth": 0.7}
                axes.plot([*found], [*found.values()], ("-", "--", "-.", ":")[k % 4], **look)
                axes.plot(length, found[length], "o", color=colour, markersize=3)
        axes.set(xlabel=f"length it is asked at ({cell})", xscale="log")
        tick(axes, [10**k for k in range(len(str(2 * max(lengths)[0])))])
    row[0].set_ylabel("accuracy")
    return figure


def best_units(record: Record, count: int) -> list[int]:
    """Return the units that remember best in a record of `run_inside`, by their cell state at the end."""
    last = np.reshape(record.columns["c"], (record.settings["seq_length"], -1))[-1]
    return sorted(record.columns["units"][:count], key=lambda unit: -last[unit])


@styled
def draw_inside_of(record: Record, count: int) -> Figure:
    """Draw a record of `run_inside`: the palindrome in the units that remember best."""
    shape = record.settings["seq_length"], -1
    states = {name: np.reshape(record.columns[name], shape) for name in "ifoc"}
    digits, right = record.columns["digits"], np.array(record.columns["right"])
    return draw_inside(states, digits, units=best_units(record, count), right=right)


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
