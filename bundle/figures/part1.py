"""The figures of Part 1: accuracy curves, survival, two readings of Figure 6."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bundle.analysis.curves import survival
from bundle.figures.style import BAND, COLOURS, GREY, THIN, legend_above, level, panels, styled, tick
from bundle.original import ACCURACY_FIGURES, SCHEDULED

CHANCE = 0.1  # accuracy of a guess among ten digits
CELLS = {
    "RNN": {"color": COLOURS["RNN"], "linestyle": "--"},
    "LSTM": {"color": COLOURS["LSTM"], "linestyle": "-"},
    "GRU": {"color": COLOURS["GRU"], "linestyle": "-."},
}
CORRECTED = {"linewidth": 0.6, "marker": ".", "markersize": 2.5, "markevery": 4}  # beside as written
ORIGINAL_LABEL = "original metric, one seed"


@styled
def draw_accuracy_curves(runs: pd.DataFrame) -> Figure:
    """Draw accuracy against step, shared metric: per cell and recipe the mean, and the range over seeds."""
    figure, (axes,) = panels(2.6)
    _draw_recipes(axes, runs)
    level(axes, CHANCE, "chance")
    axes.set(xlabel="step", ylabel="accuracy, shared metric")
    legend_above(figure, 3)
    return figure


@styled
def draw_original_figures(runs: pd.DataFrame) -> Figure:
    """Draw Figures 1 to 6 of the original, a panel each: by its metric, and by the shared one.

    A panel has the cell of its figure, and those that the original does not have.
    """
    figure, row = panels(4.4, 2, 3, sharey=True)
    is_new = ~runs["cell"].isin(SCHEDULED)
    for axes, (name, (cell, length)) in zip(row, ACCURACY_FIGURES.items(), strict=True):
        shown = runs[(is_new | (runs["cell"] == cell)) & (runs["seq_length"] == length)]
        _draw_recipes(axes, shown)
        measured = shown[(shown["cell"] == cell) & shown["original_curve"].notna()]
        if len(measured):
            curve = measured["original_curve"].iloc[0]
            axes.plot(curve.steps, curve.values, color=GREY, linewidth=0.8, label=ORIGINAL_LABEL)
        level(axes, CHANCE, "")
        axes.set_title(f"Figure {name}: {cell}, length {length}")
    for axes in row[-3:]:
        axes.set_xlabel("step")
    figure.supylabel("accuracy", fontsize=8)
    legend_above(figure, 3)
    return figure


def _draw_recipes(axes: Axes, runs: pd.DataFrame) -> None:
    """Draw the mean of runs of one length by cell and recipe, shared metric; of the corrected no range."""
    for (cell, recipe), group in runs.groupby(["cell", "recipe"], sort=False):
        steps = group["curve"].iloc[0].steps
        accuracy = np.array([curve.values for curve in group["curve"]])
        look = CORRECTED if recipe == "corrected" else {}
        if not look:
            axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=COLOURS[cell], **BAND)
        axes.plot(steps, accuracy.mean(0), label=named(cell, recipe, group), **CELLS[cell], **look)
    axes.set(ylim=(0, 1.02), xlim=(0, None))


@styled
def draw_readings(readings: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw RNNs by the original's metric on an axis of their own scale, a panel for each name.

    The first run is a line over the others, which are faint.
    """
    figure, row = panels(2.3, 1, len(readings))
    for axes, (name, runs) in zip(row, readings.items(), strict=True):
        first, *others = runs["original_curve"]
        for curve in others:
            axes.plot(curve.steps, curve.values, color=COLOURS["RNN"], linewidth=0.5, alpha=0.2)
        axes.plot(first.steps, first.values, **CELLS["RNN"])
        axes.set_title(f"{name} (n = {len(runs)})")
        axes.set(xlabel="step", xlim=(0, None))
    row[0].set_ylabel("accuracy, original metric")
    return figure


def named(cell: str, recipe: str, runs: pd.DataFrame) -> str:
    return f"{cell}, {recipe} (n = {len(runs)})"


@styled
def draw_accuracy_against_length(runs: pd.DataFrame) -> Figure:
    """Draw the mean accuracy of the last third of the training against length, a panel a recipe."""
    recipes = runs.groupby("recipe", sort=False)
    figure, row = panels(2.3, 1, len(recipes), sharey=True)
    for axes, (recipe, group) in zip(row, recipes, strict=True):
        for cell, cell_runs in group.groupby("cell", sort=False):
            means = cell_runs.groupby("seq_length")["late"].mean()
            axes.plot(means, label=cell, **CELLS[cell])
            dots = {"color": COLOURS[cell], "markersize": 3, "alpha": 0.4}
            axes.plot(cell_runs["seq_length"], cell_runs["late"], "o", **dots)
        level(axes, CHANCE, "chance" if axes is row[-1] else "")
        axes.set(xlabel=f"sequence length ({recipe})", xscale="log", ylim=(0, 1.04))
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
        for (cell, name, recipe), curve_runs in group.groupby(["cell", "group", "recipe"], sort=False):
            steps, shares = survival(curve_runs)
            label, line = named(cell, recipe, curve_runs), CELLS[cell]["linestyle"]
            if name == "unscheduled":
                label, line = f"{cell}, {recipe}, no schedule", ":"
            width = 0.6 if recipe == "corrected" else 1.2
            axes.step(steps, shares, line, where="post", color=COLOURS[cell], label=label, linewidth=width)
        axes.set(xlabel=f"step (length {length})", ylim=(0, 1.04), xlim=(0, None))
    row[0].set_ylabel("share not yet at 100 %")
    legend_above(figure, 3)
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
        axes.plot(p, once, "-", color="black", label="softmax once")
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
