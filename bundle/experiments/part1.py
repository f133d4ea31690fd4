"""Which runs Part 1 is made of, group by group, and what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from bundle.experiments.palindromes import PalindromeRun
from bundle.original import SCHEDULED
from bundle.study.records import benchmark, key
from lib.checks import at_least, between
from lib.recurrent.encoding import ENCODINGS

MOST_SEEDS = 10_000
MEMORY_CELLS = ("RNN", "LSTM", "GRU")
ENDS_EARLY = 0.75  # of its steps is what a run takes that may end when it has settled, on average
# what a multiply-add of a cell costs beside one of the LSTM's: less comes in large products
SLOWNESS = {"LSTM": 1, "RNN": 1, "GRU": 7}


@dataclass(frozen=True, kw_only=True)
class Part1Plan:
    """What Part 1 runs: a base, and what each group changes in it (settings of PalindromeRun by name)."""

    base: PalindromeRun  # the original's recipe
    cells: Sequence[str]  # that are trained as the original did, and corrected
    seq_lengths: Sequence[int]
    original_count: int  # palindromes of the original's metric of its LSTM
    curriculum: dict  # what our recipe adds to the corrected one
    longer: dict  # training on, at the longest length
    memory: dict  # the study of what memory needs
    span: dict  # runs taken to their limits
    span_lengths: Mapping[str, Sequence[int]]  # of each cell

    def groups(self) -> dict[str, list[PalindromeRun]]:
        """Return the runs of each group, with the base's seed."""
        return {
            "as written": self.as_written(),
            "corrected": self.corrected(),
            "unscheduled": self.unscheduled(),
            "readings": [self.second_reading()],
            "longer": self.trained_on(),
            "ours": self.ours(),
            "memory": self.crossed(),
            "span": self.to_the_limit(),
            "parts": self.with_and_without_rehearsal(),
        }

    def as_written(self) -> list[PalindromeRun]:
        runs = []
        for cell, length in product(self.cells, self.seq_lengths):
            factor = self.base.schedule_factor if SCHEDULED.get(cell, True) else 1.0
            runs.append(replace(self.base, cell=cell, seq_length=length, schedule_factor=factor))
        return runs

    def corrected(self) -> list[PalindromeRun]:
        factor = self.base.schedule_factor
        return [replace(run, recipe="corrected", schedule_factor=factor) for run in self.as_written()]

    def unscheduled(self) -> list[PalindromeRun]:
        run = replace(self.base, cell="LSTM", seq_length=10, schedule_factor=1.0)
        return [replace(run, recipe=recipe) for recipe in ("as-written", "corrected")]

    def second_reading(self) -> PalindromeRun:
        """Return another RNN that the original's may have been: small weights, the softmax taken once."""
        run = replace(self.base, cell="RNN", seq_length=max(self.seq_lengths), schedule_factor=1.0)
        return replace(run, recipe="softmax-once", initial="normal-0.1")

    def trained_on(self) -> list[PalindromeRun]:
        longest = max(self.seq_lengths)
        return [replace(run, **self.longer) for run in self.as_written() if run.seq_length == longest]

    def ours(self) -> list[PalindromeRun]:
        run = replace(self.base, cell="LSTM", recipe="ours", **self.curriculum)
        return [replace(run, seq_length=length) for length in self.seq_lengths]

    def crossed(self) -> list[PalindromeRun]:
        """Return cell x input x curriculum."""
        run = replace(self.base, recipe="ours", **self.memory)
        return [
            replace(run, cell=cell, encoding=encoding, **curriculum)
            for cell, encoding, curriculum in product(MEMORY_CELLS, ENCODINGS, (self.curriculum, {}))
        ]

    def to_the_limit(self) -> list[PalindromeRun]:
        run = replace(self.base, recipe="ours", encoding="one-hot", **self.curriculum)
        return [
            replace(run, cell=cell, seq_length=length, check_lengths=grid_of_lengths(2 * length), **self.span)
            for cell, lengths in self.span_lengths.items()
            for length in lengths
        ]

    def with_and_without_rehearsal(self) -> list[PalindromeRun]:
        """Return our recipe in full, and without going back to shorter lengths."""
        run = replace(self.base, cell="LSTM", recipe="ours", **self.curriculum)
        length = self.memory["seq_length"]
        run = replace(run, seq_length=length, check_lengths=grid_of_lengths(2 * length))
        return [run, replace(run, rehearsal=False)]


def part1_runs(plan: Part1Plan, *, seeds: Mapping[str, range], original_seeds: int) -> dict[str, list[dict]]:
    """Return the settings of every run by its group; `seeds` has those of each, maybe none.

    The first `original_seeds` of the LSTM as written have the original's metric too.
    """
    settings = {}
    for name, runs in plan.groups().items():
        settings[name] = []
        for run, seed in product(runs, seeds[name]):
            of_original = name == "as written" and run.cell == "LSTM" and seed in seeds[name][:original_seeds]
            count = plan.original_count if of_original else 0
            settings[name].append(replace(run, seed=seed, original_count=count).settings())
    return settings


def seed_range(first: int, **count: int) -> range:
    """Return as many seeds from the first on as the one keyword says, which errors name; it may be none."""
    ((name, number),) = count.items()
    at_least("seed", first, 0)
    between(name, number, 0, MOST_SEEDS)
    return range(first, first + number)


def grid_of_lengths(longest: int) -> list[int]:
    """Return lengths at which a trained network is checked, up to the longest."""
    grid = {round(longest * k / 16) for k in range(1, 17)} | {1, 2, 3, 5}
    return sorted({max(1, length) for length in grid})


def palindrome_cost(settings: dict) -> float:
    """Return the multiply-adds of a run, weighed by `SLOWNESS`, if it does not end early."""
    run = PalindromeRun(**settings)
    inputs = ENCODINGS[run.encoding] + 1
    gates = {"LSTM": 4, "RNN": 1, "GRU": 3}[run.cell]
    kinds = 10 ** ((run.seq_length + 2) // 2)  # of palindromes, each asked once
    looked = (run.steps // run.eval_every + 1) * min(max(run.eval_count, run.original_count), kinds)
    read = run.seq_length * (3 * run.steps * run.batch_size + looked)  # digits
    read += sum(run.check_lengths) * run.check_count
    return SLOWNESS[run.cell] * gates * run.hidden_size * (run.hidden_size + inputs) * read


def core_minutes(groups: Mapping[str, Sequence[dict]]) -> float:
    """Return about how long all runs take on one core of the machine that `make bench` was last run on.

    0 where it never was.
    """
    timed = [r for r in benchmark("lstm", "ratios") or [] if (r["cell"], r["threads"]) == ("LSTM", 1)]
    if not timed:
        return 0.0
    longest = max(timed, key=lambda one: one["seq_length"])
    products = 4 * 128 * (128 + 2) * 3 * 128 * longest["seq_length"]  # of its training step
    runs = {key(one): one for group in groups.values() for one in group}.values()
    work = sum(palindrome_cost(one) * (ENDS_EARLY if one.get("settled_evals") else 1) for one in runs)
    return work / products * longest["ms"]["ours"] / 60_000
