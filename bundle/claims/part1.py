"""The original's sentences on LSTM and RNN, tested seed by seed, both cells on the same batches."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from bundle.claims.accuracy import deepest_drop, first_full, fluctuation, held_full, logged, unsteadiness
from bundle.claims.formats import number
from bundle.claims.verdicts import Claim, Verdict, counted, decide, median_interval
from bundle.runs.records import Record

PART1 = [  # of the logged accuracies of one seed by length, of both cells
    Claim(
        "The learning-rate schedule gives better results (§2.1.2)",
        "the LSTM at 10 holds 100 % earlier with it than without; "
        "median: steps to held 100 %, with less without",
        lambda lstm, rnn: (m := held_full(lstm[10]) - held_full(lstm[10, "no schedule"]), m < 0),
    ),
    Claim(
        "Length 5 gives the best performance (§2.2)",
        "the LSTM holds 100 % earlier at 5 than at 3, 10 and 30; median: steps to held 100 %, length 5",
        lambda lstm, rnn: (m := held_full(lstm[5]), m < min(held_full(lstm[n]) for n in (3, 10, 30))),
    ),
    Claim(
        "Beyond 5, longer is worse (§2.2)",
        "the LSTM's mean accuracy over training falls from 5 to 10 to 30; median: mean accuracy, 5 less 30",
        lambda lstm, rnn: ((a := lstm[5].mean()) - (c := lstm[30].mean()), a > lstm[10].mean() > c),
    ),
    Claim(
        "Length 3 is better than length 10 (§2.2)",
        "the LSTM's mean accuracy over training is higher at 3 than at 10; median: mean accuracy, 3 less 10",
        lambda lstm, rnn: (m := lstm[3].mean() - lstm[10].mean(), m > 0),
    ),
    Claim(
        "At 5 the LSTM reaches 100 % in about 400 steps (§2.2)",
        "first logged 100 % between 300 and 500; median: steps to first 100 %",
        lambda lstm, rnn: (m := first_full(lstm[5]), 300 <= m <= 500),
    ),
    Claim(
        "At 5 the RNN needs more than 600 steps (§2.2)",
        "first logged 100 % after 600, or never; median: steps to first 100 %",
        lambda lstm, rnn: (m := first_full(rnn[5]), m > 600),
    ),
    Claim(
        "At 5 the LSTM reaches 100 % before the RNN (§2.2)",
        "its first logged 100 % is earlier; median: steps to first 100 %, LSTM less RNN",
        lambda lstm, rnn: (m := first_full(lstm[5]) - first_full(rnn[5]), m < 0),
    ),
    Claim(
        "At 5 the LSTM is more stable (§2.2)",
        "after its first 100 % fewer logged batches are below 100 % than after the RNN's; "
        "median: share below 100 %, LSTM less RNN",
        lambda lstm, rnn: (m := unsteadiness(lstm[5]) - unsteadiness(rnn[5]), m < 0),
    ),
    Claim(
        "At 30 accuracy is not stable at 100 % (§2.2)",
        "neither cell holds 100 % at the end; median: last logged accuracy, the better cell",
        lambda lstm, rnn: (m := max(lstm[30][-1], rnn[30][-1]), m < 1),
    ),
    Claim(
        "At 30 the LSTM reaches 100 % after 1400 steps (§2.2)",
        "first logged 100 % at 1400 or later, and before the end; median: steps to first 100 %",
        lambda lstm, rnn: (m := first_full(lstm[30]), 1400 <= m < np.inf),
    ),
    Claim(
        "At 30 the RNN does not reach 100 % in 1500 steps (§2.2)",
        "no logged batch at 100 %; median: best logged accuracy",
        lambda lstm, rnn: (m := rnn[30].max(), m < 1),
    ),
    Claim(
        "At 30 the RNN fluctuates dramatically (§2.2)",
        "it falls 0.2 or more below its best, and varies more than the LSTM over the last 500 steps; "
        "median: deepest drop of accuracy",
        lambda lstm, rnn: (
            m := deepest_drop(rnn[30]),
            m >= 0.2 and fluctuation(rnn[30]) > fluctuation(lstm[30]),
        ),
    ),
    Claim(
        "The LSTM performs better than the RNN (§2.2)",
        "its mean accuracy over training is higher at 5 and at 30; "
        "median: mean accuracy, LSTM less RNN, the worse of 5 and 30",
        lambda lstm, rnn: (m := min(lstm[n].mean() - rnn[n].mean() for n in (5, 30)), m > 0),
    ),
]


def decide_part1(records: Sequence[Record], claims: Sequence[Claim] = PART1) -> list[Verdict]:
    """Return a verdict for each claim that the records can decide, under both of the original's recipes."""
    seeds: dict[str, dict[int, dict[str, dict]]] = {}
    for r in (r for r in records if r.settings["recipe"] in ("as-written", "corrected")):
        length, unscheduled = r.settings["seq_length"], r.settings.get("schedule_factor") == 1
        cells = seeds.setdefault(r.settings["recipe"], {}).setdefault(
            r.settings["seed"], {"LSTM": {}, "RNN": {}}
        )
        cells[r.settings["cell"]][(length, "no schedule") if unscheduled else length] = logged(r)
    found = []
    for claim, recipe in product(claims, seeds):
        try:
            outcomes = [claim.find(cells["LSTM"], cells["RNN"]) for cells in seeds[recipe].values()]
        except KeyError:  # a cell, a length or a schedule that these records do not have
            continue
        measures, holds = zip(*outcomes, strict=True)
        median, low, high = median_interval(measures)
        numbers = number(median) + (f" [{number(low)}, {number(high)}]" if len(outcomes) > 5 else "")
        words = {"sentence": claim.sentence, "test": claim.test, "case": recipe, "numbers": numbers}
        found.append(counted(int(sum(holds)), len(outcomes), **words))
    return decide(found)
