"""The runs of Task 2: GANs on digits and on stacks of them, their judge, and what ours is compared with."""

import functools
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import torch

from bundle.original import GAN_RECIPE
from bundle.runs.outcome import Outcome
from lib import mnist
from lib.checks import at_least, fits_memory, one_of, require, sizes
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, train_classifier
from lib.evaluation.judge import Judge
from lib.evaluation.modes import coverage, stack
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right
from lib.gan.networks import Generator
from lib.gan.settings import GanSettings, check_seed
from lib.gan.training import GanResult, train_gan
from lib.mnist import Mnist
from lib.networks import answers, weights_digest
from lib.progress import Progress, silent

TRAINING_IMAGES = 60_000  # of each data set
# the judge; one for all reports, so that their distances can be compared
CLASSIFIER = {"dataset": "MNIST", "seed": 0, "epochs": 4, "width": 16, "batch_size": 128}
CLASSIFIER |= {"learning_rate": 0.005, "weight_decay": 0.02, "max_shift": 2, "label_smoothing": 0.05}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What both kinds of run have. Raises ValueError naming the setting that is out of range."""

    training: GanSettings
    dataset: str  # of single images: "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.networks.weights_digest` of the classifier

    def described(self) -> dict:
        """Return the settings as records and models keep them, flat: those of the training, then the rest."""
        rest = asdict(self)
        return {"run": self.kind, **rest.pop("training"), **rest}

    @classmethod
    def read(cls, described: dict) -> "Run":
        rest = {name: value for name, value in described.items() if name != "run"}
        training = GanSettings(**{field.name: rest.pop(field.name) for field in fields(GanSettings)})
        return cls(training=training, **rest)

    def seeded(self, recipes: dict[str, dict], *, variant_seeds: int) -> dict[str, list[dict]]:
        """Return by name the settings with each change, for so many seeds; a ValueError names the change."""
        at_least("variant_seeds", variant_seeds, 0)
        found, first = {}, self.training.seed
        for name, change in recipes.items() if variant_seeds else ():
            try:
                seeded = (replace(self.training, **change, seed=first + k) for k in range(variant_seeds))
                found[name] = [replace(self, training=training).described() for training in seeded]
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return found

    def _check(self, *, images: int, least: int) -> None:
        size = self.training.batch_size
        require("batch_size", size, size <= images, f"at most the number of training images, {images}")
        check_seed("noise_seed", self.noise_seed)
        at_least("samples", self.samples, least)


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
        fits_memory(25 * self.noise_sets * 784 * (4 + len(self.checkpoints)), noise_sets=self.noise_sets)


@dataclass(frozen=True, kw_only=True)
class StackedRun(Run):
    kind = "stacked"
    stacks: int  # training images, drawn once
    samples: int  # generated images whose modes are counted
    noise_seed: int  # of these

    def __post_init__(self):
        at_least("stacks", self.stacks, 2)
        fits_memory(4 * 3 * 784 * (self.stacks + self.samples), stacks=self.stacks, samples=self.samples)
        self._check(images=self.stacks, least=2)
        channels = self.training.channels
        require("channels", channels, channels == 3, "3, one for each digit of a stack")


def run_classifier(settings: dict, *, data: Mnist, progress: Progress) -> tuple[Classifier, Outcome]:
    began, (images, labels, *test) = time.perf_counter(), data
    model = train_classifier(images, labels, **classifier_training(settings), progress=progress)
    seconds, right = time.perf_counter() - began, evaluate(model, *test)
    return model, Outcome({}, {"test_accuracy": right, "test_images": len(data.test_images)}, seconds)


def classifier_training(settings: dict) -> dict:
    return {name: value for name, value in settings.items() if name != "dataset"}


@functools.cache
def loaded(models: Path, dataset: str, judge: str) -> tuple[Classifier, Mnist]:
    """Return the stored classifier, whose weights have the digest `judge`, and data; on a GPU if any."""
    device, classifier = "cuda" if torch.cuda.is_available() else "cpu", load_classifier(models)
    if (found := weights_digest(classifier)) != judge:
        raise ValueError(f"the classifier in {models} is {found}, and the settings ask for {judge} as judge")
    return classifier.to(device), mnist.load(name=dataset).to(device)


@functools.cache
def loaded_judge(models: Path, dataset: str, judge: str) -> Judge:
    return Judge(*loaded(models, dataset, judge))


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
    return run_gan(run, judge=loaded_judge(models, run.dataset, run.judge))[1]


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
    classifier, data = loaded(models, run.dataset, run.judge)
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


NARROW = {"generator_width": 16, "discriminator_width": 16}  # what two cores can train of the original's
AS_WRITTEN = GAN_RECIPE | NARROW
GAN_ABLATION = {  # of our recipe: one part put back to the original's, or one added that is not in it
    "the original's topology, 16 channels": {"topology": "as-written"} | NARROW,
    "the original's batch size": {"batch_size": 64},
    "the original's learning rate": {"learning_rate": 0.0002},
    "the original's betas": {"beta1": 0.9, "beta2": 0.999},
    "without averaging": {"ema_decay": 0.0},
    "without decay of the learning rate": {"decay_from": 1.0},
    "with a relativistic loss": {"loss": "relativistic"},
    "without gradient penalties": {"gradient_penalty": 0.0},
    "with two images packed": {"packing": 2},
    "with bfloat16": {"bfloat16": True},
}


def variant_runs(run: GanRun, *, variant_seeds: int, variant_batches: int) -> dict[str, list[dict]]:
    """Return the settings of our recipe and of each change in GAN_ABLATION; see `Run.seeded`."""
    sizes(variant_batches=variant_batches)
    changes, batches = {"ours": {}, **GAN_ABLATION}, {"batches": variant_batches}
    recipes = {name: batches | change for name, change in changes.items()}
    return replace(run, checkpoints=[], noise_sets=1).seeded(recipes, variant_seeds=variant_seeds)


def as_written_runs(run: GanRun, *, variant_seeds: int, original_batches: int) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, looked at six times on its way."""
    sizes(original_batches=original_batches)
    looks = sorted({k * original_batches // 5 for k in range(6)})
    recipe = {"the original's recipe": {"batches": original_batches, **AS_WRITTEN}}
    return replace(run, checkpoints=looks, noise_sets=1).seeded(recipe, variant_seeds=variant_seeds)


def stacked_runs(
    run: GanRun, *, variant_seeds: int, stacked_batches: int, stacks: int, samples: int
) -> dict[str, list[dict]]:
    """Return the same of our recipe on stacks, each alone and two packed; none for `stacked_batches` 0."""
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches, packing=1)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    recipes = {"ours": {"packing": 1}, "ours, two images packed": {"packing": 2}}
    return ours.seeded(recipes, variant_seeds=variant_seeds)


def judged_by(judge: str, runs: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """Return groups of described runs with the judge that has been trained since."""
    return {name: [one | {"judge": judge} for one in group] for name, group in runs.items()}


def judge_settings(*, dataset: str, epochs: int, width: int) -> dict:
    """Return the settings of the classifier that judges, checked."""
    sizes(classifier_epochs=epochs, classifier_width=width)
    return CLASSIFIER | {"dataset": dataset, "epochs": epochs, "width": width}
