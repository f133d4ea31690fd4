"""Check a notebook's parameters before anything is loaded or trained."""

import ast
import os
import reprlib
import typing
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import torch

from bundle.experiments.palindromes import MOST
from bundle.study.workers import workers
from lib.checks import between, require
from lib.gan.settings import LIMITS

ROOT = Path(__file__).parents[2]
FOLDERS = ("output_dir", "models_dir")  # parameters
INJECTED = "# Parameters\n"  # how papermill begins the cell that it adds
PATIENCE = 5  # seconds for a scheduler to answer

LENGTH = (1, MOST["seq_length"])
UNITS = (1, MOST["hidden_size"])
PALINDROMES = (1, MOST["batch_size"])
STEPS = (1, MOST["steps"])
COUNT = (0, MOST["eval_count"])
SEEDS = (0, 500)  # how many
FIRST_SEED = (0, 2**62)  # others are counted up from it
GAN = (
    "batches",
    "latent_dim",
    "beta1",
    "beta2",
    "decay_from",
    "ema_decay",
    "gradient_penalty",
    "penalty_every",
)
RANGES = {  # of every number in a notebook's parameters; what trains may allow less
    # Part 1 and its studies
    "seq_lengths": LENGTH,
    "seed": FIRST_SEED,
    "num_seeds": (1, 500),
    "steps": STEPS,
    "batch_size": PALINDROMES,
    "hidden_size": UNITS,
    "learning_rate": (0, 10),
    "eval_every": STEPS,
    "eval_count": COUNT,
    "original_count": COUNT,
    "original_seeds": SEEDS,
    "corrected_seeds": SEEDS,
    "ours_seeds": SEEDS,
    "memory_seq_length": LENGTH,
    "memory_seeds": SEEDS,
    "readings_seeds": SEEDS,
    "span_lengths": LENGTH,
    "span_lstm_lengths": LENGTH,
    "span_seeds": SEEDS,
    "span_steps": STEPS,
    "span_hidden_size": UNITS,
    "span_batch_size": PALINDROMES,
    "span_learning_rate": (0, 10),
    "span_check_count": COUNT,
    # Task 2 and its studies
    **{name: LIMITS[name] for name in GAN},
    "width": LIMITS["generator_width"],
    "samples": (1, 60_000),
    "generator_seeds": SEEDS,
    "original_batches": (0, 10**7),
    "own_width_batches": (0, 10**7),
    "two_sample_seeds": (1, 500),
    "two_sample_images": (10, 25_000),  # a fifth more are tested: 60 000 of both sides
    "two_sample_steps": STEPS,
    "two_sample_most": (10, 50_000),
    "classifier_epochs": (1, 1000),
    "variant_seeds": (1, 500),
    "variant_batches": STEPS,
    "stacked_seeds": (1, 500),
    "stacked_batches": STEPS,
    # Task 3
    "walks": (0, 9),
    "candidates": (2, 10**6),
    "pairs": (1, 60_000),
    "table_pairs": (1, 60_000),
    "looks": (2, 1000),
    "starts": (1, 1000),
    "searches": STEPS,
    "walk_seed": FIRST_SEED,
    # everywhere
    "threads": (1, os.cpu_count() or 1),
}


def begin(namespace: dict) -> None:
    """Begin a notebook, wherever it was started: in the folder of the checkout, with parameters checked.

    `namespace` is the notebook's globals(). Folders that papermill was given are meant from where it was
    started. Torch has the notebook's `threads`, or one, since several would wait for one another where other
    processes are at work. Raises what `check_parameters` raises.
    """
    check_parameters(namespace)
    for name in set(FOLDERS) & set(injected_names(namespace.get("In", []))):
        if namespace[name]:
            namespace[name] = str(Path(namespace[name]).absolute())
    os.chdir(ROOT)
    torch.set_num_threads(namespace.get("threads", 1))


def check_parameters(namespace: dict) -> None:
    """Check the parameters cell and what papermill injected: names, types, ranges, and the scheduler.

    Raises:
        ValueError: naming the parameter, what it is and what is allowed.
        OSError: no scheduler answers at the address that was given.
    """
    declared = namespace["__annotations__"]
    for name in injected_names(namespace.get("In", [])):
        if name not in declared:
            parameters = ", ".join(declared)
            raise ValueError(f"{name} is not a parameter of this notebook; its parameters are {parameters}")
    for name, kind in declared.items():
        check_value(name, namespace[name], kind)
    if namespace.get("scheduler"):
        with workers(namespace["scheduler"], patience=PATIENCE):
            pass  # it answers, and its workers run the same code


def check_value(name: str, value: object, kind: object) -> None:
    """Raise ValueError unless a value is of its declared type and its numbers are in range."""
    shown = reprlib.repr(value)
    type_name = str(kind) if typing.get_origin(kind) else kind.__name__
    require(name, shown, fits(value, kind), f"of type {type_name}")
    if isinstance(value, list):
        distinct = len(set(map(repr, value))) == len(value) > 0
        require(name, shown, distinct, "a list of at least one value, each of them once")
    if name in RANGES:
        for number in numbers(value):
            between(name, number, *RANGES[name])


def numbers(value: object) -> list:
    """Return the numbers in a list of lists, or the one that a value is."""
    if not isinstance(value, list):
        return [value]
    return [number for item in value for number in numbers(item)]


def fits(value: object, kind: object) -> bool:
    """Return whether a value is of a declared type; an int is a float, a bool is neither."""
    if typing.get_origin(kind) is list:
        (item_kind,) = typing.get_args(kind)
        return isinstance(value, list) and all(fits(item, item_kind) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def injected_names(cells: Iterable[str]) -> list[str]:
    """Return the names that papermill's injected cells assign."""
    nodes = [node for cell in cells if cell.startswith(INJECTED) for node in ast.parse(cell).body]
    return [target.id for node in nodes if isinstance(node, ast.Assign) for target in node.targets]


def parameters_of(settings: type, namespace: dict) -> dict:
    """Return the parameters of a notebook that a dataclass of settings has fields for.

    `namespace` is the notebook's globals(), or the parameters by name.
    """
    names = namespace.get("__annotations__", namespace)
    return {field.name: namespace[field.name] for field in fields(settings) if field.name in names}
