"""The runs of two-sample tests: real digits against generated, other or damaged ones."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from bundle.experiments.generators import generator_of
from bundle.study.outcome import Outcome
from lib import mnist
from lib.checks import at_least, check_seed, one_of, require
from lib.evaluation.damage import DAMAGE
from lib.evaluation.two_sample_tests import TESTS, two_sample_accuracy
from lib.mnist import Mnist
from lib.networks import answers

GENERATED, REAL = "generated", "other real digits"
AGAINST = (GENERATED, REAL, *DAMAGE)
TRAINING_IMAGES = 60_000  # of each data set


@dataclass(frozen=True, kw_only=True)
class TwoSampleRun:
    """What decides a run. Raises ValueError naming the setting that is out of range."""

    test: str  # of TESTS
    against: str  # of AGAINST
    train_count: int  # images of each side that the test learns from
    test_count: int  # others of each side that it is put to
    steps: int  # batches that a convolutional test learns for
    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    generator: str  # `lib.weights.weights_digest` of what generates; "" where nothing is generated
    noise_seed: int  # of the generated images; the seed is added to it
    seed: int  # of the images that are drawn, and of the test's network

    def __post_init__(self):
        one_of("test", self.test, TESTS)
        one_of("against", self.against, AGAINST)
        one_of("dataset", self.dataset, mnist.NAMES)
        at_least("test_count", self.test_count, 2)
        at_least("steps", self.steps, 1)
        rule = f"at least test_count, {self.test_count}"
        require("train_count", self.train_count, self.train_count >= self.test_count, rule)
        most = TRAINING_IMAGES if self.against == GENERATED else TRAINING_IMAGES // 2
        require("train_count and test_count together", self.count, self.count <= most, f"at most {most}")
        for name in ("seed", "noise_seed"):
            check_seed(name, getattr(self, name))

    @property
    def count(self) -> int:
        """How many images of each side there are."""
        return self.train_count + self.test_count

    def described(self) -> dict:
        return {"run": "two-sample-test", **asdict(self)}


def run_two_sample_test(settings: dict, *, models: Path) -> Outcome:
    """Return the summary `accuracy`, `test_images` (of both sides) and `train_accuracy`."""
    run = TwoSampleRun(**{name: value for name, value in settings.items() if name != "run"})
    started = time.perf_counter()
    data = mnist.load_on_device(run.dataset)
    true, other = sides(run, data, models=models)
    accuracy = two_sample_accuracy(
        run.test, true, other, test_count=run.test_count, steps=run.steps, seed=run.seed
    )
    summary = {
        "accuracy": accuracy.test,
        "test_images": 2 * run.test_count,
        "train_accuracy": accuracy.train,
    }
    return Outcome({}, summary, time.perf_counter() - started)


def sides(run: TwoSampleRun, data: Mnist, *, models: Path) -> tuple[Tensor, Tensor]:
    """Return real training images and those that the test compares them with, both (count, 1, 28, 28).

    Raises an error of `generator_of` where the generator that the run names is not in `models`.
    """
    order = torch.randperm(len(data.train_images), generator=torch.Generator().manual_seed(run.seed))
    order = order.to(data.train_images.device)
    true = data.train_images[order[: run.count]]
    if run.against == GENERATED:
        return true, _generated(run, models=models, device=true.device)
    others = data.train_images[order[run.count : 2 * run.count]]
    return true, others if run.against == REAL else DAMAGE[run.against](others)


def _generated(run: TwoSampleRun, *, models: Path, device: torch.device) -> Tensor:
    generator = generator_of(run.generator, models)
    source = torch.Generator().manual_seed(run.noise_seed + run.seed)
    noise = torch.randn(run.count, generator.latent_dim, generator=source)
    return answers(generator.to(device), noise.to(device), batch_size=500)
