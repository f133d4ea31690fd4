"""Verdicts as dots: a row for each sentence, and what decides it."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bundle.analysis.claims import Verdict
from bundle.figures.style import GREY, THIN, panels, styled

LOOKS = {  # of a dot, so that it is read without colours too
    Verdict.HOLDS: {"marker": "o", "color": "#117733"},
    Verdict.FAILS: {"marker": "X", "color": "#882255"},
    Verdict.UNDECIDED: {"marker": "o", "color": GREY, "markerfacecolor": "none"},
    Verdict.DEPENDS: {"marker": "D", "color": "#E69F00"},
}
APART = 0.22  # of the dots of one case


@styled
def draw_verdicts(decided: pd.DataFrame, *, sentences: Mapping[str, str], cases: Sequence[str]) -> Figure:
    """Draw all verdicts on each claim in each case, of measures or of runs; the first, which decides, larger.

    `decided` has a row for each: claim, case, verdict. `sentences` has the words of each claim, in the order
    in which they are shown.
    """
    claims = [claim for claim in sentences if claim in set(decided["claim"])]
    figure, (axes,) = panels(0.9 + 0.2 * len(claims))
    for (claim, case), group in decided.groupby(["claim", "case"], sort=False):
        for place, verdict in enumerate(group["verdict"]):
            across = cases.index(case) + APART * (place - 1)
            size = 7 if place == 0 else 4
            axes.plot(across, claims.index(claim), linestyle="none", markersize=size, **LOOKS[verdict])
    axes.set_xticks(range(len(cases)), cases)
    axes.set_xlim(-0.5, len(cases) - 0.5)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    _name_rows(figure, [sentences[claim] for claim in claims], decided["verdict"])
    return figure


@styled
def draw_shares(shares: pd.DataFrame, *, sentences: Mapping[str, str]) -> Figure:
    """Draw in which share of the seeds each claim holds, with its interval, a panel for each case.

    `shares` has a row for each claim and case: share, low, high, verdict. `sentences` has the words of each
    claim, in the order in which they are shown.
    """
    claims = [claim for claim in sentences if claim in set(shares["claim"])]
    cases = shares.groupby("case", sort=False)
    figure, both = panels(0.9 + 0.17 * len(claims), 1, len(cases), sharey=True)
    for axes, (case, rows) in zip(both, cases, strict=True):
        for row in rows.itertuples():
            height, look = claims.index(row.claim), LOOKS[row.verdict]
            axes.plot([row.low, row.high], [height, height], color=look["color"], linewidth=0.8)
            axes.plot(row.share, height, linestyle="none", markersize=4, **look)
        axes.axvline(0.5, linestyle=":", **THIN)
        axes.set(xlim=(-0.04, 1.04), xlabel="share of seeds", title=case)
        axes.tick_params(axis="y", length=0)
    _name_rows(figure, [sentences[claim] for claim in claims], shares["verdict"])
    return figure


def _name_rows(figure: Figure, names: Sequence[str], verdicts: Iterable[Verdict]) -> None:
    """Name the rows of a figure from top to bottom, and set a legend below it, of the verdicts shown."""
    for axes in figure.axes:
        axes.grid(axis="y", linewidth=0.3)
    figure.axes[0].set_yticks(range(len(names)), names)
    figure.axes[0].set_ylim(len(names) - 0.5, -0.5)
    shown = [verdict for verdict in LOOKS if verdict in set(verdicts)]
    handles = [Line2D([], [], linestyle="none", label=v.value, **LOOKS[v]) for v in shown]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
