import os
import platform
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
SHAPES = [  # batch, seq_length, input_size, hidden_size: around the panels of 16 and 64 and the rows of 5
    (1, 1, 1, 1),
    (4, 1, 2, 15),
    (5, 3, 1, 7),
    (5, 3, 1, 16),
    (6, 2, 3, 17),
    (11, 4, 1, 63),
    (2, 4, 1, 64),
    (9, 3, 2, 65),
    (3, 2, 20, 130),
    (2, 3, 1, 300),
    (300, 2, 1, 3),
    (128, 30, 1, 128),
]


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
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
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
    assert compiled.usable(x, *model.parameters())
    torch.testing.assert_close(model(x).double(), reference.forward_reference(x.double()), rtol=0, atol=1e-5)
    expected = gradients(reference.forward_reference, reference, x.double(), targets)
    for name, gradient in gradients(model, model, x, targets).items():
        error = (gradient - expected[name]).abs().max()
        assert error <= 1e-5 * expected[name].abs().max().clamp(min=1e-3), name


@needs_compiler
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are names of x86-64's instruction sets")
@pytest.mark.skipif("CELLS_COMPILER" in os.environ, reason="is one of those that the test below starts")
@pytest.mark.parametrize("march", ["x86-64", "x86-64-v3"])  # four and eight lanes, wherever there are more
def test_cells_for_narrower_processors_agree_too(march):
    tests = [__file__, "-k", "agree_with_the_plain_loop or saturate"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests],
        env={**os.environ, "CELLS_COMPILER": f"cc -march={march}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@needs_compiler
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_training_is_the_same_with_new_and_with_kept_memory(cell):
    torch.manual_seed(0)
    model, x, targets = cell(1, 20, 10), 9 * torch.rand(6, 4, 1), torch.randint(10, (6,))
    compiled._spare.__dict__.clear()
    new = gradients(model, model, x, targets)
    gradients(model, model, 9 * torch.rand(9, 7, 1), torch.randint(10, (9,)))  # leaves larger numbers behind
    kept = gradients(model, model, x, targets)
    assert all(torch.equal(new[name], kept[name]) for name in new)


@needs_compiler
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_gates_that_saturate_stay_finite_and_right(cell):
    torch.manual_seed(0)
    model = cell(1, 8, 10)
    x = torch.tensor([[[1e30]], [[-1e30]], [[300.0]], [[0.0]]])
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=1e-5)
    assert model(torch.full((1, 2, 1), float("nan"))).isnan().all()


@needs_compiler
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_two_uses_and_a_retained_graph(cell):
    torch.manual_seed(0)
    model = cell(1, 20, 10)
    short, long = torch.randn(4, 2, 1), torch.randn(4, 5, 1)
    product = model(short) * model(long)
    first = torch.autograd.grad(product.sum(), list(model.parameters()), retain_graph=True)
    again = torch.autograd.grad(product.sum(), list(model.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    plain = model.forward_reference(short) * model.forward_reference(long)
    for a, b in zip(first, torch.autograd.grad(plain.sum(), list(model.parameters())), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@needs_compiler
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_inputs_and_weights_count_by_their_values_not_their_memory(cell):
    torch.manual_seed(0)
    model = cell(2, 20, 10)
    x = torch.randn(2, 6, 4).permute(2, 1, 0)
    expected = model(x.contiguous())
    for layer in (layer for layer in model.modules() if isinstance(layer, nn.Linear)):
        layer.weight.data = layer.weight.data.t().contiguous().t()
    torch.testing.assert_close(model(x), expected, rtol=0, atol=1e-6)  # the head's product is torch's


def test_a_gradient_of_the_input_and_other_dtypes_are_left_to_torch():
    x, weight = torch.zeros(1, 1, 1), torch.zeros(1)
    assert not compiled.usable(x.clone().requires_grad_(), weight)
    assert not compiled.usable(x.double(), weight.double())
    assert not compiled.usable(x, weight.bfloat16())


STEP = """
import torch
from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
torch.manual_seed(0)
LSTM(1, 8, 10)(torch.ones(2, 3, 1)).sum().backward()
print(compiled.name())
"""


def run_step(environment: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", STEP]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def what_computes(tmp_path: Path, **environment: str) -> str:
    done = run_step({**os.environ, "XDG_CACHE_HOME": str(tmp_path), **environment})
    assert not done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("compiler", ["", "no-such-compiler"])
def test_without_a_compiler_nothing_is_said_and_torch_computes(tmp_path, compiler):
    assert what_computes(tmp_path, CELLS_COMPILER=compiler) == "torch operations"


def test_a_compiler_that_fails_is_named_in_a_warning(tmp_path):
    done = run_step({**os.environ, "XDG_CACHE_HOME": str(tmp_path), "CELLS_COMPILER": "false"})
    assert done.stdout.strip() == "torch operations"
    assert done.stderr.count("UserWarning: the LSTM and the RNN are computed in torch operations") == 1
    assert "'false'" in done.stderr


@needs_compiler
@pytest.mark.parametrize("temporary", ["there", "written by all", "gone"])
def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_folder(tmp_path, temporary):
    (tmp_path / "file").touch()
    there = tmp_path / "tmp"
    there.mkdir()
    kept = there / f"report-cells-{os.getuid()}"
    if temporary == "written by all":
        kept.mkdir()
        kept.chmod(0o777)
    elif temporary == "gone":
        kept.touch()
    assert what_computes(tmp_path / "file", TMPDIR=str(there)) == compiled.name()
    made = [path.name for path in there.glob("*/*.so")]
    assert made == ([f"{compiled.name()}.so"] if temporary == "there" else [])


@needs_compiler
def test_a_user_without_a_home_has_compiled_cells(tmp_path, monkeypatch):
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(compiled, "gettempdir", lambda: str(tmp_path))
    compiled.library.cache_clear()
    try:
        assert Path(compiled.library()._name).parent == tmp_path / f"report-cells-{os.getuid()}"
    finally:
        compiled.library.cache_clear()


@needs_compiler
def test_the_compiler_runs_once_for_a_machine(tmp_path):
    assert what_computes(tmp_path) == compiled.name()
    (made,) = (tmp_path / "report-cells").iterdir()
    written = made.stat().st_mtime_ns
    assert what_computes(tmp_path) == compiled.name()
    assert made.stat().st_mtime_ns == written


@needs_compiler
def test_a_cache_folder_or_library_that_others_may_write_is_not_loaded(tmp_path):
    folder = tmp_path / "report-cells"
    assert what_computes(tmp_path) == compiled.name()
    assert folder.stat().st_mode & 0o777 == 0o700
    library = folder / f"{compiled.name()}.so"
    made = library.read_bytes()

    library.write_bytes(b"planted")
    library.chmod(0o664)
    assert what_computes(tmp_path) == compiled.name()
    assert library.read_bytes() == made  # made anew, over it

    library.write_bytes(b"planted")
    for folder_mode, owner in ((0o770, os.getuid()), (0o777, os.getuid()), (0o700, 65534)):
        folder.chmod(folder_mode)
        if owner != os.getuid() and os.getuid() != 0:
            continue  # only root can give a folder away
        os.chown(folder, owner, -1)
        assert what_computes(tmp_path) == compiled.name()
        assert library.read_bytes() == b"planted"  # neither loaded nor touched


@needs_compiler
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_cached_library_of_another_owner_is_not_loaded(tmp_path):
    assert what_computes(tmp_path) == compiled.name()
    library = tmp_path / "report-cells" / f"{compiled.name()}.so"
    library.write_bytes(b"planted")
    os.chown(library, 65534, -1)
    assert what_computes(tmp_path) == compiled.name()
    assert library.stat().st_uid == 0


@needs_compiler
def test_without_gradients_sequences_are_taken_some_at_a_time_with_the_same_bits(monkeypatch):
    """Ten thousand steps of 500 sequences once took 15 GB."""
    lstm, x = LSTM(1, 8, 10), torch.rand(7, 5, 1)
    with torch.no_grad():
        whole = lstm(x)
        seen, run = [], compiled._Run
        monkeypatch.setattr(compiled, "_Run", lambda part, rest: seen.append(len(part)) or run(part, rest))
        monkeypatch.setattr(compiled, "KEPT", 2 * 5 * 8)
        assert torch.equal(lstm(x), whole)
    assert seen == [2, 2, 2, 1]
