"""The figures of Tasks 2 and 3: a GAN along its training, and walks in its latent space."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bundle.analysis.formatting import in_style
from bundle.analysis.gan_training import extrapolated, quality_columns
from bundle.figures.style import BAND, COLOURS, GREY, THIN, legend_above, level, panels, spaced, styled, tick
from bundle.study.records import Record

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
PATHS = {  # how each kind is named and drawn
    "line": {"label": "straight line", "color": COLOURS["RNN"], "linestyle": "--", "marker": "o"},
    "circle": {"label": "great circle", "color": COLOURS["LSTM"], "linestyle": "-", "marker": "^"},
}


@styled
def draw_loss_curves(record: Record) -> Figure:
    """Draw the loss of generator and discriminator against the batch, with the value of a coin toss."""
    figure, (axes,) = panels(2.3)
    for name, line in (("generator", "-"), ("discriminator", "--")):
        x, y = record.columns["batch"], record.columns[f"{name}_loss"]
        axes.plot(x, y, line, color=COLOURS[name], label=name, linewidth=0.8)
    level(axes, np.log(2), "ln 2")
    axes.set(xlabel="batch", ylabel="binary cross-entropy (nats)", xlim=(0, None))
    axes.xaxis.set_major_formatter(lambda batch, _: spaced(round(batch)))
    legend_above(figure, 2)
    return figure


@styled
def draw_quality_curve(batches: Sequence[int], distances: Sequence[float], *, floor: float) -> Figure:
    """Draw the Fréchet distance against the batch on a log scale, with the real-against-real floor."""
    figure, (axes,) = panels(2.3)
    axes.plot(batches, distances, "-", markersize=2.5, label="averaged generator", **POINTS)
    axes.axhline(floor, label="floor: training digits against test digits", **THIN)
    axes.set(xlabel="batch", ylabel="Fréchet distance", yscale="log", xlim=(0, None))
    legend_above(figure, 2)
    return figure


@styled
def draw_as_far(original: Sequence[Record], ours: Sequence[Record]) -> Figure:
    """Draw the Fréchet distance against the batch, both on log scales, of the original's recipe and of ours.

    A dashed line goes on from where the original's recipe ends to where ours ends: see `extrapolated`.
    """
    figure, (axes,) = panels(3.3)
    looks = {"original": {"color": COLOURS["RNN"], "marker": "s"}, "ours": POINTS}
    names = {"original": "the original's recipe at 16 channels", "ours": "ours, averaged"}
    for kind, records in {"original": original, "ours": ours}.items():
        for k, record in enumerate(records):
            columns = quality_columns(record)
            x, y = columns["batch"][1:], columns["frechet_distance"][1:]
            axes.plot(x, y, "-", markersize=2.5, linewidth=0.8, label=names[kind] * (k == 0), **looks[kind])
    end = max(record.settings["batches"] for record in ours)
    for k, record in enumerate(original):
        x = np.geomspace(last := record.settings["batches"], max(end, last), 20)
        label = "extrapolated, not measured" * (k == 0)
        axes.plot(
            x, [extrapolated(record, b) for b in x], "--", color=COLOURS["RNN"], linewidth=0.8, label=label
        )
    floor = ours[0].summary["real_frechet_distance"]
    axes.axhline(floor, label="floor: training digits against test digits", **THIN)
    axes.set(xlabel="batch", ylabel="Fréchet distance", xscale="log", yscale="log")
    axes.xaxis.set_major_formatter(lambda batch, _: spaced(round(batch)))
    legend_above(figure, 2)
    return figure


@styled
def draw_measures(record: Record, *others: Record) -> Figure:
    """Draw nine measures against the batch: of the averaged generator, the raw one, others, real images.

    Three more panels show the batches after the first tenth evenly, and only the heights that are met there.
    """
    columns = quality_columns(record)
    last = max(columns["batch"])
    figure, grid = panels(6.8, 4, 3, sharex="row")
    whole, late = grid[: len(MEASURES)], grid[len(MEASURES) :]

    def draw(axes: Axes, name: str, *, since: int) -> None:
        for k, other in enumerate(others):
            label = "averaged, other seeds" * (k == 0)
            line = _since(since, quality_columns(other), name)
            axes.plot(*line, "-", color="0.55", linewidth=0.8, label=label)
        for prefix, line, label in (("raw_", ":", "as trained"), ("", "-", "averaged")):
            axes.plot(*_since(since, columns, prefix + name), line, markersize=2, label=label, **POINTS)
        axes.axhline(record.summary[f"real_{name}"], label="real images", **THIN)

    for axes, name in zip(late, LATE, strict=True):
        draw(axes, name, since=last // 10)
        axes.set_title(f"{MEASURES[name]}, late", pad=3)
        tick(axes, sorted({last // 10, last // 2, last}))
    for axes, (name, words) in zip(whole, MEASURES.items(), strict=True):
        draw(axes, name, since=0)
        axes.set_title(words, pad=3)
        axes.set_xscale("symlog", linthresh=max(1, last / 100), linscale=0.5)  # even up to a hundredth
        tick(axes, sorted({0, last // 100, last // 10, last}))
        axes.tick_params(labelbottom=axes in whole[-3:])
        axes.set_xlim(0, None)
        _scale_heights(axes, name)
    figure.supxlabel("batch", fontsize=8)
    legend_above(figure, 4 if others else 3)
    return figure


def _scale_heights(axes: Axes, name: str) -> None:
    """Choose the vertical axis of one of MEASURES."""
    if name == "frechet_distance":
        axes.set_yscale("log")
    elif name == "kid":  # that of real images may fall below 0
        axes.set_yscale("symlog", linthresh=0.001)
        axes.set_ylim(-0.001, None)
    elif axes.dataLim.y0 < 0.25 * axes.dataLim.y1:  # else the axis starts where there is something to see
        axes.set_ylim(0, None)


def _since(first: int, columns: Mapping[str, Sequence[float]], name: str) -> tuple[list, list]:
    """Return batches from `first` on, and what a measure is there."""
    pairs = zip(columns["batch"], columns[name], strict=True)
    batches, values = zip(*((batch, value) for batch, value in pairs if batch >= first), strict=True)
    return list(batches), list(values)


@styled
def draw_line_and_circle(record: Record) -> Figure:
    """Draw norm, quality and speed of images along both kinds of path, from a record of `run_walks`."""
    columns, short = record.columns, record.summary["short frechet_distance"]
    alpha, high = columns["alpha"], columns["line norm high"][0]
    figure, (norm, quality, speed) = panels(2.4, 1, 3)
    norm.axhspan(columns["line norm low"][0], high, color=GREY, **BAND)
    for kind, path in PATHS.items():
        look, low, high = path | {"markersize": 3}, columns[f"{kind} norm low"], columns[f"{kind} norm high"]
        norm.fill_between(alpha, low, high, color=path["color"], **BAND)
        norm.plot(alpha, columns[f"{kind} norm"], **look)
        quality.plot(alpha, columns[f"{kind} frechet_distance"], **look)
        speeds = np.sqrt(columns[f"{kind} path_length"])
        speed.plot((np.arange(len(speeds)) + 0.5) / len(speeds), speeds, **look)
    level(quality, record.summary["real frechet_distance"], "real")
    quality.plot([0.5], [short], "x", color="black", markersize=5)
    norm.set(ylabel="norm of the noise")
    quality.set(ylabel="Fréchet distance", ylim=(0, None))
    speed.set(ylabel="speed in the judge's features")
    for axes in figure.axes:
        axes.set(xlabel="α", xlim=(-0.03, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
    legend_above(figure, 2)
    return figure


@styled
def draw_seen_between(shares: Mapping[tuple[int, int], Mapping[str, Sequence[tuple]]]) -> Figure:
    """Draw by ends, by kind of path, which share of paths shows each third digit, (share, low, high) each."""
    figure, row = panels(2.1, 1, len(shares), sharey=True)
    for axes, (ends, kinds) in zip(row, shares.items(), strict=True):
        thirds = [digit for digit in range(10) if digit not in ends]
        for offset, (kind, rows) in zip((-0.16, 0.16), kinds.items(), strict=True):
            share, low, high = np.array([rows[digit] for digit in thirds]).T
            look = PATHS[kind] | {"linestyle": "none", "markersize": 3, "linewidth": 0.8}
            axes.errorbar(np.arange(len(thirds)) + offset, share, [share - low, high - share], **look)
        axes.set_xticks(range(len(thirds)), thirds)
        axes.set_xlabel(f"third digit, from {ends[0]} to {ends[1]}")
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
            words = in_style(f"{share:.0%}") + f"\n({between[y, x] if between[y, x] >= 0 else '–'})"
            colour = "white" if share < 0.5 else "black"
            axes.text(x, y, words, ha="center", va="center", linespacing=0.95, color=colour)
    axes.set(xticks=range(10), yticks=range(10), xlabel="digit at one end", ylabel="digit at the other")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.colorbar(image, label="share of paths that change once", fraction=0.04, pad=0.02)
    return figure
