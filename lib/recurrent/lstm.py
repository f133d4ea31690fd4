"""The LSTM of the report: nine linear layers, from a sequence to the logits of one class.

`LSTM.forward_reference` is the cell as the report writes it.  `LSTM.forward` computes the same from the same
weights, faster: four gates in one product, and a backward through time written by hand, in C (`lib.compiled`)
where that can be had and in torch operations here for every device and dtype.
"""

import torch
from torch import Tensor, nn

from lib.checks import check_sequence
from lib.recurrent import compiled
from lib.recurrent.through_time import LSTMThroughTime


class LSTM(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    The state starts at zero.  Nothing about the batch, the length or the device is stored.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000.
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
        self.gx, self.gh = (
            nn.Linear(input_size, hidden_size),
            nn.Linear(hidden_size, hidden_size),
        )  # candidate
        self.ix, self.ih = (
            nn.Linear(input_size, hidden_size),
            nn.Linear(hidden_size, hidden_size),
        )  # input gate
        self.fx, self.fh = (
            nn.Linear(input_size, hidden_size),
            nn.Linear(hidden_size, hidden_size),
        )  # forget gate
        self.ox, self.oh = (
            nn.Linear(input_size, hidden_size),
            nn.Linear(hidden_size, hidden_size),
        )  # output gate
        self.ph = nn.Linear(hidden_size, num_classes)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        """Take one step: x (batch, input_size), h and c (batch, hidden_size) -> g, i, f, o, c, h."""
        g = torch.tanh(self.gx(x) + self.gh(h))  # (batch, hidden)
        i = torch.sigmoid(self.ix(x) + self.ih(h))
        f = torch.sigmoid(self.fx(x) + self.fh(h))
        o = torch.sigmoid(self.ox(x) + self.oh(h))
        c = g * i + c * f
        return g, i, f, o, c, torch.tanh(c) * o

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (batch, num_classes) after the last step.

        Gradients reach x and all weights, once: a second derivative needs `forward_reference`.

        Raises:
            ValueError: x is not (batch, seq_length, input_size) with seq_length at least 1.
        """
        check_sequence(x, self.gx.in_features)
        x_layers, h_layers = (self.ix, self.fx, self.ox, self.gx), (self.ih, self.fh, self.oh, self.gh)
        weights = [layer.weight for layer in x_layers + h_layers]
        biases = [layer.bias for layer in x_layers + h_layers]
        if compiled.usable(x, *weights, *biases):
            return self.ph(compiled.through_time(x, *weights, *biases))
        return self.ph(LSTMThroughTime.apply(x, torch.is_grad_enabled(), *weights, *biases))

    def forward_reference(self, x: Tensor) -> Tensor:
        """Return the same as `forward` by the plain loop, one step after the other."""
        check_sequence(x, self.gx.in_features)
        h = c = x.new_zeros(x.shape[0], self.gh.in_features)
        for x_t in x.unbind(1):
            *_, c, h = self.step(x_t, h, c)
        return self.ph(h)

    @torch.no_grad()
    def trace(self, x: Tensor) -> dict[str, Tensor]:
        """Look inside: every gate and state at every step, without gradients.

        Returns:
            g, i, f, o, c, h: each (seq_length, batch, hidden_size); logits: (seq_length, batch, num_classes),
            what the network would answer if the sequence ended there.
        """
        check_sequence(x, self.gx.in_features)
        h = c = x.new_zeros(x.shape[0], self.gh.in_features)
        steps = []
        for x_t in x.unbind(1):
            steps.append(self.step(x_t, h, c))
            *_, c, h = steps[-1]
        inside = {
            name: torch.stack(values) for name, values in zip("gifoch", zip(*steps, strict=True), strict=True)
        }
        inside["logits"] = self.ph(inside["h"])
        return inside
