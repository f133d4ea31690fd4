"""What holds for both cells, compiled or in a plain loop; against torch.nn: test_lstm."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from lib.palindromes import palindromes
from lib.recurrent import compiled
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

SHAPES = [(6, 2, 3, 17), (128, 30, 1, 128)]  # batch, seq_length, input_size, hidden_size


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
@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), SHAPES)
@pytest.mark.usefixtures("both_ways", "threads")
def test_in_float32_the_fast_way_agrees_with_the_plain_loop_in_float64_and_repeats_to_the_bit(
    cell, *, batch, seq_length, input_size, hidden_size
):
    torch.manual_seed(0)
    model = cell(input_size, hidden_size, 10)
    reference = cell(input_size, hidden_size, 10).double()
    reference.load_state_dict(model.state_dict())
    x = 9 * torch.rand(seq_length, batch, input_size).transpose(0, 1)  # not contiguous
    targets = torch.randint(10, (batch,))
    torch.testing.assert_close(model(x).double(), reference.forward_reference(x.double()), rtol=0, atol=2e-6)
    expected = gradients(reference.forward_reference, reference, x.double(), targets)
    found = gradients(model, model, x, targets)
    for name, gradient in expected.items():
        assert (found[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max().clamp(min=1e-3), name
    again = gradients(model, model, x, targets)
    assert all(torch.equal(found[name], again[name]) for name in found)


@pytest.mark.usefixtures("both_ways")
def test_a_model_used_twice_gets_both_gradients(cell):
    torch.manual_seed(0)
    model = cell(1, 20, 10)
    first_input, other_input = torch.randn(2, 4, 5, 1)
    fast = torch.autograd.grad((model(first_input) * model(other_input)).sum(), list(model.parameters()))
    plain = model.forward_reference(first_input) * model.forward_reference(other_input)
    for a, b in zip(fast, torch.autograd.grad(plain.sum(), list(model.parameters())), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(compiled.library() is None, reason="needs a C compiler")
def test_a_second_way_back_is_refused_since_the_first_overwrites_the_gates(cell):
    logits = cell(1, 20, 10)(torch.randn(4, 5, 1)).sum()
    logits.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        logits.backward()


@pytest.mark.usefixtures("both_ways")
def test_without_gradients_the_logits_are_the_same_bits(cell):
    torch.manual_seed(0)
    model = cell(1, 32, 10)
    x, _ = palindromes(16, 9, generator=torch.Generator().manual_seed(0))
    logits = model(x)
    with torch.no_grad():
        alone = model(x)
    assert torch.equal(alone, logits.detach())
    assert not alone.requires_grad


@pytest.mark.usefixtures("both_ways")
def test_no_two_gradients_share_memory(cell):
    """Else clipping in place would scale the two biases of a gate twice."""
    model = cell(2, 5, 10)
    model(torch.randn(3, 4, 2)).sum().backward()
    spans = sorted(
        (p.grad.data_ptr(), p.grad.data_ptr() + p.grad.numel() * p.grad.element_size())
        for p in model.parameters()
    )
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_computes_what_the_cpu_does(cell):
    torch.manual_seed(0)
    model = cell(2, 7, 10).double()
    x, targets = torch.randn(5, 6, 2, dtype=torch.float64), torch.randint(10, (5,))
    cpu = gradients(model, model, x, targets)
    gpu = gradients(model.cuda(), model, x.cuda(), targets.cuda())
    torch.testing.assert_close({name: g.cpu() for name, g in gpu.items()}, cpu, rtol=0, atol=1e-10)
