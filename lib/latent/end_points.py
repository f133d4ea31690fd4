"""Noises whose images are two given digits, chosen by a rule."""

from typing import NamedTuple

from torch import Tensor

from lib.checks import at_least, require
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator

RULE = "of all candidates, the one that the classifier gives to the digit with the highest confidence"


class EndPoint(NamedTuple):
    """One chosen noise and how it was chosen."""

    noise: Tensor  # (latent_dim,)
    digit: int
    confidence: float  # the classifier's probability of `digit`
    candidate: int  # its place among the candidates, from 0
    candidates: int  # how many there were
    of_digit: int  # how many of them the classifier calls `digit`
    rank: int  # among these, 0 = the most confident
    rule: str = RULE


def endpoints(
    generator: Generator, classifier: Classifier, noise: Tensor, first: int, second: int, *, rank: int = 0
) -> tuple[EndPoint, EndPoint]:
    """Return two noises of the candidates (n, latent_dim), whose images the classifier calls two digits.

    For each digit the candidate that is called it most confidently (`rank` 0; 1 = the second, and so on).
    Raises ValueError for equal digits, digits outside 0-9, or too few candidates of a digit.
    """
    if first == second:
        raise ValueError(f"first and second are both {first}; they must be two different digits")
    for name, digit in (("first", first), ("second", second)):
        require(name, digit, digit in range(10), "a digit from 0 to 9")
    at_least("the number of candidates", len(noise), 2)
    at_least("rank", rank, 0)
    _, probabilities = observe(generator, classifier, noise)  # (n, 10)
    classes = probabilities.argmax(dim=1)

    def choose(digit: int) -> EndPoint:
        mine = (classes == digit).nonzero().flatten()
        if len(mine) <= rank:
            found = f"{len(mine)} of {len(noise)} candidates are classified as {digit}"
            way_out = "draw more candidates or train the generator for longer"
            raise ValueError(f"{found}, and rank {rank} needs {rank + 1}; {way_out}")
        chosen = int(mine[probabilities[mine, digit].argsort(descending=True, stable=True)][rank])
        confidence = probabilities[chosen, digit].item()
        return EndPoint(noise[chosen], digit, confidence, chosen, len(noise), len(mine), rank)

    return choose(first), choose(second)
