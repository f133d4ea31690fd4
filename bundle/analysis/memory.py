"""What holds a digit over many others: the tables of the study of memory."""

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from bundle.analysis.curves import shared_metric
from bundle.analysis.verdicts import Table, median_interval, number
from bundle.study.records import Record, grouped

CELLS = ("RNN", "LSTM", "GRU")
SUMMARY_HEADER = ["Hold", "From step", "At the end (%)"]  # what `summary_cells` returns
HOLDS = 0.99  # accuracy at the end of a run that remembers; one error in two thousand decides nothing


def input_of(record: Record) -> str:
    return "raw digit" if record.settings.get("encoding", "raw") == "raw" else "one-hot"


def curriculum_of(record: Record) -> str:
    return "curriculum" if record.settings.get("first_length") else "none"


def holds(record: Record) -> bool:
    """Return whether a run ends at `HOLDS` or more."""
    return shared_metric(record).final() >= HOLDS


def factorial(records: Sequence[Record]) -> dict[tuple[str, str, str], list[Record]]:
    """Return the runs by input, curriculum and cell."""
    runs: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        key = input_of(record), curriculum_of(record), record.settings["cell"]
        runs.setdefault(key, []).append(record)
    return runs


def factorial_table(records: Sequence[Record]) -> Table:
    """Return input and curriculum by cell: how many hold, and the accuracy at the end."""
    runs = factorial(records)
    cells = [cell for cell in CELLS if any(key[2] == cell for key in runs)]
    rows = [
        [
            given,
            how,
            *(word for cell in cells for word in summary_cells(runs.get((given, how, cell), []))[::2]),
        ]
        for given, how in dict.fromkeys(key[:2] for key in runs)
    ]
    return [
        "Input",
        "Curriculum",
        *(word for cell in cells for word in (cell, f"{cell}, at the end (%)")),
    ], rows


def summary_cells(records: Sequence[Record]) -> list[str]:
    """Return how many hold, and of all runs the median step from which on, and accuracy at the end in %."""
    if not records:
        return ["", "", ""]
    step = median_interval([shared_metric(r).held(HOLDS) for r in records])[0]
    end = 100 * np.median([shared_metric(r).final() for r in records])
    return [f"{sum(map(holds, records))}/{len(records)}", number(step), f"{end:.1f}"]


def checked(record: Record) -> dict[int, float]:
    """Return the trained network's accuracy by length."""
    return {int(length): share for length, share in record.summary["accuracy_at"].items()}


def worst(record: Record, *, past: bool) -> float:
    """Return the lowest accuracy at any length up to the run's own, or `past` it, up to twice."""
    own = record.settings["seq_length"]
    return min(share for length, share in checked(record).items() if (length > own) == past)


def span_table(records: Sequence[Record]) -> Table:
    """Return a row for each cell and length: does it hold, how far did it get, what of other lengths?"""
    rows = []
    for (cell, length), runs in grouped(records, "cell", "seq_length").items():
        reached = [max(run.columns["length"]) for run in runs]
        row = [cell, str(length), *summary_cells(runs), f"{min(reached)} to {max(reached)}"]
        rows.append([*row, *(f"{min(worst(run, past=past) for run in runs):.3f}" for past in (False, True))])
    return [
        "Cell",
        "Length",
        *SUMMARY_HEADER,
        "Length it grew to",
        "Lowest up to it",
        "Lowest up to twice",
    ], rows


def span_of(records: Sequence[Record], cell: str) -> int:
    """Return the longest length up to which, at each, this cell holds in every run, 0 if there is none."""
    runs = grouped([r for r in records if r.settings["cell"] == cell], "seq_length")
    reached = takewhile(lambda length: all(map(holds, runs[length])), sorted(runs))
    return max((length for (length,) in reached), default=0)


def part_of(record: Record) -> str:
    """Return in words what is changed in our recipe in a run."""
    whole = record.settings.get("rehearsal")
    return "the whole recipe" if whole else "without going back to shorter lengths"


def parts_table(records: Sequence[Record]) -> Table:
    """Return a row for each part of our recipe that is changed: what becomes of it?"""
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(part_of(record), []).append(record)
    rows = []
    for name, runs in kinds.items():
        lowest = [min(worst(run, past=past) for run in runs) for past in (False, True)]
        rows.append([name, *summary_cells(runs), *(f"{share:.3f}" for share in lowest)])
    return ["Recipe", *SUMMARY_HEADER, "Lowest up to its length", "Lowest up to twice"], rows
