"""The cells against torch.nn, in float64: what they say, and every gradient."""

import pytest
import torch
from torch import nn

from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN

GATES = {LSTM: "ifgo", VanillaRNN: "h"}  # in the order in which torch.nn stacks them
LAYERS = {"x": "ih", "h": "hh"}  # of a gate, and as torch.nn calls them


def of_gates(model: nn.Module, layer: str, kind: str) -> list[torch.Tensor]:
    """Return the weights or biases of all gates' layers, "x" or "h"."""
    return [getattr(getattr(model.cell, gate + layer), kind) for gate in GATES[type(model)]]


def oracle(model: nn.Module) -> nn.Module:
    """Copy the weights into torch.nn.LSTM or torch.nn.RNN."""
    kind = nn.LSTM if isinstance(model, LSTM) else nn.RNN
    reference = kind(*model.sizes, batch_first=True).to(model.ph.weight.dtype)
    with torch.no_grad():
        for layer, theirs in LAYERS.items():
            getattr(reference, f"weight_{theirs}_l0").copy_(torch.cat(of_gates(model, layer, "weight")))
            getattr(reference, f"bias_{theirs}_l0").copy_(torch.cat(of_gates(model, layer, "bias")))
    return reference


@pytest.mark.parametrize("plain", [False, True], ids=["fast", "plain"])
@pytest.mark.parametrize("cell", [LSTM, VanillaRNN])
def test_outputs_and_every_gradient_equal_those_of_torch_nn(cell, plain):
    torch.manual_seed(0)
    model = cell(3, 5, 10).double()
    reference = oracle(model)
    x = torch.randn(7, 4, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(7, 10, dtype=torch.float64)  # of the logits in what is differentiated

    expected = model.ph(reference(x)[0][:, -1])
    logits = model.forward_reference(x) if plain else model(x)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)

    parts = [x, *model.ph.parameters()]
    theirs = torch.autograd.grad((weights * expected).sum(), [*parts, *reference.parameters()])
    ours = torch.autograd.grad((weights * logits).sum(), [*parts, *model.cell.parameters()])
    torch.testing.assert_close(ours[:3], theirs[:3], rtol=0, atol=1e-12)
    gradients = dict(zip(model.cell.parameters(), ours[3:], strict=True))
    expected_gradients = dict(zip(reference.parameters(), theirs[3:], strict=True))
    for layer, name in LAYERS.items():
        for kind in ("weight", "bias"):
            found = torch.cat([gradients[parameter] for parameter in of_gates(model, layer, kind)])
            wanted = expected_gradients[getattr(reference, f"{kind}_{name}_l0")]
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
