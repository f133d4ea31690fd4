"""The figures of Task 2: a GAN along its training."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bundle.analysis.detectability import GENERATED, REAL, TEST, mean_accuracy, test_label
from bundle.analysis.formatting import in_style
from bundle.analysis.quality import by_batch, extrapolated
from bundle.figures.style import COLOURS, THIN, legend_above, level, panels, spaced, styled, tick

MEASURES = {  # of generated images, as the judge names them
    "frechet_distance": "Fréchet distance",
    "kid": "KID",
    "inception_score": "inception-style score",
    "confidence": "mean confidence of the judge",
    "clear": "share of clear images",
    "class_imbalance": "class balance (total variation)",
    "precision": "precision",
    "recall": "recall",
    "nearest_training": "nearest training image, relative",
}
LATE = ("clear", "precision", "recall")  # of MEASURES, those whose late course is shown once more
POINTS = {"color": COLOURS["generator"], "marker": "o"}
LOOKS = {  # of the sides of a two-sample test
    GENERATED: POINTS,
    REAL: {"color": "black", "marker": "s"},
}
DAMAGED = {"color": "0.45", "markerfacecolor": "white"}
MARKERS = ("^", "v", "D")  # of damaged digits


@styled
def draw_loss_curves(run: pd.Series) -> Figure:
    """Draw the loss of generator and discriminator against the batch, with the value of a coin toss."""
    figure, (axes,) = panels(2.3)
    for name, line in (("generator", "-"), ("discriminator", "--")):
        axes.plot(run["batch"], run[f"{name}_loss"], line, color=COLOURS[name], label=name, linewidth=0.8)
    level(axes, np.log(2), "ln 2")
    axes.set(xlabel="batch", ylabel="binary cross-entropy (nats)", xlim=(0, None))
    axes.xaxis.set_major_formatter(lambda batch, _: spaced(round(batch)))
    legend_above(figure, 2)
    return figure


@styled
def draw_quality_curve(distances: pd.Series, *, floor: float) -> Figure:
    """Draw the Fréchet distance by batch on a log scale, with the real-against-real floor."""
    figure, (axes,) = panels(2.3)
    axes.plot(distances, "-", markersize=2.5, label="averaged generator", **POINTS)
    axes.axhline(floor, label="floor: training digits against test digits", **THIN)
    axes.set(xlabel="batch", ylabel="Fréchet distance", yscale="log", xlim=(0, None))
    legend_above(figure, 2)
    return figure


@styled
def draw_both_recipes(original: pd.DataFrame, ours: pd.DataFrame) -> Figure:
    """Draw the Fréchet distance against the batch, both on log scales, of the original's recipe and of ours.

    A dashed line goes on from where the original's recipe ends to where ours ends: see `extrapolated`.
    """
    figure, (axes,) = panels(3.3)
    narrow = {"color": COLOURS["RNN"], "marker": "s"}
    for name, runs, look in (
        ("the original's recipe at 16 channels", original, narrow),
        ("ours, averaged", ours, POINTS),
    ):
        for label, run in _labelled(runs, name):
            distances = by_batch(run)["frechet_distance"].iloc[1:]
            axes.plot(distances, "-", markersize=2.5, linewidth=0.8, label=label, **look)
    for label, run in _labelled(original, "extrapolated, not measured"):
        x = np.geomspace(run["batches"], max(ours["batches"].max(), run["batches"]), 20)
        y = [extrapolated(run, batch) for batch in x]
        axes.plot(x, y, "--", color=COLOURS["RNN"], linewidth=0.8, label=label)
    floor = ours["real_frechet_distance"].iloc[0]
    axes.axhline(floor, label="floor: training digits against test digits", **THIN)
    axes.set(xlabel="batch", ylabel="Fréchet distance", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter(lambda batch, _: spaced(round(batch)))
    legend_above(figure, 2)
    return figure


def _labelled(runs: pd.DataFrame, label: str) -> list[tuple[str, pd.Series]]:
    """Return the runs, the first with a label for the legend, the others without."""
    return [(label if place == 0 else "", run) for place, (_, run) in enumerate(runs.iterrows())]


@styled
def draw_measures(runs: pd.DataFrame) -> Figure:
    """Draw nine measures against the batch: of the first run averaged and as trained, others, real images.

    Three more panels show the batches after the first tenth evenly, and only the heights that are met there.
    """
    last = int(by_batch(runs.iloc[0]).index.max())
    figure, grid = panels(6.8, 4, 3, sharex="row")
    measure_axes, late_axes = grid[: len(MEASURES)], grid[len(MEASURES) :]
    for axes, name in zip(late_axes, LATE, strict=True):
        _draw_measure(axes, runs, name, since=last // 10)
        axes.set_title(f"{MEASURES[name]}, late", pad=3)
        tick(axes, sorted({last // 10, last // 2, last}))
    for axes, (name, words) in zip(measure_axes, MEASURES.items(), strict=True):
        _draw_measure(axes, runs, name, since=0)
        axes.set_title(words, pad=3)
        axes.set_xscale("symlog", linthresh=max(1, last / 100), linscale=0.5)  # even up to a hundredth
        tick(axes, sorted({0, last // 100, last // 10, last}))
        axes.tick_params(labelbottom=axes in measure_axes[-3:])
        axes.set_xlim(0, None)
        _scale_heights(axes, name)
    figure.supxlabel("batch", fontsize=8)
    legend_above(figure, 4 if len(runs) > 1 else 3)
    return figure


def _draw_measure(axes: Axes, runs: pd.DataFrame, name: str, *, since: int) -> None:
    """Draw one of MEASURES from a batch on."""
    for label, other in _labelled(runs.iloc[1:], "averaged, other seeds"):
        axes.plot(by_batch(other)[name].loc[since:], "-", color="0.55", linewidth=0.8, label=label)
    first = by_batch(runs.iloc[0]).loc[since:]
    axes.plot(first[f"raw_{name}"], ":", markersize=2, label="as trained", **POINTS)
    axes.plot(first[name], "-", markersize=2, label="averaged", **POINTS)
    axes.axhline(runs[f"real_{name}"].iloc[0], label="real images", **THIN)


def _scale_heights(axes: Axes, name: str) -> None:
    """Choose the vertical axis of one of MEASURES."""
    if name == "frechet_distance":
        axes.set_yscale("log")
    elif name == "kid":  # that of real images may fall below 0
        axes.set_yscale("symlog", linthresh=0.001)
        axes.set_ylim(-0.001, None)
    elif axes.dataLim.y0 < 0.25 * axes.dataLim.y1:  # else the axis starts where there is something to see
        axes.set_ylim(0, None)


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
