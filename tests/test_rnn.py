import pytest
import torch
from torch import nn

from lib.recurrent.rnn import VanillaRNN
from tests.test_cells import SHAPES

PAIRS = {"hx": "ih", "hh": "hh"}  # our layers, the names in torch.nn.RNN


def oracle(model: VanillaRNN) -> nn.Module:
    cell = model.cell
    reference = nn.RNN(cell.hx.in_features, cell.hh.in_features, batch_first=True).to(model.ph.weight.dtype)
    with torch.no_grad():
        for ours, theirs in PAIRS.items():
            for kind in ("weight", "bias"):
                getattr(reference, f"{kind}_{theirs}_l0").copy_(getattr(getattr(cell, ours), kind))
    return reference


@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), SHAPES)
def test_outputs_and_every_gradient_equal_those_of_torch_nn_rnn(batch, seq_length, input_size, hidden_size):
    torch.manual_seed(0)
    model = VanillaRNN(input_size, hidden_size, 10).double()
    reference = oracle(model)
    x = torch.randn(batch, seq_length, input_size, dtype=torch.float64, requires_grad=True)
    x_reference = x.detach().clone().requires_grad_()
    targets = torch.randint(10, (batch,))

    logits = model(x)
    expected = model.ph(reference(x_reference)[0][:, -1])
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)

    nn.functional.cross_entropy(expected, targets).backward()
    expected_gradients = {name: p.grad.clone() for name, p in model.ph.named_parameters(prefix="ph")} | {
        f"cell.{ours}.{kind}": getattr(reference, f"{kind}_{theirs}_l0").grad
        for ours, theirs in PAIRS.items()
        for kind in ("weight", "bias")
    }
    model.zero_grad()
    nn.functional.cross_entropy(logits, targets).backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    torch.testing.assert_close(gradients, expected_gradients, rtol=0, atol=1e-12)
    torch.testing.assert_close(x.grad, x_reference.grad, rtol=0, atol=1e-12)


def test_the_report_s_three_layers_are_there_by_name():
    names = [name for name, module in VanillaRNN(1, 4, 10).named_modules() if isinstance(module, nn.Linear)]
    assert names == ["cell.hx", "cell.hh", "ph"]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5), "must be \\(batch, seq_length, input_size\\)"),
        ((4, 5, 3), "input_size=2"),
        ((4, 0, 2), "seq_length 0"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_way_out(shape, message):
    with pytest.raises(ValueError, match=message):
        VanillaRNN(2, 3, 10)(torch.zeros(shape))
