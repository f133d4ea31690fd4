"""The vanilla RNN of the report: three linear layers, from a sequence to the logits of one class.

`VanillaRNN.forward_reference` is the cell as the report writes it; `VanillaRNN.forward` computes the same
from the same weights, faster, as the LSTM is.
"""

import torch
from torch import Tensor, nn

from lib.checks import check_sequence
from lib.recurrent import compiled
from lib.recurrent.through_time import RNNThroughTime


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

        Gradients reach x and all weights, once: a second derivative needs `forward_reference`.

        Raises:
            ValueError: x is not (batch, seq_length, input_size) with seq_length at least 1.
        """
        check_sequence(x, self.hx.in_features)
        weights, biases = (self.hx.weight, self.hh.weight), (self.hx.bias, self.hh.bias)
        if compiled.usable(x, *weights, *biases):
            return self.ph(compiled.through_time(x, *weights, *biases))
        return self.ph(RNNThroughTime.apply(x, torch.is_grad_enabled(), *weights, *biases))

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        check_sequence(x, self.hx.in_features)
        h = x.new_zeros(x.shape[0], self.hh.in_features)
        for x_t in x.unbind(1):
            h = torch.tanh(self.hx(x_t) + self.hh(h))  # (batch, hidden)
        return self.ph(h)
