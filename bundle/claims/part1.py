"""Each testable sentence of the original report, what would make it true for one seed, and the verdict.

A sentence is tested seed by seed, both cells on the same batches: for how many of the n seeds does it come
true? If it were a toss of a coin, how likely is a count as lopsided as this one? These p-values (exact
binomial, two-sided) are corrected for testing many sentences at once, so that among those called decided at
most one in twenty is expected to be wrong (Benjamini and Hochberg 1995). Corrected p at most 0.05: the
sentence *holds* or *does not hold*; otherwise it is *undecided*.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest, false_discovery_control

from bundle.claims.accuracy import deepest_drop, first_full, fluctuation, held_full, logged, unsteadiness
from bundle.claims.verdicts import Claim, Runs, Verdict, median_interval
from bundle.runs.records import Record

PART1 = [
    Claim(
        "schedule-helps",
        "2.1.2",
        "The learning-rate schedule gives better results",
        "the LSTM at 10 holds 100 % earlier with it than without",
        lambda runs: held_full(runs("LSTM", 10)) - held_full(runs("LSTM", 10, schedule=False)),
        "steps to held 100 %, with less without",
        lambda runs: held_full(runs("LSTM", 10)) < held_full(runs("LSTM", 10, schedule=False)),
    ),
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
        "after its first 100 % fewer logged batches are below 100 % than after the RNN's",
        lambda runs: unsteadiness(runs("LSTM", 5)) - unsteadiness(runs("RNN", 5)),
        "share below 100 %, LSTM less RNN",
        lambda runs: unsteadiness(runs("LSTM", 5)) < unsteadiness(runs("RNN", 5)),
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


def judge_part1(claims: Sequence[Claim], records: Sequence[Record]) -> list[Verdict]:
    """Return a verdict for each claim that the records can decide, under both of the original's recipes."""
    runs: dict[str, dict[int, dict[tuple, np.ndarray]]] = {}
    for record in records:
        s = record.settings
        if s["recipe"] in ("as-written", "corrected"):
            mine = runs.setdefault(s["recipe"], {}).setdefault(s["seed"], {})
            mine[s["cell"], s["seq_length"], s.get("schedule_factor") != 1] = logged(record)
    found = []
    for claim in claims:
        for recipe, seeds in runs.items():
            try:
                outcomes = [(bool(claim.holds(_of(one))), claim.measure(_of(one))) for one in seeds.values()]
            except KeyError:  # a cell, a length or a schedule that these records do not have
                continue
            count, n = sum(true for true, _ in outcomes), len(outcomes)
            test = binomtest(count, n)
            share = test.proportion_ci()
            measured = median_interval([measure for _, measure in outcomes])
            found.append((claim, recipe, count, n, share.low, share.high, *measured, test.pvalue))
    corrected = false_discovery_control([row[-1] for row in found]) if found else []
    return [Verdict(*row, float(p)) for row, p in zip(found, corrected, strict=True)]


def _of(runs: dict[tuple, np.ndarray]) -> Runs:
    return lambda cell, seq_length, schedule=True: runs[cell, seq_length, schedule]
