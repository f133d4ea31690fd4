"""Two helps to learning: which length to train at, step by step, and first weights that tell digits apart."""

from dataclasses import dataclass, field

import torch


@dataclass(kw_only=True)
class Curriculum:
    """Turn the accuracy of the batch before into the next one's length: longer whenever it is mastered.

    Source: Zaremba and Sutskever 2014, "Learning to Execute", who also mix lengths to keep the short ones.
    """

    length: int  # where it starts, and then the current length
    target: int  # where it ends
    growth: float  # factor of the length at each success, rounded down; at least one is added
    pass_accuracy: float  # of a batch at the current length, in [0, 1], that counts as success
    rehearsal: bool  # whether every second batch, from the second on, goes back to a length drawn from 1 on
    generator: torch.Generator  # of those draws, uniform up to the current length
    lengths: list[int] = field(default_factory=list, init=False)  # of every batch so far

    def __call__(self, accuracy: float) -> int:
        if self.lengths and self.lengths[-1] == self.length and accuracy >= self.pass_accuracy:
            self.length = min(self.target, max(self.length + 1, int(self.length * self.growth)))
        self.lengths.append(self.length)
        if self.rehearsal and len(self.lengths) % 2 == 0:
            self.lengths[-1] = int(torch.randint(1, self.length + 1, (), generator=self.generator))
        return self.lengths[-1]


@torch.no_grad()
def spread_kinks(layer: torch.nn.Linear, *, slope: float, low: float, high: float) -> None:
    """Set a layer of one input, in place, so that unit k starts as a(±slope (x - x_k)), with random signs.

    Under a tanh the units bend at x_k, uniform over [low, high]. Draws from torch's global generator.
    """
    weight = slope * (2.0 * torch.randint(2, layer.weight.shape) - 1)  # (units, 1)
    layer.weight.copy_(weight)
    layer.bias.copy_(-weight[:, 0] * torch.empty_like(layer.bias).uniform_(low, high))
