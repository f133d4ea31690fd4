"""Walks in latent space from one digit to another."""

from dataclasses import asdict, dataclass

import numpy as np
import torch

from lib.adversarial import as_bytes
from lib.checks import at_least
from lib.classifier import Classifier, predict
from lib.gan import Generator, sample
from lib.latent import endpoints, path


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A walk between two digits: its images (steps, 28, 28) uint8, and how it came about as JSON values."""

    first: int
    second: int
    images: np.ndarray
    facts: dict

    @property
    def between(self) -> list[int]:
        """The digits seen on the way that are neither end's."""
        return sorted(set(self.facts["digits"]) - {self.first, self.second})


def strip(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    steps: int,
    candidates: int,
    seed: int,
) -> Strip:
    """Walk straight from a noise whose image is `first` to one whose image is `second`.

    Raises:
        ValueError: the digits are equal, an argument is out of range, or a digit is not among the candidates.
    """
    at_least("seed", seed, 0)
    ends = endpoints(
        generator,
        classifier,
        first,
        second,
        candidates=candidates,
        noise_source=torch.Generator().manual_seed(seed),
    )
    images = sample(generator, path(ends[0].noise, ends[1].noise, steps=steps), batch_size=steps)
    confidences, digits = predict(classifier, images).max(dim=1)
    chosen = [{k: v for k, v in asdict(end).items() if k != "noise"} for end in ends]
    facts = {
        "seed": seed,
        "alpha": [step / (steps - 1) for step in range(steps)],
        "digits": digits.tolist(),
        "confidences": [round(c, 6) for c in confidences.tolist()],
        "end_points": chosen,
    }
    return Strip(first=first, second=second, images=as_bytes(images).numpy(), facts=facts)
