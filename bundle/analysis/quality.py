"""What is measured of the GANs of Task 2: along their training, and the tables of finished ones."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bundle.analysis.formatting import Table, number

BEYOND = {  # measures of a finished run, beside those at each checkpoint
    "cas": "accuracy of a classifier that learns from samples",
    "c2st": "a fresh network is right on unseen images",
    "discriminator_accuracy": "the discriminator itself is right",
    "discriminator_accuracy_training": "the same, samples and training images",
    "grey_level_accuracy": "grey levels are right on unseen images",
    "nearest_training_1pct": "nearest training image, relative, of the nearest 1 %",
}


def by_batch(run: pd.Series) -> pd.DataFrame:
    """Return what was measured at each checkpoint of a run, by its batch; empty where nothing was."""
    columns = {"batch": []}
    for name, values in run.items():
        if name.startswith("quality_") and isinstance(values, list):
            columns[name.removeprefix("quality_")] = values
    return pd.DataFrame(columns).set_index("batch")


def extrapolated(run: pd.Series, batch: float) -> float:
    """Return a Fréchet distance at a later batch: log distance is a line in log batch, from the first on."""
    distances = by_batch(run)["frechet_distance"].drop(0, errors="ignore")
    slope, height = np.polyfit(np.log(distances.index.astype(float)), np.log(distances), 1)
    return float(np.exp(height + slope * np.log(batch)))


def quality_table(measures: Mapping[str, str], runs: pd.DataFrame) -> Table:
    """Return a row for each measure, in words by its name: of the first run, the others, real images."""
    first, others = runs.iloc[0], runs.iloc[1:]
    rows = []
    for name, words in {**measures, **BEYOND}.items():
        averaged, raw, real = (number(first.get(prefix + name), ".4f") for prefix in ("", "raw_", "real_"))
        row = [words, averaged]
        if len(others):
            row.append(_listed(others, name, ".3f"))
        rows.append([*row, raw, real])
    beside = ["Other seeds"] if len(others) else []
    return ["Measure", "Averaged (shown)", *beside, "As trained", "Real images"], rows


def variant_table(recipes: Mapping[str, pd.DataFrame], cost: Mapping[str, float]) -> Table:
    """Return a row for our recipe ("ours") and each change of it; `cost` is a batch's over that of ours.

    The two-sample test is by a fresh network, the share of right answers.
    """
    ours = recipes["ours"]["frechet_distance"]
    rows = []
    for name, runs in recipes.items():
        distances = runs["frechet_distance"]
        means = runs[["clear", "recall", "class_imbalance", "c2st"]].mean()
        cells = [number(value, ".2f") for value in (*means, cost.get(name))]
        word = "" if name == "ours" else _compared(distances, ours)
        rows.append([name, _listed(runs, "frechet_distance", ".2f"), *cells, word])
    measures = ["Fréchet distance, each seed", "Clear", "Recall", "Class balance", "Two-sample test"]
    return ["Recipe", *measures, "Cost", "Than ours"], rows


def _compared(distances: pd.Series, ours: pd.Series) -> str:
    if distances.min() > ours.max():
        return "worse"
    return "better" if distances.max() < ours.min() else "undecided"


def stacked_table(runs: pd.DataFrame) -> Table:
    """Return a row for each run on stacks, modes and divergence, and a row for real stacks."""
    rows = [_stacked_row(f"seed {run.seed}", run.modes, run.reverse_kl) for run in runs.itertuples()]
    first = next(runs.itertuples())
    real_row = _stacked_row("real stacks", first.real_modes, first.real_reverse_kl)
    return ["Stacks", "Modes", "KL (nats)"], [*rows, real_row]


def _stacked_row(name: str, modes: int, reverse_kl: float) -> list[str]:
    return [name, f"{modes}", f"{reverse_kl:.3f}"]


def _listed(runs: pd.DataFrame, name: str, form: str) -> str:
    """Return a number of each run; empty where they have none."""
    values = runs[name].dropna() if name in runs else ()
    return ", ".join(format(value, form) for value in values)
