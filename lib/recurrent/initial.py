"""Weights to start from: what is said of vanilla RNNs, and a layer that tells digits apart at once."""

import torch
from torch import Tensor, nn

from lib.recurrent.rnn import VanillaRNN

INITIAL = ("pytorch", "normal-1", "normal-0.1", "orthogonal", "identity")


@torch.no_grad()
def start_from(model: VanillaRNN, initial: str) -> None:
    """Set a new RNN's initial weights in place, one of INITIAL; draws are from torch's global generator.

    "normal-S" draws all three matrices from a normal distribution of standard deviation S, the biases are 0;
    "orthogonal" and "identity" set the recurrent matrix alone, the rest stays as PyTorch made it.
    """
    if initial.startswith("normal-"):
        for layer in (model.cell.hx, model.cell.hh, model.ph):
            nn.init.normal_(layer.weight, std=float(initial.removeprefix("normal-")))
            nn.init.zeros_(layer.bias)
    elif initial == "orthogonal":
        nn.init.orthogonal_(model.cell.hh.weight)
    elif initial == "identity":
        nn.init.eye_(model.cell.hh.weight)


@torch.no_grad()
def spread_kinks(weight: Tensor, bias: Tensor, *, slope: float, low: float, high: float) -> None:
    """Set a layer of one input, in place, so that unit k starts as a(±slope (x - x_k)), with random signs.

    Under a tanh the units bend at x_k, uniform over [low, high]: over the inputs that may come, a thermometer
    code of them. `weight` is (units, 1), `bias` (units,). Draws from torch's global generator.
    """
    weight.copy_(slope * (2.0 * torch.randint(2, weight.shape) - 1))
    bias.copy_(-weight[:, 0] * torch.empty_like(bias).uniform_(low, high))
