"""The vanilla RNN of the report: three linear layers, from a sequence to the logits of one class."""

import torch
from torch import Tensor, nn

from lib.lstm import check_sequence


class VanillaRNN(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    The state starts at zero.  Nothing about the batch, the length or the device is stored.

    Source: Elman 1990.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        for name, value in (
            ("input_size", input_size),
            ("hidden_size", hidden_size),
            ("num_classes", num_classes),
        ):
            if value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        self.hx, self.hh = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        self.ph = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (batch, num_classes) after the last step.

        Raises:
            ValueError: x is not (batch, seq_length, input_size) with seq_length at least 1.
        """
        check_sequence(x, self.hx.in_features)
        h = x.new_zeros(x.shape[0], self.hh.in_features)
        for x_t in x.unbind(1):
            h = torch.tanh(self.hx(x_t) + self.hh(h))  # (batch, hidden)
        return self.ph(h)
