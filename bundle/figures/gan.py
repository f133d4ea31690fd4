"""The figures of Tasks 2 and 3: a GAN along its training, and walks in its latent space."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bundle.analysis.detectability import GENERATED, REAL, TEST, mean_accuracy, test_label
from bundle.analysis.formatting import in_style
from bundle.analysis.quality import by_batch, extrapolated
from bundle.figures.style import BAND, COLOURS, GREY, THIN, legend_above, level, panels, spaced, styled, tick

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
PATHS = {  # how each kind is named and drawn
    "line": {"label": "straight line", "color": COLOURS["RNN"], "linestyle": "--", "marker": "o"},
    "circle": {"label": "great circle", "color": COLOURS["LSTM"], "linestyle": "-", "marker": "^"},
}


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


@styled
def draw_line_and_circle(run: pd.Series) -> Figure:
    """Draw norm, quality and speed of images along both kinds of path, from a run of `run_walks`."""
    alpha, short = run["alpha"], run["short frechet_distance"]
    figure, (norm, distance, speed) = panels(2.4, 1, 3)
    norm.axhspan(run["line norm low"][0], run["line norm high"][0], color=GREY, **BAND)
    for kind, path in PATHS.items():
        look = {**path, "markersize": 3}
        norm.fill_between(
            alpha, run[f"{kind} norm low"], run[f"{kind} norm high"], color=path["color"], **BAND
        )
        norm.plot(alpha, run[f"{kind} norm"], **look)
        distance.plot(alpha, run[f"{kind} frechet_distance"], **look)
        speeds = np.sqrt(run[f"{kind} path_length"])
        speed.plot((np.arange(len(speeds)) + 0.5) / len(speeds), speeds, **look)
    level(distance, run["real frechet_distance"], "real")
    distance.plot([0.5], [short], "x", color="black", markersize=5)
    norm.set(ylabel="norm of the noise")
    distance.set(ylabel="Fréchet distance", ylim=(0, None))
    speed.set(ylabel="speed in the judge's features")
    for axes in figure.axes:
        axes.set(xlabel="α", xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
    legend_above(figure, 2)
    return figure


@styled
def draw_seen_between(shares: pd.DataFrame) -> Figure:
    """Draw which share of paths shows each third digit, with its interval, from `third_digit_shares`."""
    walks = shares.groupby(["first", "second"], sort=False)
    figure, row = panels(2.1, 1, walks.ngroups, sharey=True)
    for axes, ((first, second), digits) in zip(row, walks, strict=True):
        thirds = sorted(digits["digit"].unique())
        for offset, kind in zip((-0.16, 0.16), PATHS, strict=True):
            rows = digits[digits["kind"] == kind].sort_values("digit")
            bars = [rows["share"] - rows["low"], rows["high"] - rows["share"]]
            look = {**PATHS[kind], "linestyle": "none", "markersize": 3, "linewidth": 0.8}
            axes.errorbar(np.arange(len(thirds)) + offset, rows["share"], bars, **look)
        axes.set_xticks(range(len(thirds)), thirds)
        axes.set_xlabel(f"third digit, from {first} to {second}")
    row[0].set(ylabel="share of paths", ylim=(0, None))
    legend_above(figure, 2)
    return figure


@styled
def draw_change_table(shares: np.ndarray, between: np.ndarray) -> Figure:
    """Draw shares (10, 10) of paths that change once, in [0, 1] or nan, and digits most seen, or -1."""
    figure, (axes,) = panels(4.2)
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (y, x), share in np.ndenumerate(shares):
        if not np.isnan(share):
            third = between[y, x] if between[y, x] >= 0 else "–"
            words = in_style(f"{share:.0%}") + f"\n({third})"
            colour = "white" if share < 0.5 else "black"
            axes.text(x, y, words, ha="center", va="center", linespacing=0.95, color=colour)
    axes.set(xticks=range(10), yticks=range(10), xlabel="digit at one end", ylabel="digit at the other")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.colorbar(image, label="share of paths that change once", fraction=0.04, pad=0.02)
    return figure
