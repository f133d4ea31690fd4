"""The figures of Task 3. Nothing here trains or imports torch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bundle.plots.style import COLOURS, GREY, WIDE, styled

PATHS = {"line": (COLOURS["RNN"], "--", "o"), "circle": (COLOURS["LSTM"], "-", "^")}


KIND_WORDS = {"line": "straight line", "circle": "great circle"}


@styled
def draw_line_and_circle(columns: Mapping[str, Sequence[float]], summary: Mapping[str, float]) -> Figure:
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
def draw_seen_between(shares: Mapping[tuple[int, int], Mapping[str, Sequence[tuple]]]) -> Figure:
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
def draw_change_table(shares: np.ndarray, between: np.ndarray) -> Figure:
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
