"""The cells against torch.nn, in float64: what they say, and every gradient."""

import pytest
import torch
from torch import nn

from lib.recurrent.gru import GRU
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

SHAPES = [(7, 4, 3, 5), (1, 1, 1, 1)]  # batch, seq_length, input_size, hidden_size
GATES = {LSTM: "ifgo", VanillaRNN: "h"}  # in the order in which torch.nn stacks them


@pytest.fixture(params=[LSTM, VanillaRNN], ids=["LSTM", "RNN"])
def cell(request) -> type[nn.Module]:
    return request.param


def of_gates(model: nn.Module, layer: str, kind: str) -> list[torch.Tensor]:
    """Return the weights or biases of all gates' layers, "x" or "h"."""
    return [getattr(getattr(model.cell, gate + layer), kind) for gate in GATES[type(model)]]


def oracle(model: nn.Module) -> nn.Module:
    """Copy the weights into torch.nn.LSTM or torch.nn.RNN."""
    kind = nn.LSTM if isinstance(model, LSTM) else nn.RNN
    reference = kind(*model.sizes, batch_first=True).to(model.ph.weight.dtype)
    with torch.no_grad():
        for layer, theirs in (("x", "ih"), ("h", "hh")):
            getattr(reference, f"weight_{theirs}_l0").copy_(torch.cat(of_gates(model, layer, "weight")))
            getattr(reference, f"bias_{theirs}_l0").copy_(torch.cat(of_gates(model, layer, "bias")))
    return reference


@pytest.mark.parametrize("plain", [False, True], ids=["fast", "plain"])
@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), SHAPES)
def test_outputs_and_every_gradient_equal_those_of_torch_nn(
    cell, *, batch, seq_length, input_size, hidden_size, plain
):
    torch.manual_seed(0)
    model = cell(input_size, hidden_size, 10).double()
    reference = oracle(model)
    x = torch.randn(batch, seq_length, input_size, dtype=torch.float64, requires_grad=True)
    x_reference = x.detach().clone().requires_grad_()
    targets = torch.randint(10, (batch,))

    logits = model.forward_reference(x) if plain else model(x)
    expected = model.ph(reference(x_reference)[0][:, -1])
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)

    nn.functional.cross_entropy(expected, targets).backward()
    head = [parameter.grad.clone() for parameter in model.ph.parameters()]
    model.zero_grad()
    nn.functional.cross_entropy(logits, targets).backward()
    torch.testing.assert_close([p.grad for p in model.ph.parameters()], head, rtol=0, atol=1e-12)
    torch.testing.assert_close(x.grad, x_reference.grad, rtol=0, atol=1e-12)
    for layer, theirs in (("x", "ih"), ("h", "hh")):
        for kind in ("weight", "bias"):
            gradients = torch.cat([parameter.grad for parameter in of_gates(model, layer, kind)])
            expected_gradients = getattr(reference, f"{kind}_{theirs}_l0").grad
            torch.testing.assert_close(gradients, expected_gradients, rtol=0, atol=1e-12)


def test_the_gru_is_the_equations_of_torch():
    torch.manual_seed(0)
    model, x = GRU(2, 4, 10), torch.randn(3, 6, 2)
    cell, h = torch.nn.GRUCell(2, 4), torch.zeros(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.gru.state_dict().items()})
    for x_t in x.unbind(1):
        h = cell(x_t, h)
    torch.testing.assert_close(model(x), model.head(h))


def test_the_nine_layers_are_there_by_name():
    names = [name for name, module in LSTM(1, 4, 10).named_modules() if isinstance(module, nn.Linear)]
    assert names == [*(f"cell.{gate}{of}" for gate in "gifo" for of in "xh"), "ph"]
