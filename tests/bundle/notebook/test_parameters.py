"""Wrong parameters of a notebook are refused by name, before anything is loaded or trained."""

import functools
import math
from pathlib import Path

import pytest
import yaml

from bundle.notebook import parameters
from bundle.notebook.parameters import ROOT, begin, check_parameters
from bundle.render.reading import read_notebook
from bundle.study.layout import NOTEBOOKS
from lib import mnist


@functools.cache
def code(name: str) -> list[str]:
    """The sources of a notebook's code cells: first its parameters, then its settings."""
    return [cell.source for cell in read_notebook(ROOT / f"{name}.ipynb").cells if cell.cell_type == "code"]


def namespace(name: str, **changes) -> dict:
    """What a notebook's globals() are after its parameters cell, and what papermill injected."""
    values: dict = {}
    exec(code(name)[0], values)
    injected = "".join(f"{name} = {value!r}\n" for name, value in changes.items())
    return values | {"In": [f"# Parameters\n{injected}"]} | changes


OUT_OF_RANGE = [
    ("part1", "hidden_size", 0),
    ("part1", "hidden_size", 10**9),
    ("part1", "learning_rate", math.nan),
    ("part1", "seq_lengths", [5, 0]),
    ("part1", "corrected_seeds", 501),
    ("part1", "cells", ["CNN"]),
    ("studies/memory", "span_steps", 0),
    ("task2", "dataset", "CIFAR10"),
    ("task2", "width", 0),
    ("task2", "two_sample_seeds", 0),
    ("task2", "threads", 10**6),
    ("studies/gan", "stacked_batches", 0),
    ("task3", "looks", 1),
    ("task3", "walks", [[7, 2]]),
]
for notebook in NOTEBOOKS:
    for name, kind in namespace(notebook)["__annotations__"].items():
        for number in (-1, 2**63):
            if kind in (int, float):
                OUT_OF_RANGE.append((notebook, name, number))
            elif kind == list[int]:
                OUT_OF_RANGE.append((notebook, name, [number]))
NOT_ITS_TYPE = [("steps", "7"), ("steps", 7.5), ("steps", True), ("learning_rate", "fast"), ("fresh", 1)]
NOT_ITS_TYPE += [("scheduler", None), ("seq_lengths", 3), ("seq_lengths", ["3", None])]


def test_the_parameters_of_notebooks_and_profiles_pass():
    profiles = [yaml.safe_load(path.read_text()) for path in Path("profiles").glob("*.yaml")]
    for name in NOTEBOOKS:
        check_parameters(namespace(name))
        for profile in profiles:
            check_parameters(namespace(name, **(profile.get("parameters") or {}).get(name, {})))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({name: value}, rf"^{name} is .*; it must be of type \w") for name, value in NOT_ITS_TYPE),
        ({"seq_lengths": [5, 3, 5]}, "^seq_lengths is .*at least one value, each of them once"),
        ({"seq_lenght": 5}, "seq_lenght is not a parameter .*seq_lengths, cells, seed"),
    ],
    ids=str,
)
def test_what_a_parameter_may_not_be_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        check_parameters(namespace("part1", **changes))


@pytest.mark.parametrize(("notebook", "name", "value"), OUT_OF_RANGE)
def test_what_is_out_of_range_is_refused_before_anything_is_loaded(notebook, name, value, monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda *_, **__: pytest.fail("data was loaded"))
    about = name.removeprefix("memory_").removeprefix("span_").rstrip("s")
    with pytest.raises(ValueError, match=rf"{about}.* is .*; it must be "):
        exec(code(notebook)[1], namespace(notebook, **{name: value}))


def test_a_scheduler_that_does_not_answer_is_told_at_once(monkeypatch):
    monkeypatch.setattr(parameters, "PATIENCE", 0.5)
    with pytest.raises(OSError, match="no Dask scheduler answers at scheduler = 'tcp://127.0.0.1:9'"):
        check_parameters(namespace("part1", scheduler="tcp://127.0.0.1:9"))


def test_a_notebook_begins_in_the_checkout_wherever_it_was_started(tmp_path, monkeypatch):
    """Once papermill from another folder announced minutes of training and then missed a file."""
    given, default = namespace("part1", output_dir="mine"), namespace("part1")
    for values, output_dir in ((given, str(tmp_path / "mine")), (default, ".")):
        monkeypatch.chdir(tmp_path)
        begin(values)
        assert Path.cwd() == ROOT
        assert values["output_dir"] == output_dir
