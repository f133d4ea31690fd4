"""The runs that ask how sure a Fréchet distance is: many samples, other noises, other real images."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from bundle.runs.judging import loaded
from bundle.runs.outcome import Outcome
from lib import mnist
from lib.checks import at_least, check_seed, fits_memory, one_of, require
from lib.evaluation.classifier import features
from lib.evaluation.distances import frechet_distance
from lib.evaluation.judge import observe
from lib.gan.networks import load_generator
from lib.weights import weights_digest


@dataclass(frozen=True, kw_only=True)
class SampledRun:
    """What decides a run. Raises ValueError naming the setting that is out of range."""

    samples: int  # generated images
    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.weights.weights_digest` of the classifier
    generator: str  # the same of what generates
    noise_seed: int  # the seed is added to it
    seed: int  # also of how the test images are cut in halves, and which training images stand beside them

    def __post_init__(self):
        one_of("dataset", self.dataset, mnist.NAMES)
        at_least("samples", self.samples, 100)
        fits_memory(4 * self.samples * (784 + 64 + 128), samples=self.samples)
        for name in ("seed", "noise_seed"):
            check_seed(name, getattr(self, name))

    def described(self) -> dict:
        return {"run": "sampled", **asdict(self)}


def run_sampled(settings: dict, *, models: Path) -> Outcome:
    """Return Fréchet distances from the test images, all in the judge's features:

    all: of every sample; balanced: of as many of each class as the test images have, the most there are;
    None where a class is missing.
    seen: of as many training images, which the judge has learnt from, as there are test images.
    half, half_real: of samples, and of one half of the test images, from the other half, as many of both.
    """
    run = SampledRun(**{name: value for name, value in settings.items() if name != "run"})
    began, (classifier, data) = time.perf_counter(), loaded(models, run.dataset, run.judge)
    generator = load_generator(models).to(data.test_images.device)
    found = weights_digest(generator)
    require("the generator", found, found == run.generator, f"the settings', {run.generator}")
    source = torch.Generator().manual_seed(run.noise_seed + run.seed)
    noise = torch.randn(run.samples, generator.latent_dim, generator=source).to(data.test_images.device)
    made, probabilities = observe(generator, classifier, noise)
    real, _ = features(classifier, data.test_images)
    order = torch.randperm(len(data.train_images), generator=source)[: len(real)].to(real.device)
    chosen = balanced(probabilities.argmax(dim=1), data.test_labels)
    one, other = real[torch.randperm(len(real), generator=source).to(real.device)].chunk(2)
    summary = {
        "all": frechet_distance(made, real),
        "balanced": frechet_distance(made[chosen], real) if len(chosen) else None,
        "seen": frechet_distance(features(classifier, data.train_images[order])[0], real),
        "half": frechet_distance(made[: len(one)], other),
        "half_real": frechet_distance(one, other),
    }
    return Outcome({}, summary, time.perf_counter() - began)


def balanced(classes: Tensor, reference: Tensor) -> Tensor:
    """Return the places (k,) of the first of `classes` (n,) in shares like those of `reference` (m,).

    As many as there are; a class of the reference that is missing leaves none.
    """
    wanted, there = (torch.bincount(x, minlength=10).double() for x in (reference, classes))
    scale = (there / wanted)[wanted > 0].min()
    counts = (wanted * scale).floor().long()
    return torch.cat([(classes == k).nonzero()[:count, 0] for k, count in enumerate(counts.tolist())])
