"""The explorer of Part 1: an LSTM and an RNN of the same recipe, and the curves of all that were trained."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from bundle.experiments.palindromes import CELLS, DIGITS, train_on_palindromes
from bundle.notebook.page import PARAMETERS
from bundle.study import fingerprint, store
from bundle.study.layout import Output
from bundle.study.records import key
from bundle.study.store import file_name
from lib.files import digest
from lib.weights import load_network, save_network

GROUPS = ("as written", "corrected", "ours")  # whose curves are shown, as in the notebook


def parameters(output: Output) -> dict:
    """Return the parameters of the notebook of Part 1; raise FileNotFoundError where it has not been run."""
    return json.loads((output.results("part1") / PARAMETERS).read_text(encoding="utf-8"))


def trained(settings: dict, folder: Path) -> nn.Module:
    """Return the network of these settings, from `folder` if this code has trained it before."""
    cell, identity = settings["cell"], fingerprint.identity(train_on_palindromes)
    name = f"{cell}-{digest({'settings': settings, 'identity': identity})}"
    sizes = {"input_size": 1, "hidden_size": settings["hidden_size"], "num_classes": DIGITS}
    try:
        return load_network(CELLS[cell], folder, name)
    except (OSError, ValueError):  # not there, or damaged
        print(f"Training the {cell} of the page's explorer", flush=True)
        model = train_on_palindromes(settings)[0].cpu()
        save_network(model, folder, name, sizes=sizes)
        return model.eval()


def both_cells(settings: dict, folder: Path) -> dict[str, nn.Module]:
    """Return an LSTM and an RNN by name, of one recipe."""
    return {"LSTM": trained(settings, folder), "RNN": trained(settings | {"cell": "RNN"}, folder)}


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
