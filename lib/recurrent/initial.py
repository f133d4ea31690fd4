"""Weights that an RNN may start from: PyTorch's, or small normal ones."""

import torch
from torch import nn

from lib.recurrent.rnn import VanillaRNN

INITIAL = ("pytorch", "normal-0.1")


@torch.no_grad()
def start_from(model: VanillaRNN, initial: str) -> None:
    """Set a new RNN's initial weights in place, one of INITIAL; draws are from torch's global generator.

    "pytorch" leaves them as PyTorch made them; "normal-0.1" draws all three matrices from a normal
    distribution of standard deviation 0.1, the biases are 0.
    """
    if initial == "normal-0.1":
        for layer in (model.cell.hx, model.cell.hh, model.ph):
            nn.init.normal_(layer.weight, std=0.1)
            nn.init.zeros_(layer.bias)
