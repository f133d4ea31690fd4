import math

import pytest
import torch

from lib.recurrent.initial import INITIAL, spread_kinks, start_from
from lib.recurrent.rnn import VanillaRNN


def test_kinks_lie_in_the_range_of_the_input_with_the_slope_asked_for():
    torch.manual_seed(0)
    layer = torch.nn.Linear(1, 2000)
    spread_kinks(layer.weight, layer.bias, slope=2.0, low=0, high=9)
    weight, bias = layer.weight.detach()[:, 0], layer.bias.detach()
    assert set(weight.tolist()) == {-2.0, 2.0}
    places = -bias / weight
    assert places.min() >= 0
    assert places.max() <= 9
    assert places.mean().item() == pytest.approx(4.5, abs=0.2)
    assert places.std().item() == pytest.approx(9 / math.sqrt(12), abs=0.1)


def started(initial: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    model = VanillaRNN(1, 200, 10)
    start_from(model, initial)
    return {name: value.detach() for name, value in model.named_parameters()}


@pytest.mark.parametrize(("initial", "deviation"), [("normal-1", 1.0), ("normal-0.1", 0.1)])
def test_normal_weights_have_their_deviation_in_all_three_matrices_and_no_biases(initial, deviation):
    for name, value in started(initial).items():
        if name.endswith("bias"):
            assert not value.any()
        else:
            rough = 4 / math.sqrt(2 * value.numel())  # four standard errors
            assert value.std().item() == pytest.approx(deviation, rel=rough)
            assert value.mean().item() == pytest.approx(0, abs=4 * deviation / math.sqrt(value.numel()))


@pytest.mark.parametrize("initial", ["orthogonal", "identity"])
def test_what_is_said_of_the_recurrent_matrix_leaves_the_rest_alone(initial):
    before, after = started("pytorch"), started(initial)
    matrix = after.pop("cell.hh.weight")
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(200), atol=1e-5, rtol=0)
    assert torch.equal(matrix, torch.eye(200)) == (initial == "identity")
    assert all(torch.equal(value, before[name]) for name, value in after.items())


def test_every_name_gives_other_weights():
    matrices = [started(initial)["cell.hh.weight"] for initial in INITIAL]
    assert not any(torch.equal(a, b) for k, a in enumerate(matrices) for b in matrices[:k])
