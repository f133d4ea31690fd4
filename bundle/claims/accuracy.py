"""What a run's accuracy curve says: when it arrives, how steady it is, how far it remembers."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

import numpy as np

from bundle.original import LOG_EVERY
from bundle.runs.records import Record, grouped

LAST = 500  # steps: the stretch at the end of training in which stability is measured
COLLAPSE = 0.1  # a fall of the accuracy by this much below 100 %


def first_full(accuracy: np.ndarray) -> float:
    """Return the step of the first logged batch at 100 %, or infinity if there is none."""
    return _first_step(accuracy == 1)


def held_full(accuracy: np.ndarray) -> float:
    """Return the step from which on every logged batch is at 100 %, or infinity if the last is not."""
    return _first_step(np.minimum.accumulate(accuracy[::-1] == 1)[::-1])


def unsteadiness(accuracy: np.ndarray) -> float:
    """Return the share of logged batches below 100 % after the first at 100 %; 1 if there is none."""
    after = _from_first_full(accuracy)
    return float((after < 1).mean()) if len(after) else 1.0


def fluctuation(accuracy: np.ndarray) -> float:
    """Return the standard deviation of the logged accuracy over the last 500 steps."""
    return float(accuracy[-LAST // LOG_EVERY :].std())


def collapses(accuracy: np.ndarray) -> float:
    """Return how often the logged accuracy falls to 90 % or less from above, after its first 100 %."""
    low = _from_first_full(accuracy) <= 1 - COLLAPSE
    return float(np.sum(low[1:] & ~low[:-1]))


def deepest_drop(accuracy: np.ndarray) -> float:
    """Return how far the logged accuracy ever falls below the best before it."""
    return float((np.maximum.accumulate(accuracy) - accuracy).max())


def logged(record: Record) -> np.ndarray:
    """Return the accuracy of every tenth step, (steps / 10,); 0 where a curriculum is still on the way."""
    accuracy, at_target = _accuracy(record)
    return np.where(at_target, accuracy, 0)[::LOG_EVERY]


def final_accuracy(record: Record, *, last: int) -> float:
    """Return the mean accuracy of the batches at length seq_length in the last steps, 0 if there is none."""
    accuracy, at_target = _accuracy(record)
    found = accuracy[-last:][at_target[-last:]]
    return float(found.mean()) if len(found) else 0.0


def final_by_length(records: Sequence[Record], *, last: int) -> dict[int, list[float]]:
    """Return the final accuracies of all seeds by sequence length, shortest first."""
    ordered = sorted(records, key=lambda r: (r.settings["seq_length"], r.settings["seed"]))
    groups = grouped(ordered, "seq_length").items()
    return {length: [final_accuracy(r, last=last) for r in group] for (length,), group in groups}


def span(finals: Mapping[int, Sequence[float]], *, accuracy: float, share: float) -> int:
    """Return the memory span: the longest length at which, as at all shorter ones, enough seeds arrive.

    `finals` are accuracies by length, one a seed; a `share` of the seeds, in [0, 1], has to reach `accuracy`,
    in [0, 1]. If the shortest length already fails the span is 0.
    """
    reached = takewhile(lambda n: np.mean(np.asarray(finals[n]) >= accuracy) >= share, sorted(finals))
    return max(reached, default=0)


def _first_step(there: np.ndarray) -> float:
    return float(there.argmax() * LOG_EVERY) if there.any() else np.inf


def _from_first_full(accuracy: np.ndarray) -> np.ndarray:
    return accuracy[np.maximum.accumulate(accuracy == 1)]


def _accuracy(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Return the accuracy of every step, (steps,), and whether its batch had the length seq_length."""
    accuracy, target = np.asarray(record.columns["accuracy"]), record.settings["seq_length"]
    return accuracy, np.broadcast_to(np.equal(record.columns.get("length", target), target), accuracy.shape)
