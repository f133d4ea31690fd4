"""What holds a digit over many others: the numbers and tables of the study of memory."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict
from bundle.analysis.formatting import number, pct

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
    return table.reset_index().rename(columns={"input": "Input", "curriculum": "Curriculum"})


def length_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell, length and rehearsal: how many hold, since when, and what of other lengths?

    `runs` is from `memory_runs`. The lowest accuracies are those at lengths up to their own, and beyond it.
    """
    rows = []
    # a run without it does not name it
    rehearsals = runs["rehearsal"].eq(True).map({True: "yes", False: "no"})
    for (cell, length, rehearsal), group in runs.groupby(["cell", "seq_length", rehearsals], sort=False):
        accuracy = pd.DataFrame(list(group["accuracy_at"]))  # a row a run, a column a length
        is_within = accuracy.columns.astype(int) <= length
        row = {
            "Cell": cell,
            "Length": length,
            "Rehearsal": rehearsal,
            "Hold": f"{group['holds'].sum()}/{len(group)}",
            "From step": number(group["held"].median()),
            "At the end": pct(group["final"].median(), 1),
            "Lowest up to it": f"{accuracy.loc[:, is_within].min(axis=None):.3f}",
            "Lowest beyond it": f"{accuracy.loc[:, ~is_within].min(axis=None):.3f}",
        }
        rows.append(row)
    return pd.DataFrame(rows)
