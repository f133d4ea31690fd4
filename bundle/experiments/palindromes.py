"""A run of Part 1: settings -> a cell trained on palindromes, and how it learnt."""

import hashlib
import time
from dataclasses import asdict, dataclass, field

import torch
from torch import nn

from bundle.study.outcome import Outcome
from lib.checks import above_zero, between, one_of, require, sizes
from lib.palindromes import palindromes
from lib.recurrent.curriculum import Curriculum
from lib.recurrent.encoding import ENCODINGS, Encoded
from lib.recurrent.gru import GRU
from lib.recurrent.initial import INITIAL, start_from
from lib.recurrent.inspection import accuracy_at, correct_answers, look_inside
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import train

CELLS = {"LSTM": LSTM, "RNN": VanillaRNN, "GRU": GRU}
RECIPES = {  # the original's two slips: is the softmax taken twice, does clipping come after the step?
    "as-written": (True, True),
    "softmax-once": (False, True),
    "corrected": (False, False),
    "ours": (False, False),
}
DIGITS = 10
MOST = {  # of what is counted: one training of more would not fit any machine, or not end
    "seq_length": 100_000,
    "hidden_size": 4096,
    "batch_size": 65_536,
    "steps": 10**7,
    "eval_count": 10**6,
    "check_count": 10**6,
}
LAST_SEED = 2**32 - 1  # torch seeds its generators on a CPU with 32 bits


@dataclass(frozen=True, kw_only=True)
class PalindromeRun:
    """The settings of one training run, checked; from `original_count` on they are off unless given."""

    cell: str
    recipe: str
    seq_length: int
    seed: int
    steps: int
    hidden_size: int
    batch_size: int
    learning_rate: float
    schedule_every: int
    schedule_factor: float
    clip_norm: float
    eval_every: int  # steps from one evaluation to the next
    eval_count: int  # fresh palindromes of seq_length at each evaluation
    original_count: int = 0  # of the original's metric, which has the first `eval_count` among them
    settled_evals: int = 0  # so many evaluations in a row at 100 % end the training; 0 never does
    encoding: str = "raw"
    initial: str = "pytorch"  # weights of the RNN: `lib.recurrent.initial`
    first_length: int = 0  # where the curriculum starts; 0 trains at seq_length only
    growth: float = 1  # this and the next two: `lib.recurrent.curriculum`
    pass_accuracy: float = 1
    rehearsal: bool = False
    check_lengths: list[int] = field(default_factory=list)  # at which the trained network is checked
    check_count: int = 1000  # fresh palindromes of each

    def __post_init__(self) -> None:
        one_of("cell", self.cell, CELLS)
        one_of("recipe", self.recipe, RECIPES)
        one_of("encoding", self.encoding, ENCODINGS)
        one_of("initial", self.initial, INITIAL)
        for name, most in MOST.items():
            between(name, getattr(self, name), 1, most)
        sizes(**self.pick("schedule_every", "eval_every"))
        for name in ("learning_rate", "schedule_factor", "clip_norm", "pass_accuracy"):
            above_zero(name, getattr(self, name))
        above_zero("growth", self.growth)
        lengths, fits = self.check_lengths, 0 <= self.first_length <= self.seq_length
        distinct = min(lengths, default=1) >= 1 and len(set(lengths)) == len(lengths)
        original = self.original_count
        counted = original == 0 or self.eval_count <= original <= MOST["eval_count"]
        original_rule = f"from eval_count {self.eval_count} to {MOST['eval_count']} (or 0 for none)"
        for name, allowed, rule in (
            ("seed", 0 <= self.seed <= LAST_SEED, "at least 0 and below 2**32"),
            ("learning_rate", self.learning_rate <= 10, "at most 10"),
            ("original_count", counted, original_rule),
            ("settled_evals", self.settled_evals >= 0, "at least 0"),
            ("growth", self.growth >= 1, "at least 1"),
            ("pass_accuracy", self.pass_accuracy <= 1, "at most 1"),
            ("check_lengths", distinct, "lengths of at least 1, each once"),
            ("first_length", fits, f"from 1 to seq_length ({self.seq_length}), or 0 for no curriculum"),
        ):
            require(name, getattr(self, name), allowed, rule)
        if self.initial != "pytorch" and self.cell != "RNN":
            raise ValueError(f"initial is {self.initial!r}; only the RNN has such weights: give 'pytorch'")

    def pick(self, *names: str) -> dict:
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict:
        """Return the settings as a record keeps them: what is optional and off is left out."""
        # what has a default is off at it; that of `check_lengths` does not stand on the class
        return {name: value for name, value in asdict(self).items() if value != getattr(type(self), name, [])}


def stream(purpose: str, seed: int) -> int:
    """Return the seed of the random numbers that a run draws for one purpose, 32 bits.

    An offset would not do: torch takes the lower 32 bits of a seed alone, and other seeds are other runs'.
    """
    digest = hashlib.sha256(f"{purpose} {seed}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def new_network(run: PalindromeRun) -> nn.Module:
    """Return an LSTM, RNN or GRU before its training, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.seed)
        network = CELLS[run.cell](ENCODINGS[run.encoding], run.hidden_size, DIGITS)
        if run.cell == "RNN":
            start_from(network, run.initial)
    return network if run.encoding == "raw" else Encoded(network, run.encoding)


def run_palindromes(settings: dict) -> Outcome:
    """Train one cell, and evaluate it on the way. Batches depend on seed and length.

    The columns have at each evaluation the `step`; how many are right: `n_correct` of `eval_count`,
    `n_correct_original` of the original's count (if there is one), `n_correct_batch` of the training batch;
    its `loss` in nats; its `length`, with a curriculum.
    """
    return train_on_palindromes(settings)[1]


def train_on_palindromes(settings: dict) -> tuple[nn.Module, Outcome]:
    """Return the trained cell too; see `run_palindromes`."""
    run, started = PalindromeRun(**settings), time.perf_counter()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = new_network(run).to(device)
    purposes = ("training", "lengths", "evaluation")
    data, draws, evals = (torch.Generator().manual_seed(stream(name, run.seed)) for name in purposes)
    growing = run.pick("growth", "pass_accuracy", "rehearsal") | {"target": run.seq_length}
    curriculum = Curriculum(length=run.first_length or run.seq_length, generator=draws, **growing)
    names = ["step", "n_correct", "n_correct_original", "n_correct_batch", "loss", "length"]
    columns = {name: [] for name in names}

    def next_batch(accuracy: float) -> list[torch.Tensor]:
        return [t.to(device) for t in palindromes(run.batch_size, curriculum(accuracy), generator=data)]

    def evaluate(step: int, n_correct_batch: int, loss: float) -> bool:
        fresh = palindromes(max(run.eval_count, run.original_count), run.seq_length, generator=evals)
        correct = correct_answers(model, *(t.to(device) for t in fresh))
        counts = int(correct[: run.eval_count].sum()), int(correct.sum()), n_correct_batch
        values = step, *counts, round(loss, 4), curriculum.lengths[-1]
        for name, value in zip(names, values, strict=True):
            columns[name].append(value)
        latest = columns["n_correct"][-run.settled_evals :]
        return 0 < run.settled_evals == len(latest) and min(latest) == run.eval_count

    twice, late = RECIPES[run.recipe]
    names_of_training = ("steps", "eval_every", "learning_rate", "schedule_every", "schedule_factor")
    training = run.pick(*names_of_training, "clip_norm")
    train(model, next_batch, evaluate=evaluate, softmax_twice=twice, clip_after_step=late, **training)
    if not run.original_count:
        del columns["n_correct_original"]
    if not (run.first_length or run.rehearsal):
        del columns["length"]
    summary = {}
    if run.check_lengths:
        check = {"count": run.check_count, "seed": stream("check", run.seed)}
        summary["accuracy_at"] = accuracy_at(model, run.check_lengths, **check)
    return model, Outcome(columns, summary, time.perf_counter() - started)


def run_inside(settings: dict) -> Outcome:
    """Train an LSTM and look inside: the columns are those of `look_inside`, one number after the other.

    `units` are all units, those first that remember best.
    """
    run, started = {k: v for k, v in settings.items() if k != "run"}, time.perf_counter()
    model, seed = train_on_palindromes(run)[0], stream("check", run["seed"])
    inside = look_inside(model, seq_length=run["seq_length"], count=2000, seed=seed)
    columns = {name: values.round(6).flatten().tolist() for name, values in inside.items()}
    columns["units"] = inside["remembered"].argsort()[::-1].tolist()
    return Outcome(columns, {}, time.perf_counter() - started)
