import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

needs_compiler = pytest.mark.skipif(compiled.library() is None, reason="needs a C compiler")
SHAPES = [  # batch, seq_length, input_size, hidden_size: around the widths of vectors
    (1, 1, 1, 1),
    (5, 3, 10, 7),
    (6, 2, 3, 17),
    (300, 2, 1, 3),
    (2, 3000, 1, 9),
    (128, 30, 1, 128),
]


@pytest.fixture(params=[LSTM, VanillaRNN], ids=["LSTM", "RNN"])
def cell(request) -> type[nn.Module]:
    return request.param


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def gradients(forward, model: nn.Module, x, targets) -> dict[str, torch.Tensor]:
    model.zero_grad()
    nn.functional.cross_entropy(forward(x), targets).backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


# float32: the bound is relative to the largest gradient of a tensor, a sum over steps and batch
@needs_compiler
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), SHAPES)
def test_compiled_cells_agree_with_the_plain_loop_in_float64(
    threads, cell, *, count, batch, seq_length, input_size, hidden_size
):
    threads(count)
    torch.manual_seed(0)
    model = cell(input_size, hidden_size, 10)
    reference = cell(input_size, hidden_size, 10).double()
    reference.load_state_dict(model.state_dict())
    x, targets = 9 * torch.rand(batch, seq_length, input_size), torch.randint(10, (batch,))
    torch.testing.assert_close(model(x).double(), reference.forward_reference(x.double()), rtol=0, atol=2e-6)
    expected = gradients(reference.forward_reference, reference, x.double(), targets)
    found = gradients(model, model, x, targets)
    for name, gradient in expected.items():
        assert (found[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max().clamp(min=1e-3), name
    again = gradients(model, model, x, targets)
    assert all(torch.equal(found[name], again[name]) for name in found)


@needs_compiler
def test_gates_that_saturate_stay_finite_and_right(cell):
    torch.manual_seed(0)
    model = cell(1, 8, 10)
    x = torch.tensor([[[1e30]], [[-1e30]], [[300.0]], [[0.0]]])
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=1e-5)
    assert model(torch.full((1, 2, 1), float("nan"))).isnan().all()


@pytest.mark.usefixtures("both_ways")
def test_two_uses_and_a_retained_graph(cell):
    torch.manual_seed(0)
    model = cell(1, 20, 10)
    first_input, other_input = torch.randn(2, 4, 5, 1)
    product = model(first_input) * model(other_input)
    first = torch.autograd.grad(product.sum(), list(model.parameters()), retain_graph=True)
    again = torch.autograd.grad(product.sum(), list(model.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    plain = model.forward_reference(first_input) * model.forward_reference(other_input)
    for a, b in zip(first, torch.autograd.grad(plain.sum(), list(model.parameters())), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("both_ways")
def test_without_gradients_one_step_is_kept_at_a_time(cell, monkeypatch):
    """Ten thousand steps of 500 sequences once took 15 GB."""
    model, sizes = cell(1, 8, 10), []
    new_empty = torch.Tensor.new_empty

    def counted(tensor, *shape):
        sizes.append(shape)
        return new_empty(tensor, *shape)

    monkeypatch.setattr(torch.Tensor, "new_empty", counted)
    with torch.no_grad():
        model(torch.rand(7, 500, 1))
    assert sizes
    assert all(steps <= 2 for steps, *_ in sizes)


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


@pytest.mark.parametrize("compiler", ["", "no-such-compiler"])
def test_without_a_compiler_nothing_is_said_and_torch_computes(copy, compiler):
    assert what_computes(copy, CELLS_COMPILER=compiler) == "torch operations"


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


@needs_compiler
def test_code_that_nothing_can_be_written_beside_has_compiled_cells_all_the_same(copy):
    (copy / "lib" / "recurrent" / "__pycache__").touch()
    assert what_computes(copy) == compiled.name()
    assert not [*copy.rglob("*.so")]
