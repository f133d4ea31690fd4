"""What accuracy curves of LSTM and RNN say, the original's sentences on them tested, the tables of Part 1."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product, takewhile
from typing import NamedTuple

import numpy as np

from bundle.claims.verdicts import Table, Verdict, decide, median_interval, number, once
from bundle.original import LOG_EVERY
from bundle.runs.records import Record, grouped, matching


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


PART1 = {  # what makes each sentence true, in words; the measure of one seed's curves, and whether it is true
    "The learning-rate schedule gives better results (§2.1.2)": (
        "the LSTM at 10 holds 100 % earlier with it than without; "
        "median: steps to held 100 %, with less without",
        lambda lstm, rnn: (m := lstm[10].held_full() - lstm[10, "no schedule"].held_full(), m < 0),
    ),
    "Length 5 gives the best performance (§2.2)": (
        "the LSTM holds 100 % earlier at 5 than at 3, 10 and 30; median: steps to held 100 %, length 5",
        lambda lstm, rnn: (m := lstm[5].held_full(), m < min(lstm[n].held_full() for n in (3, 10, 30))),
    ),
    "Beyond 5, longer is worse (§2.2)": (
        "the LSTM's mean accuracy over training falls from 5 to 10 to 30; median: mean accuracy, 5 less 30",
        lambda lstm, rnn: ((a := lstm[5].mean()) - (c := lstm[30].mean()), a > lstm[10].mean() > c),
    ),
    "Length 3 is better than length 10 (§2.2)": (
        "the LSTM's mean accuracy over training is higher at 3 than at 10; median: mean accuracy, 3 less 10",
        lambda lstm, rnn: (m := lstm[3].mean() - lstm[10].mean(), m > 0),
    ),
    "At 5 the LSTM reaches 100 % in about 400 steps (§2.2)": (
        "first logged 100 % between 300 and 500; median: steps to first 100 %",
        lambda lstm, rnn: (m := lstm[5].first_full(), 300 <= m <= 500),
    ),
    "At 5 the RNN needs more than 600 steps (§2.2)": (
        "first logged 100 % after 600, or never; median: steps to first 100 %",
        lambda lstm, rnn: (m := rnn[5].first_full(), m > 600),
    ),
    "At 5 the LSTM reaches 100 % before the RNN (§2.2)": (
        "its first logged 100 % is earlier; median: steps to first 100 %, LSTM less RNN",
        lambda lstm, rnn: (m := lstm[5].first_full() - rnn[5].first_full(), m < 0),
    ),
    "At 5 the LSTM is more stable (§2.2)": (
        "after its first 100 % fewer logged batches are below 100 % than after the RNN's; "
        "median: share below 100 %, LSTM less RNN",
        lambda lstm, rnn: (m := lstm[5].unsteadiness() - rnn[5].unsteadiness(), m < 0),
    ),
    "At 30 accuracy is not stable at 100 % (§2.2)": (
        "neither cell holds 100 % at the end; median: last logged accuracy, the better cell",
        lambda lstm, rnn: (m := max(lstm[30].values[-1], rnn[30].values[-1]), m < 1),
    ),
    "At 30 the LSTM reaches 100 % after 1400 steps (§2.2)": (
        "first logged 100 % at 1400 or later, and before the end; median: steps to first 100 %",
        lambda lstm, rnn: (m := lstm[30].first_full(), 1400 <= m < np.inf),
    ),
    "At 30 the RNN does not reach 100 % in 1500 steps (§2.2)": (
        "no logged batch at 100 %; median: best logged accuracy",
        lambda lstm, rnn: (m := rnn[30].values.max(), m < 1),
    ),
    "At 30 the RNN fluctuates dramatically (§2.2)": (
        "it falls 0.2 or more below its best, and varies more than the LSTM over the last 500 steps; "
        "median: deepest drop of accuracy",
        lambda lstm, rnn: (m := rnn[30].deepest_drop(), m >= 0.2 and rnn[30].spread() > lstm[30].spread()),
    ),
    "The LSTM performs better than the RNN (§2.2)": (
        "its mean accuracy over training is higher at 5 and at 30; "
        "median: mean accuracy, LSTM less RNN, the worse of 5 and 30",
        lambda lstm, rnn: (m := min(lstm[n].mean() - rnn[n].mean() for n in (5, 30)), m > 0),
    ),
}


def decide_part1(records: Sequence[Record], claims: Mapping[str, tuple] = PART1) -> list[Verdict]:
    """Return a verdict for each claim that the records can decide, under both of the original's recipes."""
    seeds = defaultdict(lambda: {"LSTM": {}, "RNN": {}})  # curves by recipe and seed, by cell, by length
    for record in records:
        s = record.settings
        length = s["seq_length"] if s.get("schedule_factor") != 1 else (s["seq_length"], "no schedule")
        seeds[s["recipe"], s["seed"]][s["cell"]][length] = logged(record)
    recipes = [name for name in dict.fromkeys(recipe for recipe, _ in seeds) if name != "ours"]
    found = []
    for (sentence, (test, find)), recipe in product(claims.items(), recipes):
        try:
            outcomes = [find(*cells.values()) for (of, _), cells in seeds.items() if of == recipe]
        except KeyError:  # a cell, a length or a schedule that these records do not have
            continue
        measures, true = zip(*outcomes, strict=True)
        median, low, high = median_interval(measures)
        numbers = number(median) + (f" [{number(low)}, {number(high)}]" if len(true) > 5 else "")
        found.append(Verdict(sentence, test, recipe, count=int(sum(true)), n=len(true), numbers=numbers))
    return decide(found)


STATISTICS = {
    "first 100 %": Curve.first_full,
    "held 100 %": Curve.held_full,
    "final": lambda curve: curve.values[-1],
    "best less final": lambda curve: curve.values.max() - curve.values[-1],
    "collapses": Curve.collapses,
    "mean": Curve.mean,
}


def statistics_table(records: Sequence[Record]) -> Table:
    """Return a row for each cell, recipe and length: medians over seeds, steps with intervals."""
    rows = []
    for (cell, recipe, length, n), found in _medians(records).items():
        cells = []
        for name, (median, low, high) in found.items():
            wide = n > 5 and name in ("first 100 %", "held 100 %") and np.isfinite(low)
            cells.append(number(median) + (f" [{number(low)}, {number(high)}]" if wide else ""))
        rows.append([cell, recipe.replace("-", " "), str(length), str(n), *cells])
    return ["Cell", "Recipe", "Length", "Seeds", *STATISTICS], rows


def verdict_table(found: Sequence[Verdict]) -> Table:
    """Return a row for each verdict; sentence and test stand in the first row of their claim alone."""
    words = zip(once([v.sentence for v in found]), once([v.test for v in found]), found, strict=True)
    rows = [[*first, v.case.replace("-", " "), v.numbers, *v.cells(".2f")] for *first, v in words]
    return ["Sentence", "True for a seed if", "Recipe", "Median", "True", "Interval", "p", "Verdict"], rows


def tally(found: Sequence[Verdict]) -> str:
    parts = []
    for recipe in dict.fromkeys(v.case for v in found):
        hold, do_not, undecided = map([v.holds for v in found if v.case == recipe].count, (True, False, None))
        words = recipe.replace("-", " ")
        parts.append(f"{words}, {hold} hold, {do_not} do not hold, {undecided} are undecided")
    return f"Of {len({v.sentence for v in found})} sentences: " + "; ".join(parts) + "."


def ablation_table(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each group of runs by its name: our whole recipe, and the same without a part."""
    rows = []
    for name, records in groups.items():
        held = [logged(record).held_full() for record in records]
        final = np.median([final_accuracy(record, last=100) for record in records])
        lowest = [min(r.summary["accuracy_at"].values()) for r in records if "accuracy_at" in r.summary]
        cells = [f"{np.isfinite(held).sum()}/{len(held)}", number(median_interval(held)[0])]
        rows.append([name, *cells, number(final, ".3f"), number(min(lowest, default=None), ".3f")])
    columns = "Seeds that hold 100 %", "Median step held", "Median final accuracy", "At all lengths"
    return ["Recipe", *columns], rows


def summary(records: Sequence[Record]) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    return {
        f"{cell} {recipe} {length} {name}": round(median, 6) if np.isfinite(median) else -1
        for (cell, recipe, length, _), found in _medians(records).items()
        for name, (median, _, _) in found.items()
    }


def in_words(records: Sequence[Record], recipe: str) -> str:
    """Return the median step of the first logged 100 % under a recipe, or "never"."""
    steps = [logged(record).first_full() for record in matching(records, recipe=recipe)]
    return number(median_interval(steps)[0])


def _medians(records: Sequence[Record]) -> dict[tuple, dict[str, tuple[float, float, float]]]:
    """Return by (cell, recipe, length, number of seeds) each statistic's median and interval over seeds."""
    runs: dict[tuple, list[Curve]] = {}
    for record in records:
        s = record.settings
        recipe = s["recipe"] + (", no schedule" if s.get("schedule_factor") == 1 else "")
        runs.setdefault((s["cell"], recipe, s["seq_length"]), []).append(logged(record))
    return {
        (*key, len(group)): {name: median_interval(list(map(of, group))) for name, of in STATISTICS.items()}
        for key, group in runs.items()
    }


def goal_table(goals: Sequence[Mapping]) -> Table:
    rows = [[g["what"], g["goal"], f"{g['measured']:.2f}", "yes" if g["met"] else "no"] for g in goals]
    return ["What", "Goal", "Measured", "Met"], rows
