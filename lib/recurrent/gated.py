"""Two gated cells to compare the LSTM with: the GRU, and of today's the minGRU, in plain torch operations."""

import torch
from torch import Tensor, nn

from lib.checks import check_sequence


class GRU(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    Source: Cho et al. 2014, as `torch.nn.GRU` has it.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_sequence(x.shape, self.gru.input_size)
        return self.head(self.gru(x)[0][:, -1])

    def candidate(self) -> tuple[Tensor, Tensor]:
        """Return the weight (hidden, input_size) and bias (hidden,) from input to candidate."""
        return self.gru.weight_ih_l0.chunk(3)[2], self.gru.bias_ih_l0.chunk(3)[2]


class MinGRULayer(nn.Module):
    """Take (batch, seq_length, input_size) to the h of every step (batch, seq_length, hidden_size).

    Gate and candidate look at the input alone, not at h, so that a layer could be computed in parallel.
    Source: Feng et al. 2024, "Were RNNs All We Needed?", with its positive candidate.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.zx, self.gx = nn.Linear(input_size, hidden_size), nn.Linear(input_size, hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        z = torch.sigmoid(self.zx(x))  # gate (batch, seq_length, hidden)
        g = self.gx(x)
        g = torch.where(g >= 0, g + 0.5, torch.sigmoid(g))  # candidate (batch, seq_length, hidden), positive
        h, outputs = torch.zeros_like(z[:, 0]), []
        for g_t, z_t in zip(g.unbind(1), z.unbind(1), strict=True):
            h = torch.lerp(h, g_t, z_t)  # (1 - z) h + z g
            outputs.append(h)
        return torch.stack(outputs, 1)


class MinGRU(nn.Module):
    """Read (batch, seq_length, input_size), return the logits (batch, num_classes) of the last step.

    Two layers: one alone cannot tell the first digit from others, since its gates see no more than a digit.
    """

    def __init__(self, input_size: int, hidden_size: int, num_classes: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.first = MinGRULayer(input_size, hidden_size)
        self.second = MinGRULayer(hidden_size, hidden_size)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        check_sequence(x.shape, self.input_size)
        return self.head(self.second(self.first(x))[:, -1])

    def candidate(self) -> tuple[Tensor, Tensor]:
        """Return the weight (hidden, input_size) and bias (hidden,) from input to the first candidate."""
        return self.first.gx.weight, self.first.gx.bias
