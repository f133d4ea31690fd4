"""Wrong and odd parameters are refused by name in a notebook's settings cell, before anything is loaded."""

import ast
import math
import re
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOTEBOOKS = ("part1", "task2", "task3")


def cells(name: str) -> list[str]:
    """The parameters cell and the settings cell."""
    notebook = nbformat.read(Path(f"{name}.ipynb"), as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"][:2]


SOURCES = {name: cells(name) for name in NOTEBOOKS}


def run(name: str, values: dict) -> None:
    """Execute both cells as papermill would with these parameters."""
    space: dict = {}
    parameters, checked = SOURCES[name]
    exec(compile(parameters, "parameters", "exec"), space)
    exec(compile(checked, "settings", "exec"), space | values)


@pytest.fixture(autouse=True)
def nothing_is_loaded(monkeypatch):
    from lib import mnist

    monkeypatch.setattr(mnist, "load", lambda *_, **__: pytest.fail("data was loaded"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebooks_own_parameters_pass(name):
    run(name, {})


REFUSED = [
    ("part1", {"seq_lengths": []}),
    ("part1", {"seed": 2**63}),
    ("part1", {"seed": 10**30}),
    ("part1", {"seed": -1}),
    ("part1", {"learning_rate": 10**400}),
    ("part1", {"learning_rate": 1e30}),
    ("part1", {"learning_rate": math.nan}),
    ("part1", {"memory_seeds": -1}),
    ("part1", {"memory_seq_length": 0}),
    ("part1", {"ours_seeds": 10**7}),
    ("part1", {"seq_lengths": [5, 5]}),
    ("part1", {"hidden_size": 10**6}),
    ("part1", {"seq_lengths": [10**7]}),
    ("part1", {"steps": 10**12}),
    ("part1", {"num_seeds": 10**7}),
    ("part1", {"num_seeds": 0}),
    ("part1", {"corrected_seeds": -1}),
    ("part1", {"original_count": 100}),
    ("part1", {"eval_count": 10**12}),
    ("part1", {"output_dir": "/proc/nowhere"}),
    ("part1", {"scheduler": "tcp://127.0.0.1:9"}),
    ("task2", {"gradient_penalty": math.nan}),
    ("task2", {"gradient_penalty": math.inf}),
    ("task2", {"original_batches": -1}),
    ("task2", {"two_sample_seeds": 0}),
    ("task2", {"batch_size": 60_002}),
    ("task2", {"threads": 0}),
    ("task2", {"threads": 1000}),
    ("task2", {"classifier_epochs": 0}),
    ("task2", {"dataset": "CIFAR10"}),
    ("task2", {"topology": "mine"}),
    ("task2", {"samples": 60_001}),
    ("task2", {"latent_dim": 10**9}),
    ("task2", {"width": 10**6}),
    ("task2", {"batches": 10**13}),
    ("task2", {"learning_rate": 1e30}),
    ("task3", {"candidates": 0}),
    ("task3", {"candidates": 1}),
    ("task3", {"candidates": 10**12}),
    ("task3", {"samples": 60_001}),
    ("task3", {"looks": 10}),
    ("task3", {"steps": 2}),
    ("task3", {"walk_seed": 2**63}),
    ("task3", {"models_dir": "build/nowhere"}),
]


@pytest.mark.parametrize(("name", "values"), REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused_by_name_at_once(name, values):
    began = time.perf_counter()
    names = "|".join(one.removeprefix("memory_").rstrip("s") for one in values)
    with pytest.raises(ValueError, match=names):
        run(name, values)
    assert time.perf_counter() - began < 10


ODD = [
    "",
    "\0",
    "#panic()",
    "`rm`",
    "a|b",
    "<b>",
    "\n\n# x",
    "\ud800",
    "x" * 5000,
    "/proc/1/x",
    "tcp://x:1",
    "../..",
]
NUMBERS = st.one_of(
    st.integers(),
    st.integers(0, 5000).map(lambda power: 10**power),
    st.integers(-3, 3000),
    st.just(2**63 - 2**33),
)
LONG = st.integers(0, 10**6).map(lambda count: list(range(1, count + 1)))
VALUES = {  # by the declared type
    "int": NUMBERS,
    "float": st.one_of(st.floats(), NUMBERS),
    "bool": st.booleans(),
    "str": st.one_of(st.sampled_from(ODD), st.text()),
    "list[int]": st.one_of(st.lists(NUMBERS), LONG),
    "list[list[int]]": st.lists(st.one_of(st.lists(NUMBERS, max_size=3), LONG), max_size=4),
    "list[str]": st.lists(st.one_of(st.sampled_from(["LSTM", "RNN", "ours", "corrected"]), st.text())),
}
DECLARED = [
    (name, line.target.id, VALUES[ast.unparse(line.annotation)])
    for name, sources in SOURCES.items()
    for line in ast.parse(sources[0]).body
]
ONE_VALUE = st.sampled_from(DECLARED).flatmap(lambda one: st.tuples(st.just(one[0]), st.just(one[1]), one[2]))


@pytest.fixture(scope="module")
def imported() -> None:
    """What the notebooks import, so that no value is charged for it."""
    for name in NOTEBOOKS:
        run(name, {})


@pytest.mark.usefixtures("imported")
@given(ONE_VALUE)
@settings(
    max_examples=200,
    derandomize=True,
    database=None,
    deadline=10_000,
    suppress_health_check=list(HealthCheck),
)
def test_any_value_of_the_declared_type_is_accepted_or_refused_by_name_value_and_rule(one):
    name, parameter, value = one
    try:
        run(name, {parameter: value})
    except ValueError as error:
        said = str(error)
        word = parameter.partition("_")[2].rstrip("s") or parameter  # without "memory_"
        assert re.search(rf"\b({parameter.rstrip('s')}|{word})s?\b", said), said
        assert any(text in said for text in shown(value)), said
        assert re.search("must|would need|once|not found|no scheduler answers|name (a folder|one)", said), (
            said
        )


def shown(value: object) -> list[str]:
    """What a message may show of a value: its beginning, or of a list the value that is meant."""
    if isinstance(value, list):
        return ["[", "long numbers", *(f" {one!r:.50}" for one in value if not too_long(one))]
    return [f"{value.bit_length()} bits"] if too_long(value) else [repr(value)[:50], str(value)[:50]]


def too_long(value: object) -> bool:
    try:
        return str(value) is None
    except ValueError:  # Python writes no more than 4300 digits
        return True
