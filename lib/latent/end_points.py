"""Noises whose images are two given digits, chosen by a rule."""

import dataclasses

import torch
from torch import Tensor

from lib.checks import at_least, require
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator


@dataclasses.dataclass(frozen=True, kw_only=True)
class EndPoint:
    """One chosen noise and how it was chosen."""

    noise: Tensor  # (latent_dim,)
    digit: int
    confidence: float  # the classifier's probability of `digit`
    candidate: int  # its place among the noises drawn, from 0
    candidates: int  # how many were drawn
    of_digit: int  # how many of them the classifier calls `digit`
    rank: int  # among these, 0 = the most confident
    rule: str = (
        "of all candidates, the one that the classifier gives to the digit with the highest confidence"
    )


def endpoints(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    candidates: int,
    noise_source: torch.Generator,
    rank: int = 0,
) -> tuple[EndPoint, EndPoint]:
    """Return two noises whose images the classifier calls digits `first` and `second`.

    Of `candidates` noises drawn, for each digit the one that is called it with the highest confidence
    (`rank` 0; 1 = the second highest, and so on).
    Raises ValueError for equal digits, digits outside 0-9, or too few candidates of a digit.
    """
    if first == second:
        raise ValueError(f"first and second are both {first}; they must be two different digits")
    for name, digit in (("first", first), ("second", second)):
        require(name, digit, digit in range(10), "a digit from 0 to 9")
    at_least("candidates", candidates, 2)
    at_least("rank", rank, 0)
    noise = torch.randn(candidates, generator.latent_dim, generator=noise_source)
    _, probabilities = observe(generator, classifier, noise)  # (candidates, 10)
    classes = probabilities.argmax(dim=1)

    def choose(digit: int) -> EndPoint:
        mine = (classes == digit).nonzero().flatten()
        if len(mine) <= rank:
            raise ValueError(
                f"{len(mine)} of {candidates} candidates are classified as {digit}, and rank {rank} needs "
                f"{rank + 1}; draw more candidates or train the generator for longer"
            )
        ordered = mine[probabilities[mine, digit].argsort(descending=True, stable=True)]
        chosen = int(ordered[rank])
        return EndPoint(
            noise=noise[chosen],
            digit=digit,
            confidence=probabilities[chosen, digit].item(),
            candidate=chosen,
            candidates=candidates,
            of_digit=len(mine),
            rank=rank,
        )

    return choose(first), choose(second)
