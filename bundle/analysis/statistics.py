"""The numbers of Part 1's curves, medians over seeds."""

import numpy as np
import pandas as pd

from bundle.analysis.curves import Curve
from bundle.analysis.formatting import number
from bundle.analysis.intervals import median_interval

STATISTICS = {
    "first 100 %": Curve.first,
    "held 100 %": Curve.held,
    "final": Curve.final,
    "mean": Curve.mean,
}
STEPS = ("first 100 %", "held 100 %")
GROUPS = ("as written", "corrected", "unscheduled", "ours")
NAMES = ["cell", "recipe", "seq_length"]
FEW = 5  # seeds, of which a median has no interval


def medians(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell, recipe, length and statistic: seeds, median, low, high (shared metric)."""
    rows = []
    for group in GROUPS:
        chosen = runs[runs["group"] == group]
        for (cell, recipe, length), seeds in chosen.groupby(NAMES, sort=False):
            words = recipe.replace("-", " ") + (", no schedule" if group == "unscheduled" else "")
            for statistic, measure in STATISTICS.items():
                median, low, high = median_interval([measure(curve) for curve in seeds["curve"]])
                rows.append((cell, words, length, len(seeds), statistic, median, low, high))
    return pd.DataFrame(rows, columns=[*NAMES, "seeds", "statistic", "median", "low", "high"])


def statistics_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell, recipe and length: medians over seeds, steps with intervals."""
    table = medians(runs)
    table["cell_text"] = [_cell(row) for _, row in table.iterrows()]
    index = ["cell", "recipe", "seq_length", "seeds"]
    order = table[index].drop_duplicates()
    wide = table.pivot(index=index, columns="statistic", values="cell_text")
    wide = wide.loc[[tuple(row) for row in order.to_numpy()], list(STATISTICS)].reset_index()
    names = [f"{name} (step)" if name in STEPS else name for name in STATISTICS]
    wide.columns = ["Cell", "Recipe", "Length", "Seeds", *names]
    return wide


def _cell(row: pd.Series) -> str:
    steps = row["statistic"] in STEPS
    words = number(row["median"], "" if steps else ".3f")
    if steps and row["seeds"] > FEW and np.isfinite(row["low"]):
        words += f" [{number(row['low'])}, {number(row['high'])}]"
    return words


def summary(runs: pd.DataFrame) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    values = {}
    for row in medians(runs).itertuples():
        name = f"{row.cell} {row.recipe} {row.seq_length} {row.statistic}"
        values[name] = round(row.median, 6) if np.isfinite(row.median) else -1
    return values


def median_arrival(runs: pd.DataFrame) -> str:
    """Return the median step of the first evaluation at 100 %, "never", or "not run"."""
    if runs.empty:
        return "not run"
    median, _, _ = median_interval([curve.first() for curve in runs["curve"]])
    return number(median)
