"""The runs of Task 2: a GAN trained on digits and measured on its way."""

import functools
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from bundle.experiments.digit_classifier import classifier_training, loaded
from bundle.experiments.gan_settings import Run
from bundle.study.outcome import Outcome
from lib import mnist
from lib.checks import one_of, require, sizes
from lib.evaluation.classifier import Classifier, evaluate, predict
from lib.evaluation.judge import Judge
from lib.evaluation.ladder import two_sample_accuracy
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right
from lib.gan.networks import Generator
from lib.gan.training import GanResult, train_gan
from lib.networks import answers
from lib.progress import Progress, silent

TRAINING_IMAGES = 60_000  # of each data set
MOST_NOISE_SETS = 100
WEAK = {"grey_levels": "grey levels", "features": "features"}  # of LADDER


@dataclass(frozen=True, kw_only=True)
class GanRun(Run):
    kind = "gan"
    checkpoints: list[int]  # batches
    samples: int  # images measured at every checkpoint, and as many training images
    noise_sets: int  # of 25 noises each, drawn once and shown at every checkpoint
    noise_seed: int  # of these and of the measured samples' noises

    def __post_init__(self):
        self._check(images=TRAINING_IMAGES, least=4)
        fewer = self.samples < TRAINING_IMAGES
        require("samples", self.samples, fewer, f"fewer than the training images, {TRAINING_IMAGES}")
        sizes(noise_sets=self.noise_sets)
        one_of("dataset", self.dataset, mnist.NAMES)
        rule = f"at most {MOST_NOISE_SETS}"
        require("noise_sets", self.noise_sets, self.noise_sets <= MOST_NOISE_SETS, rule)


def run_gan(
    run: GanRun, *, judge: Judge, state_path: Path | None = None, progress: Progress = silent
) -> tuple[GanResult, Outcome]:
    """Train on the judge's data; return columns with both losses, thinned, and what is measured on the way:

    `quality_...` of the averaged generator (EMA), `quality_raw_...` of the other, and of the fixed noises
    `class_kept`. The summary has both at the end, and how well the EMA's images are told from test images: by
    its discriminator (and, `..._training`, from images that this one learnt from), by a fresh network, by two
    tests of the ladder.
    """
    data, (noise, judged) = judge.data, noises(run)
    judged = judged.to(data.train_images.device)

    def looked_at(generator: Generator, ema: Generator) -> dict[str, float]:
        found = {}
        for prefix, network in {"": ema, "raw_": generator}.items():
            images = answers(network, judged, batch_size=500)
            measured = judge(images) | weak_test_accuracy(images, judge=judge, seed=run.training.seed)
            found |= {prefix + name: value for name, value in measured.items()}
        return found

    asked = {"settings": run.training, "checkpoints": run.checkpoints, "noise": noise}
    asked |= {"state_path": state_path, "progress": progress}
    asked["on_checkpoint"] = lambda batch, *networks: looked_at(*networks)
    result = train_gan(data.train_images, **asked)
    fake = answers(result.ema, judged, batch_size=500)
    summary = looked_at(result.generator, result.ema)
    seen = data.train_images[: len(data.test_images)]
    for name, true in {"discriminator_right": data.test_images, "discriminator_right_training": seen}.items():
        summary[name] = predicted_right(result.discriminator, true, fake)
    summary |= c2st(data.test_images, fake, seed=run.training.seed)
    columns = _thinned_losses(result) | {f"quality_{name}": v for name, v in result.quality.items()}
    columns["class_kept"] = class_kept(list(result.grids.values()), judge.classifier)
    return result, Outcome(columns, summary, result.seconds)


@functools.cache
def loaded_judge(models: Path, dataset: str, judge: str) -> Judge:
    return Judge(*loaded(models, dataset, judge))


def measured_gan(settings: dict, *, models: Path) -> Outcome:
    run = GanRun.read(settings)
    return run_gan(run, judge=loaded_judge(models, run.dataset, run.judge))[1]


def measured_whole(run: GanRun, ema: Generator, *, judge: Judge, taught: dict) -> dict[str, float]:
    """Return the kept generator's `cas`, by a classifier so `taught`, and the real baseline, `real_...`.

    That of `cas` is the judge itself, which learnt from as many real images.
    """
    data, asked = judge.data, (judge.classifier, judge.data.test_images, judge.data.test_labels)
    learns = {"samples": len(data.train_images), "settings": classifier_training(taught)}
    cas = classification_accuracy_score(ema, *asked, noise_seed=run.noise_seed + 1, **learns)
    real = c2st(data.test_images, data.train_images[: run.samples], seed=run.training.seed)
    real |= weak_test_accuracy(data.train_images[: run.samples], judge=judge, seed=run.training.seed)
    real |= {"cas": evaluate(*asked)}
    return {"cas": cas} | {f"real_{name}": v for name, v in (judge.baseline(run.samples) | real).items()}


def class_kept(grids: list[Tensor], classifier: Classifier) -> list[float]:
    """Return from each grid (k, 28, 28) uint8 to the next the share of noises whose image keeps its class."""
    images = [grid[:, None].float() / 127.5 - 1 for grid in grids]
    classes = [predict(classifier, x.to(next(classifier.parameters()).device)).argmax(dim=1) for x in images]
    return [(a == b).double().mean().item() for a, b in pairwise(classes)]


def weak_test_accuracy(images: Tensor, *, judge: Judge, seed: int) -> dict[str, float]:
    """Return how well the two tests of the ladder that take a second tell images from the test images."""
    n = min(len(images), len(true := judge.data.test_images))
    asked = {"asked": max(2, n // 5), "classifier": judge.classifier, "seed": seed}
    return {
        f"told_{name}": two_sample_accuracy(test, true[:n], images[:n], **asked)
        for name, test in WEAK.items()
    }


def noises(run: GanRun) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the noises of the grids (25 noise_sets, latent_dim) and of the samples (samples, latent_dim)."""
    source, counts = torch.Generator().manual_seed(run.noise_seed), (25 * run.noise_sets, run.samples)
    return tuple(torch.randn(count, run.training.latent_dim, generator=source) for count in counts)


def _thinned_losses(result: GanResult, *, points: int = 1000) -> dict[str, list]:
    """Return both loss curves as means over equal windows, at most `points` of them."""
    batches = len(result.generator_loss)
    window = -(-batches // points)
    losses = {name: getattr(result, name).split(window) for name in ("generator_loss", "discriminator_loss")}
    means = {name: [round(w.double().mean().item(), 6) for w in windows] for name, windows in losses.items()}
    return {"batch": list(range(0, batches, window)), **means}
