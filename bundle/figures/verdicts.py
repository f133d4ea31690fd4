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

    `decided` has a row for each: claim, case, verdict. `sentences` has the words of each claim.
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
    explain(figure, decided["verdict"])
    return figure


@styled
def draw_shares(shares: pd.DataFrame, *, sentences: Mapping[str, str]) -> Figure:
    """Draw in which share of the seeds each claim holds, with its interval, a panel for each case.

    `shares` has a row for each claim and case: share, low, high, verdict. `sentences` has the words of each
    claim.
    """
    claims, cases = list(shares["claim"].unique()), list(shares["case"].unique())
    figure, both = panels(0.9 + 0.17 * len(claims), 1, len(cases), sharey=True)
    for axes, case in zip(both, cases, strict=True):
        for row in shares[shares["case"] == case].itertuples():
            height, look = claims.index(row.claim), LOOKS[row.verdict]
            axes.plot([row.low, row.high], [height, height], color=look["color"], linewidth=0.8)
            axes.plot(row.share, height, linestyle="none", markersize=4, **look)
        axes.axvline(0.5, linestyle=":", **THIN)
        axes.set(xlim=(-0.04, 1.04), xlabel="share of seeds", title=case)
        axes.grid(axis="y", linewidth=0.3)
        axes.tick_params(axis="y", length=0)
    both[0].set_yticks(range(len(claims)), [sentences[claim] for claim in claims])
    both[0].set_ylim(len(claims) - 0.5, -0.5)
    explain(figure, shares["verdict"])
    return figure


def explain(figure: Figure, verdicts: Iterable[Verdict]) -> None:
    """Set a legend below a figure, of those verdicts that it shows."""
    shown = [verdict for verdict in LOOKS if verdict in set(verdicts)]
    handles = [Line2D([], [], linestyle="none", label=v.value, **LOOKS[v]) for v in shown]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
