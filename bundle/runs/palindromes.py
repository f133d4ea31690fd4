"""The training loop of Part 1: any classifier, on a stream of fresh batches."""

import time
from dataclasses import MISSING, asdict, dataclass, field, fields

import numpy as np
import torch

from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.checks import above_zero, at_least, one_of
from lib.palindromes import palindromes
from lib.recurrent.curriculum import Curriculum
from lib.recurrent.initialization import spread_kinks
from lib.recurrent.inspection import accuracy_at, look_inside
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
from lib.recurrent.training import train

RECIPES = ("as-written", "corrected", "ours")


CELLS = {"LSTM": LSTM, "RNN": VanillaRNN}


DIGITS = 10


DATA_STREAM = 2**32  # keeps the seeds of the data apart from those of the initial weights


LENGTH_STREAM, CHECK_STREAM = 2 * DATA_STREAM, 3 * DATA_STREAM  # of a curriculum's draws, of the final check


PALINDROME_ABLATION = {  # our recipe for palindromes with one part put back to what the corrected recipe has
    "without the curriculum": {"first_length": 0, "rehearsal": False},
    "without going back to shorter lengths": {"rehearsal": False},
    "without spread bends": {"kink_slope": 0.0},
    "without the open forget gate": {"forget_bias": 0.0},
    "with the corrected recipe's learning rate and schedule": {
        "learning_rate": 0.001,
        "schedule_factor": 0.96,
    },
    "with the corrected recipe's clipping": {"clip_norm": 10.0},
}


@dataclass(frozen=True, kw_only=True)
class PalindromeRun:
    """The settings of one training run on palindromes; building it checks them.

    From `first_length` on they are off unless given, and then the run is the same as without them.

    Attributes:
        first_length: where the curriculum starts (`lib.recurrent.curriculum`); 0 trains at seq_length only.
        growth, pass_accuracy, rehearsal: of the curriculum.
        kink_slope: of the candidate's tanh over the digits at the start (`spread_kinks`); the
            RNN's only tanh. 0 leaves PyTorch's initial weights.
        forget_bias: added to the LSTM's initial forget bias.
        check_lengths: lengths at which the trained network is checked on fresh palindromes.
        check_count: palindromes of each.
    """

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
    first_length: int = 0
    growth: float = 1
    pass_accuracy: float = 1
    rehearsal: bool = False
    kink_slope: float = 0
    forget_bias: float = 0
    check_lengths: list[int] = field(default_factory=list)
    check_count: int = 1000

    def __post_init__(self) -> None:
        one_of("cell", self.cell, CELLS)
        one_of("recipe", self.recipe, RECIPES)
        at_least("seed", self.seed, 0)
        for name in ("seq_length", "steps", "hidden_size", "batch_size", "schedule_every"):
            at_least(name, getattr(self, name), 1)
        for name in ("learning_rate", "schedule_factor", "clip_norm", "pass_accuracy"):
            above_zero(name, getattr(self, name))
        at_least("growth", self.growth, 1)
        at_least("check_count", self.check_count, 1)
        if not 0 <= self.first_length <= self.seq_length:
            raise ValueError(
                f"first_length is {self.first_length}; it must be from 1 to seq_length "
                f"({self.seq_length}), or 0 for no curriculum"
            )
        if self.forget_bias and self.cell != "LSTM":
            raise ValueError(f"forget_bias is {self.forget_bias}; only the LSTM has a forget gate: give 0")

    def settings(self) -> dict:
        """Return the settings as a record keeps them: what is optional and off is left out."""
        optional = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        optional |= {f.name: f.default_factory() for f in fields(self) if f.default_factory is not MISSING}
        return {name: value for name, value in asdict(self).items() if value != optional.get(name, MISSING)}


def seed_range(first: int, count: int) -> range:
    """Return `count` seeds from `first` on."""
    at_least("seed", first, 0)
    at_least("num_seeds", count, 1)
    return range(first, first + count)


def run_palindromes(settings: dict) -> Record:
    """Train one cell on palindromes of one length; the record has accuracy and loss of every step.

    The seed fixes the initial weights and the stream of batches. Both cells and both recipes see the same
    batches at the same seed and length, so that they can be compared in pairs.
    """
    return trained_on_palindromes(settings)[1]


def trained_on_palindromes(settings: dict) -> tuple[torch.nn.Module, Record]:
    """Return the trained cell too; see `run_palindromes`."""
    run = PalindromeRun(**settings)
    started = time.perf_counter()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = torch.Generator().manual_seed(DATA_STREAM + run.seed)
    with torch.random.fork_rng():
        torch.manual_seed(run.seed)
        model = CELLS[run.cell](1, run.hidden_size, DIGITS)
        if run.kink_slope:
            candidate = model.cell.gx if run.cell == "LSTM" else model.cell.hx
            spread_kinks(candidate, slope=run.kink_slope, low=0, high=DIGITS - 1)
    if run.forget_bias:
        model.cell.fx.bias.data += run.forget_bias
    model.to(device)
    curriculum = Curriculum(
        length=run.first_length or run.seq_length,
        target=run.seq_length,
        growth=run.growth,
        pass_accuracy=run.pass_accuracy,
        rehearsal=run.rehearsal,
        generator=torch.Generator().manual_seed(LENGTH_STREAM + run.seed),
    )

    def next_batch(accuracy: float) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = palindromes(run.batch_size, curriculum(accuracy), generator=data)
        return inputs.to(device), targets.to(device)

    accuracy, loss = train(
        model,
        next_batch,
        softmax_twice=run.recipe == "as-written",
        clip_after_step=run.recipe == "as-written",
        steps=run.steps,
        learning_rate=run.learning_rate,
        schedule_every=run.schedule_every,
        schedule_factor=run.schedule_factor,
        clip_norm=run.clip_norm,
    )
    columns = {"accuracy": accuracy, "loss": loss}
    if run.first_length or run.rehearsal:
        columns["length"] = curriculum.lengths
    summary = {}
    if run.check_lengths:
        summary["accuracy_at"] = accuracy_at(
            model, run.check_lengths, count=run.check_count, seed=CHECK_STREAM + run.seed
        )
    return model, Record(
        settings=run.settings(),
        columns=columns,
        summary=summary,
        provenance=provenance(
            seconds=time.perf_counter() - started, device=device, threads=torch.get_num_threads()
        ),
    )


def look_at(settings: dict, *, seed: int, units: int) -> tuple[dict[str, np.ndarray], list[int]]:
    """Train an LSTM with these settings and look inside; return that and the units that remember best."""
    model, _ = trained_on_palindromes(PalindromeRun(**settings, seed=seed).settings())
    inside = look_inside(model, seq_length=settings["seq_length"], count=2000, seed=CHECK_STREAM + seed)
    best = inside["remembered"].argsort()[::-1][:units]
    return inside, sorted(best.tolist(), key=lambda unit: -inside["c"][-1, unit])


def palindrome_cost(settings: dict) -> float:
    """Return the multiply-adds of a run, up to a constant: what a progress bar should count."""
    gates = 4 if settings["cell"] == "LSTM" else 1
    return gates * (settings["seq_length"] + 2) * settings["steps"] * settings["hidden_size"] ** 2
