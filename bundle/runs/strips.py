"""Single walks from one digit to another, to look at."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bundle.runs.records import Record
from lib.checks import at_least
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.gan.sampling import as_bytes, sample
from lib.latent.end_points import endpoints
from lib.latent.interpolation import INTERPOLATIONS, path


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A walk between two digits, as pictures and words."""

    name: str  # of its files
    first: int
    second: int
    images: np.ndarray  # (steps, height, width) uint8
    captions: list[str]  # what the classifier sees in each, and how sure it is
    facts: dict  # how it came about, as JSON values

    @property
    def between(self) -> list[int]:
        """The digits seen on the way that are neither end's."""
        return sorted(set(self.facts["digits"]) - {self.first, self.second})


def make_strip(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    steps: int,
    candidates: int,
    seed: int,
    kind: str = "line",
) -> Strip:
    """Walk from a noise whose image is `first` to one whose image is `second`, on a path of this `kind`.

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
    chosen = [{k: v for k, v in asdict(end).items() if k != "noise"} for end in ends]
    facts = {"seed": seed, "kind": kind, "end_points": chosen}
    noises = path(ends[0].noise, ends[1].noise, steps=steps, kind=kind)
    name = f"strip-{first}-{second}" + (f"-{kind}" if kind != "line" else "")
    return _walked(generator, classifier, noises, name=name, first=first, second=second, facts=facts)


def side_by_side(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    steps: int,
    candidates: int,
    seed: int,
) -> Strip:
    """Walk between the same end points on the line (left in each image) and on the circle (right)."""
    left, right = (
        make_strip(
            generator, classifier, first, second, steps=steps, candidates=candidates, seed=seed, kind=kind
        )
        for kind in INTERPOLATIONS
    )
    gap = np.full((steps, 28, 2), 64, np.uint8)
    return Strip(
        name=f"smooth-{first}-{second}",
        first=first,
        second=second,
        images=np.concatenate([left.images, gap, right.images], axis=2),
        captions=[],
        facts={"left": left.facts, "right": right.facts},
    )


def real_strip(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    record: Record,
    images: Tensor,
    steps: int,
    kind: str,
) -> Strip:
    """Walk between the noises that a record of `run_walks` has for a real `first` and a real `second`.

    `images` are the test images; the two real digits stand before and after the `steps` images of the walk.
    """
    columns = record.columns
    rule = "the first test image of the digit, and the best of the searches for its noise"
    names = {"real digit": "digit", "real image": "test_image", "real residual": "residual"}
    chosen = [{new: columns[old][d] for old, new in names.items()} | {"rule": rule} for d in (first, second)]
    facts = {"seed": record.settings["seed"], "kind": kind, "end_points": chosen}
    noises = path(*torch.tensor([columns["real noise"][d] for d in (first, second)]), steps=steps, kind=kind)
    name = f"real-{first}-{second}"
    walk = _walked(generator, classifier, noises, name=name, first=first, second=second, facts=facts)
    begin, end = as_bytes(images[[columns["real image"][d] for d in (first, second)]]).numpy()
    return replace(
        walk, images=np.stack([begin, *walk.images, end]), captions=["real", *walk.captions, "real"]
    )


def real_and_found(generator: Generator, record: Record, images: Tensor) -> np.ndarray:
    """Return (20, 28, 28) uint8: the ten real test digits of a record of `run_walks`, then those found."""
    found = sample(generator, torch.tensor(record.columns["real noise"]), batch_size=10)
    return as_bytes(torch.cat([images[record.columns["real image"]], found])).numpy()


def _walked(
    generator: Generator, classifier: Classifier, noises: Tensor, *, facts: dict, **about: str | int
) -> Strip:
    """Make the images of noises (steps, latent_dim) and write down what the classifier sees in them."""
    steps = len(noises)
    images = sample(generator, noises, batch_size=steps)
    confidences, digits = predict(classifier, images).max(dim=1)
    seen = {
        "alpha": [step / (steps - 1) for step in range(steps)],
        "digits": digits.tolist(),
        "confidences": [round(c, 6) for c in confidences.tolist()],
    }
    captions = [f"{d}\n{c:.0%}" for d, c in zip(digits.tolist(), confidences.tolist(), strict=True)]
    return Strip(**about, images=as_bytes(images).numpy(), captions=captions, facts=facts | seen)
