"""The runs of the ladder: a test learnt once, of real digits against generated, other or damaged ones."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from bundle.experiments.digit_classifier import loaded
from bundle.study.outcome import Outcome
from lib import mnist
from lib.checks import at_least, check_seed, one_of, require
from lib.evaluation.damage import DAMAGE
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import thorough_accuracy
from lib.gan.networks import load_generator
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest

GENERATED, REAL = "generated", "other real digits"
AGAINST = (GENERATED, REAL, *DAMAGE)
TRAINING_IMAGES = 60_000  # of each data set


@dataclass(frozen=True, kw_only=True)
class TwoSampleRun:
    """What decides a run. Raises ValueError naming the setting that is out of range."""

    test: str  # of LADDER
    against: str  # of AGAINST
    learned: int  # images of each side
    asked: int  # others of each side
    steps: int  # batches that a convolutional test learns for
    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.weights.weights_digest` of the classifier
    generator: str  # the same of what generates; "" where nothing is generated
    noise_seed: int  # of the generated images; the seed is added to it
    seed: int  # of the images that are drawn, and of the test's network

    def __post_init__(self):
        one_of("test", self.test, LADDER)
        one_of("against", self.against, AGAINST)
        one_of("dataset", self.dataset, mnist.NAMES)
        at_least("asked", self.asked, 2)
        at_least("steps", self.steps, 1)
        require("learned", self.learned, self.learned >= self.asked, f"at least asked, {self.asked}")
        most = TRAINING_IMAGES // (1 if self.against == GENERATED else 2)
        both = self.learned + self.asked
        require("learned and asked together", both, both <= most, f"at most {most}")
        for name in ("seed", "noise_seed"):
            check_seed(name, getattr(self, name))

    def described(self) -> dict:
        return {"run": "told", **asdict(self)}


def run_two_sample_test(settings: dict, *, models: Path) -> Outcome:
    """Return `right` and `of`, how many were asked, and `right_learned`; see `thorough_accuracy`."""
    run = TwoSampleRun(**{name: value for name, value in settings.items() if name != "run"})
    began, (classifier, data) = time.perf_counter(), loaded(models, run.dataset, run.judge)
    true, other = sides(run, data, models=models)
    kept = {"asked": run.asked, "steps": run.steps, "classifier": classifier, "seed": run.seed}
    right, learned = thorough_accuracy(run.test, true, other, **kept)
    summary = {"right": right, "of": 2 * run.asked, "right_learned": learned}
    return Outcome({}, summary, time.perf_counter() - began)


def sides(run: TwoSampleRun, data: Mnist, *, models: Path) -> tuple[Tensor, Tensor]:
    """Return real training images and those they are to be told from, both (learned + asked, 1, 28, 28).

    Raises ValueError where the generator in `models` is another than the run names.
    """
    count = run.learned + run.asked
    order = torch.randperm(len(data.train_images), generator=torch.Generator().manual_seed(run.seed))
    order = order.to(data.train_images.device)
    true, rest = data.train_images[order[:count]], order[count : 2 * count]
    if run.against != GENERATED:
        return true, DAMAGE.get(run.against, lambda images: images)(data.train_images[rest])
    generator = load_generator(models)
    if (found := weights_digest(generator)) != run.generator:
        raise ValueError(f"the generator in {models} is {found}, and the settings ask for {run.generator}")
    source = torch.Generator().manual_seed(run.noise_seed + run.seed)
    noise = torch.randn(count, generator.latent_dim, generator=source).to(true.device)
    return true, answers(generator.to(true.device), noise, batch_size=500)
