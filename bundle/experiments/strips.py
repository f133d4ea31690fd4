"""Single walks from one digit to another, to look at."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bundle.study import fingerprint
from bundle.study.records import Record
from lib.checks import at_least, between, check_seed
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator, as_bytes
from lib.latent.end_points import endpoints
from lib.latent.interpolation import path
from lib.networks import answers
from lib.weights import weights_digest


@dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """How single walks are shown. Raises ValueError naming what is out of range."""

    steps: int  # images of a walk, both ends included
    candidates: int  # noises drawn, of which the ends are chosen
    seed: int  # of these

    def __post_init__(self):
        at_least("steps", self.steps, 3)
        between("candidates", self.candidates, 2, 10**6)
        check_seed("seed", self.seed)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The images of a walk, and what is seen in them."""

    name: str  # of its files
    images: np.ndarray  # (steps, height, width) uint8
    captions: list[str]  # what the classifier sees in each, and how sure it is
    facts: dict  # how it came about, as JSON values


@dataclass(frozen=True)
class Walker:
    """Two networks, and how walks are shown."""

    generator: Generator
    classifier: Classifier
    settings: ViewSettings

    def provenance(self) -> dict:
        """Return what strips were made with, as JSON values."""
        seen_by = {"generator": weights_digest(self.generator), "classifier": weights_digest(self.classifier)}
        return {"settings": asdict(self.settings) | seen_by, "code": fingerprint.identity(Walker)["code"]}

    def strip(self, first: int, second: int, *, kind: str = "line") -> Strip:
        """Walk from a noise whose image is `first` to one whose image is `second`; see `endpoints`."""
        source = torch.Generator().manual_seed(self.settings.seed)
        noise = torch.randn(self.settings.candidates, self.generator.latent_dim, generator=source)
        ends = endpoints(self.generator, self.classifier, noise, first, second)
        end_points = [end._asdict() for end in ends]
        noises = [values.pop("noise") for values in end_points]
        facts = {"seed": self.settings.seed, "kind": kind, "end_points": end_points}
        return self._walk(noises, name=f"strip-{first}-{second}", facts=facts)

    def real_strip(self, first: int, second: int, *, record: Record, images: Tensor) -> Strip:
        """Walk on the circle between the noises that a record of walks has for two of the test images."""
        columns, digits = record.columns, (first, second)
        noises = torch.tensor([columns["real noise"][digit] for digit in digits])
        walk = self._walk(noises, name=f"real-{first}-{second}", facts={"kind": "circle"})
        begin, end = as_bytes(images[[columns["real image"][digit] for digit in digits]]).numpy()
        captions = ["real", *walk.captions, "real"]
        return replace(walk, images=np.stack([begin, *walk.images, end]), captions=captions)

    def _walk(self, ends, *, name: str, facts: dict) -> Strip:
        """Make the images of the path between two noises (latent_dim,), and tell what is seen in them."""
        steps = self.settings.steps
        images = answers(self.generator, path(*ends, steps=steps, kind=facts["kind"]), batch_size=steps)
        confidences, digits = (part.tolist() for part in predict(self.classifier, images).max(dim=1))
        facts["alpha"] = [step / (steps - 1) for step in range(steps)]
        facts["digits"], facts["confidences"] = digits, confidences
        captions = [f"{digit}\n{sure:.0%}" for digit, sure in zip(digits, confidences, strict=True)]
        return Strip(name=name, images=as_bytes(images).numpy(), captions=captions, facts=facts)
