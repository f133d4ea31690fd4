"""Parameters of a notebook are refused by name before anything is loaded or trained."""

import dataclasses
import math
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bundle.notebook import parameters
from bundle.notebook.parameters import ROOT, check_parameters, parameters_of
from bundle.render.reading import read_notebook
from bundle.study.layout import NOTEBOOKS


def namespace(**values) -> dict:
    kinds = {"seq_lengths": list[int], "seed": int, "rate": float, "fresh": bool, "folder": str}
    good = {"seq_lengths": [3, 5], "seed": 0, "rate": 0.1, "fresh": False, "folder": "."}
    return {"__annotations__": kinds, "In": ["", "seed: int = 0"], **good, **values}


def test_good_parameters_pass_and_an_int_is_a_float():
    check_parameters(namespace())
    check_parameters(namespace(rate=1))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("seed", "7", "int"),
        ("seed", 7.0, "int"),
        ("seed", True, "int"),
        ("rate", "fast", "float"),
        ("fresh", 1, "bool"),
        ("folder", None, "str"),
        ("seq_lengths", 3, "list"),
        ("seq_lengths", ["3"], "list"),
    ],
)
def test_a_value_of_another_type_is_named_with_all_parameters(name, value, kind):
    with pytest.raises(
        ValueError, match=rf"{name} is .*; it must be of type {kind}.*seed \(int\), rate \(float\)"
    ):
        check_parameters(namespace(**{name: value}))


def test_an_injected_name_that_is_no_parameter_is_refused_with_the_valid_names():
    cells = ["", "seed: int = 0", "# Parameters\nseed = 1\nseq_lenght = 5\n"]
    with pytest.raises(ValueError, match="seq_lenght is not a parameter.*seq_lengths.*seed.*fresh"):
        check_parameters(namespace(In=cells, seq_lenght=5))


def test_names_that_later_cells_assign_are_no_business_of_the_check():
    check_parameters(namespace(In=["", "seed: int = 0", "other = 3"], other=3))


def test_the_parameters_that_settings_have_fields_for_are_picked_out():
    @dataclasses.dataclass
    class Settings:
        seed: int
        rate: float
        samples: int = 5

    picked = parameters_of(Settings, namespace(seed=3, samples=8))
    assert picked == {"seed": 3, "rate": 0.1}  # samples is no parameter, but some other name of a cell


def test_a_prefix_picks_out_the_parameters_that_bear_it():
    @dataclasses.dataclass
    class Settings:
        seed: int
        rate: float

    names = namespace() | {"ours_rate": 0.5}
    names["__annotations__"]["ours_rate"] = float
    assert parameters_of(Settings, names, prefix="ours_") == {"rate": 0.5}


SHARED = {"threads": int, "output_dir": str, "models_dir": str, "scheduler": str, "cells": list[str]}
GOOD = {"threads": 1, "output_dir": ".", "models_dir": "", "scheduler": "", "cells": ["LSTM"]}


def shared(**values) -> dict:
    return {"__annotations__": SHARED, **GOOD, **values}


def test_the_shared_parameters_of_the_notebooks_pass(tmp_path):
    check_parameters(shared(output_dir=str(tmp_path / "not" / "yet" / "there")))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rate", math.nan, "rate is nan; it must be a finite number"),
        ("rate", -math.inf, "rate is -inf; it must be a finite number"),
        ("rate", 10**400, r"rate is 1000.*401 characters.*must lie between"),
        ("seed", 2**63, "seed is 9223372036854775808; it must lie between"),
        ("seed", -(2**80), "seed is -1208925819614629174706176; it must lie between"),
        ("seq_lengths", [5, 3, 5], r"seq_lengths is \[5, 3, 5\]; 5 stands in it 2 times; list it once"),
        ("seq_lengths", [], r"seq_lengths is \[\]; it must list at least one"),
        ("seq_lengths", [2**70], "seq_lengths is .*; it must lie between"),
        pytest.param("seed", 10**5000, "seed is a number of 16610 bits; it must lie between", id="digits"),
        ("seq_lengths", [10**5000], "seq_lengths is a list of long numbers; it must lie between"),
        ("seq_lengths", [3, 10**6], "1000000 is in it; every length must be from 1 to 100000"),
        ("seq_lengths", list(range(1, 10**6)), "it lists 999999 values; it must list at most 100"),
    ],
)
def test_a_senseless_value_is_refused_by_name(name, value, words):
    with pytest.raises(ValueError, match=words):
        check_parameters(namespace(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cells", [], "cells is .*at least one"),
        ("threads", 0, "threads is 0; it must be from 1 to"),
        ("threads", -1, "threads is -1; it must be from 1 to"),
        ("threads", 1000, "threads is 1000; it must be from 1 to"),
        ("output_dir", __file__, "output_dir is .*is a file; name a folder"),
        ("output_dir", __file__ + "/below", "output_dir is .*is a file; name a folder"),
        ("output_dir", "/proc/nothing", "output_dir is .*nothing can be written there"),
        ("output_dir", "null\0byte", "output_dir is .*nothing can be written there"),
        ("output_dir", "n" * 300, "output_dir is .*nothing can be written there"),
        ("models_dir", "build/nowhere", "models_dir is .*generator.json and classifier.json not found there"),
        ("models_dir", "n" * 300, "models_dir is .*that is no folder .File name too long.; name one"),
        ("scheduler", "tcp://127.0.0.1:9", "scheduler is .*no scheduler answers there"),
        ("scheduler", "tcp://127.0.0.1", "scheduler is .*no scheduler answers there"),
        ("scheduler", "tcp://127.0.0.1:99999", "scheduler is .*no scheduler answers there"),
        ("scheduler", "nonsense", "scheduler is .*no scheduler answers there"),
        ("scheduler", "tcp://[", "scheduler is .*no scheduler answers there"),
    ],
)
def test_a_shared_parameter_out_of_range_is_refused_by_name(name, value, words):
    with pytest.raises(ValueError, match=words):
        check_parameters(shared(**{name: value}))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="nothing can be written there"):
        check_parameters(shared(output_dir=str(tmp_path)))


def test_a_name_that_is_looked_up_for_too_long_is_no_scheduler(monkeypatch):
    monkeypatch.setattr("bundle.notebook.parameters.PATIENCE", 0.1)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: time.sleep(1))
    with pytest.raises(ValueError, match="no scheduler answers there in 0.1 seconds; start `dask scheduler`"):
        check_parameters(shared(scheduler="tcp://somewhere:8786"))


def test_the_runs_that_seeds_and_lengths_make_are_estimated_and_not_listed():
    kinds = {"num_seeds": int, "span_seeds": int, "seq_lengths": list[int]}
    good = {"__annotations__": kinds, "num_seeds": 50, "span_seeds": 5, "seq_lengths": list(range(1, 101))}
    check_parameters(good)
    words = "span_seeds is 51; times the longest list of lengths, of 100, it must be at most 5000"
    with pytest.raises(ValueError, match=words):
        check_parameters(good | {"span_seeds": 51})
    with pytest.raises(ValueError, match="span_seeds is 501; it must be from 0 to 500"):
        check_parameters(good | {"span_seeds": 501})


def test_a_scheduler_that_listens_passes():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check_parameters(shared(scheduler=f"tcp://127.0.0.1:{port}"))
        with pytest.raises(ValueError, match='must begin with "tcp://"'):
            check_parameters(shared(scheduler=f"http://127.0.0.1:{port}"))


def test_a_notebook_begins_in_the_checkout_wherever_it_was_started(tmp_path, monkeypatch):
    """Once papermill from another folder announced minutes of training and then missed a file."""
    monkeypatch.chdir(tmp_path)
    given = shared(output_dir="mine", In=["# Parameters\noutput_dir = 'mine'\n"])
    parameters.begin(given)
    assert Path.cwd() == ROOT
    assert given["output_dir"] == str(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    by_default = shared(output_dir=".")
    parameters.begin(by_default)
    assert Path.cwd() == ROOT
    assert by_default["output_dir"] == "."


def test_another_kernel_is_told_what_is_missing_and_how_to_get_it(monkeypatch):
    monkeypatch.setattr(parameters, "NEEDED", ("torch", "nobody_has_this"))
    with pytest.raises(ModuleNotFoundError, match=r"has no nobody_has_this; run `make env` in "):
        parameters.begin(shared(output_dir="."))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_away_from_its_repository_says_what_it_needs(tmp_path, name):
    cells = [cell.source for cell in read_notebook(ROOT / f"{name}.ipynb").cells if cell.cell_type == "code"]
    command = [sys.executable, "-I", "-S", "-c", cells[1]]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: No module named 'bundle': this kernel cannot import")
    assert "`make env`" in last
