"""The accuracy curves of Part 1: what is measured of each, and of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.typing import DataFrameGroupBy
from scipy.stats import CensoredData, ecdf, quantile_test

from bundle.analysis.formatting import number
from bundle.original import ORIGINAL_COLUMN, ORIGINAL_EVERY
from bundle.study import store
from bundle.study.records import Record

# what not every run has
OPTIONAL = ["encoding", "first_length", "rehearsal", "original_count", "n_correct_original"]
OPTIONAL += ["n_correct_batch", "accuracy_at"]
STATISTICS = {"first": "first 100 %", "held": "held 100 %", "final": "final", "mean": "mean"}
STEPS = ("first", "held")  # the others are accuracies
GROUPS = ("as written", "corrected", "unscheduled", "ours")  # whose medians are shown


@dataclass(frozen=True)
class Curve:
    """The accuracy of one network while it is trained."""

    steps: np.ndarray  # (evaluations,), of the optimiser before each
    values: np.ndarray  # (evaluations,), accuracy in [0, 1]

    def first(self, accuracy: float = 1.0) -> float:
        """Return the first step at this accuracy or more, or infinity if there is none."""
        reached = self.steps[self.values >= accuracy]
        return float(reached[0]) if len(reached) else np.inf

    def held(self, accuracy: float = 1.0) -> float:
        """Return the step from which on the accuracy is never lower, or infinity if it is at the end."""
        lowest_from_here = np.minimum.accumulate(self.values[::-1])[::-1]
        return Curve(self.steps, lowest_from_here).first(accuracy)

    def late(self) -> np.ndarray:
        """Return the accuracies of the last third of the training: of 1500 steps, the last 500."""
        is_late = self.steps > self.steps[-1] * 2 / 3
        is_late[-1] = True  # of a training with a single evaluation
        return self.values[is_late]

    def measures(self) -> dict[str, float]:
        """Return the numbers that the original's claims and the tables are about."""
        best_so_far = np.maximum.accumulate(self.values)
        after_full = self.values[best_so_far == 1]
        deepest_drop = (best_so_far - self.values).max()
        return {
            "first": self.first(),
            "first_95": self.first(0.95),
            "held": self.held(),
            "mean": self.values.mean(),
            "final": self.values[-1],
            "best": self.values.max(),
            "late_lowest": self.late().min(),
            "late_deviation": self.late().std(),
            "relapses": (after_full < 1).mean() if len(after_full) else 1.0,
            "drop": deepest_drop,
            "drop_of_best": deepest_drop / self.values.max() if self.values.max() else 0.0,
        }


def run_table(groups: Mapping[str, Sequence[Record]]) -> pd.DataFrame:
    """Return the runs of Part 1, one row each, sorted within their group.

    Beside what `store.table` has: `group`, the name of the group; `curve`, by the metric that all runs share;
    `late`, its mean over the last third; and `original_curve`, by the original's metric, where it was asked
    for. `recipe` is in words.
    """
    tables = [store.table(records).assign(group=name) for name, records in groups.items() if records]
    ordered = [table.sort_values(["cell", "seq_length", "seed"], kind="stable") for table in tables]
    runs = pd.concat(ordered, ignore_index=True)
    runs = runs.reindex(columns=list(dict.fromkeys([*runs.columns, *OPTIONAL])))
    runs["recipe"] = runs["recipe"].str.replace("-", " ")
    rows = runs.to_dict("records")
    runs["curve"] = [shared_metric(row) for row in rows]
    runs["late"] = [curve.late().mean() for curve in runs["curve"]]
    runs["original_curve"] = [original_metric(row) for row in rows]
    return runs


def shared_metric(run: Mapping) -> Curve:
    """Return the accuracy on freshly drawn palindromes of seq_length, as many for every run."""
    return Curve(np.array(run["step"]), np.array(run["n_correct"]) / run["eval_count"])


def original_metric(run: Mapping) -> Curve | None:
    """Return the accuracy as the original measured it for this cell, None where it was not asked for."""
    column = ORIGINAL_COLUMN.get(run["cell"])
    if not isinstance(run.get(column), list):
        return None
    out_of = run["original_count"] if column == "n_correct_original" else run["batch_size"]
    steps = np.array(run["step"])
    shown = steps % ORIGINAL_EVERY[run["cell"]] == 0
    return Curve(steps[shown], np.array(run[column])[shown] / out_of)


def of_cell(runs: pd.DataFrame, cell: str, length: int, group: str = "as written") -> pd.DataFrame:
    """Return the runs of a cell and length, as the original has them or of another group."""
    return runs[(runs["cell"] == cell) & (runs["seq_length"] == length) & (runs["group"] == group)]


def by_recipe(runs: pd.DataFrame) -> DataFrameGroupBy:
    """Return the STATISTICS of runs, grouped by cell, recipe and length.

    Without the learning-rate schedule a recipe is one of its own.
    """
    chosen = runs[runs["group"].isin(GROUPS)].reset_index()
    recipes = chosen["recipe"].mask(chosen["group"] == "unscheduled", chosen["recipe"] + ", no schedule")
    measures = pd.DataFrame([curve.measures() for curve in chosen["curve"]], columns=list(STATISTICS))
    return measures.groupby([chosen["cell"], recipes, chosen["seq_length"]], sort=False)


def medians(runs: pd.DataFrame) -> pd.DataFrame:
    """Return medians over seeds by cell, recipe and length: a column a statistic."""
    return by_recipe(runs).median()


def statistics_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cell, recipe and length: how many seeds, and medians over them."""
    groups = by_recipe(runs)
    table = pd.DataFrame({"seeds": groups.size()})
    for name in STATISTICS:
        table[name] = groups[name].agg(median_step if name in STEPS else median_accuracy)
    names = {"cell": "Cell", "recipe": "Recipe", "seq_length": "Length", "seeds": "Seeds", **STATISTICS}
    return table.reset_index().rename(columns=names)


def median_step(steps: pd.Series) -> str:
    """Return the median, and its 95 % interval between order statistics where there are enough runs."""
    bounds = quantile_test(steps, p=0.5).confidence_interval(0.95)
    if not np.isfinite(bounds.low):
        return number(steps.median())
    return f"{number(steps.median())} [{number(bounds.low)}, {number(bounds.high)}]"


def median_accuracy(accuracies: pd.Series) -> str:
    return number(accuracies.median(), ".3f")


def summary(runs: pd.DataFrame) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    values = medians(runs).replace(np.inf, -1).round(6).rename(columns=STATISTICS).stack()
    return {" ".join(map(str, names)): value for names, value in values.items()}


def survival(runs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and the share of runs that is still below 100 % after each (Kaplan and Meier 1958).

    A run that has not arrived when its training ends is censored there: it may have arrived at a later step.
    """
    until = max(curve.steps[-1] for curve in runs["curve"])
    first = np.array([curve.first() for curve in runs["curve"]])
    arrives = np.isfinite(first)
    times = CensoredData(uncensored=first[arrives], right=np.full((~arrives).sum(), until))
    below = ecdf(times).sf
    return np.array([0, *below.quantiles]), np.array([1, *below.probabilities])
