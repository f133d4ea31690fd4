"""What a run's accuracy curve says: when it arrives, how steady it is, how far it remembers."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from bundle.original import LOG_EVERY
from bundle.runs.records import Record, grouped


class Curve(NamedTuple):
    values: np.ndarray  # (steps / LOG_EVERY,), the logged accuracies of a run

    def first_full(self) -> float:
        """Return the step of the first logged batch at 100 %, or infinity if there is none."""
        full = np.flatnonzero(self.values == 1)
        return float(full[0] * LOG_EVERY) if len(full) else np.inf

    def held_full(self) -> float:
        """Return the step from which on every logged batch is at 100 %, or infinity if the last is not."""
        return Curve(np.minimum.accumulate(self.values[::-1])[::-1]).first_full()

    def mean(self) -> float:
        return float(self.values.mean())

    def unsteadiness(self) -> float:
        """Return the share of logged batches below 100 % after the first at 100 %; 1 if there is none."""
        after = self.values[np.maximum.accumulate(self.values) == 1]
        return float((after < 1).mean()) if len(after) else 1.0

    def spread(self) -> float:
        """Return the standard deviation of the logged accuracy over the last 500 steps."""
        return float(self.values[-500 // LOG_EVERY :].std())

    def collapses(self) -> float:
        """Return how often the logged accuracy falls to 90 % or less from above, after its first 100 %."""
        low = self.values[np.maximum.accumulate(self.values) == 1] <= 0.9
        return float(np.sum(low[1:] & ~low[:-1]))

    def deepest_drop(self) -> float:
        """Return how far the logged accuracy ever falls below the best before it."""
        return float((np.maximum.accumulate(self.values) - self.values).max())


def logged(record: Record) -> Curve:
    """Return the accuracy of every tenth step; 0 where a curriculum is still on the way."""
    return Curve(np.nan_to_num(at_target(record)[::LOG_EVERY]))


def at_target(record: Record) -> np.ndarray:
    """Return the accuracy of every step, (steps,), nan for a batch of another length than seq_length."""
    columns, target = record.columns, record.settings["seq_length"]
    return np.where(np.equal(columns.get("length", target), target), columns["accuracy"], np.nan)


def final_accuracy(record: Record, *, last: int) -> float:
    """Return the mean accuracy of the batches at length seq_length in the last steps, 0 if there is none."""
    accuracy = at_target(record)[-last:]
    accuracy = accuracy[~np.isnan(accuracy)]
    return float(accuracy.mean()) if len(accuracy) else 0.0


def final_by_length(records: Sequence[Record], *, last: int) -> dict[int, list[float]]:
    """Return the final accuracies of all seeds by sequence length, shortest first."""
    ordered = sorted(records, key=lambda r: (r.settings["seq_length"], r.settings["seed"]))
    groups = grouped(ordered, "seq_length").items()
    return {length: [final_accuracy(r, last=last) for r in group] for (length,), group in groups}


def span(finals: Mapping[int, Sequence[float]], *, accuracy: float, share: float) -> int:
    """Return the longest length up to which, at each, a share of the seeds reaches an accuracy, or 0."""
    reached = takewhile(lambda n: np.mean(np.asarray(finals[n]) >= accuracy) >= share, sorted(finals))
    return max(reached, default=0)
