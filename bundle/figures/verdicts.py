"""Verdicts as a matrix of dots: a row for each sentence, a column for each case, a dot for each measure."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bundle.analysis.claims import Verdict
from bundle.figures.style import GREY, panels, styled

LOOKS = {  # of a dot, so that it is read without colours too
    Verdict.HOLDS: {"marker": "o", "color": "#117733"},
    Verdict.FAILS: {"marker": "X", "color": "#882255"},
    Verdict.UNDECIDED: {"marker": "o", "color": GREY, "markerfacecolor": "none"},
}
APART = 0.22  # of the dots of one case


@styled
def draw_verdicts(decided: pd.DataFrame, *, sentences: Mapping[str, str], cases: Sequence[str]) -> Figure:
    """Draw the verdict on each claim in each case by each of its measures, the main one first and larger.

    `decided` is `bundle.analysis.claims.decide`'s; `sentences` has the words of each claim.
    """
    claims = list(decided["claim"].unique())
    figure, (axes,) = panels(0.9 + 0.2 * len(claims))
    for (claim, case), group in decided.groupby(["claim", "case"], sort=False):
        for place, verdict in enumerate(group["verdict"]):
            across = cases.index(case) + APART * (place - 1)
            size = 7 if place == 0 else 4
            axes.plot(across, claims.index(claim), linestyle="none", markersize=size, **LOOKS[verdict])
    axes.set_yticks(range(len(claims)), [sentences[claim] for claim in claims])
    axes.set_xticks(range(len(cases)), cases)
    axes.set(xlim=(-0.5, len(cases) - 0.5), ylim=(len(claims) - 0.5, -0.5))
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.grid(axis="y", linewidth=0.3)
    axes.spines[:].set_visible(False)
    handles = [Line2D([], [], linestyle="none", label=v.value, **look) for v, look in LOOKS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure
