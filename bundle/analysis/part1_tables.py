"""All tables of Part 1, by their numbers."""

import pandas as pd

from bundle.analysis.claims import Verdict
from bundle.analysis.formatting import Table, table_in_style
from bundle.analysis.memory import factorial_table, memory_runs, parts_table, span_table
from bundle.analysis.part1 import AS_WRITTEN, CORRECTED, ORIGINAL_METRIC, measure_table, result, verdict_table
from bundle.analysis.statistics import statistics_table
from bundle.analysis.survival import survival_table


def part1_tables(runs: pd.DataFrame, decided: pd.DataFrame) -> dict[str, Table]:
    """Return the tables in the notebook's order; those of groups without runs have no rows.

    `runs` is `curves.run_table`'s, `decided` `part1.decide_part1`'s.
    """
    tables = {
        "1": statistics_table(runs),
        "2": survival_table(runs),
        "3": verdict_table(runs, decided),
        "4": measure_table(decided),
        "5": factorial_table(runs),
        "6": span_table(runs),
        "7": parts_table(runs),
        "8": prediction_table(runs, decided),
    }
    return {number: table_in_style(table) for number, table in tables.items()}


def prediction_table(runs: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each prediction of the notebook's head: what was measured, did it come true?"""
    memory, span = memory_runs(runs, "memory"), memory_runs(runs, "span")
    bare = memory[memory["curriculum"] == "none"]
    one_hot = memory[(memory["input"] == "one-hot") & (memory["curriculum"] == "curriculum")]
    rnns = span[span["cell"] == "RNN"]
    shortest = rnns[rnns["seq_length"] == rnns["seq_length"].min()]
    length = f"length {shortest['seq_length'].iloc[0]}" if len(shortest) else "the shortest length beyond"
    rows = [
        (
            "1. LSTM first at 5, by either metric and recipe",
            *_by_verdicts(decided, "lstm-first-at-5", [ORIGINAL_METRIC, AS_WRITTEN, CORRECTED]),
        ),
        (
            "2. LSTM steadier at 5, by the shared metric too",
            *_by_verdicts(decided, "lstm-steadier-at-5", [ORIGINAL_METRIC, AS_WRITTEN]),
        ),
        ("3. No cell remembers without a curriculum", *_by_runs(bare, all_hold=False)),
        ("4. One-hot input and a curriculum do for every cell", *_by_runs(one_hot, all_hold=True)),
        (f"5. No vanilla RNN holds {length}", *_by_runs(shortest, all_hold=False)),
    ]
    return pd.DataFrame(rows, columns=["Prediction", "Measured", "Came true"])


def _by_verdicts(decided: pd.DataFrame, claim: str, cases: list[str]) -> tuple[str, str]:
    """Return what the main measure found in some cases, and whether the claim holds in all of them."""
    rows = [result(decided, claim, case) for case in cases]
    rows = [row for row in rows if row is not None]
    words = [f"{row['count']} of {row['n']} seeds, {row['verdict'].value}" for row in rows]
    verdicts = [row["verdict"] for row in rows]
    if Verdict.FAILS in verdicts:
        came_true = "no"
    elif len(rows) < len(cases) or Verdict.UNDECIDED in verdicts:
        came_true = "undecided"
    else:
        came_true = "yes"
    return "; ".join(words) or "not measured", came_true


def _by_runs(memory: pd.DataFrame, *, all_hold: bool) -> tuple[str, str]:
    """Return how many runs hold, and whether all of them do, or none."""
    if memory.empty:
        return "not measured", "undecided"
    holding, count = int(memory["holds"].sum()), len(memory)
    came_true = holding == (count if all_hold else 0)
    return f"{holding} of {count} runs hold it", "yes" if came_true else "no"
