"""How long until 100 %, where some runs never arrive: survival curves, restricted means, log-rank tests.

A run that has not arrived when its training ends is censored there: it may have arrived at any later step.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf, logrank

from bundle.analysis.curves import Curve
from bundle.analysis.formatting import once, p_value


class Times(NamedTuple):
    """Steps to 100 % of several runs, (runs,), infinite for those that do not arrive in `until` steps."""

    first: np.ndarray
    until: float

    @property
    def arrived(self) -> int:
        return int(np.isfinite(self.first).sum())

    def censored(self) -> CensoredData:
        arrives = np.isfinite(self.first)
        still_below = np.full((~arrives).sum(), self.until)
        return CensoredData(uncensored=self.first[arrives], right=still_below)

    def surviving(self) -> tuple[np.ndarray, np.ndarray]:
        """Return steps and the share of runs that is still below 100 % after each (Kaplan and Meier 1958)."""
        survival = ecdf(self.censored()).sf
        before = survival.quantiles < self.until
        steps, shares = survival.quantiles[before], survival.probabilities[before]
        last = shares[-1] if len(shares) else 1.0
        return np.array([0, *steps, self.until]), np.array([1, *shares, last])

    def restricted_mean(self) -> tuple[float, float, float]:
        """Return the mean number of steps below 100 %, of the first `until`, and its 95 % interval.

        The interval is the normal one, within what can be; of one run it is the mean alone.
        """
        below = np.minimum(self.first, self.until)
        half = 1.96 * below.std(ddof=1) / np.sqrt(len(below)) if len(below) > 1 else 0.0
        mean = float(below.mean())
        return mean, max(0.0, float(mean - half)), min(self.until, float(mean + half))


def times(curves: Sequence[Curve]) -> Times:
    until = max(curve.steps[-1] for curve in curves)
    return Times(np.array([curve.first() for curve in curves]), float(until))


def log_rank(first: Times, second: Times) -> float:
    """Return p of the log-rank test that both arrive alike (Mantel 1966).

    It is 1 where nobody arrives, or all are alike.
    """
    if not first.arrived + second.arrived:
        return 1.0
    with np.errstate(invalid="ignore"):
        p = float(logrank(first.censored(), second.censored()).pvalue)
    return 1.0 if np.isnan(p) else p


def arrivals(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each case and length at which both cells were trained.

    Of each cell it has the seeds that arrive at 100 %, all seeds, and the mean of the steps below 100 % with
    its interval; and p of the log-rank test between the two.
    """
    cases = {
        "as written, original metric": ("as written", "original_curve"),
        "as written": ("as written", "curve"),
        "corrected": ("corrected", "curve"),
    }
    rows = []
    for case, (group, column) in cases.items():
        chosen = runs[runs["group"] == group]
        for length, trained in chosen.groupby("seq_length"):
            curves = trained.groupby("cell")[column].apply(list)
            if {"LSTM", "RNN"} <= set(curves.index):
                lstm, rnn = times(curves["LSTM"]), times(curves["RNN"])
                row = {"case": case, "seq_length": length, "p": log_rank(lstm, rnn)}
                rows.append(row | _of_cell("LSTM", lstm) | _of_cell("RNN", rnn))
    return pd.DataFrame(rows)


def _of_cell(cell: str, steps: Times) -> dict[str, float]:
    mean, low, high = steps.restricted_mean()
    values = {"arrived": steps.arrived, "seeds": len(steps.first), "mean": mean, "low": low, "high": high}
    return {f"{cell} {name}": value for name, value in values.items()}


def survival_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `arrivals` as text."""
    rows = []
    for _, row in arrivals(runs).iterrows():
        cells = {"Recipe": row["case"], "Length": row["seq_length"]}
        for cell in ("LSTM", "RNN"):
            cells[f"{cell} arrives"] = f"{row[f'{cell} arrived']}/{row[f'{cell} seeds']}"
            interval = f"[{row[f'{cell} low']:.0f}, {row[f'{cell} high']:.0f}]"
            cells[f"{cell}, steps below 100 %"] = f"{row[f'{cell} mean']:.0f} {interval}"
        rows.append(cells | {"Log-rank p": p_value(row["p"])})
    table = pd.DataFrame(rows)
    if not table.empty:
        table["Recipe"] = once(table["Recipe"])
    return table
