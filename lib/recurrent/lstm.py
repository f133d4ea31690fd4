"""The LSTM of the report: its equations, taken over time and read by a linear head."""

import torch
from torch import Tensor, nn

from lib.recurrent.over_time import OverTime


class LSTMCell(nn.Module):
    """Take one step: x (batch, input_size), c and h (batch, hidden_size) -> g, i, f, o and the new c, h.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000.
    """

    STATES, GATES = 2, "ifog"

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gx, self.gh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ix, self.ih = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.fx, self.fh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ox, self.oh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, c: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        g = torch.tanh(self.gx(x) + self.gh(h))  # candidate (batch, hidden)
        i = torch.sigmoid(self.ix(x) + self.ih(h))  # input gate (batch, hidden)
        f = torch.sigmoid(self.fx(x) + self.fh(h))  # forget gate (batch, hidden)
        o = torch.sigmoid(self.ox(x) + self.oh(h))  # output gate (batch, hidden)
        c = g * i + c * f  # cell state (batch, hidden)
        h = torch.tanh(c) * o  # output (batch, hidden)
        return g, i, f, o, c, h


class LSTM(OverTime):
    """The report's network of nine linear layers: those of the cell, and the head `ph`."""

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__(LSTMCell, input_size, hidden_size, num_classes)
