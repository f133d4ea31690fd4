"""What holds a digit over many others: the numbers and tables of the study of memory."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict
from bundle.analysis.formatting import number, pct

CELLS = ("RNN", "LSTM", "GRU")
HOLDS = 0.99  # accuracy at the end of a run that remembers; one error in two thousand decides nothing


def memory_runs(runs: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return the runs of a group with what the tables need of each.

    `input` and `curriculum`, in words; `final`, the accuracy at the end; `holds`, whether that is `HOLDS` or
    more; `held`, the step from which on it is.
    """
    chosen = runs[runs["group"] == group].copy()
    chosen["input"] = np.where(chosen["encoding"] == "one-hot", "one-hot", "raw digit")
    chosen["curriculum"] = np.where(chosen["first_length"] > 0, "curriculum", "no curriculum")
    chosen["final"] = np.array([curve.values[-1] for curve in chosen["curve"]], dtype=float)
    chosen["held"] = np.array([curve.held(HOLDS) for curve in chosen["curve"]], dtype=float)
    chosen["holds"] = chosen["final"] >= HOLDS
    return chosen


def combinations(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each input, curriculum and cell: `holding` of so many `runs`, median `end`."""
    groups = memory_runs(runs, "memory").groupby(["input", "curriculum", "cell"], sort=False)
    numbers = {"holding": ("holds", "sum"), "runs": ("holds", "size"), "end": ("final", "median")}
    return groups.agg(**numbers).reset_index()


def predicted(memory: pd.DataFrame, share: float) -> tuple[Verdict | None, Sequence[int]]:
    """Return whether this share of runs holds its length, and how many of how many do."""
    if memory.empty:
        return None, ()
    count, n = int(memory["holds"].sum()), len(memory)
    return (Verdict.HOLDS if count == share * n else Verdict.FAILS), (count, n)


def factorial_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return input and curriculum by cell: how many runs hold, and the accuracy at the end."""
    counts = combinations(runs)
    counts["text"] = [f"{row.holding}/{row.runs}, {pct(row.end, 1)}" for row in counts.itertuples()]
    table = counts.pivot(index=["input", "curriculum"], columns="cell", values="text").fillna("")
    table = table.reindex(columns=[cell for cell in CELLS if cell in table]).reset_index()
    return table.rename(columns={"input": "Input", "curriculum": "Curriculum"})


def span_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell and length: does it hold, how far did it get, what of other lengths?"""
    rows = []
    for (cell, length), group in memory_runs(runs, "span").groupby(["cell", "seq_length"]):
        grew_to = group["length"].map(max)
        row = {"Cell": cell, "Length": length, "Grew to": f"{grew_to.min()} to {grew_to.max()}"}
        rows.append(row | held_and_lowest(group))
    return pd.DataFrame(rows)


def parts_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for our recipe, and for it without going back to shorter lengths."""
    parts = memory_runs(runs, "parts")
    whole = parts["rehearsal"].eq(True)  # a run without it does not name it
    recipes = {"the whole recipe": parts[whole], "without going back to shorter lengths": parts[~whole]}
    return pd.DataFrame(
        [{"Recipe": name} | held_and_lowest(group) for name, group in recipes.items() if len(group)]
    )


def held_and_lowest(group: pd.DataFrame) -> dict[str, str]:
    """Return how many runs hold and since when, and the lowest accuracies up to twice their length."""
    within, beyond = [], []
    for run in group.itertuples():
        for length, accuracy in run.accuracy_at.items():
            side = within if int(length) <= run.seq_length else beyond
            side.append(accuracy)
    return {
        "Hold": f"{group['holds'].sum()}/{len(group)}",
        "From step": number(group["held"].median()),
        "At the end": pct(group["final"].median(), 1),
        "Lowest up to it": f"{min(within):.3f}",
        "Lowest beyond it": f"{min(beyond):.3f}",
    }
