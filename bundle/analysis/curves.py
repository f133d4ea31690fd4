"""Accuracy curves of Part 1: what a training's record says of it, and what can be measured of a curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bundle.original import ORIGINAL_COLUMN, ORIGINAL_EVERY
from bundle.study import store
from bundle.study.records import Record

NEAR_CHANCE = 0.25  # an accuracy that guessing among ten digits, or the digits' mean, does not pass
# what not every run has
SETTINGS = ("encoding", "first_length", "rehearsal", "original_count")
SERIES = ("n_correct_original", "n_correct_batch", "length", "accuracy_at")


@dataclass(frozen=True)
class Curve:
    """The accuracy of one network while it is trained."""

    steps: np.ndarray  # (evaluations,), of the optimiser before each
    values: np.ndarray  # (evaluations,), accuracy in [0, 1]

    def first(self, accuracy: float = 1.0) -> float:
        """Return the first step at this accuracy or more, or infinity if there is none."""
        places = np.flatnonzero(self.values >= accuracy)
        return float(self.steps[places[0]]) if len(places) else np.inf

    def held(self, accuracy: float = 1.0) -> float:
        """Return the step from which on the accuracy is never lower, or infinity if it is at the end."""
        lowest_from_here = np.minimum.accumulate(self.values[::-1])[::-1]
        return replace(self, values=lowest_from_here).first(accuracy)

    def mean(self) -> float:
        return float(self.values.mean())

    def final(self) -> float:
        return float(self.values[-1])

    def best(self) -> float:
        return float(self.values.max())

    def late(self) -> np.ndarray:
        """Return the accuracies of the last third of the training: of 1500 steps, the last 500."""
        return self.values[self.steps > self.steps[-1] * 2 / 3]

    def spread(self) -> float:
        """Return the standard deviation of the accuracy over the last third."""
        return float(self.late().std())

    def unsteadiness(self) -> float:
        """Return the share of evaluations below 100 % after the first at 100 %; 1 if there is none."""
        after = self.values[np.maximum.accumulate(self.values) == 1]
        return float((after < 1).mean()) if len(after) else 1.0

    def deepest_drop(self) -> float:
        """Return how far the accuracy ever falls below the best before it."""
        best_so_far = np.maximum.accumulate(self.values)
        return float((best_so_far - self.values).max())


def run_table(groups: Mapping[str, Sequence[Record]]) -> pd.DataFrame:
    """Return the runs of Part 1, one row each, sorted within their group.

    Beside what `store.table` has: `group`, the name of the group; `curve`, by the metric that all runs share;
    and `original_curve`, by that of the original, where it was asked for.
    """
    tables = [store.table(records).assign(group=name) for name, records in groups.items() if records]
    ordered = [table.sort_values(["cell", "seq_length", "seed"], kind="stable") for table in tables]
    runs = pd.concat(ordered, ignore_index=True)
    runs = runs.reindex(columns=list(dict.fromkeys([*runs.columns, *SETTINGS, *SERIES])))
    rows = runs.to_dict("records")
    runs["curve"] = [shared_metric(row) for row in rows]
    runs["original_curve"] = [original_metric(row) for row in rows]
    return runs


def shared_metric(run: Mapping) -> Curve:
    """Return the accuracy on fresh palindromes, as many for every run, of length seq_length."""
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


def share_at_chance(runs: pd.DataFrame) -> float:
    """Return the share of runs that never leave what guessing reaches, by the shared metric."""
    at_chance = [curve.best() < NEAR_CHANCE for curve in runs["curve"]]
    return sum(at_chance) / max(1, len(at_chance))
