"""The figures of Part 1: accuracy curves, survival, two readings of Figure 6."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from bundle.analysis.survival import times
from bundle.figures.style import BAND, COLOURS, GREY, HALF, THIN, legend_above, level, panels, styled, tick

CHANCE = 0.1  # accuracy of a guess among ten digits
CELLS = {  # colour, line, marker
    "RNN": (COLOURS["RNN"], "--", "x"),
    "LSTM": (COLOURS["LSTM"], "-", "o"),
    "GRU": (COLOURS["GRU"], "-.", "^"),
}
RECIPES = {"as-written": ":", "corrected": "-", "ours": "--"}  # lines of an overlay
CORRECTED = (GREY, ":")  # colour and line of the corrected recipe beside the one as written


@styled
def draw_accuracy_curves(runs: pd.DataFrame) -> Figure:
    """Draw accuracy against step, shared metric: per cell and recipe mean and range over seeds.

    The colour and the marker are the cell's, the line is the recipe's.
    """
    figure, (axes,) = panels(2.6)
    for (cell, recipe), group in runs.groupby(["cell", "recipe"], sort=False):
        steps, accuracy = accuracies(group)
        colour, _, marker = CELLS[cell]
        label = f"{cell}, {spoken(recipe)} (n = {len(group)})"
        look = {"marker": marker, "markevery": max(1, len(steps) // 12), "markersize": 3}
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, alpha=0.12, linewidth=0)
        axes.plot(steps, accuracy.mean(0), RECIPES.get(recipe, "-"), color=colour, label=label, **look)
    _accuracy_axes(axes)
    legend_above(figure, 3)
    return figure


@styled
def draw_original(runs: pd.DataFrame, cell: str) -> Figure:
    """Draw one of the original's figures, of a cell: as it measured and drew it, and by the shared metric.

    Above on an axis of its own scale, the first seed as a line and the others faint; below, all cells.
    """
    figure, (above, below) = panels(2.8, 2, 1, width=HALF, sharex=True)
    as_written = runs[(runs["recipe"] == "as-written") & (runs["cell"] == cell)]
    _draw_original_metric(above, as_written[as_written["original_curve"].notna()])
    above.set(xlabel="", ylabel="original metric")
    _draw_shared_metric(below, runs, cell)
    below.set(ylabel="shared metric", xlim=(0, 1.05 * below.dataLim.x1))
    below.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    below.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, handlelength=1.5, columnspacing=1)
    figure.supylabel("accuracy (%)", fontsize=8)
    return figure


@styled
def draw_readings(readings: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw runs by the original's metric on an axis of their own scale, a panel for each name."""
    figure, row = panels(2.3, 1, len(readings))
    for axes, (name, runs) in zip(row, readings.items(), strict=True):
        _draw_original_metric(axes, runs)
        axes.set_title(f"{name} (n = {len(runs)})")
    row[0].set_ylabel("accuracy (%), original metric")
    return figure


def accuracies(runs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps, and the accuracy at each (runs, steps), shared metric, of runs that are as long."""
    steps = runs["curve"].iloc[0].steps
    return steps, np.array([curve.values for curve in runs["curve"]])


def spoken(recipe: str) -> str:
    return recipe.replace("-", " ")


def _draw_original_metric(axes: Axes, runs: pd.DataFrame) -> None:
    """Draw the first run as a line, over the others, which are faint."""
    backwards = reversed(list(enumerate(runs.itertuples())))
    for place, run in backwards:
        colour, line, _ = CELLS[run.cell]
        look = {"linestyle": "-", "alpha": 0.2, "linewidth": 0.5}
        if place == 0:
            look = {"linestyle": line, "alpha": 1, "linewidth": 1.2}
        curve = run.original_curve
        axes.plot(curve.steps, 100 * curve.values, color=colour, **look)
    axes.set(xlabel="step", xlim=(0, None))


def _draw_shared_metric(axes: Axes, runs: pd.DataFrame, original_cell: str) -> None:
    for (cell, recipe), group in runs.groupby(["cell", "recipe"], sort=False):
        steps, accuracy = accuracies(group)
        colour, line = CORRECTED if recipe == "corrected" else CELLS[cell][:2]
        words = spoken(recipe) if cell == original_cell else f"{cell}, {spoken(recipe)}"
        label = f"{words} (n = {len(group)})"
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, **BAND)
        axes.plot(steps, accuracy.mean(0), line, color=colour, label=label)
    _accuracy_axes(axes)


def _accuracy_axes(axes: Axes) -> None:
    level(axes, CHANCE, "chance")
    axes.set(xlabel="step", ylabel="accuracy, shared metric", ylim=(0, 1.02), xlim=(0, None))


@styled
def draw_accuracy_against_length(runs: pd.DataFrame) -> Figure:
    """Draw the mean accuracy of the last third of the training against length, a panel a recipe."""
    runs = runs.assign(late=[curve.late().mean() for curve in runs["curve"]])
    recipes = runs.groupby("recipe", sort=False)
    figure, row = panels(2.3, 1, len(recipes), sharey=True)
    for axes, (recipe, group) in zip(row, recipes, strict=True):
        for cell, cell_runs in group.groupby("cell", sort=False):
            colour, line, marker = CELLS[cell]
            means = cell_runs.groupby("seq_length")["late"].mean()
            axes.plot(means.index, means, line, color=colour, label=cell)
            points = {"color": colour, "markersize": 3, "alpha": 0.4}
            axes.plot(cell_runs["seq_length"], cell_runs["late"], marker, **points)
        level(axes, CHANCE, "chance" if axes is row[-1] else "")
        axes.set(xlabel=f"sequence length ({spoken(recipe)})", xscale="log", ylim=(0, 1.04))
        tick(axes, sorted(group["seq_length"].unique()))
    row[0].set_ylabel("accuracy, last third")
    legend_above(figure, 2)
    return figure


@styled
def draw_survival(runs: pd.DataFrame) -> Figure:
    """Draw the share of seeds that has not yet been at 100 %, shared metric, a panel a length."""
    lengths = runs.groupby("seq_length")
    figure, row = panels(2.3, 1, len(lengths), sharey=True)
    for axes, (length, group) in zip(row, lengths, strict=True):
        for (cell, recipe), curve_runs in group.groupby(["cell", "recipe"], sort=False):
            steps, shares = times(list(curve_runs["curve"])).surviving()
            colour, line, _ = CELLS[cell]
            look = {"linewidth": 0.7, "alpha": 0.6}
            if recipe == "as-written":
                look = {"linewidth": 1.2, "alpha": 1}
            label = f"{cell}, {spoken(recipe)} (n = {len(curve_runs)})"
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
