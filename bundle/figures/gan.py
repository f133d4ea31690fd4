"""The figures of Task 2: a GAN along its training."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bundle.analysis.detectability import BLURRED, GENERATED, INPUTS, REAL, TEST, in_order, learnt
from bundle.analysis.formatting import in_style
from bundle.analysis.quality import MEASURES, by_batch
from bundle.figures.style import COLOURS, THIN, legend_above, level, panels, spaced, styled

POINTS = {"color": COLOURS["generator"], "marker": "o"}
OTHER_SEEDS = {"color": COLOURS["generator"], "linewidth": 0.7, "alpha": 0.6}
LOOKS = {  # of the sides of a two-sample test
    GENERATED: POINTS,
    REAL: {"color": "black", "marker": "s"},
    BLURRED: {"color": "0.45", "marker": "^"},
    "one grey level up": {"color": "0.45", "marker": "v"},
    "1 % copies of one image": {"color": "0.45", "marker": "D"},
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
def draw_measures(runs: pd.DataFrame, names: Sequence[str] = tuple(MEASURES), *, columns: int = 3) -> Figure:
    """Draw some MEASURES against the batch on a log scale, a panel each.

    Of the first run averaged (dots) and as trained (dotted), of the others averaged (thin), of real images.
    """
    rows = -(-len(names) // columns)
    figure, grid = panels(0.5 + 1.7 * rows, rows, columns, sharex=True)
    first, *others = [_after_start(run) for _, run in runs.iterrows()]
    for axes, name in zip(grid, names, strict=True):
        axes.plot(first[f"raw_{name}"], ":", color=COLOURS["generator"], label="as trained")
        for place, measured in enumerate(others):
            axes.plot(measured[name], label="" if place else "other seeds", **OTHER_SEEDS)
        axes.plot(first[name], markersize=2, label="generator", **POINTS)
        axes.axhline(runs[f"real_{name}"].iloc[0], label="real images", **THIN)
        axes.set_title(MEASURES[name], pad=3)
        if name == "frechet_distance":
            axes.set_yscale("log")
        elif name == "kid":  # that of real images may fall below 0
            axes.set_yscale("symlog", linthresh=0.001)
        axes.set_xscale("log")
    figure.supxlabel("batch", fontsize=8)
    legend_above(figure, 4)
    return figure


def _after_start(run: pd.Series) -> pd.DataFrame:
    """Return what was measured by batch, without batch 0, which a log scale does not have."""
    return by_batch(run).drop(0, errors="ignore")


@styled
def draw_recipes(recipes: dict[str, pd.DataFrame], *, floor: float) -> Figure:
    """Draw the Fréchet distance against the batch, both on log scales, of every run of some recipes."""
    figure, (axes,) = panels(3)
    looks = (POINTS, {"color": COLOURS["RNN"], "marker": "s"}, {"color": COLOURS["LSTM"], "marker": "^"})
    for (name, runs), look in zip(recipes.items(), looks, strict=False):
        for place, (_, run) in enumerate(runs.iterrows()):
            distances = _after_start(run)["frechet_distance"]
            axes.plot(distances, markersize=2.5, linewidth=0.8, label="" if place else name, **look)
    axes.axhline(floor, label="real images", **THIN)
    axes.set(xlabel="batch", ylabel="Fréchet distance", xscale="log", yscale="log")
    legend_above(figure, 2)
    return figure


@styled
def draw_detectability(runs: pd.DataFrame) -> Figure:
    """Draw a dot for each run of each test that has learnt: the share of right answers, by side."""
    runs = in_order(runs)
    rows = [*runs[TEST].drop_duplicates().itertuples(index=False, name=None)]
    sides = runs["against"].unique()
    figure, (axes,) = panels(0.8 + 0.45 * len(rows))
    for place, side in enumerate(sides):
        dots = learnt(runs[runs["against"] == side])
        offset = 0.14 * (place - (len(sides) - 1) / 2)
        y = [rows.index(test) + offset for test in dots[TEST].itertuples(index=False, name=None)]
        axes.plot(100 * dots["accuracy"], y, linestyle="none", markersize=4, label=side, **LOOKS[side])
    axes.axvline(50, **THIN)
    axes.set(xlabel="right answers (%); 50 is guessing", ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(range(len(rows)), [in_style(f"{INPUTS[test]}, {count}") for test, count in rows])
    legend_above(figure, 3)
    return figure


@styled
def draw_grey_levels(shares: Mapping[str, pd.Series]) -> Figure:
    """Draw the share of pixels in each band of grey levels, on a log scale, of each side of a test."""
    figure, (axes,) = panels(2.3)
    for side, by_band in shares.items():
        axes.plot(by_band.index, by_band, linestyle="none", markersize=4, label=side, **LOOKS[side])
    axes.set(xlabel="grey level", ylabel="share of pixels", yscale="log")
    axes.tick_params(axis="x", labelsize=7)
    legend_above(figure, len(shares))
    return figure
