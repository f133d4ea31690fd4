"""Which runs Part 1 and its studies are made of, group by group, and what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from bundle.experiments.palindromes import PalindromeRun
from bundle.original import SCHEDULED
from lib.checks import at_least, between, sizes
from lib.recurrent.encoding import ENCODINGS

MOST_SEEDS = 10_000
MEMORY_CELLS = ("RNN", "LSTM", "GRU")
LONGER = 4  # times as many steps as the original's, of runs that are trained on
INSIDE_LENGTH = 20  # of the network that the notebook looks into
# what a multiply-add of a cell costs beside one of the LSTM's: less comes in large products
SLOWNESS = {"LSTM": 1, "RNN": 1, "GRU": 7}


@dataclass(frozen=True, kw_only=True)
class Part1Plan:
    """The parameters of part1.ipynb, and with a default what is not one of them."""

    seq_lengths: Sequence[int]
    cells: Sequence[str]  # that are trained as the original did, and corrected
    seed: int  # of the first run of each group
    num_seeds: int
    steps: int
    batch_size: int
    hidden_size: int
    learning_rate: float
    eval_every: int
    eval_count: int
    original_count: int  # palindromes of the original's metric of its LSTM
    original_seeds: int  # runs of each length that have it
    corrected_seeds: int
    ours_seeds: int
    memory_seq_length: int
    memory_seeds: int
    schedule_every: int = 30
    schedule_factor: float = 0.96
    clip_norm: float = 10.0
    first_length: int = 1  # this and the next three: the curriculum that our recipe adds to the corrected one
    growth: float = 1.5
    pass_accuracy: float = 1.0
    rehearsal: bool = True
    settled_evals: int = 2  # of runs that end when they have settled

    def base(self) -> PalindromeRun:
        """Return the original's recipe, an LSTM at the longest length; each group changes some of it."""
        return PalindromeRun(
            cell="LSTM",
            recipe="as-written",
            seq_length=max(self.seq_lengths),
            seed=self.seed,
            steps=self.steps,
            hidden_size=self.hidden_size,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule_every=self.schedule_every,
            schedule_factor=self.schedule_factor,
            clip_norm=self.clip_norm,
            eval_every=self.eval_every,
            eval_count=self.eval_count,
        )

    def curriculum(self) -> dict:
        return {
            "first_length": self.first_length,
            "growth": self.growth,
            "pass_accuracy": self.pass_accuracy,
            "rehearsal": self.rehearsal,
        }

    def settings(self) -> dict[str, list[dict]]:
        """Return the settings of every run of the notebook by its group."""
        sizes(num_seeds=self.num_seeds)
        at_least("original_seeds", self.original_seeds, 0)
        corrected = seed_range(self.seed, corrected_seeds=self.corrected_seeds)
        longer = corrected[: len(corrected) // 2]
        memory = seed_range(self.seed, memory_seeds=self.memory_seeds)
        return {
            "as written": self.as_written_settings(),
            "corrected": seeded(self.corrected(), corrected),
            "unscheduled": seeded(self.unscheduled(), corrected),
            "longer": seeded(self.trained_on(), longer),
            "ours": seeded(self.ours(), seed_range(self.seed, ours_seeds=self.ours_seeds)),
            "memory": seeded(self.crossed(), memory),
        }

    def as_written_settings(self) -> list[dict]:
        """Return the original's runs; the first of its LSTM have its metric too."""
        seeds = seed_range(self.seed, num_seeds=self.num_seeds)
        with_metric = seeds[: self.original_seeds]
        settings = []
        for run, seed in product(self.as_written(), seeds):
            measured = run.cell == "LSTM" and seed in with_metric
            count = self.original_count if measured else 0
            settings.append(replace(run, seed=seed, original_count=count).settings())
        return settings

    def as_written(self) -> list[PalindromeRun]:
        runs = []
        for cell, length in product(self.cells, self.seq_lengths):
            factor = self.schedule_factor if SCHEDULED.get(cell, True) else 1.0
            runs.append(replace(self.base(), cell=cell, seq_length=length, schedule_factor=factor))
        return runs

    def corrected(self) -> list[PalindromeRun]:
        factor = self.schedule_factor
        return [replace(run, recipe="corrected", schedule_factor=factor) for run in self.as_written()]

    def unscheduled(self) -> list[PalindromeRun]:
        run = replace(self.base(), seq_length=10, schedule_factor=1.0)
        return [replace(run, recipe=recipe) for recipe in ("as-written", "corrected")]

    def trained_on(self) -> list[PalindromeRun]:
        """Return the runs at the longest length, `LONGER` times as long and evaluated as often."""
        longest = max(self.seq_lengths)
        longer = {"steps": LONGER * self.steps, "eval_every": LONGER * self.eval_every}
        return [replace(run, **longer) for run in self.as_written() if run.seq_length == longest]

    def ours(self) -> list[PalindromeRun]:
        run = replace(self.base(), recipe="ours", **self.curriculum())
        return [replace(run, seq_length=length) for length in self.seq_lengths]

    def crossed(self) -> list[PalindromeRun]:
        """Return cell x input x curriculum, of runs that end when they have settled."""
        length, settled = self.memory_seq_length, self.settled_evals
        run = replace(self.base(), recipe="ours", seq_length=length, settled_evals=settled)
        return [
            replace(run, cell=cell, encoding=encoding, **curriculum)
            for cell, encoding, curriculum in product(MEMORY_CELLS, ENCODINGS, (self.curriculum(), {}))
        ]

    def inside(self) -> dict:
        """Return the network of our recipe that is looked into; whoever runs the notebook waits for it."""
        changes = {"settled_evals": self.settled_evals, "recipe": "ours", "seq_length": INSIDE_LENGTH}
        return self.base().settings() | self.curriculum() | changes

    def readings(self, seeds: range) -> list[dict]:
        """Return another RNN that the original's may have been: small weights, the softmax taken once."""
        run = replace(self.base(), cell="RNN", schedule_factor=1.0)
        return seeded([replace(run, recipe="softmax-once", initial="normal-0.1")], seeds)

    def with_and_without_rehearsal(self, seeds: range) -> list[dict]:
        """Return our recipe in full, and without going back to shorter lengths."""
        length = self.memory_seq_length
        run = replace(self.base(), recipe="ours", seq_length=length, **self.curriculum())
        run = replace(run, check_lengths=grid_of_lengths(2 * length))
        return seeded([run, replace(run, rehearsal=False)], seeds)


@dataclass(frozen=True, kw_only=True)
class SpanPlan:
    """The parameters of studies/memory.ipynb, and with a default what is not one of them."""

    span_lengths: Sequence[int]  # of the RNN
    span_lstm_lengths: Sequence[int]
    span_steps: int
    span_hidden_size: int
    span_batch_size: int
    span_learning_rate: float
    span_check_count: int
    schedule_factor: float = 0.9
    clip_norm: float = 0.1
    eval_every: int = 50
    settled_evals: int = 2

    def settings(self, plan: Part1Plan, seeds: range) -> list[dict]:
        """Return runs with one-hot digits and the curriculum of `plan`, taken to their limits."""
        run = replace(
            plan.base(),
            recipe="ours",
            encoding="one-hot",
            steps=self.span_steps,
            hidden_size=self.span_hidden_size,
            batch_size=self.span_batch_size,
            learning_rate=self.span_learning_rate,
            schedule_factor=self.schedule_factor,
            clip_norm=self.clip_norm,
            eval_every=self.eval_every,
            settled_evals=self.settled_evals,
            check_count=self.span_check_count,
            **plan.curriculum(),
        )
        runs = []
        for cell, lengths in (("RNN", self.span_lengths), ("LSTM", self.span_lstm_lengths)):
            for length in lengths:
                grid = grid_of_lengths(2 * length)
                runs.append(replace(run, cell=cell, seq_length=length, check_lengths=grid))
        return seeded(runs, seeds)


def seeded(runs: Sequence[PalindromeRun], seeds: Sequence[int]) -> list[dict]:
    """Return the settings of each run with each seed."""
    return [replace(run, seed=seed).settings() for run, seed in product(runs, seeds)]


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
