"""The vanilla RNN of the report: its equation, taken over time and read by a linear head."""

import torch
from torch import Tensor, nn

from lib.recurrent.over_time import OverTime


class RNNCell(nn.Module):
    """Take one step: x (batch, input_size), h (batch, hidden_size) -> the new h.  Source: Elman 1990."""

    STATES, GATES = 1, "h"

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hx, self.hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor]:
        return (torch.tanh(self.hx(x) + self.hh(h)),)  # (batch, hidden)


class VanillaRNN(OverTime):
    """The cell of the report, its two linear layers and the head `ph`."""

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__(RNNCell, input_size, hidden_size, num_classes)
