"""Each testable sentence of the original report, what would make it true for one seed, and the verdict.

A sentence is tested seed by seed: for how many of the n seeds does it come true? It *holds* if the share's
95 % interval (Clopper and Pearson 1934) lies above one half, *does not hold* if it lies below, and is
*undecided* otherwise. So three seeds never decide anything, and nine of ten do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from lib.records import Record

EVERY = 10  # the original report logs the accuracy of every tenth batch
LAST = 500  # steps: the stretch at the end of training in which stability is measured

Runs = Callable[[str, int], np.ndarray]  # cell, length -> logged accuracy of this seed's run


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


def fluctuation(accuracy: np.ndarray) -> float:
    """Return the standard deviation of the logged accuracy over the last 500 steps."""
    return float(accuracy[-LAST // EVERY :].std())


def deepest_drop(accuracy: np.ndarray) -> float:
    """Return how far the logged accuracy ever falls below the best before it."""
    return float((np.maximum.accumulate(accuracy) - accuracy).max())


@dataclass(frozen=True)
class Claim:
    """One sentence of the original report.

    Attributes:
        id: short name.
        section: where the original says it.
        sentence: what it says, in our words.
        test: what makes it true for one seed, in words.
        measure: the number behind the test for one seed.
        unit: of the measure.
        holds: whether the sentence is true for one seed.
    """

    id: str
    section: str
    sentence: str
    test: str
    measure: Callable[[Runs], float]
    unit: str
    holds: Callable[[Runs], bool]


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about a claim: true for `count` of `n`, with the share's 95 % interval."""

    claim: Claim
    recipe: str
    count: int
    n: int
    low: float
    high: float
    median: float

    @property
    def word(self) -> str:
        if self.low > 0.5:
            return "holds"
        return "does not hold" if self.high < 0.5 else "undecided"


PART1 = [
    Claim(
        "best-is-5",
        "2.2",
        "Length 5 gives the best performance",
        "the LSTM holds 100 % earlier at 5 than at 3, 10 and 30",
        lambda runs: held_full(runs("LSTM", 5)),
        "steps to held 100 %, length 5",
        lambda runs: held_full(runs("LSTM", 5)) < min(held_full(runs("LSTM", t)) for t in (3, 10, 30)),
    ),
    Claim(
        "longer-is-worse",
        "2.2",
        "Beyond 5, longer is worse",
        "the LSTM's mean accuracy over training falls from 5 to 10 to 30",
        lambda runs: runs("LSTM", 5).mean() - runs("LSTM", 30).mean(),
        "mean accuracy, 5 less 30",
        lambda runs: runs("LSTM", 5).mean() > runs("LSTM", 10).mean() > runs("LSTM", 30).mean(),
    ),
    Claim(
        "3-beats-10",
        "2.2",
        "Length 3 is better than length 10",
        "the LSTM's mean accuracy over training is higher at 3 than at 10",
        lambda runs: runs("LSTM", 3).mean() - runs("LSTM", 10).mean(),
        "mean accuracy, 3 less 10",
        lambda runs: runs("LSTM", 3).mean() > runs("LSTM", 10).mean(),
    ),
    Claim(
        "lstm-400",
        "2.2",
        "At 5 the LSTM reaches 100 % in about 400 steps",
        "first logged 100 % between 300 and 500",
        lambda runs: first_full(runs("LSTM", 5)),
        "steps to first 100 %",
        lambda runs: 300 <= first_full(runs("LSTM", 5)) <= 500,
    ),
    Claim(
        "rnn-600",
        "2.2",
        "At 5 the RNN needs more than 600 steps",
        "first logged 100 % after 600, or never",
        lambda runs: first_full(runs("RNN", 5)),
        "steps to first 100 %",
        lambda runs: first_full(runs("RNN", 5)) > 600,
    ),
    Claim(
        "lstm-first-at-5",
        "2.2",
        "At 5 the LSTM reaches 100 % before the RNN",
        "its first logged 100 % is earlier",
        lambda runs: first_full(runs("LSTM", 5)) - first_full(runs("RNN", 5)),
        "steps to first 100 %, LSTM less RNN",
        lambda runs: first_full(runs("LSTM", 5)) < first_full(runs("RNN", 5)),
    ),
    Claim(
        "lstm-stable-5",
        "2.2",
        "At 5 the LSTM is more stable",
        "its logged accuracy varies less over the last 500 steps",
        lambda runs: fluctuation(runs("LSTM", 5)) - fluctuation(runs("RNN", 5)),
        "standard deviation, LSTM less RNN",
        lambda runs: fluctuation(runs("LSTM", 5)) < fluctuation(runs("RNN", 5)),
    ),
    Claim(
        "unstable-30",
        "2.2",
        "At 30 accuracy is not stable at 100 %",
        "neither cell holds 100 % at the end",
        lambda runs: max(runs("LSTM", 30)[-1], runs("RNN", 30)[-1]),
        "last logged accuracy, the better cell",
        lambda runs: np.isinf(held_full(runs("LSTM", 30))) and np.isinf(held_full(runs("RNN", 30))),
    ),
    Claim(
        "lstm-1400",
        "2.2",
        "At 30 the LSTM reaches 100 % after 1400 steps",
        "first logged 100 % at 1400 or later, and before the end",
        lambda runs: first_full(runs("LSTM", 30)),
        "steps to first 100 %",
        lambda runs: 1400 <= first_full(runs("LSTM", 30)) < np.inf,
    ),
    Claim(
        "rnn-never-30",
        "2.2",
        "At 30 the RNN does not reach 100 % in 1500 steps",
        "no logged batch at 100 %",
        lambda runs: runs("RNN", 30).max(),
        "best logged accuracy",
        lambda runs: np.isinf(first_full(runs("RNN", 30))),
    ),
    Claim(
        "rnn-fluctuates-30",
        "2.2",
        "At 30 the RNN fluctuates dramatically",
        "it falls 0.2 or more below its best, and varies more than the LSTM over the last 500 steps",
        lambda runs: deepest_drop(runs("RNN", 30)),
        "deepest drop of accuracy",
        lambda runs: (
            deepest_drop(runs("RNN", 30)) >= 0.2
            and fluctuation(runs("RNN", 30)) > fluctuation(runs("LSTM", 30))
        ),
    ),
    Claim(
        "lstm-beats-rnn",
        "2.2",
        "The LSTM performs better than the RNN",
        "its mean accuracy over training is higher at 5 and at 30",
        lambda runs: min(runs("LSTM", t).mean() - runs("RNN", t).mean() for t in (5, 30)),
        "mean accuracy, LSTM less RNN, the worse of 5 and 30",
        lambda runs: all(runs("LSTM", t).mean() > runs("RNN", t).mean() for t in (5, 30)),
    ),
]


def judge(claims: Sequence[Claim], records: Sequence[Record]) -> Iterator[Verdict]:
    """Yield a verdict for each claim that the records can decide, for every recipe in them."""
    runs: dict[str, dict[int, dict[tuple, np.ndarray]]] = {}
    for record in records:
        s = record.settings
        runs.setdefault(s["recipe"], {}).setdefault(s["seed"], {})[s["cell"], s["seq_length"]] = logged(
            record
        )
    for claim in claims:
        for recipe, seeds in runs.items():
            try:
                outcomes = [(claim.holds(_of(one)), claim.measure(_of(one))) for one in seeds.values()]
            except KeyError:  # a cell or length that these records do not have
                continue
            count, n = sum(bool(true) for true, _ in outcomes), len(outcomes)
            interval = binomtest(count, n).proportion_ci()
            with np.errstate(invalid="ignore"):
                median = float(np.median([measure for _, measure in outcomes]))
            yield Verdict(claim, recipe, count, n, interval.low, interval.high, median)


def _of(runs: dict[tuple, np.ndarray]) -> Runs:
    return lambda cell, seq_length: runs[cell, seq_length]


def summary(records: Sequence[Record]) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic".

    A run that never arrives counts as infinite; an infinite median is given as -1, JSON having no infinity.
    """
    groups: dict[str, list[np.ndarray]] = {}
    for record in records:
        s = record.settings
        groups.setdefault(f"{s['cell']} {s['recipe']} {s['seq_length']}", []).append(logged(record))
    statistics = {
        "first 100 %": first_full,
        "held 100 %": held_full,
        "last 500": lambda a: a[-LAST // EVERY :].mean(),
    }
    found = {
        f"{name} {word}": float(np.median([statistic(one) for one in runs]))
        for name, runs in groups.items()
        for word, statistic in statistics.items()
    }
    return {name: round(value, 6) if np.isfinite(value) else -1 for name, value in found.items()}


HEADER = [
    "Sentence (§ of the original)",
    "True for a seed if",
    "Recipe",
    "Median",
    "True",
    "95 % interval",
    "Verdict",
]


def rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """Yield a table row for each verdict; the sentence stands in the first row of its claim alone."""
    last = None
    for v in verdicts:
        first, last = v.claim is not last, v.claim
        yield [
            f"{v.claim.sentence} (§{v.claim.section})" if first else "",
            v.claim.test if first else "",
            v.recipe.replace("-", " "),
            f"{_number(v.median)} ({v.claim.unit})",
            f"{v.count}/{v.n}",
            f"{v.low:.2f} to {v.high:.2f}",
            v.word,
        ]


def _number(value: float) -> str:
    if np.isnan(value):
        return "neither ever"
    if np.isinf(value):
        return "never" if value > 0 else "only the first"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}"


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
