"""What is measured of the GANs of Task 2: along their training, and the tables of finished ones."""

from collections.abc import Mapping

import pandas as pd

from bundle.analysis.formatting import number

MEASURES = {  # of generated images, as the judge names them
    "frechet_distance": "Fréchet distance",
    "kid": "KID",
    "inception_score": "inception-style score",
    "confidence": "mean confidence",
    "clear": "share of clear images",
    "class_imbalance": "class imbalance",
    "precision": "precision",
    "recall": "recall",
    "nearest_training": "nearest training image",
}
COIN = 0.52  # a test that is right on no more of the images that it has learnt from has learnt nothing
BEYOND = {  # measures of a finished run, beside those at each checkpoint
    "nearest_training_1pct": "the same, nearest 1 %",
    "cas": "classifier taught by samples",
    "c2st": "fresh network right",
    "grey_level_accuracy": "grey levels right",
    "discriminator_accuracy": "discriminator right",
}


def by_batch(run: pd.Series) -> pd.DataFrame:
    """Return what was measured at each checkpoint of a run, by its batch; empty where nothing was."""
    columns = {"batch": []}
    for name, values in run.items():
        if name.startswith("quality_") and isinstance(values, list):
            columns[name.removeprefix("quality_")] = values
    return pd.DataFrame(columns).set_index("batch")


def quality_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each measure: of every run, of the first as trained, and of real images."""
    names, first = MEASURES | BEYOND, runs.iloc[0]
    table = pd.DataFrame({"Measure": names.values()})
    for _, run in runs.iterrows():
        table[f"Seed {run['seed']}"] = [number(run.get(name), ".3f") for name in names]
    table["As trained"] = [number(first.get(f"raw_{name}"), ".3f") for name in names]
    table["Real images"] = [number(first.get(f"real_{name}"), ".3f") for name in names]
    return table


def variant_table(recipes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for our recipe ("ours") and each change of it."""
    ours = recipes["ours"]["frechet_distance"]
    rows = []
    for name, runs in recipes.items():
        distances = runs["frechet_distance"]
        means = runs[["clear", "recall", "c2st"]].mean()
        row = {
            "Recipe": name,
            "Fréchet distance": ", ".join(f"{distance:.2f}" for distance in distances),
            "Clear": number(means["clear"], ".2f"),
            "Recall": number(means["recall"], ".2f"),
            "Fresh network right": number(means["c2st"], ".2f"),
            "Than ours": "" if name == "ours" else _compared(distances, ours),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _compared(distances: pd.Series, ours: pd.Series) -> str:
    if distances.min() > ours.max():
        return "worse"
    return "better" if distances.max() < ours.min() else "undecided"


def stacked_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each run on stacks, modes and divergence, and a row for real stacks."""
    counted = [(f"seed {run.seed}", run.modes, run.reverse_kl) for run in runs.itertuples()]
    counted.append(("real stacks", runs["real_modes"].iloc[0], runs["real_reverse_kl"].iloc[0]))
    rows = [(name, f"{modes:.0f}", f"{divergence:.3f}") for name, modes, divergence in counted]
    return pd.DataFrame(rows, columns=["Stacks", "Modes", "KL (nats)"])
