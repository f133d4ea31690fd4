"""How often two-sample tests tell samples, and damaged digits, from real digits."""

import numpy as np
import pandas as pd

from bundle.analysis.formatting import Table
from bundle.analysis.intervals import mean_interval

GENERATED, REAL = "generated", "other real digits"  # sides of a test
SIDES = {  # the short names of all sides
    GENERATED: "Samples",
    REAL: "Real digits",
    "one grey level up": "Level up",
    "blurred by 0.3 pixels": "Blurred",
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


def mean_accuracy(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the mean accuracy by test, number of training images and side, over seeds that have learnt.

    From weak tests to strong ones; `low` and `high` are its 95 % interval, `n` the seeds; where none has
    learnt, n is 0 and the mean nan.
    """
    learnt = ~runs["test"].isin(CONVOLUTIONAL) | (runs["train_accuracy"] > COIN)
    counted = runs.assign(accuracy=runs["accuracy"].where(learnt))
    rows = []
    for names, accuracies in counted.groupby([*TEST, "against"], sort=False)["accuracy"]:
        values = accuracies.dropna()
        mean, low, high = mean_interval(values) if len(values) else (np.nan, np.nan, np.nan)
        rows.append((*names, len(values), mean, low, high))
    table = pd.DataFrame(rows, columns=[*TEST, "against", "n", "mean", "low", "high"])
    table["test"] = pd.Categorical(table["test"], INPUTS, ordered=True)
    table["against"] = pd.Categorical(table["against"], SIDES, ordered=True)
    return table.sort_values([*TEST, "against"], ignore_index=True)


def test_label(test: str, train_count: int) -> str:
    return f"{INPUTS[test]}, {train_count}"


def detectability_table(runs: pd.DataFrame) -> Table:
    """Return a row for each test and number of training images: the mean accuracy against each side."""
    accuracy = mean_accuracy(runs)
    accuracy["cell"] = [_cell(row) for row in accuracy.itertuples()]
    cells = accuracy.pivot(index=TEST, columns="against", values="cell").fillna("")
    rows = [[test_label(*test), *row] for test, row in zip(cells.index, cells.to_numpy(), strict=True)]
    return ["What the test sees", *(f"{SIDES[side]} (%)" for side in cells.columns)], rows


def _cell(row: tuple) -> str:
    if not row.n:
        return "not learnt"
    half = f" ± {50 * (row.high - row.low):.1f}" if row.n > 1 else ""
    return f"{100 * row.mean:.1f}{half}"
