"""A help to learning: which length to train at, step by step."""

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
