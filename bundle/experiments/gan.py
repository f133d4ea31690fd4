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
from lib.evaluation.classifier import Classifier, classification_accuracy_score, evaluate, predict
from lib.evaluation.judge import LEAST_IMAGES, Judge
from lib.evaluation.two_sample_tests import accuracy, c2st, two_sample_accuracy
from lib.gan.networks import Generator
from lib.gan.training import GanResult, train_gan
from lib.networks import answers
from lib.progress import Progress, silent

TRAINING_IMAGES = 60_000  # of each data set
MOST_NOISE_SETS = 100


@dataclass(frozen=True, kw_only=True)
class GanRun(Run):
    kind = "gan"
    checkpoints: list[int]  # batches
    samples: int  # images measured at every checkpoint, and as many training images
    noise_sets: int  # of 25 noises each, drawn once and shown at every checkpoint
    noise_seed: int  # of these and of the measured samples' noises

    def __post_init__(self):
        self._check(images=TRAINING_IMAGES, least=LEAST_IMAGES)
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
    its discriminator (`discriminator_accuracy`; `..._training`, from images that this one learnt from) and by
    a fresh network (`c2st`).
    """
    data, seed = judge.data, run.training.seed
    fixed_noise, sample_noise = noises(run)
    sample_noise = sample_noise.to(data.train_images.device)

    def measure(batch: int, generator: Generator, ema: Generator) -> dict[str, float]:
        measures = {}
        for prefix, network in {"": ema, "raw_": generator}.items():
            images = answers(network, sample_noise, batch_size=500)
            values = judge(images)
            values["grey_level_accuracy"] = grey_level_accuracy(images, judge=judge, seed=seed)
            measures.update({prefix + name: value for name, value in values.items()})
        return measures

    result = train_gan(
        data.train_images,
        settings=run.training,
        checkpoints=run.checkpoints,
        noise=fixed_noise,
        state_path=state_path,
        on_checkpoint=measure,
        progress=progress,
    )
    fake = answers(result.ema, sample_noise, batch_size=500)
    train_images = data.train_images[: len(data.test_images)]
    summary = measure(run.training.batches, result.generator, result.ema)
    summary["discriminator_accuracy"] = accuracy(result.discriminator, data.test_images, fake)
    summary["discriminator_accuracy_training"] = accuracy(result.discriminator, train_images, fake)
    summary.update(c2st(data.test_images, fake, seed=seed))
    columns = _thinned_losses(result)
    columns.update({f"quality_{name}": values for name, values in result.quality.items()})
    columns["class_kept"] = class_kept(list(result.grids.values()), judge.classifier)
    return result, Outcome(columns, summary, result.seconds)


@functools.cache
def loaded_judge(models: Path, dataset: str, judge: str) -> Judge:
    return Judge(*loaded(models, dataset, judge))


def measured_gan(settings: dict, *, models: Path) -> Outcome:
    run = GanRun.read(settings)
    _, outcome = run_gan(run, judge=loaded_judge(models, run.dataset, run.judge))
    return outcome


def measured_whole(
    run: GanRun, ema: Generator, *, judge: Judge, classifier_settings: dict
) -> dict[str, float]:
    """Return a finished generator's `cas`, by a classifier of these settings, and the real baseline.

    The baseline is named `real_...`; that of `cas` is the judge itself, which learnt from as many real ones.
    """
    data, seed = judge.data, run.training.seed
    count, source = len(data.train_images), torch.Generator().manual_seed(run.noise_seed + 1)
    noise = torch.randn(count, ema.latent_dim, generator=source).to(data.train_images.device)
    generated = answers(ema, noise, batch_size=500)
    settings = classifier_training(classifier_settings)
    test = data.test_images, data.test_labels
    cas = classification_accuracy_score(generated, *test, judge=judge.classifier, settings=settings)
    real_images = data.train_images[: run.samples]
    real = judge.baseline(run.samples)
    real.update(c2st(data.test_images, real_images, seed=seed))
    real["grey_level_accuracy"] = grey_level_accuracy(real_images, judge=judge, seed=seed)
    real["cas"] = evaluate(judge.classifier, *test)
    summary = {"cas": cas}
    summary.update({f"real_{name}": value for name, value in real.items()})
    return summary


def class_kept(grids: list[Tensor], classifier: Classifier) -> list[float]:
    """Return from each grid (k, 28, 28) uint8 to the next the share of noises whose image keeps its class."""
    device = next(classifier.parameters()).device
    images = [grid[:, None].float() / 127.5 - 1 for grid in grids]
    classes = [predict(classifier, x.to(device)).argmax(dim=1) for x in images]
    return [(before == after).double().mean().item() for before, after in pairwise(classes)]


def grey_level_accuracy(images: Tensor, *, judge: Judge, seed: int) -> float:
    """Return how well the test of grey levels, which takes a second, tells images from the test images."""
    true = judge.data.test_images
    n = min(len(images), len(true))
    test_count = max(2, n // 5)
    return two_sample_accuracy("grey levels", true[:n], images[:n], test_count=test_count, seed=seed).test


def noises(run: GanRun) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the noises of the grids (25 noise_sets, latent_dim) and of the samples (samples, latent_dim)."""
    source, counts = torch.Generator().manual_seed(run.noise_seed), (25 * run.noise_sets, run.samples)
    return tuple(torch.randn(count, run.training.latent_dim, generator=source) for count in counts)


def _thinned_losses(result: GanResult, *, points: int = 1000) -> dict[str, list]:
    """Return both loss curves as means over equal windows, at most `points` of them."""
    batches = len(result.generator_loss)
    window = -(-batches // points)
    columns = {"batch": list(range(0, batches, window))}
    for name in ("generator_loss", "discriminator_loss"):
        windows = getattr(result, name).split(window)
        columns[name] = [round(losses.double().mean().item(), 6) for losses in windows]
    return columns
