"""What a run's accuracy curve says: when it arrives, how steady it is, how far it remembers."""

from collections.abc import Mapping, Sequence

import numpy as np

from bundle.runs.records import Record

EVERY = 10  # the original report logs the accuracy of every tenth batch


LAST = 500  # steps: the stretch at the end of training in which stability is measured


COLLAPSE = 0.1  # a fall of the accuracy by this much below 100 %


def logged(record: Record) -> np.ndarray:
    """Return the accuracy of every tenth step, (steps / 10,); 0 where a curriculum is still on the way."""
    return accuracy_at_target(record)[::EVERY]


def accuracy_at_target(record: Record) -> np.ndarray:
    """Return the accuracy of every step, (steps,), 0 for a batch of another length than seq_length."""
    accuracy = np.asarray(record.columns["accuracy"])
    if "length" not in record.columns:
        return accuracy
    return np.where(np.equal(record.columns["length"], record.settings["seq_length"]), accuracy, 0)


def first_full(accuracy: np.ndarray) -> float:
    """Return the step of the first logged batch at 100 %, or infinity if there is none."""
    full = np.flatnonzero(accuracy == 1)
    return float(full[0] * EVERY) if len(full) else np.inf


def held_full(accuracy: np.ndarray) -> float:
    """Return the step from which on every logged batch is at 100 %, or infinity if the last is not."""
    below = np.flatnonzero(accuracy < 1)
    start = below[-1] + 1 if len(below) else 0
    return float(start * EVERY) if start < len(accuracy) else np.inf


def unsteadiness(accuracy: np.ndarray) -> float:
    """Return the share of logged batches below 100 % after the first at 100 %; 1 if there is none."""
    full = np.flatnonzero(accuracy == 1)
    return float((accuracy[full[0] :] < 1).mean()) if len(full) else 1.0


def fluctuation(accuracy: np.ndarray) -> float:
    """Return the standard deviation of the logged accuracy over the last 500 steps."""
    return float(accuracy[-LAST // EVERY :].std())


def collapses(accuracy: np.ndarray) -> float:
    """Return how often the logged accuracy falls to 90 % or less from above, after its first 100 %."""
    full = np.flatnonzero(accuracy == 1)
    after = accuracy[full[0] :] if len(full) else accuracy[:0]
    low = after <= 1 - COLLAPSE
    return float(np.sum(low[1:] & ~low[:-1]))


def deepest_drop(accuracy: np.ndarray) -> float:
    """Return how far the logged accuracy ever falls below the best before it."""
    return float((np.maximum.accumulate(accuracy) - accuracy).max())


def final_accuracy(record: Record, *, last: int) -> float:
    """Return the mean accuracy of the batches at length seq_length in the last steps, 0 if there is none."""
    stretch = slice(-last, None)
    accuracy = np.asarray(record.columns["accuracy"][stretch])
    lengths = record.columns.get("length", [record.settings["seq_length"]] * len(accuracy))[stretch]
    there = np.equal(lengths, record.settings["seq_length"])
    return float(accuracy[there].mean()) if there.any() else 0.0


def final_by_length(records: Sequence[Record], *, last: int) -> dict[int, list[float]]:
    """Return the final accuracies of all seeds by sequence length, shortest first."""
    found: dict[int, list[float]] = {}
    for record in sorted(records, key=lambda r: (r.settings["seq_length"], r.settings["seed"])):
        found.setdefault(record.settings["seq_length"], []).append(final_accuracy(record, last=last))
    return found


def span(finals: Mapping[int, Sequence[float]], *, accuracy: float, share: float) -> int:
    """Return the memory span: the longest length at which, as at all shorter ones, enough seeds arrive.

    Args:
        finals: final accuracies by length, one a seed.
        accuracy: what a seed has to reach, in [0, 1].
        share: of the seeds, at each length, in [0, 1].

    Returns:
        a length among those measured, or 0 if the shortest already fails.
    """
    longest = 0
    for length in sorted(finals):
        if np.mean(np.asarray(finals[length]) >= accuracy) < share:
            break
        longest = length
    return longest
