"""The runs of further generators: trained as the one that is kept but for their seed, and judged as fully."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bundle.experiments.gan import TRAINING_IMAGES, GanRun, loaded_judge, measured_whole, run_gan
from bundle.study.outcome import Outcome
from lib.checks import at_least, check_seed, require
from lib.evaluation.distances import frechet_distance
from lib.evaluation.judge import Judge, observe
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import STRONG, thorough_accuracy
from lib.files import digest
from lib.gan.networks import Generator
from lib.networks import answers
from lib.weights import about_network

MOST_SAMPLED = 10**6


@dataclass(frozen=True, kw_only=True)
class GeneratorRun(GanRun):
    kind = "generator"
    learned: int  # images of each kind that a test of the ladder learns from; it is asked about half as many
    most: int  # the same of those in STRONG once more, asked about a fifth as many; 0 leaves it out
    steps: int  # batches that a convolutional one learns for
    sampled: int  # samples that the Fréchet distance is measured on once more
    other_noise_seed: int  # of these samples; the seed of the training is added to it

    def __post_init__(self):
        super().__post_init__()
        at_least("learned", self.learned, 4)
        rule = f"at most the training images, {TRAINING_IMAGES}"
        for name, both in {
            "learned and half": self.learned * 3 // 2,
            "most and a fifth": self.most * 6 // 5,
        }.items():
            require(f"{name} of it", both, both <= TRAINING_IMAGES, rule)
        at_least("steps", self.steps, 1)
        require("most", self.most, self.most == 0 or self.most >= 10, "0, or at least 10")
        at_least("sampled", self.sampled, 100)
        require("sampled", self.sampled, self.sampled <= MOST_SAMPLED, f"at most {MOST_SAMPLED}")
        check_seed("other_noise_seed", self.other_noise_seed)


def run_generator(settings: dict, *, models: Path, states: Path) -> Outcome:
    """Return what `run_gan`, `measured_whole` and `beyond` measure; a killed run goes on.

    The state of the training is in `states`, named by the digest of the settings, and stays there.
    """
    run = GeneratorRun.read(settings)
    judge = loaded_judge(models, run.dataset, run.judge)
    result, outcome = run_gan(run, judge=judge, state_path=states / f"{digest(settings)}.ckpt")
    taught = about_network(models, "classifier")["settings"]
    other = taught | {"seed": taught["seed"] + 1}  # than the judge, which labels what this one learns from
    outcome.summary.update(measured_whole(run, result.ema, judge=judge, taught=other))
    outcome.summary.update(beyond(run, result.ema, judge=judge))
    return outcome


def beyond(run: GeneratorRun, generator: Generator, *, judge: Judge) -> dict[str, float]:
    """Return `right_...` by each test of LADDER, `right_most_...` of those in STRONG, `frechet_sampled`."""
    data, seed = judge.data, run.training.seed
    source = torch.Generator().manual_seed(run.other_noise_seed + seed)

    def noise(count: int) -> Tensor:
        drawn = torch.randn(count, run.training.latent_dim, generator=source)
        return drawn.to(data.train_images.device)

    order = torch.randperm(len(data.train_images), generator=torch.Generator().manual_seed(seed))
    kept, found = {"steps": run.steps, "classifier": judge.classifier, "seed": seed}, {}

    def put(tests: Iterable[str], name: str, learned: int, asked: int) -> None:
        true = data.train_images[order[: learned + asked].to(data.train_images.device)]
        fake = answers(generator, noise(len(true)), batch_size=500)
        for test in tests:
            found[f"{name}_{test}"] = thorough_accuracy(test, true, fake, asked=asked, **kept).right

    put(LADDER, "right", run.learned, run.learned // 2)
    if run.most:
        put(STRONG, "right_most", run.most, run.most // 5)
    made, _ = observe(generator, judge.classifier, noise(run.sampled))
    return found | {"frechet_sampled": frechet_distance(made, judge.real)}
