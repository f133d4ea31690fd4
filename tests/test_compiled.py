import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

needs_compiler = pytest.mark.skipif(compiled.library() is None, reason="needs a C compiler")


@needs_compiler
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_gates_that_saturate_stay_finite_and_right(cell):
    torch.manual_seed(0)
    model = cell(1, 8, 10)
    x = torch.tensor([[[1e30]], [[-1e30]], [[300.0]], [[0.0]]])
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=1e-5)
    assert model(torch.full((1, 2, 1), float("nan"))).isnan().all()


@needs_compiler
def test_small_numbers_survive():
    """A library linked with -ffast-math once made the whole process round them to zero."""
    small = torch.tensor(1e-40)
    assert compiled.library()
    assert small * 0.5 > 0


STEP = """
import torch
from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
LSTM(1, 8, 10)(torch.ones(2, 3, 1)).sum().backward()
print(compiled.name())
"""


def run_step(root: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run a step by the code below `root`, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(root), **environment}
    command = [sys.executable, "-c", STEP]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)


def what_computes(root: Path, **environment: str) -> str:
    done = run_step(root, **environment)
    assert not done.stderr
    return done.stdout.strip()


@pytest.fixture
def copy(tmp_path) -> Path:
    """Return a folder with a copy of the code, in which nothing has been compiled yet."""
    shutil.copytree("lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_without_a_compiler_nothing_is_said_and_torch_computes(copy):
    assert what_computes(copy, CELLS_COMPILER="no-such-compiler") == "torch operations"


def test_a_compiler_that_fails_is_named_in_a_warning_with_what_it_said(copy):
    done = run_step(copy, CELLS_COMPILER="cc -fnord")
    assert done.stdout.strip() == "torch operations"
    assert done.stderr.count("UserWarning") == 1
    assert "fnord" in done.stderr


@needs_compiler
def test_a_compiler_without_openmp_gives_cells_of_one_thread(copy):
    compiler = copy / "cc"
    compiler.write_text('#!/bin/sh\ncase "$*" in *-fopenmp) exit 1; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    assert what_computes(copy, CELLS_COMPILER=str(compiler)) != "torch operations"


@needs_compiler
def test_the_compiler_runs_once_for_a_copy_of_the_code(copy):
    assert what_computes(copy) == compiled.name()
    (library,) = copy.glob("lib/recurrent/__pycache__/*.so")
    written = library.stat().st_mtime_ns
    assert what_computes(copy) == compiled.name()
    assert library.stat().st_mtime_ns == written
