"""The figures of Part 1. Nothing here trains or imports torch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.plots.style import COLOURS, GREY, LINES, WIDE, styled
from bundle.runs.records import Record, grouped

RECIPE_LOOKS = {  # colour, line, marker
    ("RNN", "corrected"): (COLOURS["RNN"], "--", "x"),
    ("LSTM", "as-written"): (GREY, ":", "s"),
    ("LSTM", "corrected"): (COLOURS["LSTM"], "-", "o"),
    ("LSTM", "ours"): ("black", "-", "^"),
}


GATE_SCALE = {"cmap": "cividis", "vmin": 0, "vmax": 1}


CELL_SCALE = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}


@styled
def draw_accuracy_curves(records: Sequence[Record], *, every: int) -> Figure:
    """Draw accuracy against step for one cell and length: per recipe the mean and the range over seeds.

    Args:
        records: runs of one cell and one length, any recipes and seeds.
        every: steps between plotted points (the original report logs every 10).
    """
    figure = Figure(figsize=(WIDE, 2.3))
    axes = figure.subplots()
    for (cell, recipe), group in grouped(records, "cell", "recipe").items():
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
def draw_accuracy_against_length(records: Sequence[Record], *, last: int) -> Figure:
    """Draw the mean accuracy of the last `last` steps against the sequence length, a panel per recipe.

    Points are seeds; lines join their means.
    """
    panels = grouped(records, "recipe")
    figure = Figure(figsize=(WIDE, 2.3))
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, ((recipe,), group) in zip(row, panels.items(), strict=True):
        for (cell,), runs in grouped(group, "cell").items():
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
def draw_memory_span(
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
def draw_inside(
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
def draw_softmax_twice(classes: int = 10) -> Figure:
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
def draw_speed(scaling: Mapping[str, Sequence[Mapping]]) -> Figure:
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
