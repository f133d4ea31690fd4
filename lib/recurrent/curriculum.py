"""Which length to train at, step by step."""

from dataclasses import dataclass

import torch


@dataclass(kw_only=True)
class Curriculum:
    """Which length to train at, step by step: longer whenever the current one is mastered.

    Source: a growing length as in Zaremba and Sutskever 2014, "Learning to Execute", who also mix the
    lengths to keep the short ones.

    Attributes:
        length: where it starts, and then the current length.
        target: where it ends.
        growth: factor of the length at each success, rounded down; at least one is added.
        pass_accuracy: of a batch at the current length, in [0, 1], that counts as success.
        rehearsal: whether every second batch, from the second on, goes back to a length drawn uniformly from
            1 to the current one.
        generator: of those draws.
    """

    length: int
    target: int
    growth: float
    pass_accuracy: float
    rehearsal: bool
    generator: torch.Generator

    def __post_init__(self) -> None:
        self.lengths: list[int] = []  # of every batch so far

    def __call__(self, accuracy: float) -> int:
        """Return the next batch's length, from the accuracy of the batch before."""
        if self.lengths and self.lengths[-1] == self.length and accuracy >= self.pass_accuracy:
            self.length = min(self.target, max(self.length + 1, int(self.length * self.growth)))
        self.lengths.append(self.length)
        if self.rehearsal and len(self.lengths) % 2 == 0:
            self.lengths[-1] = int(torch.randint(1, self.length + 1, (), generator=self.generator))
        return self.lengths[-1]
