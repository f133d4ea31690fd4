"""The LSTM of the report: its equations, a loop over time and a linear head."""

import torch
from torch import Tensor, nn

from lib.checks import check_sequence, sizes
from lib.recurrent.through_time import last_state


class LSTMCell(nn.Module):
    """Take one step: x (batch, input_size), h and c (batch, hidden_size) -> g, i, f, o and the new c, h.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.gx, self.gh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ix, self.ih = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.fx, self.fh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ox, self.oh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        g = torch.tanh(self.gx(x) + self.gh(h))  # candidate (batch, hidden)
        i = torch.sigmoid(self.ix(x) + self.ih(h))  # input gate (batch, hidden)
        f = torch.sigmoid(self.fx(x) + self.fh(h))  # forget gate (batch, hidden)
        o = torch.sigmoid(self.ox(x) + self.oh(h))  # output gate (batch, hidden)
        c = g * i + c * f  # cell state (batch, hidden)
        h = torch.tanh(c) * o  # output (batch, hidden)
        return g, i, f, o, c, h


class LSTM(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step."""

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        sizes(input_size=input_size, hidden_size=hidden_size, num_classes=num_classes)
        self.cell, self.ph = LSTMCell(input_size, hidden_size), nn.Linear(hidden_size, num_classes)

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        check_sequence(x, self.cell.gx.in_features)
        h = c = x.new_zeros(len(x), self.cell.gh.in_features)  # (batch, hidden)
        for x_t in x.unbind(1):
            *_, c, h = self.cell(x_t, h, c)
        return self.ph(h)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, the fast way; a second derivative needs `forward_reference`.

        Raises ValueError unless x is (batch, seq_length, input_size) with seq_length at least 1.
        """
        check_sequence(x, self.cell.gx.in_features)
        return self.ph(last_state(x, self.cell, "ifog"))
