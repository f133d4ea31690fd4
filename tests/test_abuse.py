"""Wrong and odd parameters are refused by name in a notebook's settings cell, before anything is loaded."""

import math
import time
from pathlib import Path

import nbformat
import pytest

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
    ("part1", {"cells": []}),
    ("part1", {"recipes": []}),
    ("part1", {"cells": ["GRU"]}),
    ("part1", {"recipes": ["mine"]}),
    ("part1", {"seed": 2**63}),
    ("part1", {"seed": 10**30}),
    ("part1", {"seed": -1}),
    ("part1", {"learning_rate": 10**400}),
    ("part1", {"learning_rate": 1e30}),
    ("part1", {"learning_rate": math.nan}),
    ("part1", {"ours_growth": math.nan}),
    ("part1", {"ours_kink_slope": math.inf}),
    ("part1", {"ours_pass_accuracy": 2.0}),
    ("part1", {"far_steps": 0}),
    ("part1", {"far_lengths": [0]}),
    ("part1", {"seq_lengths": [5, 5]}),
    ("part1", {"cells": ["LSTM", "LSTM"]}),
    ("part1", {"hidden_size": 10**6}),
    ("part1", {"seq_lengths": [10**7]}),
    ("part1", {"steps": 10**12}),
    ("part1", {"num_seeds": 10**7}),
    ("part1", {"num_seeds": 0}),
    ("part1", {"output_dir": "/proc/nowhere"}),
    ("part1", {"scheduler": "tcp://127.0.0.1:9"}),
    ("task2", {"gradient_penalty": math.nan}),
    ("task2", {"gradient_penalty": math.inf}),
    ("task2", {"variant_seeds": -1}),
    ("task2", {"variant_batches": 0}),
    ("task2", {"original_batches": 0}),
    ("task2", {"stacked_batches": -1}),
    ("task2", {"packing": 3}),
    ("task2", {"batch_size": 60_002}),
    ("task2", {"threads": 0}),
    ("task2", {"threads": 1000}),
    ("task2", {"classifier_epochs": 0}),
    ("task2", {"classifier_width": 0}),
    ("task2", {"dataset": "CIFAR10"}),
    ("task2", {"loss": "hinge"}),
    ("task2", {"topology": "mine"}),
    ("task2", {"noise_seed": 2**63}),
    ("task2", {"samples": 60_001}),
    ("task2", {"latent_dim": 10**9}),
    ("task2", {"noise_sets": 10**7}),
    ("task2", {"generator_width": 10**6}),
    ("task2", {"batches": 10**13}),
    ("task2", {"learning_rate": 1e30}),
    ("task3", {"candidates": 0}),
    ("task3", {"candidates": 1}),
    ("task3", {"candidates": 10**12}),
    ("task3", {"samples": 60_001}),
    ("task3", {"looks": 10}),
    ("task3", {"steps": 2}),
    ("task3", {"sure": 1.5}),
    ("task3", {"walk_seed": 2**63}),
    ("task3", {"models_dir": "build/nowhere"}),
]


@pytest.mark.parametrize(("name", "values"), REFUSED, ids=str)
def test_what_cannot_be_meant_is_refused_by_name_at_once(name, values):
    began = time.perf_counter()
    with pytest.raises(ValueError, match="|".join(one.removeprefix("ours_").rstrip("s") for one in values)):
        run(name, values)
    assert time.perf_counter() - began < 10
