"""The LSTM of the report: nine linear layers, from a sequence to the logits of one class."""

import torch
from torch import Tensor, nn


def check_sequence(x: Tensor, input_size: int) -> None:
    """Raise a ValueError unless x is a (batch, seq_length, input_size) sequence of at least one step."""
    if x.dim() != 3:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; it must be (batch, seq_length, input_size): "
            "add the missing axis, for scalars with x[..., None]"
        )
    if x.shape[2] != input_size:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, meaning {x.shape[2]} inputs per step, whilst the model was made "
            f"with input_size={input_size}; the two must be equal"
        )
    if x.shape[1] == 0:
        raise ValueError("x has seq_length 0; it must be at least 1")


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

        Raises:
            ValueError: x is not (batch, seq_length, input_size) with seq_length at least 1.
        """
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
