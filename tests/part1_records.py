"""Records of Part 1 for tests: their accuracies are given, not trained."""

from collections.abc import Sequence

import pandas as pd

from bundle.analysis.curves import run_table
from bundle.study.records import Record

EVERY, COUNT = 25, 100


def run(cell: str, length: int, accuracy: Sequence[float], *, seed=0, recipe="as-written", **rest) -> Record:
    """Return a record with these accuracies, one every 25 steps, by either metric."""
    settings = {"cell": cell, "seq_length": length, "seed": seed, "recipe": recipe, "batch_size": COUNT}
    settings |= {"eval_count": COUNT, "schedule_factor": 0.96}
    right = [round(COUNT * value) for value in accuracy]
    steps = [EVERY * k for k in range(len(accuracy))]
    columns = {"step": steps, "n_correct": right, "n_correct_batch": right}
    if cell == "LSTM" and recipe == "as-written":
        settings["original_count"] = 2 * COUNT
        columns["n_correct_original"] = [2 * count for count in right]
    return Record(settings | rest, columns, {})


def table(records: Sequence[Record], group="as written") -> pd.DataFrame:
    """Return the table of a single group of runs."""
    return run_table({group: records})


def lstm_first(seeds: range, *, wins: int, recipe="as-written") -> list[Record]:
    """Return runs at length 5 in which the LSTM is first for `wins` of the seeds."""
    slow, fast = [0.1, 0.5, 0.8, 0.9, 1], [0.1, 1, 1, 1, 1]
    records = []
    for seed in seeds:
        lstm, rnn = (fast, slow) if seed < wins else (slow, fast)
        records.append(run("LSTM", 5, lstm, seed=seed, recipe=recipe))
        records.append(run("RNN", 5, rnn, seed=seed, recipe=recipe))
    return records
