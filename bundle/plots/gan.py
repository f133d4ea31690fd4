"""The figures of Task 2."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.claims.gan import quality_columns
from bundle.plots.style import COLOURS, THIN, legend_above, level, panels, styled, tick
from bundle.runs.records import Record

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
POINTS = {"color": COLOURS["generator"], "marker": "o"}


@styled
def draw_loss_curves(record: Record) -> Figure:
    """Draw the loss of generator and discriminator against the batch, with the value of a coin toss."""
    figure, (axes,) = panels(2.3)
    for name, line in (("generator", "-"), ("discriminator", "--")):
        x, y = record.columns["batch"], record.columns[f"{name}_loss"]
        axes.plot(x, y, line, color=COLOURS[name], label=name, linewidth=0.8)
    level(axes, np.log(2), "ln 2: a coin toss")
    axes.set(xlabel="batch", ylabel="binary cross-entropy (nats)", ylim=(0, None), xlim=(0, None))
    axes.legend(loc="lower left")
    return figure


@styled
def draw_quality_curve(batches: Sequence[int], distances: Sequence[float], *, floor: float) -> Figure:
    """Draw the Fréchet distance against the batch on a log scale, with the real-against-real floor."""
    figure, (axes,) = panels(2.3)
    axes.plot(batches, distances, "-", markersize=2.5, label="averaged generator", **POINTS)
    level(axes, floor, "floor: training digits against test digits", x=0, ha="left")
    axes.set(xlabel="batch", ylabel="Fréchet distance", yscale="log", xlim=(0, None))
    axes.legend(loc="upper right")
    return figure


@styled
def draw_measures(record: Record) -> Figure:
    """Draw nine measures against the batch: of the averaged generator, the raw one, and real images."""
    columns = quality_columns(record)
    last = max(columns["batch"])
    figure, grid = panels(5.2, 3, 3)
    for axes, (name, words) in zip(grid, MEASURES.items(), strict=True):
        for prefix, line, label in (("raw_", ":", "as trained"), ("", "-", "averaged")):
            axes.plot(columns["batch"], columns[prefix + name], line, markersize=2, label=label, **POINTS)
        axes.axhline(record.summary[f"real_{name}"], label="real images", **THIN)
        axes.set_title(words, pad=3)
        axes.set_xscale("symlog", linthresh=max(1, last / 100), linscale=0.5)  # even up to a hundredth
        tick(axes, sorted({0, last // 100, last // 10, last}))
        axes.set_xlim(0, None)
        if name == "frechet_distance":
            axes.set_yscale("log")
        elif name == "kid":  # that of real images may fall below 0
            axes.set_yscale("symlog", linthresh=0.001)
            axes.set_ylim(-0.001, None)
        else:
            axes.set_ylim(0, None)
    figure.supxlabel("batch", fontsize=8)
    legend_above(figure, 3)
    return figure
