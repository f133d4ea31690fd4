"""How often two-sample tests tell samples, and damaged digits, from real digits."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import t as student

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
    """Return a row for each test and number of training images: the mean accuracy against each side."""
    rows = []
    for (test, train_count), runs_of_test in in_order(runs).groupby(TEST, observed=True):
        row = {"What the test sees": INPUTS[test], "Images": train_count}
        for side, name in SIDES.items():
            row[f"{name} (%)"] = mean_accuracy(runs_of_test[runs_of_test["against"] == side])
        rows.append(row)
    return pd.DataFrame(rows)


def mean_accuracy(runs: pd.DataFrame) -> str:
    """Return the mean over runs that have learnt, in per cent, and half of its interval by Student's t."""
    accuracies = 100 * learnt(runs)["accuracy"]
    if accuracies.empty:
        return "not learnt" if len(runs) else ""
    words = f"{accuracies.mean():.1f}"
    if len(accuracies) == 1:
        return words
    return f"{words} ± {student.ppf(0.975, len(accuracies) - 1) * accuracies.sem():.1f}"


def grey_level_shares(images: np.ndarray, *, bands: Sequence[int]) -> pd.Series:
    """Return the share of pixels (uint8) in each band of grey levels; `bands` has the first of each."""
    edges = [*bands, 256]
    counts, _ = np.histogram(images, bins=edges)
    names = [f"{a}" if a + 1 == b else f"{a}–{b - 1}" for a, b in pairwise(edges)]
    return pd.Series(counts / images.size, index=names)
