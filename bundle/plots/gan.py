"""The figures of Task 2. Nothing here trains or imports torch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.plots.style import COLOURS, LINES, WIDE, styled

NETWORKS = ("generator", "discriminator")


@styled
def draw_loss_curves(batches: Sequence[int], losses: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the loss of generator and discriminator against the batch, with the value of a coin toss."""
    figure = Figure(figsize=(WIDE, 2.3))
    axes = figure.subplots()
    for name, values in losses.items():
        axes.plot(batches, values, LINES[name], color=COLOURS[name], label=name, linewidth=0.8)
    axes.axhline(np.log(2), color="black", linewidth=0.5)
    axes.annotate(
        "ln 2: a coin toss", (1, np.log(2)), xycoords=("axes fraction", "data"), ha="right", va="bottom"
    )
    axes.set(xlabel="batch", ylabel="binary cross-entropy (nats)", ylim=(0, None), xlim=(0, None))
    axes.legend(loc="lower left")
    return figure


@styled
def draw_quality_curve(
    batches: Sequence[int], distances: Mapping[str, Sequence[float]], *, floor: float
) -> Figure:
    """Draw the Fréchet distance against the batch on a log scale, with the real-against-real floor."""
    figure = Figure(figsize=(WIDE, 2.3))
    axes = figure.subplots()
    for (name, values), line in zip(distances.items(), ("-", "--", ":"), strict=False):
        axes.plot(batches, values, line, color=COLOURS["generator"], marker="o", markersize=2.5, label=name)
    axes.axhline(floor, color="black", linewidth=0.5)
    axes.annotate(
        "floor: training digits against test digits",
        (0, floor),
        xycoords=("axes fraction", "data"),
        va="bottom",
    )
    axes.set(xlabel="batch", ylabel="Fréchet distance", yscale="log", xlim=(0, None))
    axes.legend(loc="upper right")
    return figure


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


@styled
def draw_measures(columns: Mapping[str, Sequence[float]], floor: Mapping[str, float]) -> Figure:
    """Draw nine measures against the batch: the averaged generator, the raw one, and the floor as a line.

    The batches are even up to a hundredth of the run, and logarithmic from there.

    Args:
        columns: "batch", and each of MEASURES for the average and, with raw_ before its name, the generator.
        floor: each of MEASURES for real images.
    """
    figure = Figure(figsize=(WIDE, 5.2))
    for axes, (name, words) in zip(figure.subplots(3, 3).flat, MEASURES.items(), strict=True):
        for prefix, line, label in (("raw_", ":", "as trained"), ("", "-", "averaged")):
            values = np.asarray(columns[prefix + name])
            axes.plot(
                columns["batch"],
                values,
                line,
                color=COLOURS["generator"],
                marker="o",
                markersize=2,
                label=label,
            )
        axes.axhline(floor[name], color="black", linewidth=0.5, label="real images")
        axes.set_title(words, pad=3)
        last = max(columns["batch"])
        axes.set_xscale("symlog", linthresh=max(1, last / 100), linscale=0.5)
        ticks = sorted({0, last // 100, last // 10, last})
        axes.set_xticks(ticks, [f"{tick:,}".replace(",", " ") for tick in ticks])
        axes.minorticks_off()
        axes.set_xlim(0, None)
        if name == "frechet_distance":
            axes.set_yscale("log")
        elif name == "kid":  # that of real images may fall below 0
            axes.set_yscale("symlog", linthresh=0.001)
            axes.set_ylim(-0.001, None)
        else:
            axes.set_ylim(0, None)
    figure.supxlabel("batch", fontsize=8)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure
