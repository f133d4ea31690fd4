"""Every figure of the report, in one style. Functions take records or arrays and return a Figure.

Nothing here trains or imports torch, so that any figure can be drawn again from stored results.
"""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lib import records as stored
from lib.records import Record

WIDE, HALF = 6.3, 3.1  # inches: the text width, and half of it
DPI = 200
COLOURS = {"LSTM": "#0072B2", "RNN": "#D55E00", "generator": "#009E73", "discriminator": "#CC79A7"}
LINES = {"LSTM": "-", "RNN": "--", "generator": "-", "discriminator": "--"}
GREY = "#7F7F7F"
RECIPE_LOOKS = {  # colour, line, marker
    ("RNN", "corrected"): (COLOURS["RNN"], "--", "x"),
    ("LSTM", "as-written"): (GREY, ":", "s"),
    ("LSTM", "corrected"): (COLOURS["LSTM"], "-", "o"),
    ("LSTM", "ours"): ("black", "-", "^"),
}
GATE_SCALE = {"cmap": "cividis", "vmin": 0, "vmax": 1}
CELL_SCALE = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}
STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "figures",
}


def styled(draw):
    """Draw with the one style, whatever the caller's matplotlib settings are."""

    def wrapped(*args, **kwargs) -> Figure:
        with matplotlib.rc_context({**matplotlib.rcParamsDefault, **STYLE, "backend": "agg"}):
            return draw(*args, **kwargs)

    wrapped.__doc__, wrapped.__name__ = draw.__doc__, draw.__name__
    return wrapped


def by(records: Sequence[Record], *names: str) -> dict[tuple, list[Record]]:
    """Group records by the values of these settings, in the order in which they first appear."""
    groups: dict[tuple, list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.settings[name] for name in names), []).append(record)
    return groups


def matching(records: Sequence[Record], **settings) -> list[Record]:
    """Return the records with these settings."""
    return [r for r in records if all(r.settings[name] == value for name, value in settings.items())]


@styled
def accuracy_curves(records: Sequence[Record], *, every: int) -> Figure:
    """Draw accuracy against step for one cell and length: per recipe the mean and the range over seeds.

    Args:
        records: runs of one cell and one length, any recipes and seeds.
        every: steps between plotted points (the original report logs every 10).
    """
    figure = Figure(figsize=(WIDE, 2.3))
    axes = figure.subplots()
    for (cell, recipe), group in by(records, "cell", "recipe").items():
        accuracy = np.array([record.columns["accuracy"][::every] for record in group])  # (seeds, points)
        steps = np.arange(accuracy.shape[1]) * every
        written = recipe == "as-written"
        colour, line = (GREY, ":") if written else (COLOURS[cell], LINES[cell])
        axes.fill_between(steps, accuracy.min(0), accuracy.max(0), color=colour, alpha=0.2, linewidth=0)
        name = recipe.replace("-", " ")
        axes.plot(steps, accuracy.mean(0), line, color=colour, label=f"{cell}, {name} (n = {len(group)})")
    axes.axhline(0.1, color="black", linewidth=0.5)
    axes.annotate("chance", (1, 0.1), xycoords=("axes fraction", "data"), va="bottom", ha="right")
    axes.set(xlabel="step (batches of fresh palindromes)", ylabel="accuracy", ylim=(0, 1.02), xlim=(0, None))
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.14))
    return figure


@styled
def accuracy_against_length(records: Sequence[Record], *, last: int) -> Figure:
    """Draw the mean accuracy of the last `last` steps against the sequence length, a panel per recipe.

    Points are seeds; lines join their means.
    """
    panels = by(records, "recipe")
    figure = Figure(figsize=(WIDE, 2.3))
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, ((recipe,), group) in zip(row, panels.items(), strict=True):
        for (cell,), runs in by(group, "cell").items():
            lengths = sorted({record.settings["seq_length"] for record in runs})
            finals = {length: [] for length in lengths}
            for record in runs:
                finals[record.settings["seq_length"]].append(np.mean(record.columns["accuracy"][-last:]))
            means = [np.mean(finals[length]) for length in lengths]
            axes.plot(lengths, means, LINES[cell], color=COLOURS[cell], label=cell)
            x = np.repeat(lengths, [len(finals[length]) for length in lengths])
            y = np.concatenate([finals[length] for length in lengths])
            axes.plot(x, y, "o" if cell == "LSTM" else "x", color=COLOURS[cell], markersize=4, alpha=0.7)
        axes.axhline(0.1, color="black", linewidth=0.5)
        axes.set(xlabel=f"sequence length ({recipe.replace('-', ' ')})", xscale="log", ylim=(0, 1.04))
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.minorticks_off()
    row[0].set_ylabel(f"accuracy, last {last} steps")
    row[0].legend(loc="lower left", bbox_to_anchor=(0, 0.14))
    return figure


@styled
def digits(images: np.ndarray, *, columns: int, below: Sequence[str] = (), width: float = HALF) -> Figure:
    """Draw digits row by row, with fixed contrast and without smoothing.

    Args:
        images: (n, 28, 28) uint8, 0 black to 255 white.
        columns: digits in a row.
        below: a text under each digit, or nothing.
        width: inches.
    """
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(width, width / columns * rows + (0.4 * rows if below else 0)))
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for index, (axes, image) in enumerate(zip(grid.flat, images, strict=False)):
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        if below:
            axes.text(0.5, -0.08, below[index], transform=axes.transAxes, ha="center", va="top")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0, hspace=0)
    return figure


def tile(images: np.ndarray, *, columns: int, gap: int = 2) -> np.ndarray:
    """Return digits (n, h, w) uint8 as one picture, row by row, with grey gaps of `gap` pixels."""
    count, height, width = images.shape
    rows = -(-count // columns)
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), 64, np.uint8)
    for index, image in enumerate(images):
        y, x = (index // columns) * (height + gap), (index % columns) * (width + gap)
        picture[y : y + height, x : x + width] = image
    return picture


@styled
def grid(images: np.ndarray) -> Figure:
    """Draw 25 samples (25, 28, 28) uint8 as a square of five by five."""
    figure = Figure(figsize=(HALF, HALF))
    _picture(figure.subplots(), tile(images, columns=5))
    return figure


@styled
def all_grids(grids: Mapping[int, np.ndarray], *, columns: int = 6) -> Figure:
    """Draw the first 25 samples of every checkpoint, each grid under its batch number."""
    rows = -(-len(grids) // columns)
    figure = Figure(figsize=(WIDE, WIDE / columns * rows * 1.14))
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for axes, (batch, images) in zip(panels.flat, grids.items(), strict=False):
        _picture(axes, tile(images[:25], columns=5))
        axes.set_title(f"{batch:,}".replace(",", " "), pad=2)
    return figure


def _picture(axes, picture: np.ndarray) -> None:
    axes.set_axis_off()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")


LOSSES = ("generator", "discriminator")


@styled
def loss_curves(batches: Sequence[int], losses: Mapping[str, Sequence[float]]) -> Figure:
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
def quality_curve(
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
    "kernel_distance": "kernel distance",
    "inception_score": "inception-style score",
    "confidence": "mean confidence of the judge",
    "clear": "share of clear images",
    "class_imbalance": "class balance (total variation)",
    "precision": "precision",
    "recall": "recall",
    "nearest_training": "nearest training image, relative",
}


@styled
def measures(columns: Mapping[str, Sequence[float]], floor: Mapping[str, float]) -> Figure:
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
        elif name == "kernel_distance":  # that of real images may fall below 0
            axes.set_yscale("symlog", linthresh=0.001)
            axes.set_ylim(-0.001, None)
        else:
            axes.set_ylim(0, None)
    figure.supxlabel("batch", fontsize=8)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@styled
def memory_span(
    finals: Mapping[tuple[str, str], Mapping[int, Sequence[float]]], *, accuracy: float, spans: Sequence[int]
) -> Figure:
    """Draw final accuracy against the sequence length: seeds as points, a line through their medians.

    Args:
        finals: by cell and recipe, by length, one final accuracy a seed.
        accuracy: what counts as remembering, in [0, 1].
        spans: of each line, the longest length remembered; 0 for none.
    """
    figure = Figure(figsize=(WIDE, 2.6))
    axes = figure.subplots()
    for ((cell, recipe), by_length), reached in zip(finals.items(), spans, strict=True):
        colour, line, marker = RECIPE_LOOKS.get((cell, recipe), (GREY, ":", "."))
        lengths = list(by_length)
        label = f"{cell}, {recipe.replace('-', ' ')}: " + (f"span {reached}" if reached else "no span")
        axes.plot(lengths, [np.median(by_length[n]) for n in lengths], line, color=colour, label=label)
        x = np.repeat(lengths, [len(by_length[n]) for n in lengths])
        y = np.concatenate([by_length[n] for n in lengths])
        axes.plot(x, y, marker, color=colour, markersize=4, alpha=0.6, markeredgewidth=0.8)
    axes.axhline(accuracy, color="black", linewidth=0.5)
    axes.axhline(0.1, color="black", linewidth=0.5)
    axes.annotate("chance", (1, 0.1), xycoords=("axes fraction", "data"), va="bottom", ha="right")
    lengths = sorted({n for by_length in finals.values() for n in by_length})
    axes.set(xlabel="sequence length (digits to carry the first one across)", ylabel="accuracy at the end")
    axes.set(xscale="log", ylim=(0, 1.04))
    axes.set_xticks(lengths, [str(length) for length in lengths])
    axes.minorticks_off()
    axes.legend(loc="center right")
    return figure


@styled
def inside(
    states: Mapping[str, np.ndarray], digits: Sequence[int], *, units: Sequence[int], right: np.ndarray
) -> Figure:
    """Draw gates and cell of some units over one palindrome, and how sure of the right digit the network is.

    Args:
        states: i, f, o and c, each (seq_length, hidden).
        digits: the inputs, seq_length of them, written under the steps.
        units: which to draw, from top to bottom.
        right: probability of the right digit if the sequence ended there, (seq_length,).
    """
    length = len(digits)
    figure = Figure(figsize=(WIDE, 5.2))
    rows = figure.subplots(5, 1, sharex=True, height_ratios=(3, 3, 3, 3, 2))
    names = {"i": "input gate $i$", "f": "forget gate $f$", "o": "output gate $o$", "c": r"cell, $\tanh c$"}
    for axes, (key, name) in zip(rows, names.items(), strict=False):
        values = states[key][:, list(units)].T  # (units, seq_length)
        values, scale = (np.tanh(values), CELL_SCALE) if key == "c" else (values, GATE_SCALE)
        picture = axes.imshow(values, aspect="auto", interpolation="nearest", **scale)
        axes.set(ylabel=name, yticks=[])
        axes.tick_params(bottom=False)
        figure.colorbar(picture, ax=axes, fraction=0.02, pad=0.01)
    rows[-1].plot(range(length), right, "-", color=COLOURS["LSTM"], marker="o", markersize=2)
    rows[-1].set(ylim=(0, 1.04), ylabel="P(right)", xlim=(-0.5, length - 0.5), xlabel="input digit")
    rows[-1].set_xticks(range(length), [str(digit) for digit in digits])
    return figure


@styled
def softmax_twice(classes: int = 10) -> Figure:
    """Draw loss and surviving gradient against the probability of the right class, softmax once and twice.

    The other classes share the rest equally; the gradient is the one on the right class's logit.
    """
    p = np.linspace(0.001, 0.999, 999)
    other = (1 - p) / (classes - 1)
    second = 1 / (1 + (classes - 1) * np.exp(other - p))  # softmax of (p, other, ...), the right class
    # through the outer softmax, 1 - second, and back through the inner one, p (1 - p + other)
    pulls = {"once": 1 - p, "twice": (1 - second) * p * (1 - p + other)}
    losses = {"once": -np.log(p), "twice": -np.log(second)}
    floor = np.log(np.e + classes - 1) - 1
    figure = Figure(figsize=(WIDE, 2.4))
    left, right = figure.subplots(1, 2)
    for times, colour, line in (("once", COLOURS["LSTM"], "-"), ("twice", GREY, "--")):
        left.plot(p, losses[times], line, color=colour, label=f"softmax {times}")
        right.plot(p, pulls[times], line, color=colour, label=f"softmax {times}")
    left.axhline(floor, color="black", linewidth=0.5)
    left.annotate(f"floor {floor:.5f}", (1, floor), xycoords=("axes fraction", "data"), va="top", ha="right")
    left.set(ylabel="loss (nats)", ylim=(0, 5))
    right.set(ylabel="gradient on the right logit", ylim=(0, 1.04))
    for axes in (left, right):
        axes.axvline(1 / classes, color="black", linewidth=0.5, linestyle=":")
        axes.set(xlabel="probability of the right class", xlim=(0, 1))
    right.annotate("chance", (1 / classes, 1), xytext=(3, 0), textcoords="offset points", va="top")
    left.legend(loc="upper right")
    return figure


@styled
def speed(scaling: Mapping[str, Sequence[Mapping]]) -> Figure:
    """Draw the time of a training step against length, units, batch and seeds, beside torch's and the floor.

    Args:
        scaling: by what grows, a list of its value and "ms" by side: torch, ours and floor.
    """
    names = {"seq_length": "length", "hidden": "units", "batch": "batch", "seeds": "seeds, in turn"}
    looks = {"torch": (GREY, "--", "s"), "ours": (COLOURS["LSTM"], "-", "o"), "floor": ("black", ":", "")}
    words = {"torch": "torch.nn.LSTM", "ours": "ours", "floor": "bare matrix products"}
    figure = Figure(figsize=(WIDE, 2.3))
    row = figure.subplots(1, len(scaling), squeeze=False)[0]
    for axes, (grown, points) in zip(row, scaling.items(), strict=True):
        x = [point[grown] for point in points]
        for side, (colour, line, marker) in looks.items():
            y = [point["ms"][side] for point in points]
            axes.plot(x, y, line, color=colour, marker=marker, markersize=2.5, label=words[side])
        axes.set(xscale="log", yscale="log", xlabel=names[grown])
    row[0].set_ylabel("ms a step")
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def save_picture(picture: np.ndarray, path: Path, *, scale: int, provenance: dict) -> None:
    """Write a picture (h, w) uint8 as PNG, every pixel `scale` pixels wide, provenance in its metadata."""
    text = PngInfo()
    for name, value in _metadata(provenance).items():
        text.add_text(name, value)
    buffer = io.BytesIO()
    large = np.repeat(np.repeat(picture, scale, axis=0), scale, axis=1)
    Image.fromarray(large).save(buffer, format="png", pnginfo=text, optimize=True)
    stored.write_atomically(path, buffer.getvalue())


def _metadata(provenance: dict) -> dict[str, str]:
    return {name.capitalize(): json.dumps(value) for name, value in provenance.items()}


def described(records: Sequence[Record]) -> dict:
    """Return what these records have in common: settings, all their seeds, versions and commits."""
    first = records[0].settings
    common = {k: v for k, v in first.items() if k != "seed" and all(r.settings.get(k) == v for r in records)}
    seeds = sorted({r.settings["seed"] for r in records})
    commits = sorted({r.provenance["commit"] for r in records})
    return {"settings": common, "seeds": seeds, "commits": commits, **stored.versions()}


def plotted(figure: Figure) -> list[dict]:
    """Return the values that a figure shows, one dict per axes: lines, bands and pictures."""
    panels = []
    for axes in figure.axes:
        panel: dict = {"lines": [], "bands": [], "pictures": []}
        for line in axes.lines:
            x, y = line.get_data()
            x, y = np.atleast_1d(x).astype(float), np.atleast_1d(y).astype(float)
            panel["lines"].append({"label": line.get_label(), "x": x.tolist(), "y": y.round(6).tolist()})
        for band in axes.collections:
            panel["bands"].append([path.vertices.round(6).tolist() for path in band.get_paths()])
        panel["pictures"] = [np.asarray(image.get_array()).tolist() for image in axes.images]
        panels.append({name: part for name, part in panel.items() if part})
    return panels


def save(figure: Figure, path: Path, *, provenance: dict) -> bytes:
    """Write `path` (PNG, provenance in its metadata) and, beside it, the plotted values; return the PNG."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", dpi=DPI, metadata=_metadata(provenance))
    stored.write_atomically(path, buffer.getvalue())
    values = json.dumps({"provenance": provenance, "panels": plotted(figure)}, separators=(",", ":"))
    stored.write_atomically(path.with_suffix(".json"), (values + "\n").encode())
    return buffer.getvalue()


PATHS = {"line": (COLOURS["RNN"], "--", "o"), "circle": (COLOURS["LSTM"], "-", "^")}
KIND_WORDS = {"line": "straight line", "circle": "great circle"}


@styled
def line_and_circle(columns: Mapping[str, Sequence[float]], summary: Mapping[str, float]) -> Figure:
    """Draw norm, quality and speed of images along both kinds of path.

    Args:
        columns: of a record of `walks.run_walks`.
        summary: of the same, for what real digits and short noises measure.
    """
    figure = Figure(figsize=(WIDE, 2.4))
    norm, quality, speed = figure.subplots(1, 3)
    alpha = columns["alpha"]
    norm.axhspan(
        columns["line norm low"][0], columns["line norm high"][0], color=GREY, alpha=0.2, linewidth=0
    )
    norm.annotate("95 % of noises", (0.02, columns["line norm high"][0]), xytext=(0, -2),
                  textcoords="offset points", va="top")  # fmt: skip
    for kind, (colour, line, marker) in PATHS.items():
        look = {"color": colour, "marker": marker, "markersize": 3, "label": KIND_WORDS[kind]}
        low, high = columns[f"{kind} norm low"], columns[f"{kind} norm high"]
        norm.fill_between(alpha, low, high, color=colour, alpha=0.2, linewidth=0)
        norm.plot(alpha, columns[f"{kind} norm"], line, **look)
        quality.plot(alpha, columns[f"{kind} frechet_distance"], line, **look)
        squares = np.sqrt(columns[f"{kind} path_length"])
        speed.plot((np.arange(len(squares)) + 0.5) / len(squares), squares, line, **look)
    for axes, real in ((quality, summary["real frechet_distance"]), (speed, None)):
        axes.set_ylim(0, None)
        if real is not None:
            axes.axhline(real, color="black", linewidth=0.5)
            place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "xytext": (0, 5)}
            axes.annotate("line: real digits", (0.5, real), ha="center", va="bottom", **place)
    short = summary["short frechet_distance"]
    quality.plot([0.5], [short], "x", color="black", markersize=5)
    quality.annotate("×: short noises", (0.5, 1), xycoords="axes fraction", ha="center", va="top")
    norm.set(ylabel="norm of the noise", ylim=(0, None))
    quality.set(ylabel="Fréchet distance", ylim=(0, 1.25 * max(short, *columns["line frechet_distance"])))
    speed.set(ylabel="speed in the judge's features", ylim=(0, 1.1 * speed.dataLim.y1))
    for axes in (norm, quality, speed):
        axes.set(xlabel="α", xlim=(-0.03, 1.03))
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    figure.legend(*norm.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@styled
def seen_between(shares: Mapping[tuple[int, int], Mapping[str, Sequence[tuple]]]) -> Figure:
    """Draw how many paths show each third digit, a panel for each two ends.

    Args:
        shares: by ends, by kind of path, for each digit its share of paths and that share's interval.
    """
    figure = Figure(figsize=(WIDE, 2.1))
    row = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
    for axes, (ends, kinds) in zip(row, shares.items(), strict=True):
        thirds = [digit for digit in range(10) if digit not in ends]
        for offset, (kind, rows) in zip((-0.16, 0.16), kinds.items(), strict=True):
            share, low, high = np.array([rows[digit] for digit in thirds]).T
            colour, _, marker = PATHS[kind]
            axes.errorbar(np.arange(len(thirds)) + offset, share, [share - low, high - share], fmt=marker,
                          color=colour, markersize=3, linewidth=0.8, label=KIND_WORDS[kind])  # fmt: skip
        axes.set_xticks(range(len(thirds)), [str(digit) for digit in thirds])
        axes.set_xlabel(f"third digit, from {ends[0]} to {ends[1]}")
    row[0].set(ylabel="share of paths", ylim=(0, None))
    figure.legend(*row[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@styled
def change_table(shares: np.ndarray, between: np.ndarray) -> Figure:
    """Draw for every two digits the share of paths that change once, and the digit most seen between.

    Args:
        shares: (10, 10), in [0, 1]; nan on the diagonal.
        between: (10, 10) digits; -1 where there is none.
    """
    figure = Figure(figsize=(WIDE, 4.2))
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (y, x), share in np.ndenumerate(shares):
        if not np.isnan(share):
            third = f"\n({between[y, x]})" if between[y, x] >= 0 else "\n(–)"
            axes.text(x, y, f"{share:.0%}{third}", ha="center", va="center", linespacing=0.95,
                      color="white" if share < 0.5 else "black")  # fmt: skip
    axes.set(xticks=range(10), yticks=range(10), xlabel="digit at one end", ylabel="digit at the other")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.colorbar(image, label="share of paths that change once", fraction=0.04, pad=0.02)
    return figure


def save_animation(
    frames: Sequence[np.ndarray], path: Path, *, scale: int, milliseconds: int, provenance: dict
) -> None:
    """Write pictures (h, w) uint8 as a GIF that runs to the last frame, back again, and on for ever.

    Every pixel becomes `scale` pixels wide; each frame stays for `milliseconds`, the first and the last for
    four times as long. Provenance is its comment.
    """
    large = [Image.fromarray(np.kron(frame, np.ones((scale, scale), np.uint8))) for frame in frames]
    stays = [milliseconds * (4 if frame in (0, len(frames) - 1) else 1) for frame in range(len(frames))]
    buffer = io.BytesIO()
    large[0].save(
        buffer,
        format="gif",
        save_all=True,
        append_images=[*large[1:], *large[-2:0:-1]],
        duration=[*stays, *stays[-2:0:-1]],
        loop=0,
        optimize=False,
        comment=json.dumps(provenance).encode(),
    )
    stored.write_atomically(path, buffer.getvalue())


def save_walk(frames: Sequence[np.ndarray], path: Path, *, facts: dict, provenance: dict) -> None:
    """Write `path`.png (all frames in a row), .gif (one after another, two seconds) and .json (the facts).

    Args:
        frames: (h, w) uint8 each.
    """
    row = tile(np.stack(frames), columns=len(frames))
    save_picture(row, path.with_suffix(".png"), scale=4, provenance=provenance)
    each = round(200 / len(frames)) * 10  # a GIF counts in hundredths of a second
    save_animation(frames, path.with_suffix(".gif"), scale=4, milliseconds=each, provenance=provenance)
    text = json.dumps(provenance | facts, indent=1) + "\n"
    stored.write_atomically(path.with_suffix(".json"), text.encode())


def strips(walks: Sequence) -> Figure:
    """Draw walks of equally many steps below one another, as wide as the text.

    Args:
        walks: each with `images` (steps, 28, 28) uint8 and `captions`, a text for each.
    """
    captions = [caption for walk in walks for caption in walk.captions]
    images = np.concatenate([walk.images for walk in walks])
    return digits(images, columns=len(walks[0].images), below=captions, width=WIDE)
