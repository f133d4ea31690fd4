"""The runs with three digits in one image, a thousand modes to cover."""

from dataclasses import dataclass
from pathlib import Path

import torch

from bundle.experiments.digit_classifier import loaded
from bundle.experiments.gan_settings import Run
from bundle.study.outcome import Outcome
from lib.checks import at_least, require
from lib.evaluation.modes import coverage, stack
from lib.gan.training import train_gan
from lib.networks import answers

MOST_STACKS = 100_000  # trained on, and generated


@dataclass(frozen=True, kw_only=True)
class StackedRun(Run):
    kind = "stacked"
    stacks: int  # training images, drawn once
    samples: int  # generated images whose modes are counted
    noise_seed: int  # of these

    def __post_init__(self):
        at_least("stacks", self.stacks, 2)
        for name in ("stacks", "samples"):
            value = getattr(self, name)
            require(name, value, value <= MOST_STACKS, f"at most {MOST_STACKS}")
        self._check(images=self.stacks, least=2)
        channels = self.training.channels
        require("channels", channels, channels == 3, "3, one for each digit of a stack")


def run_stacked(settings: dict, *, models: Path) -> Outcome:
    """Train on stacks; the summary has `modes` of 1000, `reverse_kl` (nats), `real_...` of test stacks."""
    run = StackedRun.read(settings)
    classifier, data = loaded(models, run.dataset, run.judge)
    images = stack(data.train_images, run.stacks, seed=run.training.seed)
    source = torch.Generator().manual_seed(run.noise_seed)
    noise = torch.randn(run.samples, run.training.latent_dim, generator=source)
    result = train_gan(images, settings=run.training, checkpoints=[], noise=noise[:25])
    generated = answers(result.ema, noise.to(images.device), batch_size=500)
    real = stack(data.test_images, run.samples, seed=run.noise_seed)
    modes, reverse_kl = coverage(classifier, generated)
    real_modes, real_reverse_kl = coverage(classifier, real)
    summary = {
        "modes": modes,
        "reverse_kl": reverse_kl,
        "real_modes": real_modes,
        "real_reverse_kl": real_reverse_kl,
    }
    return Outcome({}, summary, result.seconds)
