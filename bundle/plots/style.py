"""How every figure looks."""

import matplotlib
from matplotlib.figure import Figure

WIDE, HALF = 6.3, 3.1  # inches: the text width, and half of it


DPI = 200


COLOURS = {"LSTM": "#0072B2", "RNN": "#D55E00", "generator": "#009E73", "discriminator": "#CC79A7"}


LINES = {"LSTM": "-", "RNN": "--", "generator": "-", "discriminator": "--"}


GREY = "#7F7F7F"


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
