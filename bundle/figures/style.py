"""How every figure looks."""

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDE = 6.3  # inches: the text width
DPI, SCREEN_DPI = 200, 96  # pixels an inch: in a saved figure, and on a screen at its natural size
COLOURS = {"LSTM": "#0072B2", "RNN": "#D55E00", "GRU": "#E69F00"}
COLOURS |= {"generator": "#009E73", "discriminator": "#CC79A7"}
GREY = "#7F7F7F"
BAND = {"alpha": 0.2, "linewidth": 0}
THIN = {"color": "black", "linewidth": 0.5}  # of a line at a known value

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 8,
    "lines.linewidth": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}

# decorates what draws, which then looks the same whatever the caller's matplotlib settings are
styled = matplotlib.rc_context({**matplotlib.rcParamsDefault, **STYLE, "backend": "agg"})


def panels(height: float, rows=1, columns=1, **settings) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as the text, of this height in inches, and its empty panels row by row."""
    figure = Figure(figsize=(WIDE, height))
    return figure, [*figure.subplots(rows, columns, squeeze=False, **settings).flat]


def level(axes: Axes, height: float, words: str) -> None:
    """Draw a thin line across a panel, and words beside the panel, where no data is."""
    axes.axhline(height, **THIN)
    axes.annotate(words, (1.01, height), xycoords=("axes fraction", "data"), ha="left", va="center")


def tick(axes: Axes, places: Sequence[int]) -> None:
    """Mark whole numbers, and nothing between them, on a horizontal axis."""
    axes.set_xticks(places, [spaced(place) for place in places])
    axes.minorticks_off()


def legend_above(figure: Figure, columns: int) -> None:
    """Set one legend above a figure, of what any of its panels shows."""
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=columns)


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
