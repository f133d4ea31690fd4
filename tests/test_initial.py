import math

import pytest
import torch

from lib.recurrent.initial import start_from
from lib.recurrent.rnn import VanillaRNN


def started(initial: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    model = VanillaRNN(1, 200, 10)
    start_from(model, initial)
    return {name: value.detach() for name, value in model.named_parameters()}


def test_normal_weights_have_their_deviation_in_all_three_matrices_and_no_biases():
    for name, value in started("normal-0.1").items():
        if name.endswith("bias"):
            assert not value.any()
        else:
            rough = 4 / math.sqrt(2 * value.numel())  # four standard errors
            assert value.std().item() == pytest.approx(0.1, rel=rough)
            assert value.mean().item() == pytest.approx(0, abs=4 * 0.1 / math.sqrt(value.numel()))


def test_pytorch_s_weights_are_left_as_they_are():
    torch.manual_seed(0)
    untouched = dict(VanillaRNN(1, 200, 10).named_parameters())
    assert all(torch.equal(value, untouched[name]) for name, value in started("pytorch").items())
