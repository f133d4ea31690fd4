"""What holds a digit over many others: the numbers and tables of the study of memory."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict
from bundle.analysis.formatting import number

CELLS = ("RNN", "LSTM", "GRU")
SUMMARY = ["Hold", "From step", "At the end (%)"]
HOLDS = 0.99  # accuracy at the end of a run that remembers; one error in two thousand decides nothing


def memory_runs(runs: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return the runs of a group with what the tables need of each.

    `input` and `curriculum`, in words; `final`, the accuracy at the end; `holds`, whether that is `HOLDS` or
    more; `held`, the step from which on it is.
    """
    chosen = runs[runs["group"] == group].copy()
    chosen["input"] = np.where(chosen["encoding"] == "one-hot", "one-hot", "raw digit")
    chosen["curriculum"] = np.where(chosen["first_length"] > 0, "curriculum", "no curriculum")
    chosen["final"] = np.array([curve.final() for curve in chosen["curve"]], dtype=float)
    chosen["held"] = np.array([curve.held(HOLDS) for curve in chosen["curve"]], dtype=float)
    chosen["holds"] = chosen["final"] >= HOLDS
    return chosen


def holding(memory: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a row for each combination of some columns.

    `holding` of so many `runs` hold; `step` is the median from which on they do, `end` that of the accuracy.
    """
    groups = memory.groupby(list(names), sort=False)
    numbers = {"holding": ("holds", "sum"), "runs": ("holds", "size")}
    numbers |= {"step": ("held", "median"), "end": ("final", "median")}
    return groups.agg(**numbers).reset_index()


def combinations(runs: pd.DataFrame) -> pd.DataFrame:
    """Return `holding` of input, curriculum and cell."""
    return holding(memory_runs(runs, "memory"), ["input", "curriculum", "cell"])


def predicted(memory: pd.DataFrame, share: float) -> tuple[Verdict | None, Sequence[int]]:
    """Return whether this share of runs holds its length, and how many of how many do."""
    if memory.empty:
        return None, ()
    count, n = int(memory["holds"].sum()), len(memory)
    return (Verdict.HOLDS if count == share * n else Verdict.FAILS), (count, n)


def held_of(row: pd.Series) -> str:
    return f"{row['holding']}/{row['runs']}"


def factorial_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return input and curriculum by cell: how many runs hold, and the accuracy at the end."""
    counts = combinations(runs)
    cells = [cell for cell in CELLS if cell in set(counts["cell"])]
    rows = []
    for (given, curriculum), group in counts.groupby(["input", "curriculum"]):
        row, by_cell = [given, curriculum], group.set_index("cell")
        for cell in cells:
            if cell in by_cell.index:
                row += [held_of(by_cell.loc[cell]), f"{100 * by_cell['end'][cell]:.1f}"]
            else:
                row += ["", ""]
        rows.append(row)
    names = [name for cell in cells for name in (cell, f"{cell}, at the end (%)")]
    return pd.DataFrame(rows, columns=["Input", "Curriculum", *names])


def lowest(run: pd.Series) -> tuple[float, float]:
    """Return the lowest accuracy at any length up to the run's, and at any beyond it, up to twice."""
    accuracy = {int(length): value for length, value in run["accuracy_at"].items()}
    within = [value for length, value in accuracy.items() if length <= run["seq_length"]]
    beyond = [value for length, value in accuracy.items() if length > run["seq_length"]]
    return min(within), min(beyond)


def span_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell and length: does it hold, how far did it get, what of other lengths?"""
    span = memory_runs(runs, "span")
    span["grew_to"] = [max(lengths) for lengths in span["length"]]
    rows = []
    for (cell, length), group in span.groupby(["cell", "seq_length"]):
        row = {"Cell": cell, "Length": str(length)} | _summary(group)
        row["Length it grew to"] = f"{group['grew_to'].min()} to {group['grew_to'].max()}"
        rows.append(row | _lowest_of_all(group, "Lowest up to it"))
    lengths = ["Length it grew to", "Lowest up to it", "Lowest up to twice"]
    return pd.DataFrame(rows, columns=["Cell", "Length", *SUMMARY, *lengths])


def parts_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for our recipe, and for it without going back to shorter lengths."""
    parts = memory_runs(runs, "parts")
    whole = parts["rehearsal"].eq(True)  # a run without it does not name it
    named = {"the whole recipe": parts[whole], "without going back to shorter lengths": parts[~whole]}
    rows = []
    for name, group in named.items():
        if len(group):
            row = {"Recipe": name} | _summary(group)
            rows.append(row | _lowest_of_all(group, "Lowest up to its length"))
    return pd.DataFrame(rows, columns=["Recipe", *SUMMARY, "Lowest up to its length", "Lowest up to twice"])


def _summary(group: pd.DataFrame) -> dict[str, str]:
    (row,) = holding(group.assign(all="all"), ["all"]).to_dict("records")
    cells = held_of(row), number(row["step"]), f"{100 * row['end']:.1f}"
    return dict(zip(SUMMARY, cells, strict=True))


def _lowest_of_all(group: pd.DataFrame, within_name: str) -> dict[str, str]:
    within, beyond = zip(*[lowest(run) for _, run in group.iterrows()], strict=True)
    return {within_name: f"{min(within):.3f}", "Lowest up to twice": f"{min(beyond):.3f}"}
