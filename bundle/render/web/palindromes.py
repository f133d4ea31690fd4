"""What the page shows of Part 1: the curves of all that were trained."""

import numpy as np
import pandas as pd

from bundle.study import store
from bundle.study.layout import Output
from bundle.study.records import key
from bundle.study.store import file_name

GROUPS = ("as written", "corrected", "ours")  # whose curves are shown, as in the notebook


def curves(runs: pd.DataFrame) -> list[dict]:
    """Return mean, lowest and highest accuracy over the seeds of each cell, recipe and length, in percent.

    `runs` is a table of `bundle.study.store.table`. A run that ended early keeps its last accuracy.
    """
    accuracy_curves = []
    for (cell, recipe, length), group in runs.groupby(["cell", "recipe", "seq_length"]):
        steps = max(group["step"], key=len)
        accuracy = np.array([_padded(run, len(steps)) for _, run in group.iterrows()])  # (seeds, steps)
        about = {"cell": cell, "recipe": recipe, "length": length, "seeds": len(group), "steps": steps}
        for name, values in (("mean", accuracy.mean(0)), ("low", accuracy.min(0)), ("high", accuracy.max(0))):
            about[name] = (100 * values).round(1).tolist()
        accuracy_curves.append(about)
    return accuracy_curves


def runs_shown(output: Output, settings: dict[str, list[dict]]) -> pd.DataFrame:
    """Return a table of the stored runs whose curves are shown; `settings` are those of Part 1 by group."""
    files = [output.results("part1") / f"{file_name(group)}.jsonl" for group in GROUPS]
    wanted = {key(run) for group in GROUPS for run in settings[group]}
    records = store.load(*[path for path in files if path.exists()])
    return store.table([record for record in records if key(record.settings) in wanted])


def _padded(run: pd.Series, length: int) -> np.ndarray:
    accuracy = np.array(run["n_correct"]) / run["eval_count"]
    return np.pad(accuracy, (0, length - len(accuracy)), mode="edge")
