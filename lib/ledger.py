"""Each testable sentence of the original report, what would make it true for one seed, and the verdict.

A sentence is tested seed by seed, both cells on the same batches: for how many of the n seeds does it come
true? If it were a toss of a coin, how likely is a count as lopsided as this one? These p-values (exact
binomial, two-sided) are corrected for testing many sentences at once, so that among those called decided at
most one in twenty is expected to be wrong (Benjamini and Hochberg 1995). Corrected p at most 0.05: the
sentence *holds* or *does not hold*; otherwise it is *undecided*.

python -m lib.ledger results/part1    prints the table again from the stored records, without training
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, binomtest, false_discovery_control

from lib.records import Record

EVERY = 10  # the original report logs the accuracy of every tenth batch
LAST = 500  # steps: the stretch at the end of training in which stability is measured

LEVEL = 0.05  # share of wrong verdicts that is tolerated among the decided ones
COLLAPSE = 0.1  # a fall of the accuracy by this much below 100 %
Runs = Callable[..., np.ndarray]  # cell, length, schedule=True -> logged accuracy of this seed's run


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
    """What the seeds say about a claim.

    Attributes:
        count, n: the claim is true for `count` of `n` seeds.
        low, high: 95 % interval of that share (Clopper and Pearson 1934).
        median, median_low, median_high: of the claim's measure, with an interval of at least 95 % from order
            statistics (infinite where there are too few seeds for one).
        p: of the count under a fair coin; `corrected` for all claims judged together.
    """

    claim: Claim
    recipe: str
    count: int
    n: int
    low: float
    high: float
    median: float
    median_low: float
    median_high: float
    p: float
    corrected: float

    @property
    def word(self) -> str:
        if self.corrected > LEVEL:
            return "undecided"
        return "holds" if 2 * self.count > self.n else "does not hold"


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


def judge(claims: Sequence[Claim], records: Sequence[Record]) -> list[Verdict]:
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


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and its distribution-free interval of at least 95 %.

    Values may be infinite: a run that never arrives is later than all that do. Where both of two runs that
    are compared never arrive their difference is not a number; it counts as no difference.

    Source: the interval between two order statistics whose binomial probability is at least 95 %.
    """
    ordered = np.sort(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf))
    n = len(ordered)
    rank = int(binom.ppf(0.025, n, 0.5))  # P(fewer than `rank` values below the median) <= 2.5 %
    middle = ordered[[(n - 1) // 2, n // 2]]
    median = float(middle[0] if middle[0] == middle[1] else middle.mean())
    if rank == 0:
        return median, -np.inf, np.inf
    return median, float(ordered[rank - 1]), float(ordered[n - rank])


def _of(runs: dict[tuple, np.ndarray]) -> Runs:
    return lambda cell, seq_length, schedule=True: runs[cell, seq_length, schedule]


HEADER = ["Sentence", "True for a seed if", "Recipe", "Median", "True", "Interval", "p", "Verdict"]


def rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """Yield a table row for each verdict; the sentence stands in the first row of its claim alone."""
    last = None
    for v in verdicts:
        first, last = v.claim is not last, v.claim
        interval = f" [{_number(v.median_low)}, {_number(v.median_high)}]" if v.n > 5 else ""
        yield [
            f"{v.claim.sentence} (§{v.claim.section})" if first else "",
            f"{v.claim.test}; median: {v.claim.unit}" if first else "",
            v.recipe.replace("-", " "),
            _number(v.median) + interval,
            f"{v.count}/{v.n}",
            f"{v.low:.2f} to {v.high:.2f}",
            f"{v.corrected:.3f}",
            v.word,
        ]


def tally(verdicts: Sequence[Verdict]) -> str:
    """Return how many sentences hold, do not, or are undecided under each recipe, in words."""
    parts = []
    for recipe in dict.fromkeys(v.recipe for v in verdicts):
        words = [v.word for v in verdicts if v.recipe == recipe]
        counts = [f"{words.count(w)} {v}" for w, v in (("holds", "hold"), ("does not hold", "do not hold"))]
        counts.append(f"{words.count('undecided')} are undecided")
        parts.append(f"{recipe.replace('-', ' ')}, {', '.join(counts)}")
    return f"Of {len({v.claim.id for v in verdicts})} sentences: " + "; ".join(parts) + "."


STATISTICS = {
    "first 100 %": first_full,
    "held 100 %": held_full,
    "final": lambda accuracy: accuracy[-1],
    "best less final": lambda accuracy: accuracy.max() - accuracy[-1],
    "collapses": collapses,
    "mean": lambda accuracy: accuracy.mean(),
}
STATISTICS_HEADER = ["Cell", "Recipe", "Length", "Seeds", *STATISTICS]


def statistics(records: Sequence[Record]) -> dict[tuple, dict[str, tuple]]:
    """Return by (cell, recipe, length, number of seeds) each statistic's median and interval over seeds."""
    groups: dict[tuple, list[np.ndarray]] = {}
    for record in records:
        s = record.settings
        recipe = s["recipe"] + (", no schedule" if s.get("schedule_factor") == 1 else "")
        groups.setdefault((s["cell"], recipe, s["seq_length"]), []).append(logged(record))
    return {
        (*group, len(runs)): {
            name: median_interval([statistic(run) for run in runs]) for name, statistic in STATISTICS.items()
        }
        for group, runs in groups.items()
    }


def statistics_rows(records: Sequence[Record]) -> Iterator[list[str]]:
    """Yield a table row for each cell, recipe and length: medians over seeds, steps with intervals."""
    for (cell, recipe, length, n), found in statistics(records).items():
        cells = []
        for name, (median, low, high) in found.items():
            wide = n > 5 and name in ("first 100 %", "held 100 %") and np.isfinite(low)
            cells.append(_number(median) + (f" [{_number(low)}, {_number(high)}]" if wide else ""))
        yield [cell, recipe.replace("-", " "), str(length), str(n), *cells]


def summary(records: Sequence[Record]) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    return {
        f"{cell} {recipe} {length} {name}": round(median, 6) if np.isfinite(median) else -1
        for (cell, recipe, length, _), found in statistics(records).items()
        for name, (median, _, _) in found.items()
    }


def _number(value: float) -> str:
    if np.isinf(value):
        return "never" if value > 0 else "−∞"
    if float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"


def in_words(records: Sequence[Record], recipe: str) -> str:
    """Return the median step of the first logged 100 % under a recipe, or "never"."""
    return _number(
        median_interval([first_full(logged(r)) for r in records if r.settings["recipe"] == recipe])[0]
    )


def ablation_rows(
    whole: Sequence[Record], others: Sequence[Record], changes: Mapping[str, dict]
) -> Iterator[list[str]]:
    """Yield a row for our whole recipe and one for it without each part.

    Args:
        whole: runs of the whole recipe.
        others: runs of the changed ones, as many for each change, in the order of `changes`.
        changes: what is changed, by its name.
    """
    size = len(others) // len(changes)
    groups = {"ours": whole} | {name: others[i * size : (i + 1) * size] for i, name in enumerate(changes)}
    for name, records in groups.items():
        held = [held_full(logged(record)) for record in records]
        finals = [final_accuracy(record, last=100) for record in records]
        lowest = [
            min(record.summary["accuracy_at"].values())
            for record in records
            if "accuracy_at" in record.summary
        ]
        yield [
            name,
            f"{int(np.isfinite(held).sum())}/{len(held)}",
            _number(median_interval(held)[0]),
            f"{np.median(finals):.3f}",
            f"{min(lowest):.3f}" if lowest else "",
        ]


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


@dataclass(frozen=True)
class WalkClaim:
    """One sentence of the original about a walk between two digits, true or not for a path.

    Attributes:
        pair: the digits at the ends.
        third: the digit that is seen between, or None: no third digit is.
        sentence: what the original says, in our words.
    """

    pair: tuple[int, int]
    third: int | None
    sentence: str

    def holds(self, seen: str) -> bool:
        """Return whether it is true for a path on which these digits are seen."""
        others = set(seen) - set(map(str, self.pair))
        return not others if self.third is None else str(self.third) in others


WALKS = [
    WalkClaim((2, 7), None, "From 2 to 7 the number changes from 2 to 7 (Figure 17)"),
    WalkClaim((2, 6), 1, "From 2 to 6 the figure between looks like 1 (Figure 18)"),
    WalkClaim((6, 7), 5, "From 6 to 7 the figure between looks like 5 (Figure 19)"),
]


@dataclass(frozen=True)
class WalkVerdict:
    """What the paths between many pairs of noises say about a sentence.

    Attributes:
        kind: of path, "line" or "circle".
        test: what is counted, in words.
        count, n: it is true for `count` of `n` paths.
        low, high: 95 % interval of that share (Clopper and Pearson 1934).
        p: of the count against one half (exact binomial, two-sided); `corrected` for all judged together.
    """

    claim: WalkClaim
    kind: str
    test: str
    count: int
    n: int
    low: float
    high: float
    p: float
    corrected: float

    word = Verdict.word  # holds, does not hold or undecided, by the same rule


def judge_walks(record: Record, claims: Sequence[WalkClaim] = WALKS) -> list[WalkVerdict]:
    """Return verdicts from a record of `walks.run_walks`: is each sentence true of most paths?

    Where the sentence names a third digit there is a second test: is it seen on more paths than any other
    third digit? It is set against the one seen most often, path by path: of those that show one of the two
    and not the other, how many show the named one (McNemar 1947, exact). Where the other leads, it was
    picked from eight, and p is multiplied by eight (Bonferroni).
    """
    found = []
    for claim in claims:
        for kind in ("line", "circle"):
            routes = routes_of(record, kind, claim.pair)
            true = sum(map(claim.holds, routes))
            test = "no third digit is seen" if claim.third is None else f"{claim.third} is seen"
            found.append((claim, kind, f"most paths: {test}", *_against_half(true, len(routes))))
            if claim.third is None:
                continue
            visits = np.array([share[0] for share in third_digits(record, kind, claim.pair)])
            visits[[claim.third, *claim.pair]] = -1
            rival = str(visits.argmax())
            ours = sum(claim.holds(r) and rival not in r for r in routes)
            theirs = sum(rival in r and not claim.holds(r) for r in routes)
            row = _against_half(ours, ours + theirs)
            p = row[-1] if ours > theirs else min(1.0, 8 * row[-1])
            found.append(
                (
                    claim,
                    kind,
                    f"{claim.third} is seen more often than {rival}, the other that is seen most",
                    *row[:-1],
                    p,
                )
            )
    corrected = false_discovery_control([row[-1] for row in found])
    return [WalkVerdict(*row, float(p)) for row, p in zip(found, corrected, strict=True)]


def _against_half(count: int, n: int) -> tuple[int, int, float, float, float]:
    """Return count, n, the interval of the share, and p against one half; nothing counted decides nothing."""
    if n == 0:
        return 0, 0, 0.0, 1.0, 1.0
    test = binomtest(count, n)
    interval = test.proportion_ci()
    return count, n, float(interval.low), float(interval.high), float(test.pvalue)


def routes_of(record: Record, kind: str, pair: tuple[int, int], name: str = "route") -> list[str]:
    """Return for each path the digits seen on it: a column of a record of `walks.run_walks`."""
    return record.columns[f"{kind} {pair[0]}-{pair[1]} {name}"]


def third_digits(record: Record, kind: str, pair: tuple[int, int]) -> list[tuple[float, float, float]]:
    """Return for each digit the share of paths that show it between two others, with its 95 % interval."""
    routes = routes_of(record, kind, pair)
    counts = [sum(str(d) in route for route in routes) if d not in pair else 0 for d in range(10)]
    rows = [_against_half(count, len(routes)) for count in counts]
    return [(count / n, low, high) for count, n, low, high, _ in rows]


WALKS_HEADER = ["Sentence", "Tested", "Path", "True", "Interval", "p", "Verdict"]


def walk_rows(verdicts: Iterable[WalkVerdict]) -> Iterator[list[str]]:
    """Yield a table row for each verdict; the sentence stands in the first row of its claim alone."""
    last = None
    for v in verdicts:
        first, last = v.claim is not last, v.claim
        share = f"{v.low:.3f} to {v.high:.3f}"
        sentence = v.claim.sentence if first else ""
        yield [sentence, v.test, v.kind, f"{v.count}/{v.n}", share, f"{v.corrected:.3f}", v.word]


READINGS_HEADER = [
    "Sentence",
    "Path",
    "As tested",
    "Steps shown",
    "Glimpsed",
    "Sure ends",
    "Pairs",
    "Some path",
]


def reading_rows(record: Record, *, sure: float) -> Iterator[list[str]]:
    """Yield for each sentence and kind the share of paths under other readings, with intervals.

    As tested: what the judge calls the image at any look; steps shown: only at the steps that are shown;
    glimpsed: a digit counts as seen where its probability reaches the record's `glimpse`; sure ends: only
    pairs whose ends the judge both gives a confidence of at least `sure`; pairs: how many these are; some
    path: one is enough.
    """
    for claim in WALKS:
        ends = record.columns[f"{claim.pair[0]}-{claim.pair[1]} confidence"]
        for kind in ("line", "circle"):
            routes, steps, glimpsed = (
                routes_of(record, kind, claim.pair, name) for name in ("route", "route of steps", "glimpsed")
            )
            certain = [route for route, least in zip(routes, ends, strict=True) if least >= sure]
            cells = []
            for read in (routes, steps, glimpsed, certain):
                count, n, low, high, _ = _against_half(sum(map(claim.holds, read)), len(read))
                cells.append(f"{count / n:.0%} ({low:.0%} to {high:.0%})" if n else "no pairs")
            true = any(map(claim.holds, routes))
            sentence = claim.sentence if kind == "line" else ""
            yield [sentence, kind, *cells, f"{len(certain)}", "yes" if true else "not found"]


def change_table(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (10, 10) of paths that change digit once, and the digits (10, 10) most seen between.

    Above the diagonal on the line, below it on the circle; nan and -1 on it, -1 also where no third is seen.
    """
    shares, between = np.full((10, 10), np.nan), np.full((10, 10), -1)
    c = record.columns
    for i, (first, second, n) in enumerate(zip(c["first"], c["second"], c["paths"], strict=True)):
        for kind, place in (("line", (first, second)), ("circle", (second, first))):
            shares[place] = c[f"{kind} once"][i] / n
            visits = c[f"{kind} visits"][i]
            between[place] = np.argmax(visits) if any(visits) else -1
    return shares, between


SEEN_HEADER = ["Walk", "Line", "Third digits", "Circle", "Third digits"]


def seen_rows(lines: Sequence, circles: Sequence) -> Iterator[list[str]]:
    """Yield a row for each walk (see `walks.Strip`) on the line and its like on the circle: what is seen."""
    for both in zip(lines, circles, strict=True):
        cells = [
            (" ".join(map(str, walk.facts["digits"])), ", ".join(map(str, walk.between)) or "none")
            for walk in both
        ]
        yield [f"{both[0].first} → {both[0].second}", *cells[0], *cells[1]]


QUALITY_HEADER = [
    "Measure",
    "Random noises",
    "Middle of a line",
    "Middle of a circle",
    "Short noises",
    "Real digits",
]


def quality_rows(record: Record) -> Iterator[list[str]]:
    """Yield a row for each measure of images at the ends and in the middle of both kinds of path.

    The last row is the perceptual path length of whole paths, with its interval.
    """
    c, s = record.columns, record.summary
    middle = len(c["alpha"]) // 2
    words = {
        "norm": "norm of the noise",
        "frechet_distance": "Fréchet distance from the test digits",
        "confidence": "mean confidence of the judge",
        "nearest": "mean distance to the nearest test digit, in the judge's features",
    }
    for name, text in words.items():
        paths = [c[f"line {name}"][0], c[f"line {name}"][middle], c[f"circle {name}"][middle]]
        others = [s.get(f"short {name}"), s.get(f"real {name}")]
        yield [text, *("" if value is None else f"{value:.3f}" for value in (*paths, *others))]
    ends = [[s[f"{kind} path_length{end}"] for end in ("", " low", " high")] for kind in ("line", "circle")]
    lengths = [f"{mean:.0f} ({low:.0f} to {high:.0f})" for mean, low, high in ends]
    yield ["perceptual path length", "", *lengths, "", ""]


def smoother(record: Record) -> str:
    """Return in words which kind of path is perceptually shorter: the interval of the difference decides."""
    low, high = (record.summary[f"difference path_length {end}"] for end in ("low", "high"))
    by = f"line less circle {record.summary['difference path_length']:.0f} ({low:.0f} to {high:.0f})"
    if low <= 0 <= high:
        return f"which kind is the shorter on the whole is undecided: {by}"
    return f"the {'circle' if low > 0 else 'line'} is the shorter on the whole: {by}"


def walks_summary(record: Record) -> dict[str, float]:
    """Return the main numbers of a record of `walks.run_walks`, by short names."""
    shares = {}
    for v in judge_walks(record):
        name = f"{v.claim.pair[0]}-{v.claim.pair[1]} {v.kind}"
        shares[f"{name} against the other" if f"{name} true" in shares else f"{name} true"] = v.count / max(
            v.n, 1
        )
    return shares | {name: value for name, value in record.summary.items() if " " in name}


def main(arguments: Sequence[str]) -> None:
    """Print both tables from the records in a folder."""
    import json
    from pathlib import Path

    if len(arguments) != 1 or not list(Path(arguments[0]).glob("*.json")):
        raise SystemExit("usage: python -m lib.ledger FOLDER, a folder of records such as results/part1")
    records = [Record(**json.loads(path.read_text())) for path in sorted(Path(arguments[0]).glob("*.json"))]
    for header, lines in (
        (STATISTICS_HEADER, statistics_rows(records)),
        (HEADER, rows(judge(PART1, records))),
    ):
        for line in (header, *lines):
            print(" | ".join(line))
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
