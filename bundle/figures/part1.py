"""The figures of Part 1: accuracy curves, survival, two readings of Figure 6."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bundle.analysis.curves import original_metric, shared_metric
from bundle.analysis.survival import times
from bundle.figures.style import BAND, COLOURS, GREY, HALF, THIN, legend_above, level, panels, styled, tick
from bundle.study.records import Record, grouped

CHANCE = 0.1  # accuracy of a guess among ten digits
CELLS = {"RNN": (COLOURS["RNN"], "--", "x"), "LSTM": (COLOURS["LSTM"], "-", "o")}  # colour, line, marker
RECIPES = {"as-written": ":", "corrected": "-", "ours": "--"}  # lines of an overlay
WRITTEN = (GREY, ":")  # colour and line of the recipe as written beside the corrected one


@styled
def draw_accuracy_curves(records: Sequence[Record]) -> Figure:
    """Draw accuracy against step, shared metric: per cell and recipe mean and range over seeds.

    The colour and the marker are the cell's, the line is the recipe's.
    """
    figure, (axes,) = panels(2.6)
    for (cell, recipe), group in grouped(records, "cell", "recipe").items():
        curves = [shared_metric(record) for record in group]
        steps, accuracy = curves[0].steps, np.array([curve.values for curve in curves])  # (seeds, looks)
        colour, _, marker = CELLS[cell]
        label = f"{cell}, {recipe.replace('-', ' ')} (n = {len(group)})"
        look = {"marker": marker, "markevery": max(1, len(steps) // 12), "markersize": 3}
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, alpha=0.12, linewidth=0)
        axes.plot(steps, accuracy.mean(0), RECIPES.get(recipe, "-"), color=colour, label=label, **look)
    level(axes, CHANCE, "chance")
    axes.set(xlabel="step", ylabel="accuracy, shared metric", ylim=(0, 1.02), xlim=(0, None))
    legend_above(figure, 3)
    return figure


@styled
def draw_original(records: Sequence[Record]) -> Figure:
    """Draw one of the original's figures twice: as it measured and drew it, and by the shared metric.

    Above on an axis of its own scale, the first seed as a line and the others faint.
    """
    figure, (above, below) = panels(2.8, 2, 1, width=HALF, sharex=True)
    measured = [r for r in records if r.settings["recipe"] == "as-written"]
    _draw_own(above, measured)
    above.set(xlabel="", ylabel="original metric")
    _draw_common(below, records)
    below.set(ylabel="shared metric", xlim=(0, 1.05 * below.dataLim.x1))
    below.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    below.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, handlelength=1.5, columnspacing=1)
    figure.supylabel("accuracy (%)", fontsize=8)
    return figure


@styled
def draw_readings(readings: Mapping[str, Sequence[Record]]) -> Figure:
    """Draw runs by the original's measure on an axis of their own scale, a panel for each name."""
    figure, row = panels(2.3, 1, len(readings))
    for axes, (name, records) in zip(row, readings.items(), strict=True):
        _draw_own(axes, records)
        axes.set_title(f"{name} (n = {len(records)})")
    row[0].set_ylabel("accuracy (%), original metric")
    return figure


def _draw_own(axes: Axes, records: Sequence[Record]) -> None:
    for record in reversed(records):
        curve, first = original_metric(record), record is records[0]
        colour, line, _ = CELLS[record.settings["cell"]]
        look = {"alpha": 1 if first else 0.2, "linewidth": 1.2 if first else 0.5}
        axes.plot(curve.steps, 100 * curve.values, line if first else "-", color=colour, **look)
    axes.set(xlabel="step", xlim=(0, None))


def _draw_common(axes: Axes, records: Sequence[Record]) -> None:
    for (cell, recipe), group in grouped(records, "cell", "recipe").items():
        curves = [shared_metric(record) for record in group]
        steps, accuracy = curves[0].steps, np.array([curve.values for curve in curves])  # (seeds, looks)
        colour, line = WRITTEN if recipe == "as-written" else CELLS[cell][:2]
        label = f"{recipe.replace('-', ' ')} (n = {len(group)})"
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, **BAND)
        axes.plot(steps, accuracy.mean(0), line, color=colour, label=label)
    level(axes, CHANCE, "chance")
    axes.set(xlabel="step", ylabel="accuracy, shared metric", ylim=(0, 1.02), xlim=(0, None))


@styled
def draw_accuracy_against_length(records: Sequence[Record]) -> Figure:
    """Draw the mean accuracy of the last third of the training against length, a panel a recipe."""
    recipes = grouped(records, "recipe")
    figure, row = panels(2.3, 1, len(recipes), sharey=True)
    for axes, ((recipe,), group) in zip(row, recipes.items(), strict=True):
        for (cell,), runs in grouped(group, "cell").items():
            ends = {
                n: [shared_metric(r).late().mean() for r in of]
                for (n,), of in grouped(runs, "seq_length").items()
            }
            ends = dict(sorted(ends.items()))
            colour, line, marker = CELLS[cell]
            axes.plot([*ends], [np.mean(of) for of in ends.values()], line, color=colour, label=cell)
            x = np.repeat([*ends], [len(of) for of in ends.values()])
            axes.plot(x, np.concatenate([*ends.values()]), marker, color=colour, markersize=3, alpha=0.4)
        level(axes, CHANCE, "chance" if axes is row[-1] else "")
        axes.set(xlabel=f"sequence length ({recipe.replace('-', ' ')})", xscale="log", ylim=(0, 1.04))
        tick(axes, sorted({record.settings["seq_length"] for record in group}))
    row[0].set_ylabel("accuracy, last third")
    legend_above(figure, 2)
    return figure


@styled
def draw_survival(records: Sequence[Record]) -> Figure:
    """Draw the share of seeds that has not yet been at 100 %, shared metric, a panel a length."""
    lengths = dict(sorted(grouped(records, "seq_length").items()))
    figure, row = panels(2.3, 1, len(lengths), sharey=True)
    for axes, ((length,), group) in zip(row, lengths.items(), strict=True):
        for (cell, recipe), runs in grouped(group, "cell", "recipe").items():
            steps, shares = times([shared_metric(run) for run in runs]).surviving()
            colour, line, _ = CELLS[cell]
            written = recipe == "as-written"
            look = {"linewidth": 1.2 if written else 0.7, "alpha": 1 if written else 0.6}
            label = f"{cell}, {recipe.replace('-', ' ')} (n = {len(runs)})"
            axes.step(steps, shares, line, where="post", color=colour, label=label, **look)
        axes.set(xlabel=f"step (length {length})", ylim=(0, 1.04), xlim=(0, None))
    row[0].set_ylabel("share not yet at 100 %")
    legend_above(figure, 2)
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
    level(left, floor, "floor")
    for axes in (left, right):
        axes.axvline(chance, linestyle=":", **THIN)
        axes.annotate("chance", (chance, 1.01), xycoords=("data", "axes fraction"), ha="center", va="bottom")
    left.set(ylabel="loss (nats)", ylim=(0, 5))
    right.set(ylabel="gradient on the right logit", ylim=(0, 1.04))
    legend_above(figure, 2)
    return figure
