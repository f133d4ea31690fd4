"""What the original report says of its six accuracy curves, each sentence by several measures.

A sentence is a list of measures, the first of which is the main one. A measure is its name, what it counts,
and a function of one seed's curves, the LSTM's and the RNN's by length, to a number and whether it makes the
sentence true: None is a tie. Curves that are not there raise a KeyError.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bundle.analysis.curves import Curve

UNSCHEDULED, LONGER, LONGER_UNSCHEDULED, OURS = "no schedule", "longer", "longer, no schedule", "ours"
Curves = Mapping  # from a length, or a pair of a length and one of the words above, to a Curve
Found = tuple[float, bool | None]


class Measure(NamedTuple):
    name: str
    number: str  # what is measured, in words
    of: Callable[[Curves, Curves], Found]


FIRST, HELD, NEARLY = "first 100 %", "held 100 %", "first 95 %"
TIMES = {FIRST: Curve.first, HELD: Curve.held, NEARLY: lambda curve: curve.first(0.95)}
LEVELS = {"mean accuracy": Curve.mean, "final accuracy": Curve.final}


def lower(a: float, b: float) -> Found:
    """Return a - b and whether a is below b; both may be infinite, which is a tie."""
    difference = 0.0 if a == b else a - b
    return difference, None if difference == 0 else difference < 0


def higher(a: float, b: float) -> Found:
    difference, below = lower(b, a)
    return -difference, below


def rising(*values: float) -> bool | None:
    """Return whether each value is above the one before; None where some are equal and none falls."""
    steps = [lower(a, b)[1] for a, b in pairwise(values)]
    return False if False in steps else None if None in steps else True


def sooner(pick: Callable[[Curves, Curves], tuple[Curve, Curve]], number: str) -> list[Measure]:
    """Return measures by which the first of two curves is the better one: earlier, and then higher."""

    def compared(of: Callable, compare: Callable) -> Callable[[Curves, Curves], Found]:
        return lambda lstm, rnn: compare(*map(of, pick(lstm, rnn)))

    return [Measure(name, f"steps, {number}", compared(of, lower)) for name, of in TIMES.items()] + [
        Measure(name, f"accuracy, {number}", compared(of, higher)) for name, of in LEVELS.items()
    ]


def best_at_five(of: Callable) -> Callable[[Curves, Curves], Found]:
    return lambda lstm, rnn: lower(of(lstm[5]), min(of(lstm[n]) for n in (3, 10, 30)))


def highest_at_five(of: Callable) -> Callable[[Curves, Curves], Found]:
    return lambda lstm, rnn: higher(of(lstm[5]), max(of(lstm[n]) for n in (3, 10, 30)))


def worsening(of: Callable, *, better: int) -> Callable[[Curves, Curves], Found]:
    """Return whether what is better higher (1) or lower (-1) worsens from 5 to 10 to 30, and by how much."""

    def find(lstm: Curves, rnn: Curves) -> Found:
        at = [-better * of(lstm[n]) for n in (5, 10, 30)]
        return lower(at[0], at[2])[0] * -better, rising(*at)

    return find


def between(cell: int, length: int, low: float, high: float) -> list[Measure]:
    """Return measures of whether a cell (0 the LSTM, 1 the RNN) arrives after `low` and by `high` steps."""

    def arrives(of: Callable) -> Callable[[Curves, Curves], Found]:
        return lambda *cells: (step := of(cells[cell][length]), low <= step <= high)

    return [Measure(name, "steps", arrives(of)) for name, of in TIMES.items()]


def steadier(length: int) -> list[Measure]:
    measures = {
        "looks below 100 % after the first": Curve.unsteadiness,
        "deviation over the last third": Curve.spread,
        "falls to 90 % or less": Curve.collapses,
        "deepest drop below its best": Curve.deepest_drop,
        "change between looks, last third": Curve.jumps,
    }

    def compared(of: Callable) -> Callable[[Curves, Curves], Found]:
        return lambda lstm, rnn: lower(of(lstm[length]), of(rnn[length]))

    return [Measure(name, "LSTM less RNN", compared(of)) for name, of in measures.items()]


def both(of: Callable, lengths=(5, 30)) -> Callable[[Curves, Curves], Found]:
    """Return whether the LSTM's is higher at all these lengths; the number is the least difference."""

    def find(lstm: Curves, rnn: Curves) -> Found:
        found = [higher(of(lstm[n]), of(rnn[n])) for n in lengths]
        words = [word for _, word in found]
        return min(d for d, _ in found), False if False in words else None if None in words else True

    return find


def never(accuracy: float) -> Callable[[Curves, Curves], Found]:
    return lambda lstm, rnn: (best := rnn[30].best(), best < accuracy)


def holds_after_all(cell: int, key: str) -> Measure:
    """Return whether a training that goes on past 1500 steps ends with 100 % held."""
    name = ("LSTM", "RNN")[cell] + key.removeprefix("longer")
    return Measure(name, "last accuracy", lambda *cells: (m := cells[cell][30, key].final(), m == 1))


SENTENCES: dict[str, list[Measure]] = {
    "The learning-rate schedule gives better results (§2.1.2)": [
        sooner(lambda lstm, rnn: (lstm[10], lstm[10, UNSCHEDULED]), "with less without, LSTM at 10")[k]
        for k in (1, 0, 3, 4)
    ],
    "Length 5 gives the best performance (§2.2)": [
        Measure(HELD, "steps, 5 less the best other", best_at_five(Curve.held)),
        Measure(FIRST, "steps, 5 less the best other", best_at_five(Curve.first)),
        Measure("mean accuracy", "5 less the best other", highest_at_five(Curve.mean)),
        Measure("final accuracy", "5 less the best other", highest_at_five(Curve.final)),
    ],
    "Beyond 5, longer is worse (§2.2)": [
        Measure("mean accuracy", "5 less 30", worsening(Curve.mean, better=1)),
        Measure("final accuracy", "5 less 30", worsening(Curve.final, better=1)),
        Measure(HELD, "steps, 5 less 30", worsening(Curve.held, better=-1)),
        Measure(FIRST, "steps, 5 less 30", worsening(Curve.first, better=-1)),
    ],
    "Length 3 is better than length 10 (§2.2)": [
        sooner(lambda lstm, rnn: (lstm[3], lstm[10]), "3 less 10")[k] for k in (3, 0, 1, 4)
    ],
    "Length 30 is worse because the memory is limited (§2.2)": [
        Measure(
            "our recipe, held 100 %",
            "steps, the same 128 units at 30",
            lambda lstm, rnn: (m := lstm[30, OURS].held(), m == np.inf),
        ),
        Measure(
            "our recipe, final accuracy", "at 30", lambda lstm, rnn: (m := lstm[30, OURS].final(), m < 0.99)
        ),
    ],
    "At 5 the LSTM reaches 100 % in about 400 steps (§2.2)": between(0, 5, 300, 500),
    "At 5 the RNN needs more than 600 steps (§2.2)": between(1, 5, 601, np.inf),
    "At 5 the LSTM reaches 100 % before the RNN (§2.2)": [
        sooner(lambda lstm, rnn: (lstm[5], rnn[5]), "LSTM less RNN")[k] for k in (0, 1, 2, 3)
    ],
    "At 5 the LSTM is more stable than the RNN (§2.2)": steadier(5),
    "At 30 neither LSTM nor RNN is stable at 100 % (§2.2)": [
        Measure(
            "last look",
            "the better cell",
            lambda lstm, rnn: (m := max(lstm[30].final(), rnn[30].final()), m < 1),
        ),
        Measure(
            "every look of the last third",
            "the better cell's worst",
            lambda lstm, rnn: (m := max(lstm[30].late().min(), rnn[30].late().min()), m < 1),
        ),
    ],
    "At 30 it is worse because training ends at 1500 steps (§2.2)": [
        holds_after_all(0, LONGER),
        holds_after_all(0, LONGER_UNSCHEDULED),
        holds_after_all(1, LONGER),
    ],
    "At 30 the LSTM reaches 100 % after 1400 steps (§2.2)": between(0, 30, 1400, 1500),
    "At 30 the RNN does not reach 100 % in 1500 steps (§2.2)": [
        Measure("best accuracy below 100 %", "best accuracy", never(1.0)),
        Measure("below 95 %", "best accuracy", never(0.95)),
        Measure("below 50 %", "best accuracy", never(0.5)),
    ],
    "At 30 the LSTM has reached 100 % while the RNN has not (§2.2)": [
        Measure(
            name,
            "best accuracy, LSTM",
            lambda lstm, rnn, least=least: (lstm[30].best(), lstm[30].best() >= least > rnn[30].best()),
        )
        for name, least in ((FIRST, 1.0), (NEARLY, 0.95))
    ],
    "At 30 the LSTM is more stable than the RNN (§2.2)": [steadier(30)[k] for k in (1, 3, 4, 0)],
    "At 30 the RNN fluctuates dramatically (§2.2)": [
        Measure(
            "a drop of 0.2 or more", "deepest drop", lambda lstm, rnn: (m := rnn[30].deepest_drop(), m >= 0.2)
        ),
        Measure(
            "a deviation of 0.05 or more, last third",
            "deviation",
            lambda lstm, rnn: (m := rnn[30].spread(), m >= 0.05),
        ),
        Measure(
            "a drop of a third of its best: on an axis of its own scale",
            "deepest drop over the best",
            lambda lstm, rnn: (m := rnn[30].deepest_drop() / rnn[30].best(), m >= 1 / 3),
        ),
    ],
    "The LSTM performs better than the RNN (§2.2)": [
        Measure("mean accuracy at 5 and 30", "LSTM less RNN, the worse", both(Curve.mean)),
        Measure("final accuracy at 5 and 30", "LSTM less RNN, the worse", both(Curve.final)),
        Measure("mean accuracy at 5", "LSTM less RNN", both(Curve.mean, lengths=[5])),
        Measure("mean accuracy at 30", "LSTM less RNN", both(Curve.mean, lengths=[30])),
        Measure(
            "mean accuracy at all four lengths",
            "LSTM less RNN, the worst",
            both(Curve.mean, lengths=(3, 5, 10, 30)),
        ),
    ],
}
