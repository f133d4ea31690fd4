"""Verdicts as dots: a row for each sentence, and what decides it."""

from collections.abc import Mapping, Sequence

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


@styled
def draw_verdicts(decided: pd.DataFrame, *, sentences: Mapping[str, str], cases: Sequence[str]) -> Figure:
    """Draw all verdicts on each claim in each case, of measures or of runs; the first, which decides, larger.

    `decided` has a row for each: claim, case, verdict. `sentences` has the words of each claim, in the order
    in which they are shown.
    """
    figure, heights = _panels(decided, sentences, cases)
    for axes, case in zip(figure.axes, cases, strict=True):
        for claim, group in decided[decided["case"] == case].groupby("claim", sort=False):
            for place, verdict in enumerate(group["verdict"]):
                size = 7 if place == 0 else 4
                axes.plot(place, heights[claim], linestyle="none", markersize=size, **LOOKS[verdict])
        axes.margins(x=0.5)
        axes.set_xticks([])
    return figure


@styled
def draw_shares(shares: pd.DataFrame, *, sentences: Mapping[str, str]) -> Figure:
    """Draw in which share of the seeds each claim holds, with its interval, a panel for each case.

    `shares` has a row for each claim and case: share, low, high, verdict. `sentences` has the words of each
    claim, in the order in which they are shown.
    """
    cases = shares["case"].unique()
    figure, heights = _panels(shares, sentences, cases)
    for axes, case in zip(figure.axes, cases, strict=True):
        for row in shares[shares["case"] == case].itertuples():
            height, look = heights[row.claim], LOOKS[row.verdict]
            axes.plot([row.low, row.high], [height, height], color=look["color"], linewidth=0.8)
            axes.plot(row.share, height, linestyle="none", markersize=4, **look)
        axes.axvline(0.5, linestyle=":", **THIN)
        axes.set(xlim=(-0.04, 1.04), xlabel="share of seeds")
    return figure


def _panels(
    verdicts: pd.DataFrame, sentences: Mapping[str, str], cases: Sequence[str]
) -> tuple[Figure, dict[str, int]]:
    """Return empty panels, one a case, with the words of all claims and a legend, and each claim's height."""
    claims = [claim for claim in sentences if claim in set(verdicts["claim"])]
    figure, row = panels(0.9 + 0.17 * len(claims), 1, len(cases), sharey=True)
    for axes, case in zip(row, cases, strict=True):
        axes.set_title(case, fontsize=7)  # so that four stand side by side
        axes.grid(axis="y", linewidth=0.3)
        axes.tick_params(axis="y", length=0)
    row[0].set_yticks(range(len(claims)), [sentences[claim] for claim in claims])
    row[0].set_ylim(len(claims) - 0.5, -0.5)
    shown = [verdict for verdict in LOOKS if verdict in set(verdicts["verdict"])]
    handles = [Line2D([], [], linestyle="none", label=verdict.value, **LOOKS[verdict]) for verdict in shown]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure, {claim: height for height, claim in enumerate(claims)}
