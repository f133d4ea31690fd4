"""The vanilla RNN of the report: its equation, a loop over time and a linear head."""

import torch
from torch import Tensor, nn

from lib.checks import check_sequence, sizes
from lib.recurrent.through_time import last_state


class RNNCell(nn.Module):
    """Take one step: x (batch, input_size), h (batch, hidden_size) -> the new h.  Source: Elman 1990."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hx, self.hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.hx(x) + self.hh(h))  # (batch, hidden)


class VanillaRNN(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step."""

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        sizes(input_size=input_size, hidden_size=hidden_size, num_classes=num_classes)
        self.cell, self.ph = RNNCell(input_size, hidden_size), nn.Linear(hidden_size, num_classes)

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        check_sequence(x, self.cell.hx.in_features)
        h = x.new_zeros(len(x), self.cell.hh.in_features)  # (batch, hidden)
        for x_t in x.unbind(1):
            h = self.cell(x_t, h)
        return self.ph(h)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, as `LSTM.forward` does: the fast way, with its derivatives and errors."""
        check_sequence(x, self.cell.hx.in_features)
        return self.ph(last_state(x, self.cell, "h"))
