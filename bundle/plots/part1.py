"""The figures of Part 1."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bundle.claims.part1 import final_by_length, span
from bundle.plots.style import BAND, COLOURS, GREY, THIN, legend_above, level, panels, styled, tick
from bundle.runs.records import Record, grouped

CHANCE = 0.1  # accuracy of a guess among ten digits
CELLS = {"RNN": (COLOURS["RNN"], "--", "x"), "LSTM": (COLOURS["LSTM"], "-", "o")}  # colour, line, marker
WRITTEN, OURS = (GREY, ":", "s"), ("black", "-", "^")  # of the recipes that have a look of their own


@styled
def draw_accuracy_curves(records: Sequence[Record], *, every: int) -> Figure:
    """Draw accuracy against step: per cell and recipe mean and range over seeds, at `every` nth step."""
    figure, (axes,) = panels(2.3)
    for (cell, recipe), group in grouped(records, "cell", "recipe").items():
        accuracy = np.array([record.columns["accuracy"][::every] for record in group])  # (seeds, points)
        steps = np.arange(accuracy.shape[1]) * every
        colour, line, _ = WRITTEN if recipe == "as-written" else CELLS[cell]
        label = f"{cell}, {recipe.replace('-', ' ')} (n = {len(group)})"
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, **BAND)
        axes.plot(steps, accuracy.mean(0), line, color=colour, label=label)
    level(axes, CHANCE, "chance")
    axes.set(xlabel="step (batches of fresh palindromes)", ylabel="accuracy", ylim=(0, 1.02), xlim=(0, None))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.14))
    return figure


@styled
def draw_accuracy_against_length(records: Sequence[Record], *, last: int) -> Figure:
    """Draw accuracy in the `last` steps against length, as seeds and means, a panel a recipe."""
    recipes = grouped(records, "recipe")
    figure, row = panels(2.3, 1, len(recipes), sharey=True)
    for axes, ((recipe,), group) in zip(row, recipes.items(), strict=True):
        for (cell,), runs in grouped(group, "cell").items():
            finals = final_by_length(runs, last=last)
            _plot_seeds(axes, finals, np.mean, CELLS[cell], label=cell, alpha=0.7)
        axes.axhline(CHANCE, **THIN)
        axes.set(xlabel=f"sequence length ({recipe.replace('-', ' ')})", xscale="log", ylim=(0, 1.04))
        tick(axes, sorted({record.settings["seq_length"] for record in group}))
    row[0].set_ylabel(f"accuracy, last {last} steps")
    row[0].legend(loc="lower left", bbox_to_anchor=(0, 0.14))
    return figure


@styled
def draw_memory_span(records: Sequence[Record], *, last: int, accuracy: float, share: float) -> Figure:
    """Draw accuracy in the `last` steps against length, as seeds and medians; name the `span`."""
    figure, (axes,) = panels(2.6)
    for (cell, recipe), group in grouped(records, "cell", "recipe").items():
        finals = final_by_length(group, last=last)
        reached = span(finals, accuracy=accuracy, share=share)
        label = f"{cell}, {recipe.replace('-', ' ')}: " + (f"span {reached}" if reached else "no span")
        look = {"as-written": WRITTEN, "ours": OURS}.get(recipe, CELLS[cell])
        _plot_seeds(axes, finals, np.median, look, label=label, alpha=0.6, markeredgewidth=0.8)
    axes.axhline(accuracy, **THIN)
    level(axes, CHANCE, "chance")
    axes.set(xlabel="sequence length (digits to carry the first one across)", xscale="log")
    axes.set(ylabel="accuracy at the end", ylim=(0, 1.04))
    tick(axes, sorted({record.settings["seq_length"] for record in records}))
    axes.legend(loc="center right")
    return figure


def _plot_seeds(axes: Axes, finals: Mapping, middle: Callable, look: tuple, *, label: str, **points) -> None:
    """Draw by length a point for each seed and a line through their middles; `look` as in CELLS."""
    colour, line, marker = look
    axes.plot([*finals], [middle(seeds) for seeds in finals.values()], line, color=colour, label=label)
    x = np.repeat([*finals], [len(seeds) for seeds in finals.values()])
    axes.plot(x, np.concatenate([*finals.values()]), marker, color=colour, markersize=4, **points)


@styled
def best_units(record: Record, count: int) -> list[int]:
    """Return the units that remember best in a record of `run_inside`, by their cell state at the end."""
    last = np.reshape(record.columns["c"], (record.settings["seq_length"], -1))[-1]
    return sorted(record.columns["units"][:count], key=lambda unit: -last[unit])


def draw_inside_of(record: Record, count: int) -> Figure:
    """Draw a record of `run_inside`: the palindrome in the units that remember best."""
    shape = record.settings["seq_length"], -1
    states = {name: np.reshape(record.columns[name], shape) for name in "ifoc"}
    digits, right = record.columns["digits"], np.array(record.columns["right"])
    return draw_inside(states, digits, units=best_units(record, count), right=right)


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


@styled
def draw_softmax_twice(classes: int = 10) -> Figure:
    """Draw loss and the gradient on the right logit against the right class's p, softmax once and twice."""
    p, chance = np.linspace(0.001, 0.999, 999), 1 / classes
    other = (1 - p) / (classes - 1)  # the other classes share the rest equally
    second = 1 / (1 + (classes - 1) * np.exp(other - p))  # softmax of (p, other, ...), the right class
    # through the outer softmax, 1 - second, and back through the inner one, p (1 - p + other)
    pull = (1 - second) * p * (1 - p + other)
    floor = np.log(np.e + classes - 1) - 1
    figure, (left, right) = panels(2.4, 1, 2)
    for axes, once, twice in ((left, -np.log(p), -np.log(second)), (right, 1 - p, pull)):
        axes.plot(p, once, "-", color=COLOURS["LSTM"], label="softmax once")
        axes.plot(p, twice, "--", color=GREY, label="softmax twice")
        axes.set(xlabel="probability of the right class", xlim=(0, 1))
    level(left, floor, f"floor {floor:.5f}", va="top")
    for axes in (left, right):
        axes.axvline(chance, linestyle=":", **THIN)
    right.annotate("chance", (chance, 1), xytext=(3, 0), textcoords="offset points", va="top")
    left.set(ylabel="loss (nats)", ylim=(0, 5))
    right.set(ylabel="gradient on the right logit", ylim=(0, 1.04))
    left.legend(loc="upper right")
    return figure


@styled
def draw_speed(scaling: Mapping[str, Sequence[Mapping]]) -> Figure:
    """Draw the time of a step against what grows: `scaling` has by its name points: its value, ms by side."""
    names = {"seq_length": "length", "hidden": "units", "batch": "batch", "seeds": "seeds, in turn"}
    looks = {
        "torch": {"label": "torch.nn.LSTM", "color": GREY, "linestyle": "--", "marker": "s"},
        "ours": {"label": "ours", "color": COLOURS["LSTM"], "linestyle": "-", "marker": "o"},
        "floor": {"label": "bare matrix products", "color": "black", "linestyle": ":"},
    }
    figure, row = panels(2.3, 1, len(scaling))
    for axes, (grown, points) in zip(row, scaling.items(), strict=True):
        for side, look in looks.items():
            y = [point["ms"][side] for point in points]
            axes.plot([point[grown] for point in points], y, markersize=2.5, **look)
        axes.set(xscale="log", yscale="log", xlabel=names[grown])
    row[0].set_ylabel("ms a step")
    legend_above(figure, 3)
    return figure
