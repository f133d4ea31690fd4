"""What a record of Part 1 says of one training: its accuracies, and what can be measured of them."""

from typing import NamedTuple

import numpy as np

from bundle.original import ORIGINAL_COLUMN, ORIGINAL_EVERY
from bundle.study.records import Record

NEAR_CHANCE = 0.25  # an accuracy that guessing among ten digits, or the digits' mean, does not pass


class Curve(NamedTuple):
    steps: np.ndarray  # (looks,), of the optimiser before each look
    values: np.ndarray  # (looks,), accuracy in [0, 1]

    def first(self, accuracy: float = 1.0) -> float:
        """Return the step of the first look at this accuracy or more, or infinity if there is none."""
        there = np.flatnonzero(self.values >= accuracy)
        return float(self.steps[there[0]]) if len(there) else np.inf

    def held(self, accuracy: float = 1.0) -> float:
        """Return the step from which on every look is at this accuracy, or infinity if the last is not."""
        return self._replace(values=np.minimum.accumulate(self.values[::-1])[::-1]).first(accuracy)

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
        """Return the share of looks below 100 % after the first at 100 %; 1 if there is none."""
        after = self.values[np.maximum.accumulate(self.values) == 1]
        return float((after < 1).mean()) if len(after) else 1.0

    def collapses(self) -> float:
        """Return how often the accuracy falls to 90 % or less from above, after its first 100 %."""
        low = self.values[np.maximum.accumulate(self.values) == 1] <= 0.9
        return float(np.sum(low[1:] & ~low[:-1]))

    def deepest_drop(self) -> float:
        """Return how far the accuracy ever falls below the best before it."""
        return float((np.maximum.accumulate(self.values) - self.values).max())

    def jumps(self) -> float:
        """Return the mean size of a change from one look to the next over the last third."""
        changes = np.abs(np.diff(self.late()))
        return float(changes.mean()) if len(changes) else 0.0


def shared_metric(record: Record) -> Curve:
    """Return the accuracy on fresh palindromes, as many for every run, of length seq_length."""
    columns = record.columns
    return Curve(np.array(columns["step"]), np.array(columns["n_correct"]) / record.settings["eval_count"])


def original_metric(record: Record) -> Curve | None:
    """Return the accuracy as the original measured it for this cell, None where it was not asked for."""
    cell, columns = record.settings["cell"], record.columns
    if ORIGINAL_COLUMN.get(cell) not in columns:
        return None
    counted = record.settings[
        "original_count" if ORIGINAL_COLUMN[cell] == "n_correct_original" else "batch_size"
    ]
    steps = np.array(columns["step"])
    there = steps % ORIGINAL_EVERY[cell] == 0
    return Curve(steps[there], np.array(columns[ORIGINAL_COLUMN[cell]])[there] / counted)


def at_chance(curves: list[Curve]) -> bool:
    """Return whether no run ever leaves what guessing reaches."""
    return max(curve.best() for curve in curves) < NEAR_CHANCE
