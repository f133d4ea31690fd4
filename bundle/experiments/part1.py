"""Which runs Part 1 and its studies are made of, group by group, and what they cost.

Each function takes the parameters of a notebook by their names: its globals(), or what it declares.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

from bundle.experiments.palindromes import PalindromeRun
from bundle.original import SCHEDULED
from lib.recurrent.encoding import ENCODINGS

SCHEDULE_FACTOR = 0.96  # of the learning rate, every thirty steps
CURRICULUM = {"first_length": 1, "growth": 1.5, "pass_accuracy": 1.0, "rehearsal": True}  # of our recipe
SETTLED = 2  # evaluations in a row at 100 % that end a run which need not go on
MEMORY_CELLS = ("RNN", "LSTM", "GRU")
LONGER = 4  # times as many steps as the original's, of runs that are trained on
DECISIVE = 6  # seeds, at least: fewer decide nothing in a two-sided test at 5 %
INSIDE_LENGTH = 20  # of the network that the notebook looks into
SPAN = {"schedule_factor": 0.9, "clip_norm": 0.1, "eval_every": 50}  # of networks taken to their limits
COST = {"LSTM": 4, "RNN": 1, "GRU": 20}  # of a step of a cell beside one of the RNN's


def base_run(parameters: Mapping) -> PalindromeRun:
    """Return the original's recipe, an LSTM at the longest length; each group changes some of it."""
    names = ("seed", "steps", "hidden_size", "batch_size", "learning_rate", "eval_every", "eval_count")
    return PalindromeRun(
        cell="LSTM",
        recipe="as-written",
        seq_length=max(parameters["seq_lengths"]),
        schedule_every=30,
        schedule_factor=SCHEDULE_FACTOR,
        clip_norm=10.0,
        **{name: parameters[name] for name in names},
    )


def part1_settings(parameters: Mapping) -> dict[str, list[dict]]:
    """Return the settings of every run of part1.ipynb by its group."""
    base, lengths = base_run(parameters), parameters["seq_lengths"]
    as_written = []
    for cell, length in product(parameters["cells"], lengths):
        factor = SCHEDULE_FACTOR if SCHEDULED.get(cell, True) else 1.0
        as_written.append(replace(base, cell=cell, seq_length=length, schedule_factor=factor))
    mended = {"recipe": "corrected", "schedule_factor": SCHEDULE_FACTOR}
    corrected = [replace(run, **mended) for run in as_written]
    constant_rate = replace(base, seq_length=10, schedule_factor=1.0)
    unscheduled = [constant_rate, replace(constant_rate, recipe="corrected")]
    more_steps = {"steps": LONGER * base.steps, "eval_every": LONGER * base.eval_every}
    longer = [replace(run, **more_steps) for run in as_written if run.seq_length == base.seq_length]
    ours = [replace(base, recipe="ours", seq_length=length, **CURRICULUM) for length in lengths]
    memory_run = replace(
        base, recipe="ours", seq_length=parameters["memory_seq_length"], settled_evals=SETTLED
    )
    memory = [
        replace(memory_run, cell=cell, encoding=encoding, **curriculum)
        for cell, encoding, curriculum in product(MEMORY_CELLS, ENCODINGS, (CURRICULUM, {}))
    ]
    corrected_seeds = seeds(base.seed, parameters, "corrected_seeds")
    return {
        "as written": with_original_metric(as_written, parameters),
        "corrected": seeded(corrected, corrected_seeds),
        "unscheduled": seeded(unscheduled, corrected_seeds),
        "longer": seeded(longer, corrected_seeds if len(corrected_seeds) >= DECISIVE else []),
        "ours": seeded(ours, seeds(base.seed, parameters, "ours_seeds")),
        "memory": seeded(memory, seeds(base.seed, parameters, "memory_seeds")),
    }


def with_original_metric(runs: Iterable[PalindromeRun], parameters: Mapping) -> list[dict]:
    """Return the original's runs with each seed; the first of its LSTM have its metric too."""
    every = seeds(parameters["seed"], parameters, "num_seeds")
    with_metric = every[: parameters["original_seeds"]]
    settings = []
    for run, seed in product(runs, every):
        measured = run.cell == "LSTM" and seed in with_metric
        count = parameters["original_count"] if measured else 0
        settings.append(replace(run, seed=seed, original_count=count).settings())
    return settings


def inside_settings(parameters: Mapping) -> dict:
    """Return the network of our recipe that is looked into; whoever runs the notebook waits for it."""
    changes = {"settled_evals": SETTLED, "recipe": "ours", "seq_length": INSIDE_LENGTH}
    return base_run(parameters).settings() | CURRICULUM | changes


def protocol_settings(parameters: Mapping, main: Mapping) -> dict[str, list[dict]]:
    """Return the runs of studies/protocol.ipynb alone; `main` has the parameters of part1.ipynb.

    Another RNN that the original's may have been has small weights, and the softmax is taken once.
    """
    changes = {"cell": "RNN", "schedule_factor": 1.0, "recipe": "softmax-once", "initial": "normal-0.1"}
    run = replace(base_run(main), **changes)
    return {"readings": seeded([run], seeds(main["seed"], parameters, "readings_seeds"))}


def memory_settings(parameters: Mapping, main: Mapping) -> dict[str, list[dict]]:
    """Return the runs of studies/memory.ipynb alone; `main` has the parameters of part1.ipynb.

    Networks that are taken to their limits, and our recipe with and without going back to shorter lengths.
    """
    ours = replace(base_run(main), recipe="ours", **CURRICULUM)
    span_run = replace(
        ours,
        encoding="one-hot",
        steps=parameters["span_steps"],
        hidden_size=parameters["span_hidden_size"],
        batch_size=parameters["span_batch_size"],
        learning_rate=parameters["span_learning_rate"],
        check_count=parameters["span_check_count"],
        settled_evals=SETTLED,
        **SPAN,
    )
    span = []
    for cell, lengths in (("RNN", "span_lengths"), ("LSTM", "span_lstm_lengths")):
        for length in parameters[lengths]:
            check_lengths = grid_of_lengths(2 * length)
            span.append(replace(span_run, cell=cell, seq_length=length, check_lengths=check_lengths))
    length = main["memory_seq_length"]
    whole = replace(ours, seq_length=length, check_lengths=grid_of_lengths(2 * length))
    parts = [whole, replace(whole, rehearsal=False)]
    every = seeds(main["seed"], parameters, "span_seeds")
    return {"span": seeded(span, every), "parts": seeded(parts, every)}


def seeds(first: int, parameters: Mapping, count: str) -> range:
    """Return as many seeds, from the first on, as a parameter of this name says; it may be none."""
    return range(first, first + parameters[count])


def seeded(runs: Iterable[PalindromeRun], every: Iterable[int]) -> list[dict]:
    """Return the settings of each run with each seed."""
    return [replace(run, seed=seed).settings() for run, seed in product(runs, every)]


def grid_of_lengths(longest: int) -> list[int]:
    """Return lengths at which a trained network is checked, up to the longest."""
    grid = {round(longest * k / 16) for k in range(1, 17)} | {1, 2, 3, 5}
    return sorted({max(1, length) for length in grid})


def palindrome_cost(settings: dict) -> float:
    """Return about what the training of a run costs, beside others, if it does not end early."""
    digits = settings["steps"] * settings["batch_size"] * settings["seq_length"]
    return COST[settings["cell"]] * settings["hidden_size"] ** 2 * digits
