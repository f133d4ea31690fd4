"""GANs on digits and on stacks of them, and the classifier that judges them: settings -> outcome."""

import functools
import time
from pathlib import Path

import torch

from bundle.runs.gan_settings import GanRun, StackedRun
from bundle.runs.outcome import Outcome
from lib import mnist
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, train_classifier
from lib.evaluation.judge import Judge
from lib.evaluation.modes import coverage, stack
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right
from lib.gan.networks import Generator
from lib.gan.training import GanResult, train_gan
from lib.mnist import Mnist
from lib.networks import answers
from lib.progress import Progress, silent

# the judge; one for all reports, so that their distances can be compared
CLASSIFIER = {"dataset": "MNIST", "seed": 0, "epochs": 4, "width": 16, "batch_size": 128}
CLASSIFIER |= {"learning_rate": 0.005, "weight_decay": 0.02, "max_shift": 2, "label_smoothing": 0.05}


def run_classifier(settings: dict, *, data: Mnist, progress: Progress) -> tuple[Classifier, Outcome]:
    began, keywords = time.perf_counter(), classifier_training(settings)
    model = train_classifier(data.train_images, data.train_labels, **keywords, progress=progress)
    seconds = time.perf_counter() - began
    right = evaluate(model, data.test_images, data.test_labels)
    return model, Outcome({}, {"test_accuracy": right, "test_images": len(data.test_images)}, seconds)


def classifier_training(settings: dict) -> dict:
    return {name: value for name, value in settings.items() if name != "dataset"}


@functools.cache
def loaded(models: Path, dataset: str) -> tuple[Classifier, Mnist]:
    """Return the stored classifier and a data set, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return load_classifier(models).to(device), mnist.load(name=dataset).to(device)


@functools.cache
def loaded_judge(models: Path, dataset: str) -> Judge:
    return Judge(*loaded(models, dataset))


def run_gan(
    run: GanRun, *, judge: Judge, state_path: Path | None = None, progress: Progress = silent
) -> tuple[GanResult, Outcome]:
    """Train on the judge's data; return columns with both losses, thinned, and what is measured on the way:

    `quality_...` of the averaged generator (EMA), `quality_raw_...` of the other. The summary has both at the
    end, and how well the EMA's images are told from test images: by its discriminator, by a fresh network.
    """
    data, (noise, judged) = judge.data, noises(run)
    judged = judged.to(data.train_images.device)

    def raw(generator: Generator) -> dict[str, float]:
        return {f"raw_{name}": value for name, value in judge.generator(generator, judged).items()}

    asked = {"settings": run.training, "checkpoints": run.checkpoints, "noise": noise}
    asked |= {"state_path": state_path, "progress": progress}
    asked["on_checkpoint"] = lambda batch, generator, ema: judge.generator(ema, judged) | raw(generator)
    result = train_gan(data.train_images, **asked)
    fake, packing = answers(result.ema, judged, batch_size=500), run.training.packing
    summary = judge(fake) | raw(result.generator)
    right = predicted_right(result.discriminator, data.test_images, fake, packing=packing)
    summary |= {"discriminator_right": right, **c2st(data.test_images, fake, seed=run.training.seed)}
    columns = _thinned_losses(result) | {f"quality_{name}": v for name, v in result.quality.items()}
    return result, Outcome(columns, summary, result.seconds)


def measured_gan(settings: dict, *, models: Path) -> Outcome:
    run = GanRun.read(settings)
    return run_gan(run, judge=loaded_judge(models, run.dataset))[1]


def measured_whole(run: GanRun, ema: Generator, *, judge: Judge, taught: dict) -> dict[str, float]:
    """Return the kept generator's `cas`, by a classifier so `taught`, and the real baseline, `real_...`."""
    data, asked = judge.data, (judge.classifier, judge.data.test_images, judge.data.test_labels)
    learns = {"samples": len(data.train_images), "settings": classifier_training(taught)}
    cas = classification_accuracy_score(ema, *asked, noise_seed=run.noise_seed + 1, **learns)
    real = c2st(data.test_images, data.train_images[: run.samples], seed=run.training.seed)
    return {"cas": cas} | {f"real_{name}": v for name, v in (judge.baseline(run.samples) | real).items()}


def run_stacked(settings: dict, *, models: Path) -> Outcome:
    """Train on stacks; the summary has `modes` of 1000, `reverse_kl` (nats), `real_...` of test stacks."""
    run = StackedRun.read(settings)
    classifier, data = loaded(models, run.dataset)
    images = stack(data.train_images, run.stacks, seed=run.training.seed)
    source = torch.Generator().manual_seed(run.noise_seed)
    noise = torch.randn(run.samples, run.training.latent_dim, generator=source)
    result = train_gan(images, settings=run.training, checkpoints=[], noise=noise[:25])
    generated = answers(result.ema, noise.to(images.device), batch_size=500)
    summary, real = {}, stack(data.test_images, run.samples, seed=run.noise_seed)
    for which, seen in {"": generated, "real_": real}.items():
        summary[f"{which}modes"], summary[f"{which}reverse_kl"] = coverage(classifier, seen)
    return Outcome({}, summary, result.seconds)


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
