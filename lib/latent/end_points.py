"""Noises whose images are two given digits, chosen by a rule."""

from typing import NamedTuple

import torch
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
    rule: str = RULE


def endpoints(
    generator: Generator, classifier: Classifier, noise: Tensor, first: int, second: int
) -> tuple[EndPoint, EndPoint]:
    """Return two noises of the candidates (n, latent_dim), whose images the classifier calls two digits.

    Raises ValueError for equal digits, digits outside 0-9, or where no candidate is called a digit.
    """
    if first == second:
        raise ValueError(f"first and second are both {first}; they must be two different digits")
    for name, digit in (("first", first), ("second", second)):
        require(name, digit, digit in range(10), "a digit from 0 to 9")
    at_least("the number of candidates", len(noise), 2)
    _, probabilities = observe(generator, classifier, noise)  # (n, 10)
    return _most_confident(noise, probabilities, first), _most_confident(noise, probabilities, second)


def _most_confident(noise: Tensor, probabilities: Tensor, digit: int) -> EndPoint:
    is_digit = probabilities.argmax(dim=1) == digit
    count = int(is_digit.sum())
    if not count:
        raise ValueError(
            f"0 of {len(noise)} candidates are classified as {digit}; "
            "draw more candidates or train the generator for longer"
        )
    confidences = torch.where(is_digit, probabilities[:, digit], -1)
    best = int(confidences.argmax())
    return EndPoint(noise[best], digit, confidences[best].item(), best, len(noise), count)
