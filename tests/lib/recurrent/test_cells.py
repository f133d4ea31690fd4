"""What holds for both cells, compiled from `cells.c` or in a plain loop; against torch.nn: test_lstm."""

import pytest
import torch
from torch import nn

from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

SHAPES = [(3, 1, 2, 1), (6, 2, 3, 17), (128, 30, 1, 128)]  # batch, seq_length, input_size, hidden_size
needs_a_compiler = pytest.mark.skipif(compiled.library() is None, reason="needs a C compiler")


@pytest.fixture(params=[LSTM, VanillaRNN], ids=["LSTM", "RNN"])
def cell(request) -> type[nn.Module]:
    return request.param


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def gradients(forward, model: nn.Module, x, targets) -> dict[str, torch.Tensor]:
    model.zero_grad()
    nn.functional.cross_entropy(forward(x), targets).backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


# float32: a gradient is a sum over steps and batch, so the bound is relative to the largest of its tensor
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("both_ways", "threads")
def test_in_float32_the_fast_way_agrees_with_the_plain_loop_in_float64_and_repeats_to_the_bit(cell, shape):
    batch, seq_length, input_size, hidden_size = shape
    torch.manual_seed(0)
    model = cell(input_size, hidden_size, 10)
    reference = cell(input_size, hidden_size, 10).double()
    reference.load_state_dict(model.state_dict())
    x = 9 * torch.rand(seq_length, batch, input_size).transpose(0, 1)  # not contiguous
    targets = torch.randint(10, (batch,))
    logits = model(x)
    torch.testing.assert_close(logits.double(), reference.forward_reference(x.double()), rtol=0, atol=2e-6)
    expected = gradients(reference.forward_reference, reference, x.double(), targets)
    found = gradients(model, model, x, targets)
    for name, gradient in expected.items():
        assert (found[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max().clamp(min=1e-3), name
    again = gradients(model, model, x, targets)
    assert all(torch.equal(found[name], again[name]) for name in found)
    with torch.no_grad():
        assert torch.equal(model(x), logits)


@pytest.mark.usefixtures("both_ways")
def test_a_model_used_twice_gets_both_gradients(cell):
    torch.manual_seed(0)
    model = cell(1, 20, 10)
    first_input, other_input = torch.randn(2, 4, 5, 1)
    fast = torch.autograd.grad((model(first_input) * model(other_input)).sum(), list(model.parameters()))
    plain = model.forward_reference(first_input) * model.forward_reference(other_input)
    for a, b in zip(fast, torch.autograd.grad(plain.sum(), list(model.parameters())), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@needs_a_compiler
def test_a_second_way_back_is_refused_since_the_first_overwrites_the_gates(cell):
    logits = cell(1, 20, 10)(torch.randn(4, 5, 1)).sum()
    logits.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        logits.backward()


@pytest.mark.usefixtures("both_ways")
def test_no_two_gradients_share_memory(cell):
    """Else clipping in place would scale the two biases of a gate twice."""
    model = cell(2, 5, 10)
    model(torch.randn(3, 4, 2)).sum().backward()
    for number, parameter in enumerate(model.parameters()):
        parameter.grad.fill_(number)
    assert all((parameter.grad == number).all() for number, parameter in enumerate(model.parameters()))


@needs_a_compiler
def test_gates_that_saturate_stay_finite_and_right(cell):
    torch.manual_seed(0)
    model = cell(1, 8, 10)
    x = torch.tensor([[[1e30]], [[-1e30]], [[300.0]], [[0.0]]])
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=1e-5)
    assert model(torch.full((1, 2, 1), float("nan"))).isnan().all()


@needs_a_compiler
def test_small_numbers_survive():
    """A library linked with -ffast-math once made the whole process round them to zero."""
    assert torch.tensor(1e-40) * 0.5 > 0


@needs_a_compiler
def test_any_compiler_will_do_and_one_that_fails_is_named_in_a_warning(monkeypatch, tmp_path, recwarn):
    def compile_by(compiler):
        monkeypatch.setenv("CELLS_COMPILER", str(compiler))
        return compiled.library.__wrapped__()

    assert compile_by("cc").name == compiled.name()  # every process compiles the same
    simple = tmp_path / "cc"  # lacks OpenMP and -march=native
    simple.write_text('#!/bin/sh\ncase "$*" in *native*) exit 1; esac\nexec cc "$@"\n')
    simple.chmod(0o755)
    assert compile_by(simple)
    assert compile_by("no-such-compiler") is None
    assert not recwarn
    with pytest.warns(UserWarning, match="'cc', .*'-fnord'"):
        assert compile_by("cc -fnord") is None
