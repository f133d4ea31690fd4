"""Check a notebook's parameters before anything is loaded or trained."""

import ast
import importlib.util
import math
import os
import socket
import sys
import tempfile
import threading
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
NEEDED = ("torch", "torchvision", "matplotlib", "ipywidgets", "papermill", "distributed", "scipy")
FOLDERS = ("output_dir", "models_dir")  # parameters
INJECTED = "# Parameters\n"  # how papermill begins the cell that it adds
LARGEST = 2**63 - 2**34  # of a whole number: seeds are counted up from, and shifted by some 2**32
LONGEST_LIST = 100  # values
LONGEST = 100_000  # steps of a sequence
MOST_STEPS = 10**7  # of a comparison's training
MOST_SEEDS = 500
MOST_RUNS = 5000  # of one kind; there are some ten kinds, and to list them takes seconds
PATIENCE = 3  # seconds for a scheduler to answer
START_ONE = "start `dask scheduler`, or give an empty text"


def begin(namespace: dict) -> None:
    """Begin a notebook, wherever it was started: in the folder of the checkout, with parameters checked.

    Folders that papermill was given are meant from where it was started.

    Raises:
        ModuleNotFoundError: the kernel is of another environment than that of `make env`.
        ValueError: see `check_parameters`.
    """
    check_packages()
    if Path(ROOT, "pyproject.toml").is_file() and Path.cwd() != ROOT:  # else installed without its notebooks
        for name in set(FOLDERS) & set(injected_names(namespace.get("In", []))):
            if namespace[name] and isinstance(namespace[name], str):
                namespace[name] = str(Path(namespace[name]).absolute())
        os.chdir(ROOT)
    check_parameters(namespace)


def check_packages() -> None:
    """Raise ModuleNotFoundError, with the way out, where this Python lacks what the notebooks need."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"this kernel's Python ({sys.executable}) has no {', '.join(missing)}; run `make env` in {ROOT}, "
            "then `make lab`, or choose the kernel of its .venv"
        )


def check_parameters(namespace: dict) -> None:
    """Check the parameters cell and what papermill injected.

    Args:
        namespace: the notebook's globals(). Its annotated names are the parameters.

    Raises:
        ValueError: an injected name is unknown, a value is not of its declared type or no sensible one:
            not finite, too large, too many, listed twice; a folder that cannot be written; a scheduler that
            does not answer.
    """
    declared = namespace["__annotations__"]
    for name in injected_names(namespace.get("In", [])):
        if name not in declared:
            raise ValueError(
                f"{name} is not a parameter of this notebook; its parameters are {listing(declared)}"
            )
    for name, kind in declared.items():
        if not fits(namespace[name], kind):
            raise ValueError(
                f"{name} is {short_repr(namespace[name])}; it must be of type {type_name(kind)}. "
                f"The parameters are {listing(declared)}"
            )
    for name in declared:
        problem = senseless(namespace[name]) or rule_of(name)(namespace[name])
        if problem:
            raise ValueError(f"{name} is {short_repr(namespace[name])}; {problem}")
    problem = too_many_runs(namespace)
    if problem:
        raise ValueError(problem)


def senseless(value: object) -> str | None:
    """Return what is wrong with a value whatever it stands for, or None."""
    if isinstance(value, list):
        return _senseless_list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "it must be a finite number"
    if isinstance(value, int | float) and abs(value) > LARGEST:
        return f"it must lie between {-LARGEST} and {LARGEST}"
    return None


def _senseless_list(values: list) -> str | None:
    if len(values) > LONGEST_LIST:
        return f"it lists {len(values)} values; it must list at most {LONGEST_LIST}"
    for item in values:
        if values.count(item) > 1:
            return f"{item!r} stands in it {values.count(item)} times; list it once"
    return next(filter(None, map(senseless, values)), None)


def too_many_runs(namespace: dict) -> str | None:
    """Estimate the runs that numbers of seeds and lists ask for together, without listing them."""
    declared = namespace["__annotations__"]
    longest = max((len(namespace[n]) for n in declared if n.endswith("_lengths")), default=1)
    for name in declared:
        if name.endswith("_seeds") and namespace[name] * longest > MOST_RUNS:
            rule = f"times the longest list of lengths, of {longest}, it must be at most {MOST_RUNS}"
            return f"{name} is {namespace[name]}; {rule}"
    return None


def not_empty(value: list) -> str | None:
    return None if value else "it must list at least one"


def lengths(value: list[int]) -> str | None:
    wrong = [length for length in value if not 1 <= length <= LONGEST]
    return f"{wrong[0]} is in it; every length must be from 1 to {LONGEST}" if wrong else None


def some_lengths(value: list[int]) -> str | None:
    return not_empty(value) or lengths(value)


def between(low: float, high: float) -> Callable[[float], str | None]:
    return lambda value: None if low <= value <= high else f"it must be from {low} to {high}"


def threads(value: int) -> str | None:
    cores = os.cpu_count() or 1
    return None if 1 <= value <= cores else f"it must be from 1 to {cores}, the cores of this machine"


def writable_folder(value: str) -> str | None:
    """Make sure that files can be written below a folder, which need not exist yet."""
    try:
        place = Path(value).resolve()
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            return f"{place} is a file; name a folder"
        with tempfile.TemporaryDirectory(dir=place) as scratch:
            longest = max(len(part.encode()) for part in ("x", *Path(value).parts))
            Path(scratch, "x" * longest).mkdir()
        return None
    except (OSError, ValueError) as error:  # ValueError: a null byte
        reason = getattr(error, "strerror", None) or error
        return f"nothing can be written there ({reason}); name a folder that you may write to"


def models_folder(value: str) -> str | None:
    """A folder that somebody names must hold both models; "" is the notebook's own."""
    try:
        missing = [name for name in ("generator", "classifier") if not Path(value, f"{name}.json").is_file()]
    except OSError as error:
        return f"that is no folder ({error.strerror}); name one that is there"
    if not value or not missing:
        return None
    return f"{' and '.join(f'{name}.json' for name in missing)} not found there; train with task2.ipynb first"


def answering_scheduler(value: str) -> str | None:
    """Ask whether anybody listens at the address of a scheduler, if one is named."""
    if not value:
        return None
    answers: list[str | None] = []  # looking up a name has no time limit of its own
    asking = threading.Thread(target=lambda: answers.append(_silent(value)), daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return answers[0] if answers else f"no scheduler answers there in {PATIENCE} seconds; {START_ONE}"


def _silent(scheduler: str) -> str | None:
    try:
        address = urlsplit(scheduler)
        with socket.create_connection((address.hostname, address.port), timeout=PATIENCE):
            return None if address.scheme in ("tcp", "tls") else 'it must begin with "tcp://" or "tls://"'
    except (OSError, ValueError, TypeError, AttributeError) as error:
        return f"no scheduler answers there ({error}); {START_ONE}"


RULES: dict[str, Callable[[typing.Any], str | None]] = {  # of parameters that notebooks share, by name
    "seq_lengths": some_lengths,
    "variant_batches": between(1, MOST_STEPS),
    "original_batches": between(0, MOST_STEPS),
    "stacked_batches": between(1, MOST_STEPS),
    "two_sample_images": between(10, 25_000),  # a fifth more are tested: 60 000 of both sides
    "two_sample_most": between(0, 50_000),
    "walk_seed": between(0, LARGEST),
    "walks": not_empty,
    "cells": not_empty,
    "recipes": not_empty,
    "threads": threads,
    "output_dir": writable_folder,
    "models_dir": models_folder,
    "scheduler": answering_scheduler,
}


ENDINGS = {  # of the names of other parameters
    "_lengths": lengths,
    "_seeds": between(0, MOST_SEEDS),
    "_steps": between(1, MOST_STEPS),
    "_growth": between(1, LONGEST),
    "_seq_length": between(1, LONGEST),
}


def rule_of(name: str) -> Callable[[typing.Any], str | None]:
    """Return the rule of a parameter of this name, or of one that ends so."""
    rules = [rule for ending, rule in ENDINGS.items() if name.endswith(ending)]
    return RULES.get(name, rules[0] if rules else no_rule)


def no_rule(value: object) -> None:
    """Allow every value."""


def parameters_of(settings: type, namespace: dict, *, prefix: str = "") -> dict:
    """Return the parameters of a notebook that a dataclass of settings has fields for.

    Args:
        namespace: the notebook's globals(), or what `declared_values` returns.
        prefix: before the fields' names in the notebook: "ours_".
    """
    names = namespace.get("__annotations__", namespace)
    return {f.name: namespace[prefix + f.name] for f in fields(settings) if prefix + f.name in names}


def injected_names(cells: Iterable[str]) -> list[str]:
    """Return the names that papermill's injected cells assign."""
    nodes = [node for cell in cells if cell.startswith(INJECTED) for node in ast.parse(cell).body]
    return [target.id for node in nodes if isinstance(node, ast.Assign) for target in node.targets]


def fits(value: object, kind: object) -> bool:
    """Return whether a value is of a declared type; an int is a float, a bool is neither."""
    if typing.get_origin(kind) is list:
        (item_kind,) = typing.get_args(kind)
        return isinstance(value, list) and all(fits(item, item_kind) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def type_name(kind: object) -> str:
    return str(kind) if typing.get_origin(kind) else kind.__name__


def listing(declared: dict) -> str:
    return ", ".join(f"{name} ({type_name(kind)})" for name, kind in declared.items())


def short_repr(value: object) -> str:
    """Return a value as a message shows it: not all of what is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no more than 4300 digits
        return (
            "a list of long numbers" if isinstance(value, list) else f"a number of {value.bit_length()} bits"
        )
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"
