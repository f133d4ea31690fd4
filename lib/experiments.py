"""From settings to a record: each experiment puts model, data and loop together."""

import time
from dataclasses import asdict, dataclass

import torch

from lib.lstm import LSTM
from lib.palindromes import palindromes
from lib.records import Record, provenance
from lib.rnn import VanillaRNN
from lib.training import RECIPES, train

CELLS = {"LSTM": LSTM, "RNN": VanillaRNN}
DIGITS = 10
DATA_STREAM = 2**32  # keeps the seeds of the data apart from those of the initial weights


@dataclass(frozen=True, kw_only=True)
class PalindromeRun:
    """The settings of one training run on palindromes; building it checks them."""

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

    def __post_init__(self) -> None:
        one_of("cell", self.cell, CELLS)
        one_of("recipe", self.recipe, RECIPES)
        at_least("seed", self.seed, 0)
        for name in ("seq_length", "steps", "hidden_size", "batch_size", "schedule_every"):
            at_least(name, getattr(self, name), 1)
        for name in ("learning_rate", "schedule_factor", "clip_norm"):
            above_zero(name, getattr(self, name))


def seeds(first: int, count: int) -> range:
    """Return `count` seeds from `first` on."""
    at_least("seed", first, 0)
    at_least("num_seeds", count, 1)
    return range(first, first + count)


def at_least(name: str, value: float, low: float) -> None:
    """Raise ValueError unless value >= low."""
    if value < low:
        raise ValueError(f"{name} is {value}; it must be at least {low}")


def above_zero(name: str, value: float) -> None:
    """Raise ValueError unless value > 0 and finite."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value}; it must be a positive number")


def one_of(name: str, value: str, allowed) -> None:
    """Raise ValueError unless value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")


def run_palindromes(settings: dict) -> Record:
    """Train one cell on palindromes of one length; the record has accuracy and loss of every step.

    The seed fixes the initial weights and the stream of batches. Both cells and both recipes see the same
    batches at the same seed and length, so that they can be compared in pairs.
    """
    run = PalindromeRun(**settings)
    started = time.perf_counter()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = torch.Generator().manual_seed(DATA_STREAM + run.seed)
    with torch.random.fork_rng():
        torch.manual_seed(run.seed)
        model = CELLS[run.cell](1, run.hidden_size, DIGITS).to(device)

    def next_batch() -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = palindromes(run.batch_size, run.seq_length, generator=data)
        return inputs.to(device), targets.to(device)

    accuracy, loss = train(
        model,
        next_batch,
        recipe=run.recipe,
        steps=run.steps,
        learning_rate=run.learning_rate,
        schedule_every=run.schedule_every,
        schedule_factor=run.schedule_factor,
        clip_norm=run.clip_norm,
    )
    return Record(
        settings=asdict(run),
        columns={"accuracy": accuracy, "loss": loss},
        provenance=provenance(
            seconds=time.perf_counter() - started, device=device, threads=torch.get_num_threads()
        ),
    )


def palindrome_cost(settings: dict) -> float:
    """Return the multiply-adds of a run, up to a constant: what a progress bar should count."""
    gates = 4 if settings["cell"] == "LSTM" else 1
    return gates * (settings["seq_length"] + 2) * settings["steps"] * settings["hidden_size"] ** 2
