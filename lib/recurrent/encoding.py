"""What a network is given of a digit: the number itself, or one of ten inputs."""

import torch.nn.functional as F
from torch import Tensor, nn

ENCODINGS = {"raw": 1, "one-hot": 10}  # and how many inputs a digit becomes


def encoded(digits: Tensor, encoding: str) -> Tensor:
    """Return digits (..., 1) from 0 to 9 as float32 inputs (..., ENCODINGS[encoding])."""
    if encoding == "one-hot":
        return F.one_hot(digits[..., 0].long(), 10).float()
    return digits


class Encoded(nn.Module):
    """A network that is given digits (batch, seq_length, 1) and reads them in an encoding."""

    def __init__(self, network: nn.Module, encoding: str) -> None:
        super().__init__()
        self.network, self.encoding = network, encoding

    def forward(self, digits: Tensor) -> Tensor:
        return self.network(encoded(digits, self.encoding))
