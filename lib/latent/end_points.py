"""Noises whose images are two given digits, chosen by a rule."""

import dataclasses

import torch
from torch import Tensor

from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.gan.sampling import sample

RULE = "of all candidates, the one that the classifier gives to the digit with the highest confidence"


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
    rule: str


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

    Draws `candidates` noises from `noise_source` and takes for each digit the candidate classified as it
    with the highest confidence (`rank` 0; 1 = the second highest, and so on).
    Raises ValueError for equal digits, digits outside 0-9, or too few candidates of a digit.
    """
    if first == second:
        raise ValueError(f"first and second are both {first}; they must be two different digits")
    for name, digit in (("first", first), ("second", second)):
        if digit not in range(10):
            raise ValueError(f"{name} is {digit}; it must be a digit from 0 to 9")
    if candidates < 2 or rank < 0:
        raise ValueError(f"candidates is {candidates} and rank {rank}; at least 2 and 0 are needed")
    noise = torch.randn(candidates, generator.latent_dim, generator=noise_source)
    probabilities = predict(classifier, sample(generator, noise, batch_size=500))  # (candidates, 10)
    classes = probabilities.argmax(dim=1)

    def choose(digit: int) -> EndPoint:
        mine = (classes == digit).nonzero().flatten()
        if len(mine) <= rank:
            raise ValueError(
                f"{len(mine)} of {candidates} candidates are classified as {digit}, and rank {rank} needs "
                f"{rank + 1}; draw more candidates or train the generator for longer"
            )
        confidence = probabilities[mine, digit]
        place = int(confidence.argsort(descending=True, stable=True)[rank])
        return EndPoint(
            noise=noise[mine[place]],
            digit=digit,
            confidence=confidence[place].item(),
            candidate=int(mine[place]),
            candidates=candidates,
            of_digit=len(mine),
            rank=rank,
            rule=RULE,
        )

    return choose(first), choose(second)
