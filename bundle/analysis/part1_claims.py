"""What the original report claims of its LSTM and RNN, and the measures that test it on one seed's curves.

A measure takes the curves of the runs that its claim names. It returns a number, and whether the claim holds
by it; None is a tie.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bundle.analysis.claims import Claim
from bundle.analysis.curves import Curve


class Run(NamedTuple):
    """A run of one seed."""

    cell: str
    seq_length: int
    variant: str = ""  # what is different from the recipe: "no schedule", "longer", ..., "ours"


class Outcome(NamedTuple):
    value: float
    holds: bool | None


def lower(value: float, other: float) -> Outcome:
    """Return the difference, and whether the value is below the other; two that are infinite tie."""
    if value == other:
        return Outcome(0.0, None)
    return Outcome(value - other, value < other)


def higher(value: float, other: float) -> Outcome:
    if value == other:
        return Outcome(0.0, None)
    return Outcome(value - other, value > other)


def all_true(values: Sequence[bool | None]) -> bool | None:
    """Return whether all are true: False where one is, None where some tie and none is."""
    if False in values:
        return False
    return None if None in values else True


def sooner_at_full_accuracy(curve: Curve, *others: Curve) -> Outcome:
    """Steps to 100 %, less those of the best other run."""
    return lower(curve.first(), min(other.first() for other in others))


def sooner_at_95_percent(curve: Curve, *others: Curve) -> Outcome:
    """Steps to 95 %, less those of the best other run."""
    return lower(curve.first(0.95), min(other.first(0.95) for other in others))


def sooner_held_at_full_accuracy(curve: Curve, *others: Curve) -> Outcome:
    """Step from which on it stays at 100 %, less that of the best other run."""
    return lower(curve.held(), min(other.held() for other in others))


def higher_mean_accuracy(curve: Curve, *others: Curve) -> Outcome:
    """Mean accuracy, less that of the best other run."""
    return higher(curve.mean(), max(other.mean() for other in others))


def falling_mean_accuracy(*curves: Curve) -> Outcome:
    """Mean accuracy, first length less last: does it fall at each?"""
    values = [curve.mean() for curve in curves]
    falls = [higher(value, following).holds for value, following in pairwise(values)]
    return Outcome(values[0] - values[-1], all_true(falls))


def rising_steps_to_full_accuracy(*curves: Curve) -> Outcome:
    """Steps to 100 %, first length less last: do they rise at each?"""
    return _rising([curve.first() for curve in curves])


def rising_steps_to_hold_full_accuracy(*curves: Curve) -> Outcome:
    """Step from which on it stays at 100 %, first length less last: does it rise at each?"""
    return _rising([curve.held() for curve in curves])


def _rising(steps: Sequence[float]) -> Outcome:
    rises = [lower(step, following).holds for step, following in pairwise(steps)]
    return Outcome(lower(steps[0], steps[-1]).value, all_true(rises))


def never_holds_full_accuracy(curve: Curve) -> Outcome:
    """Step from which on it stays at 100 %: is there none?"""
    return Outcome(curve.held(), curve.held() == np.inf)


def ends_below_99_percent(curve: Curve) -> Outcome:
    """Accuracy at the end: below 99 %?"""
    return Outcome(curve.final(), curve.final() < 0.99)


def full_accuracy_in_time(curve: Curve, *, low: float, high: float) -> Outcome:
    """Steps to 100 %."""
    return Outcome(curve.first(), low <= curve.first() <= high)


def full_accuracy_held_in_time(curve: Curve, *, low: float, high: float) -> Outcome:
    """Step from which on it stays at 100 %."""
    return Outcome(curve.held(), low <= curve.held() <= high)


def accuracy_of_95_percent_in_time(curve: Curve, *, low: float, high: float) -> Outcome:
    """Steps to 95 %."""
    return Outcome(curve.first(0.95), low <= curve.first(0.95) <= high)


def fewer_relapses(lstm: Curve, rnn: Curve) -> Outcome:
    """Share of evaluations below 100 % after the first at 100 %, LSTM less RNN."""
    return lower(lstm.unsteadiness(), rnn.unsteadiness())


def smaller_deviation(lstm: Curve, rnn: Curve) -> Outcome:
    """Standard deviation of the accuracy over the last third, LSTM less RNN."""
    return lower(lstm.spread(), rnn.spread())


def smaller_deepest_drop(lstm: Curve, rnn: Curve) -> Outcome:
    """Deepest drop below the best accuracy so far, LSTM less RNN."""
    return lower(lstm.deepest_drop(), rnn.deepest_drop())


def neither_ends_at_full_accuracy(lstm: Curve, rnn: Curve) -> Outcome:
    """Accuracy at the end, of the better cell: below 100 %?"""
    best = max(lstm.final(), rnn.final())
    return Outcome(best, best < 1)


def neither_stays_at_full_accuracy(lstm: Curve, rnn: Curve) -> Outcome:
    """Lowest accuracy of the last third, of the better cell: below 100 %?"""
    best = max(lstm.late().min(), rnn.late().min())
    return Outcome(best, bool(best < 1))


def lstm_ends_at_full_accuracy(lstm: Curve, rnn: Curve) -> Outcome:
    """Accuracy of the LSTM at the end: 100 %?"""
    return Outcome(lstm.final(), lstm.final() == 1)


def rnn_ends_at_full_accuracy(lstm: Curve, rnn: Curve) -> Outcome:
    """Accuracy of the RNN at the end: 100 %?"""
    return Outcome(rnn.final(), rnn.final() == 1)


def never_at_full_accuracy(curve: Curve) -> Outcome:
    """Best accuracy: below 100 %?"""
    return Outcome(curve.best(), curve.best() < 1)


def never_at_95_percent(curve: Curve) -> Outcome:
    """Best accuracy: below 95 %?"""
    return Outcome(curve.best(), curve.best() < 0.95)


def never_at_50_percent(curve: Curve) -> Outcome:
    """Best accuracy: below 50 %?"""
    return Outcome(curve.best(), curve.best() < 0.5)


def only_lstm_at_full_accuracy(lstm: Curve, rnn: Curve) -> Outcome:
    """Best accuracy of the LSTM: 100 %, and the RNN's below?"""
    return Outcome(lstm.best(), lstm.best() == 1 and rnn.best() < 1)


def only_lstm_at_95_percent(lstm: Curve, rnn: Curve) -> Outcome:
    """Best accuracy of the LSTM: at least 95 %, and the RNN's below?"""
    return Outcome(lstm.best(), lstm.best() >= 0.95 and rnn.best() < 0.95)


def drops_by_a_fifth(curve: Curve) -> Outcome:
    """Deepest drop: 0.2 or more?"""
    return Outcome(curve.deepest_drop(), curve.deepest_drop() >= 0.2)


def deviates_by_a_twentieth(curve: Curve) -> Outcome:
    """Standard deviation over the last third: 0.05 or more?"""
    return Outcome(curve.spread(), curve.spread() >= 0.05)


def drops_by_a_third_of_its_best(curve: Curve) -> Outcome:
    """Deepest drop over the best accuracy: a third or more?"""
    share = curve.deepest_drop() / curve.best()
    return Outcome(share, share >= 1 / 3)


def higher_mean_in_both_pairs(lstm_5: Curve, rnn_5: Curve, lstm_30: Curve, rnn_30: Curve) -> Outcome:
    """Mean accuracy, LSTM less RNN, at the length where that is less."""
    return _both(higher(lstm_5.mean(), rnn_5.mean()), higher(lstm_30.mean(), rnn_30.mean()))


def higher_end_in_both_pairs(lstm_5: Curve, rnn_5: Curve, lstm_30: Curve, rnn_30: Curve) -> Outcome:
    """Accuracy at the end, LSTM less RNN, at the length where that is less."""
    return _both(higher(lstm_5.final(), rnn_5.final()), higher(lstm_30.final(), rnn_30.final()))


def _both(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(min(first.value, second.value), all_true([first.holds, second.holds]))


IN_TIME = (full_accuracy_in_time, full_accuracy_held_in_time, accuracy_of_95_percent_in_time)
LSTM_3, LSTM_5, LSTM_10, LSTM_30 = (Run("LSTM", length) for length in (3, 5, 10, 30))
RNN_5, RNN_30 = Run("RNN", 5), Run("RNN", 30)

CLAIMS = (
    Claim(
        "schedule-helps",
        (sooner_held_at_full_accuracy, sooner_at_full_accuracy, higher_mean_accuracy),
        runs=(LSTM_10, Run("LSTM", 10, "no schedule")),
    ),
    Claim(
        "best-at-5",
        (sooner_held_at_full_accuracy, sooner_at_full_accuracy, higher_mean_accuracy),
        runs=(LSTM_5, LSTM_3, LSTM_10, LSTM_30),
    ),
    Claim(
        "longer-is-worse",
        (falling_mean_accuracy, rising_steps_to_hold_full_accuracy, rising_steps_to_full_accuracy),
        runs=(LSTM_5, LSTM_10, LSTM_30),
    ),
    Claim(
        "better-at-3-than-10",
        (higher_mean_accuracy, sooner_at_full_accuracy, sooner_held_at_full_accuracy),
        runs=(LSTM_3, LSTM_10),
    ),
    Claim(
        "limited-by-memory",
        (never_holds_full_accuracy, ends_below_99_percent),
        runs=(Run("LSTM", 30, "ours"),),
    ),
    Claim("lstm-at-5-in-400-steps", IN_TIME, runs=(LSTM_5,), options={"low": 300, "high": 500}),
    Claim("rnn-at-5-after-600-steps", IN_TIME, runs=(RNN_5,), options={"low": 601, "high": np.inf}),
    Claim(
        "lstm-first-at-5",
        (sooner_at_full_accuracy, sooner_at_95_percent, higher_mean_accuracy),
        runs=(LSTM_5, RNN_5),
    ),
    Claim(
        "lstm-steadier-at-5", (fewer_relapses, smaller_deviation, smaller_deepest_drop), runs=(LSTM_5, RNN_5)
    ),
    Claim(
        "unstable-at-30",
        (neither_ends_at_full_accuracy, neither_stays_at_full_accuracy),
        runs=(LSTM_30, RNN_30),
    ),
    Claim(
        "too-few-steps-at-30",
        (lstm_ends_at_full_accuracy, rnn_ends_at_full_accuracy),
        runs=(Run("LSTM", 30, "longer"), Run("RNN", 30, "longer")),
    ),
    Claim("lstm-at-30-after-1400-steps", IN_TIME, runs=(LSTM_30,), options={"low": 1400, "high": 1500}),
    Claim(
        "rnn-not-at-30", (never_at_full_accuracy, never_at_95_percent, never_at_50_percent), runs=(RNN_30,)
    ),
    Claim("only-lstm-at-30", (only_lstm_at_full_accuracy, only_lstm_at_95_percent), runs=(LSTM_30, RNN_30)),
    Claim(
        "lstm-steadier-at-30",
        (smaller_deviation, smaller_deepest_drop, fewer_relapses),
        runs=(LSTM_30, RNN_30),
    ),
    Claim(
        "rnn-fluctuates-at-30",
        (drops_by_a_fifth, deviates_by_a_twentieth, drops_by_a_third_of_its_best),
        runs=(RNN_30,),
    ),
    Claim(
        "lstm-better",
        (higher_mean_in_both_pairs, higher_end_in_both_pairs),
        runs=(LSTM_5, RNN_5, LSTM_30, RNN_30),
    ),
)
MEASURES = {measure.__name__: measure for claim in CLAIMS for measure in claim.measures}
