"""The explorer of Part 1: an LSTM and an RNN of the same recipe, and the curves of all that were trained."""

from collections import Counter
from pathlib import Path

import numpy as np
from torch import nn

from bundle.experiments.palindromes import CELLS, DIGITS, run_inside, train_on_palindromes
from bundle.study import fingerprint, store
from bundle.study.layout import Output
from bundle.study.records import Record, grouped
from lib.files import digest
from lib.weights import load_network, save_network

INSIDE = "inside.jsonl"  # the looks inside a network


def recipe(output: Output) -> dict:
    """Return the settings of the LSTM that the notebook looks into; raise ValueError where there is none."""
    path = Path(output.results("part1"), INSIDE)
    stored = store.load(path) if path.exists() else []
    found = [record for record in stored if record.settings.get("cell") == "LSTM"]
    if not found:
        raise ValueError(f"There is no record of a look inside an LSTM below {output.results('part1')}.")
    here = fingerprint.identity(run_inside)
    current = [record for record in found if not fingerprint.differences(record.identity, here)]
    settings = {name: value for name, value in (current or found)[-1].settings.items() if name != "run"}
    return {"eval_every": settings["steps"], "eval_count": 100} | settings  # older records did not look


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


def curves(stored: list[Record]) -> list[dict]:
    """Return mean, lowest and highest accuracy over the seeds of each cell, recipe and length, in percent.

    Where there are runs of several other settings, those that most of the recipe's records have count. A run
    that ended early keeps its last accuracy.
    """
    found = []
    looked = [record for record in stored if record.settings.get("run") != "inside"]
    for (cell, name, length), of in grouped(looked, "cell", "recipe", "seq_length").items():
        alike = [r for r in looked if (r.settings["cell"], r.settings["recipe"]) == (cell, name)]
        often = Counter(map(_others, alike))
        kept = max(set(map(_others, of)), key=lambda others: (often[others], others))
        runs = [record for record in of if _others(record) == kept]
        steps = max((record.columns["step"] for record in runs), key=len)
        rows = [np.array(r.columns["n_correct"]) / r.settings["eval_count"] for r in runs]
        shares = np.array([np.pad(row, (0, len(steps) - len(row)), mode="edge") for row in rows])
        parts = {"mean": shares.mean(0), "low": shares.min(0), "high": shares.max(0)}
        percent = {part: (100 * values).round(1).tolist() for part, values in parts.items()}
        about = {"cell": cell, "recipe": name, "length": length, "seeds": len(runs), "steps": steps}
        found.append(about | percent)
    return sorted(found, key=lambda one: (one["cell"], one["recipe"], one["length"]))


def _others(record: Record) -> str:
    """Return the settings beside cell, recipe, length and seed, as a text."""
    apart = ("cell", "recipe", "seq_length", "seed")
    return repr(sorted((name, value) for name, value in record.settings.items() if name not in apart))
