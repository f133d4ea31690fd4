"""Single walks from one digit to another, to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bundle.study.provenance import versions
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import path
from lib.networks import answers
from lib.weights import weights_digest


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The images of a walk, and what is seen in them."""

    images: np.ndarray  # (steps, height, width) uint8
    captions: list[str]  # what the classifier sees in each, and how sure it is
    facts: dict  # how it came about, as JSON values


@dataclass(frozen=True)
class Walker:
    """Two networks, and how walks are shown."""

    generator: Generator
    classifier: Classifier
    steps: int  # images of a walk, both ends included
    candidates: int  # noises drawn, of which the ends are chosen
    seed: int  # of these

    def provenance(self) -> dict:
        """Return what strips were made with, as JSON values."""
        settings = {
            "steps": self.steps,
            "candidates": self.candidates,
            "seed": self.seed,
            "generator": weights_digest(self.generator),
            "classifier": weights_digest(self.classifier),
        }
        return {"settings": settings, **versions()}

    def strip(self, first: int, second: int) -> Strip:
        """Walk from a noise whose image is `first` to one whose image is `second`; see `endpoints`."""
        source = torch.Generator().manual_seed(self.seed)
        noise = torch.randn(self.candidates, self.generator.latent_dim, generator=source)
        ends = endpoints(self.generator, self.classifier, noise, first, second)
        end_points = [end._asdict() for end in ends]
        noises = [values.pop("noise") for values in end_points]
        facts = {"seed": self.seed, "kind": "line", "end_points": end_points}
        return self._walk(noises, facts)

    def real_strip(self, first: int, second: int, *, run: Mapping, images: Tensor) -> Strip:
        """Walk on the circle between the noises that a run of walks has for two of the test images."""
        digits = first, second
        noises = torch.tensor([run["real noise"][digit] for digit in digits])
        walk = self._walk(noises, {"kind": "circle"})
        begin, end = as_bytes(images[[run["real image"][digit] for digit in digits]]).numpy()
        captions = ["real", *walk.captions, "real"]
        return replace(walk, images=np.stack([begin, *walk.images, end]), captions=captions)

    def _walk(self, ends: Sequence[Tensor], facts: dict) -> Strip:
        """Make the images of the path between two noises (latent_dim,), and tell what is seen in them."""
        noise = path(*ends, steps=self.steps, kind=facts["kind"])
        images = answers(self.generator, noise, batch_size=self.steps)
        confidences, digits = (part.tolist() for part in predict(self.classifier, images).max(dim=1))
        alpha = [step / (self.steps - 1) for step in range(self.steps)]
        captions = [f"{digit}\n{sure:.0%}" for digit, sure in zip(digits, confidences, strict=True)]
        facts = {**facts, "alpha": alpha, "digits": digits, "confidences": confidences}
        return Strip(images=as_bytes(images).numpy(), captions=captions, facts=facts)
