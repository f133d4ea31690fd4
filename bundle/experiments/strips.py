"""Single walks from one digit to another, to look at."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bundle.study import fingerprint
from bundle.study.records import Record
from lib.checks import SEEDS, at_least, require
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import path
from lib.networks import answers
from lib.weights import weights_digest

MOST_CANDIDATES = 10**6


@dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """How single walks are shown. Raises ValueError naming what is out of range."""

    steps: int  # images of a walk, both ends included
    candidates: int  # noises drawn, of which the ends are chosen
    seed: int  # of these

    def __post_init__(self):
        at_least("steps", self.steps, 3)
        require("seed", self.seed, 0 <= self.seed < SEEDS, f"at least 0 and below {SEEDS}")
        at_least("candidates", self.candidates, 2)
        rule = f"at most {MOST_CANDIDATES}"
        require("candidates", self.candidates, self.candidates <= MOST_CANDIDATES, rule)


@dataclass(frozen=True, kw_only=True)
class Strip:
    name: str  # of its files
    first: int
    second: int
    images: np.ndarray  # (steps, height, width) uint8
    captions: list[str]  # what the classifier sees in each, and how sure it is
    facts: dict  # how it came about, as JSON values


@dataclass(frozen=True)
class Walker:
    generator: Generator
    classifier: Classifier
    settings: ViewSettings

    def provenance(self) -> dict:
        """Return what strips were made with, as JSON values."""
        seen_by = {"generator": weights_digest(self.generator), "classifier": weights_digest(self.classifier)}
        return {"settings": asdict(self.settings) | seen_by, "code": fingerprint.identity(Walker)["code"]}

    def strip(self, first: int, second: int, *, kind: str = "line") -> Strip:
        """Walk from a noise whose image is `first` to one whose image is `second`; see `endpoints`."""
        seed, source = self.settings.seed, torch.Generator().manual_seed(self.settings.seed)
        noise = torch.randn(self.settings.candidates, self.generator.latent_dim, generator=source)
        ends = endpoints(self.generator, self.classifier, noise, first, second)
        end_points = []
        for end in ends:
            values = end._asdict()
            del values["noise"]
            end_points.append(values)
        facts = {"seed": seed, "kind": kind, "end_points": end_points}
        noises = [end.noise for end in ends]
        return self._walk(first, second, noises, name=f"strip-{first}-{second}", facts=facts)

    def real_strip(self, first: int, second: int, *, record: Record, images: Tensor) -> Strip:
        """Walk on the circle between the noises that a record of walks has for two of the test images."""
        columns, digits = record.columns, (first, second)
        noises = torch.tensor([columns["real noise"][digit] for digit in digits])
        walk = self._walk(first, second, noises, name=f"real-{first}-{second}", facts={"kind": "circle"})
        begin, end = as_bytes(images[[columns["real image"][digit] for digit in digits]]).numpy()
        captions = ["real", *walk.captions, "real"]
        return replace(walk, images=np.stack([begin, *walk.images, end]), captions=captions)

    def _walk(self, first: int, second: int, ends, *, name: str, facts: dict) -> Strip:
        """Make the images of the path between two noises (latent_dim,), and tell what is seen in them."""
        steps = self.settings.steps
        images = answers(self.generator, path(*ends, steps=steps, kind=facts["kind"]), batch_size=steps)
        confidences, digits = (part.tolist() for part in predict(self.classifier, images).max(dim=1))
        facts["alpha"] = [step / (steps - 1) for step in range(steps)]
        facts["digits"], facts["confidences"] = digits, confidences
        captions = [f"{digit}\n{sure:.0%}" for digit, sure in zip(digits, confidences, strict=True)]
        pixels = as_bytes(images).numpy()
        return Strip(name=name, first=first, second=second, images=pixels, captions=captions, facts=facts)
