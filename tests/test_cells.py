"""What holds for both cells: the fast way through time against the plain loop, and its edges."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from lib.palindromes import palindromes
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

SHAPES = [  # batch, seq_length, input_size, hidden_size
    (3, 5, 1, 7),
    (7, 4, 3, 7),
    (1, 6, 2, 5),
    (4, 1, 1, 6),
    (5, 3, 2, 1),
    (1, 1, 1, 1),
]


@pytest.fixture(params=[LSTM, VanillaRNN], ids=["LSTM", "RNN"])
def cell(request) -> type[nn.Module]:
    return request.param


def recurrent(model: nn.Module) -> nn.Linear:
    """A layer that reads the state before."""
    return model.cell.gh if isinstance(model, LSTM) else model.cell.hh


@pytest.mark.parametrize("name", ["input_size", "hidden_size", "num_classes"])
def test_sizes_below_one_are_refused_by_name(cell, name):
    with pytest.raises(ValueError, match=f"{name} is 0; it must be at least 1"):
        cell(**{"input_size": 1, "hidden_size": 1, "num_classes": 1, name: 0})


def loss_and_gradients(forward, model: nn.Module, x, targets) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss = nn.functional.cross_entropy(forward(x), targets)
    loss.backward()
    return loss.detach(), {name: p.grad.clone() for name, p in model.named_parameters()}


# float32: a gradient is a sum over steps and batch, so the bound is relative to the largest of its tensor
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), [*SHAPES, (128, 30, 1, 128)])
@pytest.mark.usefixtures("both_ways")
def test_fast_and_plain_forward_agree(cell, *, dtype, bound, batch, seq_length, input_size, hidden_size):
    torch.manual_seed(0)
    model = cell(input_size, hidden_size, 10).to(dtype)
    x = 9 * torch.rand(batch, seq_length, input_size, dtype=dtype)
    targets = torch.randint(10, (batch,))
    torch.testing.assert_close(model(x), model.forward_reference(x), rtol=0, atol=bound)
    _, fast = loss_and_gradients(model, model, x, targets)
    _, plain = loss_and_gradients(model.forward_reference, model, x, targets)
    for name, gradient in plain.items():
        assert (fast[name] - gradient).abs().max() <= bound * gradient.abs().max().clamp(min=1e-3), name


# float32: RMSprop divides a gradient by its own size, so that rounding moves a weight with a vanishing
# gradient by a part of the learning rate, 1e-3; 100 steps stay within a fiftieth of one step
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 2e-5)])
@pytest.mark.usefixtures("both_ways")
def test_fast_and_plain_forward_train_to_the_same_weights(cell, dtype, bound):
    torch.manual_seed(0)
    fast = cell(1, 24, 10).to(dtype)
    plain = copy.deepcopy(fast)
    optimisers = [torch.optim.RMSprop(model.parameters(), lr=1e-3) for model in (fast, plain)]
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        inputs, targets = palindromes(32, 7, generator=generator)
        for forward, optimiser in zip((fast, plain.forward_reference), optimisers, strict=True):
            loss = nn.functional.cross_entropy(forward(inputs.to(dtype)), targets)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    torch.testing.assert_close(fast.state_dict(), plain.state_dict(), rtol=0, atol=bound)


@pytest.mark.usefixtures("both_ways")
def test_a_step_repeats_to_the_bit(cell):
    torch.manual_seed(0)
    model = cell(1, 32, 10)
    x, targets = palindromes(16, 9, generator=torch.Generator().manual_seed(0))
    first, again = (loss_and_gradients(model, model, x, targets) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert all(torch.equal(first[1][name], again[1][name]) for name in first[1])


def test_a_non_contiguous_input_counts_by_its_values(cell):
    torch.manual_seed(0)
    model = cell(2, 5, 10).double()
    x = torch.randn(2, 6, 4, dtype=torch.float64).permute(2, 1, 0)
    assert not x.is_contiguous()
    torch.testing.assert_close(model(x), model.forward_reference(x.contiguous()), rtol=0, atol=1e-12)


@pytest.mark.parametrize("input_size", [1, 3])
def test_the_gradient_agrees_with_finite_differences(cell, input_size):
    torch.manual_seed(0)
    model = cell(input_size, 3, 2).double()
    x = torch.randn(2, 3, input_size, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in model.named_parameters()]

    def logits(x, *parameters):
        return torch.func.functional_call(model, dict(zip(names, parameters, strict=True)), (x,))

    assert torch.autograd.gradcheck(logits, (x, *model.parameters()))


def test_two_uses_in_one_graph_add_their_gradients(cell):
    torch.manual_seed(0)
    model = cell(1, 6, 10).double()
    short, long = torch.randn(4, 2, 1, dtype=torch.float64), torch.randn(4, 5, 1, dtype=torch.float64)
    targets = torch.randint(10, (4,))
    _, fast = loss_and_gradients(lambda x: model(short) * model(x), model, long, targets)
    _, plain = loss_and_gradients(
        lambda x: model.forward_reference(short) * model.forward_reference(x), model, long, targets
    )
    torch.testing.assert_close(fast, plain, rtol=0, atol=1e-12)


def test_a_retained_graph_gives_the_same_gradient_again(cell):
    torch.manual_seed(0)
    model = cell(1, 6, 10).double()
    total = model(torch.randn(4, 5, 1, dtype=torch.float64)).square().sum()
    first = torch.autograd.grad(total, recurrent(model).weight, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(total, recurrent(model).weight)[0])


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


def test_a_second_derivative_is_refused_and_the_reference_gives_it(cell):
    model = cell(1, 3, 2).double()
    x = torch.randn(2, 3, 1, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
    (gradient,) = torch.autograd.grad(model.forward_reference(x).sum(), x, create_graph=True)
    gradient.sum().backward()
    assert recurrent(model).weight.grad.abs().sum() > 0


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


@pytest.mark.usefixtures("both_ways")
def test_frozen_weights_stay_without_gradients(cell):
    model = cell(1, 5, 10)
    frozen, *_ = model.cell.children()
    frozen.requires_grad_(False)
    model(torch.randn(3, 4, 1)).sum().backward()
    assert frozen.weight.grad is None
    assert recurrent(model).weight.grad is not None


@pytest.mark.usefixtures("both_ways")
def test_an_empty_batch_gives_no_logits(cell):
    assert cell(1, 5, 10)(torch.zeros(0, 4, 1)).shape == (0, 10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_computes_what_the_cpu_does(cell):
    torch.manual_seed(0)
    model = cell(2, 7, 10).double()
    x, targets = torch.randn(5, 6, 2, dtype=torch.float64), torch.randint(10, (5,))
    _, cpu = loss_and_gradients(model, model, x, targets)
    _, gpu = loss_and_gradients(model.cuda(), model, x.cuda(), targets.cuda())
    torch.testing.assert_close({name: g.cpu() for name, g in gpu.items()}, cpu, rtol=0, atol=1e-10)
