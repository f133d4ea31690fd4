"""The explorer of Part 1: an LSTM and an RNN of the same recipe, and the curves of all that were trained."""

from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from bundle.experiments.palindromes import CELLS, DIGITS, run_inside, train_on_palindromes
from bundle.study import fingerprint, store
from bundle.study.layout import Output
from lib.files import digest
from lib.weights import load_network, save_network

INSIDE = "inside.jsonl"  # the looks inside a network


def recipe(output: Output) -> dict:
    """Return the settings of the LSTM that the notebook looks into; raise ValueError where there is none."""
    path = Path(output.results("part1"), INSIDE)
    stored = store.load(path) if path.exists() else []
    lstms = [record for record in stored if record.settings.get("cell") == "LSTM"]
    if not lstms:
        raise ValueError(f"There is no record of a look inside an LSTM below {output.results('part1')}.")
    here = fingerprint.identity(run_inside)
    current = [record for record in lstms if not fingerprint.differences(record.identity, here)]
    latest = (current or lstms)[-1]
    settings = {name: value for name, value in latest.settings.items() if name != "run"}
    return {"eval_every": settings["steps"], "eval_count": 100} | settings  # older records have neither


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


def both_cells(output: Output, folder: Path) -> dict[str, nn.Module]:
    """Return an LSTM and an RNN by name, of one recipe."""
    settings = recipe(output)
    return {"LSTM": trained(settings, folder), "RNN": trained(settings | {"cell": "RNN"}, folder)}


def curves(runs: pd.DataFrame) -> list[dict]:
    """Return mean, lowest and highest accuracy over the seeds of each cell, recipe and length, in percent.

    `runs` is a table of `bundle.study.store.table`. Where there are runs of several other settings, those
    that most of the recipe's runs have count. A run that ended early keeps its last accuracy.
    """
    if "n_correct" not in runs:
        return []
    runs = runs[runs["n_correct"].notna()]  # a look inside a network has none
    runs = runs.assign(others=[_other_settings(record.settings) for record in runs["record"]])
    runs["runs_alike"] = runs.groupby(["cell", "recipe", "others"])["others"].transform("size")
    accuracy_curves = []
    for (cell, recipe_name, length), group in runs.groupby(["cell", "recipe", "seq_length"]):
        usual = group.sort_values(["runs_alike", "others"])["others"].iloc[-1]
        group = group[group["others"] == usual]
        steps = max(group["step"], key=len)
        accuracy = np.array([_padded(run, len(steps)) for _, run in group.iterrows()])  # (seeds, steps)
        about = {"cell": cell, "recipe": recipe_name, "length": length, "seeds": len(group), "steps": steps}
        for name, values in (("mean", accuracy.mean(0)), ("low", accuracy.min(0)), ("high", accuracy.max(0))):
            about[name] = (100 * values).round(1).tolist()
        accuracy_curves.append(about)
    return accuracy_curves


def _padded(run: pd.Series, length: int) -> np.ndarray:
    accuracy = np.array(run["n_correct"]) / run["eval_count"]
    return np.pad(accuracy, (0, length - len(accuracy)), mode="edge")


def _other_settings(settings: dict) -> str:
    """Return the settings beside cell, recipe, length and seed, as a text."""
    group_names = ("cell", "recipe", "seq_length", "seed")
    return repr(sorted((name, value) for name, value in settings.items() if name not in group_names))
