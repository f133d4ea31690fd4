"""The runs of Part 1: settings -> a cell trained on palindromes, and how it learnt."""

import time
from dataclasses import asdict, dataclass, field
from itertools import product

import torch

from bundle.runs.outcome import Outcome
from lib.checks import above_zero, at_least, finite, fits_memory, one_of, require, sizes
from lib.palindromes import palindromes
from lib.recurrent import LSTM, VanillaRNN
from lib.recurrent.curriculum import Curriculum, spread_kinks
from lib.recurrent.inspection import accuracy_at, look_inside
from lib.recurrent.training import train

CELLS = {"LSTM": (LSTM, "gx", 4), "RNN": (VanillaRNN, "hx", 1)}  # class, candidate's input layer, gates
RECIPES = {"as-written": True, "corrected": False, "ours": False}  # with the original's two slips?
DIGITS = 10
DATA_STREAM = 2**32  # keeps the seeds of the data apart from those of the initial weights
LENGTH_STREAM, CHECK_STREAM = 2 * DATA_STREAM, 3 * DATA_STREAM  # of a curriculum's draws, of the final check
LAST_SEED = 2**63 - 1 - 4 * DATA_STREAM  # with room for the streams
SCHEDULE = {"learning_rate": 0.001, "schedule_factor": 0.96}  # the corrected recipe's
PALINDROME_ABLATION = {  # our recipe for palindromes with one part put back to what the corrected recipe has
    "without the curriculum": {"first_length": 0, "rehearsal": False},
    "without going back to shorter lengths": {"rehearsal": False},
    "without spread bends": {"kink_slope": 0.0},
    "without the open forget gate": {"forget_bias": 0.0},
    "with the corrected recipe's learning rate and schedule": SCHEDULE,
    "with the corrected recipe's clipping": {"clip_norm": 10.0},
}


@dataclass(frozen=True, kw_only=True)
class PalindromeRun:
    """The settings of one training run, checked; from `first_length` on they are off unless given."""

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
    first_length: int = 0  # where the curriculum starts; 0 trains at seq_length only
    growth: float = 1  # this and the next two: `lib.recurrent.curriculum`
    pass_accuracy: float = 1
    rehearsal: bool = False
    kink_slope: float = 0  # of the candidate's tanh at the start (`spread_kinks`); 0 leaves PyTorch's weights
    forget_bias: float = 0  # added to the LSTM's initial forget bias
    check_lengths: list[int] = field(default_factory=list)  # at which the trained network is checked
    check_count: int = 1000  # fresh palindromes of each

    def __post_init__(self) -> None:
        one_of("cell", self.cell, CELLS)
        one_of("recipe", self.recipe, RECIPES)
        sizes(**self.pick("seq_length", "hidden_size", "batch_size"))
        sizes(**self.pick("steps", "schedule_every", "check_count"))
        for name in ("learning_rate", "schedule_factor", "clip_norm", "pass_accuracy"):
            above_zero(name, getattr(self, name))
        finite(**self.pick("growth", "kink_slope", "forget_bias"))
        lengths, fits = self.check_lengths, 0 <= self.first_length <= self.seq_length
        distinct = min(lengths, default=1) >= 1 and len(set(lengths)) == len(lengths)
        for name, allowed, rule in (
            ("seed", 0 <= self.seed <= LAST_SEED, "at least 0 and at most 2**63 - 1 - 4 * 2**32"),
            ("learning_rate", self.learning_rate <= 10, "at most 10"),
            ("growth", self.growth >= 1, "at least 1"),
            ("pass_accuracy", self.pass_accuracy <= 1, "at most 1"),
            ("check_lengths", distinct, "lengths of at least 1, each once"),
            ("first_length", fits, f"from 1 to seq_length ({self.seq_length}), or 0 for no curriculum"),
        ):
            require(name, getattr(self, name), allowed, rule)
        if self.forget_bias and self.cell != "LSTM":
            raise ValueError(f"forget_bias is {self.forget_bias}; only the LSTM has a forget gate: give 0")
        # weights, their gradients and the optimiser's; every gate of every step; numbers kept of each step
        numbers = 20 * self.hidden_size**2 + 12 * self.seq_length * self.batch_size * self.hidden_size
        fits_memory(
            4 * numbers + 100 * self.steps, **self.pick("hidden_size", "seq_length", "batch_size", "steps")
        )

    def pick(self, *names: str) -> dict:
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict:
        """Return the settings as a record keeps them: what is optional and off is left out."""
        return {name: value for name, value in asdict(self).items() if value != getattr(type(self), name, [])}


def seed_range(first: int, count: int) -> range:
    at_least("seed", first, 0)
    sizes(num_seeds=count)
    fits_memory(count * 2**20, num_seeds=count)  # a seed's records, at least
    return range(first, first + count)


def run_palindromes(settings: dict) -> Outcome:
    """Train one cell; the columns have accuracy and loss of every step. Batches depend on seed and length."""
    return trained_on_palindromes(settings)[1]


def trained_on_palindromes(settings: dict) -> tuple[torch.nn.Module, Outcome]:
    """Return the trained cell too; see `run_palindromes`."""
    run, started = PalindromeRun(**settings), time.perf_counter()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    (network, candidate, _), slips = CELLS[run.cell], RECIPES[run.recipe]
    with torch.random.fork_rng():
        torch.manual_seed(run.seed)
        model = network(1, run.hidden_size, DIGITS)
        if run.kink_slope:
            spread_kinks(getattr(model.cell, candidate), slope=run.kink_slope, low=0, high=DIGITS - 1)
    if run.forget_bias:
        model.cell.fx.bias.data += run.forget_bias
    model.to(device)
    data, draws = (torch.Generator().manual_seed(s + run.seed) for s in (DATA_STREAM, LENGTH_STREAM))
    growing = run.pick("growth", "pass_accuracy", "rehearsal") | {"target": run.seq_length}
    curriculum = Curriculum(length=run.first_length or run.seq_length, generator=draws, **growing)

    def next_batch(share: float) -> list[torch.Tensor]:
        return [t.to(device) for t in palindromes(run.batch_size, curriculum(share), generator=data)]

    asked = run.pick("steps", "learning_rate", "schedule_every", "schedule_factor", "clip_norm")
    accuracy, loss = train(model, next_batch, softmax_twice=slips, clip_after_step=slips, **asked)
    columns, summary = {"accuracy": accuracy, "loss": loss}, {}
    if run.first_length or run.rehearsal:
        columns["length"] = curriculum.lengths
    if run.check_lengths:
        check = {"count": run.check_count, "seed": CHECK_STREAM + run.seed}
        summary["accuracy_at"] = accuracy_at(model, run.check_lengths, **check)
    return model, Outcome(columns, summary, time.perf_counter() - started)


def run_inside(settings: dict) -> Outcome:
    """Train an LSTM and look inside: the columns are those of `look_inside`, one number after the other.

    `units` are all units, those first that remember best.
    """
    run, started = {k: v for k, v in settings.items() if k != "run"}, time.perf_counter()
    model, seed = trained_on_palindromes(run)[0], CHECK_STREAM + run["seed"]
    inside = look_inside(model, seq_length=run["seq_length"], count=2000, seed=seed)
    columns = {name: values.round(6).flatten().tolist() for name, values in inside.items()}
    columns["units"] = inside["remembered"].argsort()[::-1].tolist()
    return Outcome(columns, {}, time.perf_counter() - started)


def part1_runs(
    common: dict,
    ours: dict,
    *,
    seeds: range,
    cells: list[str],
    recipes: list[str],
    seq_lengths: list[int],
    far: dict,
    far_lengths: list[int],
    span_lengths: list[int],
    ablation_length: int,
) -> dict[str, list[dict]]:
    """Return the settings of every run of Part 1 by its group; those of the ablation by what is changed.

    `ours` is what our recipe changes in `common`, `far` what both change beyond the lengths above.
    """
    sizes(far_steps=far["steps"], **{"a length of far_lengths": min(far_lengths, default=1)})

    def each(networks, lengths) -> list[dict]:
        runs = product(networks, lengths)
        return [common | {"cell": cell, "recipe": recipe, "seq_length": n} for (cell, recipe), n in runs]

    spanned, mine = [("RNN", "corrected"), ("LSTM", "as-written"), ("LSTM", "corrected")], [("LSTM", "ours")]
    long = dict.fromkeys([*far_lengths, *filter(None, [ablation_length])])
    check = {ablation_length: {"check_lengths": list(range(3, ablation_length + 1)), "check_count": 500}}
    groups = {
        "original": each(product(cells, recipes), seq_lengths),
        "unscheduled": [one | {"schedule_factor": 1.0} for one in each(product(["LSTM"], recipes), [10])],
        "ours": [one | ours for one in each(mine, seq_lengths)],
        "span": each(spanned, span_lengths if far_lengths else []),
        "far": [one | ours | far | check.get(one["seq_length"], {}) for one in each(mine, long)],
    }
    if ablation_length:
        (whole,) = each(mine, [ablation_length])
        groups |= {name: [whole | ours | far | change] for name, change in PALINDROME_ABLATION.items()}
    runs = {name: product(group, seeds) for name, group in groups.items()}
    return {name: [PalindromeRun(**one, seed=s).settings() for one, s in of] for name, of in runs.items()}


def palindrome_cost(settings: dict) -> float:
    """Return the multiply-adds of a run, up to a constant: what a progress bar should count."""
    gates = CELLS[settings["cell"]][2]
    return gates * (settings["seq_length"] + 2) * settings["steps"] * settings["hidden_size"] ** 2
