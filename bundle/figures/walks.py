"""The figures of Task 3: walks in a generator's latent space."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bundle.analysis.formatting import in_style
from bundle.analysis.third_digits import NAMED
from bundle.figures.style import BAND, COLOURS, GREY, legend_above, level, panels, styled

PATHS = {  # how each kind is named and drawn
    "line": {"label": "straight line", "color": COLOURS["generator"], "linestyle": "-", "marker": "o"},
    "circle": {"label": "great circle", "color": "#56B4E9", "linestyle": "--", "marker": "^"},
}
MARKERS = "osD^v<>"  # of generators, the first one's filled
DOTS = {"color": COLOURS["generator"], "markersize": 3, "linestyle": "none", "linewidth": 0.8}


@styled
def draw_third_digits(shares: pd.DataFrame) -> Figure:
    """Draw on which share of straight walks each third digit is seen, by generator, with intervals.

    `shares` is from `third_digit_shares`. What the original saw on the way is marked.
    """
    walks = shares.groupby(["first", "second"], sort=False)
    figure, row = panels(2.3, 1, walks.ngroups, sharey=True)
    for axes, ((first, second), here) in zip(row, walks, strict=True):
        thirds = list(here["digit"].unique())
        if (first, second) in NAMED:
            place = thirds.index(NAMED[first, second])
            axes.axvspan(place - 0.5, place + 0.5, color=GREY, label="the original's digit", **BAND)
        generators = here.groupby("generator")
        for generator, rows in generators:
            offset = 0.22 * (generator - (generators.ngroups - 1) / 2)
            x = [thirds.index(digit) + offset for digit in rows["digit"]]
            intervals = [rows["share"] - rows["low"], rows["high"] - rows["share"]]
            fill = COLOURS["generator"] if generator == 0 else "white"
            marker = MARKERS[generator % len(MARKERS)]
            look = {"marker": marker, "markerfacecolor": fill, "label": f"generator {generator + 1}"}
            axes.errorbar(x, rows["share"], intervals, **look, **DOTS)
        axes.set_xticks(range(len(thirds)), thirds)
        axes.set_xlabel(f"third digit, from {first} to {second}")
    row[0].set(ylabel="share of walks", ylim=(0, 1))
    legend_above(figure, 4)
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


@styled
def draw_line_and_circle(run: pd.Series) -> Figure:
    """Draw the norm and two distances from real digits along both kinds of path, of a run of `run_walks`."""
    alpha = run["alpha"]
    figure, (norm, distance, nearest) = panels(2.3, 1, 3)
    norm.axhspan(run["line norm low"][0], run["line norm high"][0], color=GREY, **BAND)
    for kind, path in PATHS.items():
        look = {**path, "markersize": 3}
        low, high = run[f"{kind} norm low"], run[f"{kind} norm high"]
        norm.fill_between(alpha, low, high, color=path["color"], **BAND)
        norm.plot(alpha, run[f"{kind} norm"], **look)
        distance.plot(alpha, run[f"{kind} frechet_distance"], **look)
        nearest.plot(alpha, run[f"{kind} nearest"], **look)
    for axes, name in ((distance, "frechet_distance"), (nearest, "nearest")):
        level(axes, run[f"real {name}"], "real")
        axes.plot([0.5], [run[f"short {name}"]], "x", color="black", markersize=5)
        axes.set_ylim(0, None)
    norm.set(ylabel="norm of the noise")
    distance.set(ylabel="Fréchet distance")
    nearest.set(ylabel="distance to nearest digit")
    for axes in figure.axes:
        axes.set(xlabel="α", xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
    legend_above(figure, 2)
    return figure
