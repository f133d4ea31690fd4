"""Check a notebook's parameters before anything is loaded or trained."""

import ast
import os
import reprlib
import typing
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import torch

from bundle.study.workers import workers
from lib.checks import between, require

ROOT = Path(__file__).parents[2]
FOLDERS = ("output_dir", "models_dir")  # parameters
INJECTED = "# Parameters\n"  # how papermill begins the cell that it adds
PATIENCE = 5  # seconds for a scheduler to answer
MOST = 10**7  # of what is counted: one training of more would not end
RANGES = {  # of numbers that no settings of runs check, or too late
    "seed": (0, 2**62),  # others are counted up from it
    "walk_seed": (0, 2**62),
    "num_seeds": (1, 500),
    "two_sample_seeds": (1, 500),
    "variant_seeds": (1, 500),
    "stacked_seeds": (1, 500),
    "two_sample_images": (10, 25_000),  # a fifth more are tested: 60 000 of both sides
    "two_sample_most": (10, 50_000),
    "two_sample_steps": (1, MOST),
    "stacked_batches": (1, MOST),
    "classifier_epochs": (1, 1000),
    "candidates": (2, 10**6),
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
    for number in value if isinstance(value, list) else [value]:
        if isinstance(number, int | float):
            between(name, number, *range_of(name))


def range_of(name: str) -> tuple[int, int]:
    """Return the least and the most that a number may be; the settings of runs may allow less."""
    if name in RANGES:
        return RANGES[name]
    return (0, 500) if name.endswith("_seeds") else (0, MOST)


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
