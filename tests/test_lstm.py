import pytest
import torch
from torch import nn

from lib.recurrent.inspection import trace
from lib.recurrent.lstm import LSTM
from tests.test_cells import SHAPES


def oracle(model: LSTM) -> nn.Module:
    """Copy the weights into torch.nn.LSTM, whose four gates are stacked in the order i f g o."""
    cell = model.cell
    reference = nn.LSTM(cell.gx.in_features, cell.gh.in_features, batch_first=True).to(model.ph.weight.dtype)
    with torch.no_grad():
        for kind in ("weight", "bias"):
            for ours, theirs in (("x", "ih"), ("h", "hh")):
                stacked = torch.cat([getattr(getattr(cell, gate + ours), kind) for gate in "ifgo"])
                getattr(reference, f"{kind}_{theirs}_l0").copy_(stacked)
    return reference


def oracle_gradients(reference: nn.Module) -> dict[str, torch.Tensor]:
    return {
        f"cell.{gate}{ours}.{kind}": gradient
        for kind in ("weight", "bias")
        for ours, theirs in (("x", "ih"), ("h", "hh"))
        for gate, gradient in zip(
            "ifgo", getattr(reference, f"{kind}_{theirs}_l0").grad.chunk(4), strict=True
        )
    }


@pytest.mark.parametrize(("batch", "seq_length", "input_size", "hidden_size"), SHAPES)
def test_outputs_and_every_gradient_equal_those_of_torch_nn_lstm(batch, seq_length, input_size, hidden_size):
    torch.manual_seed(0)
    model = LSTM(input_size, hidden_size, 10).double()
    reference = oracle(model)
    x = torch.randn(batch, seq_length, input_size, dtype=torch.float64, requires_grad=True)
    x_reference = x.detach().clone().requires_grad_()
    targets = torch.randint(10, (batch,))

    logits = model(x)
    expected = model.ph(reference(x_reference)[0][:, -1])
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-12)

    nn.functional.cross_entropy(expected, targets).backward()
    ph_gradients = {name: p.grad.clone() for name, p in model.ph.named_parameters(prefix="ph")}
    model.zero_grad()
    nn.functional.cross_entropy(logits, targets).backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    torch.testing.assert_close(gradients, oracle_gradients(reference) | ph_gradients, rtol=0, atol=1e-12)
    torch.testing.assert_close(x.grad, x_reference.grad, rtol=0, atol=1e-12)


def test_the_report_s_nine_layers_are_there_by_name():
    names = [name for name, module in LSTM(1, 4, 10).named_modules() if isinstance(module, nn.Linear)]
    assert names == [*(f"cell.{gate}{of}" for gate in "gifo" for of in "xh"), "ph"]


def test_trace_shows_the_states_that_lead_to_the_logits():
    torch.manual_seed(0)
    model = LSTM(2, 5, 3).double()
    x = torch.randn(4, 6, 2, dtype=torch.float64)
    inside = trace(model, x)
    outputs, (_, c_last) = oracle(model)(x)
    torch.testing.assert_close(inside["h"], outputs.transpose(0, 1), rtol=0, atol=1e-12)
    torch.testing.assert_close(inside["c"][-1], c_last[0], rtol=0, atol=1e-12)
    for t in range(6):
        torch.testing.assert_close(inside["logits"][t], model(x[:, : t + 1]), rtol=0, atol=1e-12)
    c_before = torch.cat((torch.zeros_like(inside["c"][:1]), inside["c"][:-1]))
    torch.testing.assert_close(inside["c"], inside["g"] * inside["i"] + c_before * inside["f"])
    torch.testing.assert_close(inside["h"], inside["c"].tanh() * inside["o"])
    assert not any(values.requires_grad for values in inside.values())


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5), "must be \\(batch, seq_length, input_size\\)"),
        ((4, 5, 3), "input_size=2"),
        ((4, 0, 2), "seq_length 0"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_way_out(shape, message):
    model = LSTM(2, 3, 10)
    with pytest.raises(ValueError, match=message):
        model(torch.zeros(shape))
    with pytest.raises(ValueError, match=message):
        trace(model, torch.zeros(shape))
