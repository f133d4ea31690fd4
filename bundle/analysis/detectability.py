"""How often two-sample tests tell samples, and damaged digits, from real digits."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from bundle.analysis.intervals import mean_interval

GENERATED, REAL, BLURRED = "generated", "other real digits", "blurred by 0.3 pixels"  # sides of a test
SIDES = {  # the short names of all sides
    GENERATED: "Samples",
    REAL: "Real digits",
    BLURRED: "Blurred",
    "one grey level up": "Level up",
    "1 % copies of one image": "Copies",
}
INPUTS = {  # what each test looks at, from weak to strong
    "grey levels": "twelve shares of grey levels",
    "black and white": "black and white",
    "all levels": "256 grey levels",
}
CONVOLUTIONAL = ("black and white", "all levels")  # tests that may have learnt nothing
COIN = 0.52  # a test that is right on no more of the images that it has learnt from has learnt nothing
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
            row[f"{name} (%)"] = _cell(runs_of_test[runs_of_test["against"] == side])
        rows.append(row)
    return pd.DataFrame(rows)


def _cell(runs: pd.DataFrame) -> str:
    if runs.empty:
        return ""
    accuracies = learnt(runs)["accuracy"]
    if accuracies.empty:
        return "not learnt"
    mean, low, high = mean_interval(accuracies)
    half = f" ± {50 * (high - low):.1f}" if np.isfinite(high) else ""
    return f"{100 * mean:.1f}{half}"


def grey_level_shares(images: np.ndarray, *, bands: Sequence[int]) -> pd.Series:
    """Return the share of pixels (uint8) in each band of grey levels; `bands` has the first of each."""
    edges = [*bands, 256]
    counts, _ = np.histogram(images, bins=edges)
    names = [f"{a}" if a + 1 == b else f"{a}–{b - 1}" for a, b in pairwise(edges)]
    return pd.Series(counts / images.size, index=names)
