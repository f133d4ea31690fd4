"""Wrong parameters of a notebook are refused by name, before anything is loaded or trained."""

import functools
import math
import re
from pathlib import Path

import pytest
import yaml

from bundle.notebook import parameters
from bundle.notebook.parameters import RANGES, ROOT, begin, check_parameters
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


KINDS = {name: namespace(name)["__annotations__"] for name in NOTEBOOKS}
OUT_OF_RANGE = [
    ("hidden_size", 0),
    ("hidden_size", 10**9),
    ("learning_rate", math.nan),
    ("seq_lengths", [5, 0]),
]
NOT_ITS_TYPE = [("steps", "7"), ("steps", 7.5), ("steps", True), ("learning_rate", "fast"), ("fresh", 1)]
NOT_ITS_TYPE += [("scheduler", None), ("seq_lengths", 3), ("seq_lengths", ["3", None])]


def test_the_parameters_of_notebooks_and_profiles_pass():
    profiles = [yaml.safe_load(path.read_text()) for path in Path("profiles").glob("*.yaml")]
    for name in NOTEBOOKS:
        check_parameters(namespace(name))
        for profile in profiles:
            check_parameters(namespace(name, **(profile.get("parameters") or {}).get(name, {})))


def test_every_number_has_a_range():
    kinds = [(name, str(kind)) for notebook in KINDS.values() for name, kind in notebook.items()]
    assert {name for name, kind in kinds if re.search("int|float", kind)} == set(RANGES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({name: value}, rf"^{name} is .*; it must be from ") for name, value in OUT_OF_RANGE),
        *(({name: value}, rf"^{name} is .*; it must be of type \w") for name, value in NOT_ITS_TYPE),
        ({"seq_lengths": [5, 3, 5]}, "^seq_lengths is .*at least one value, each of them once"),
        ({"seq_lenght": 5}, "seq_lenght is not a parameter .*seq_lengths, cells, seed"),
    ],
    ids=str,
)
def test_what_a_parameter_may_not_be_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        check_parameters(namespace("part1", **changes))


@pytest.mark.parametrize(
    ("name", "values"),
    [("part1", {"cells": ["CNN"]}), ("task2", {"dataset": "CIFAR10"}), ("task3", {"walks": [[7, 2]]})],
    ids=str,
)
def test_what_the_settings_of_runs_refuse_is_refused_before_anything_is_loaded(name, values, monkeypatch):
    monkeypatch.setattr(mnist, "load", lambda *_, **__: pytest.fail("data was loaded"))
    (parameter,) = values
    with pytest.raises(ValueError, match=parameter.rstrip("s")):
        exec(code(name)[1], namespace(name, **values))


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
