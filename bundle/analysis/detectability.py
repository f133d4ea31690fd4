"""How often two-sample tests tell samples, and damaged digits, from real digits."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from bundle.analysis.quality import COIN

GENERATED, REAL, BLURRED = "generated", "other real digits", "blurred by 0.3 pixels"  # sides of a test
SIDES = {  # the short names of all sides
    GENERATED: "Samples",
    REAL: "Real digits",
    BLURRED: "Blurred",
    "one grey level up": "Level up",
    "1 % copies of one image": "Copies",
}
INPUTS = {  # what each test looks at, from weak to strong
    "grey levels": "shares of grey levels",
    "black and white": "black and white",
    "all levels": "256 grey levels",
}
CONVOLUTIONAL = ("black and white", "all levels")  # tests that may have learnt nothing
TEST = ["test", "train_count"]


def in_order(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs sorted: tests from weak to strong, then images to learn from, then sides."""
    ordered = runs.copy()
    ordered["test"] = pd.Categorical(ordered["test"], INPUTS, ordered=True)
    ordered["against"] = pd.Categorical(ordered["against"], SIDES, ordered=True)
    return ordered.sort_values([*TEST, "against"], kind="stable", ignore_index=True)


def learnt(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs whose test has learnt something."""
    return runs[~runs["test"].isin(CONVOLUTIONAL) | (runs["train_accuracy"] > COIN)]


def accuracy_on_samples(runs: pd.DataFrame, test: str) -> float | None:
    """Return how often a test is right on samples, its mean over runs that learnt; None where none did."""
    chosen = learnt(runs[(runs["test"] == test) & (runs["against"] == GENERATED)])
    return float(chosen["accuracy"].mean()) if len(chosen) else None


def detectability_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the mean accuracy, in per cent, by test and number of training images down and by side across.

    A cell is empty where no run has learnt anything.
    """
    means = 100 * in_order(learnt(runs)).pivot_table("accuracy", TEST, "against", observed=True)
    table = means.reindex(columns=list(SIDES)).map(lambda mean: "" if np.isnan(mean) else f"{mean:.1f}")
    table = table.reset_index().astype({"test": str}).replace({"test": INPUTS})
    names = {side: f"{name} (%)" for side, name in SIDES.items()}
    return table.rename(columns={"test": "What the test sees", "train_count": "Images", **names})


def grey_level_shares(images: np.ndarray, *, bands: Sequence[int]) -> pd.Series:
    """Return the share of pixels (uint8) in each band of grey levels; `bands` has the first of each."""
    edges = [*bands, 256]
    counts, _ = np.histogram(images, bins=edges)
    names = [f"{a}" if a + 1 == b else f"{a}–{b - 1}" for a, b in pairwise(edges)]
    return pd.Series(counts / images.size, index=names)
