"""The runs that draw a generator's grey levels afresh, from a few tones, and put both to the same tests."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from bundle.runs.judging import loaded
from bundle.runs.outcome import Outcome
from bundle.runs.told import TRAINING_IMAGES
from lib import mnist
from lib.checks import at_least, check_seed, one_of, require
from lib.evaluation.distances import frechet_distance
from lib.evaluation.judge import Judge, features
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import told_thoroughly
from lib.gan.networks import as_bytes, load_generator
from lib.gan.shading import Shader, matched_tones, shade, surprise, train_shader
from lib.networks import answers
from lib.weights import weights_digest

SHOWN = 8  # samples that are kept as pictures
AT_ONCE = 1000  # images that are shaded together


@dataclass(frozen=True, kw_only=True)
class ShadedRun:
    """What decides a run. Raises ValueError naming the setting that is out of range."""

    thresholds: tuple[int, ...]  # grey levels at which the tones but the darkest begin
    units: int  # of the shader's hidden layers
    epochs: int
    batch_size: int  # images
    learning_rate: float
    taught: int  # training images that the shader learns from
    learned: int  # images of each side that a test learns from; it is asked about half as many
    most: int  # the same of the strongest test, asked about a fifth as many; 0 leaves it out
    steps: int  # batches that a convolutional test learns for
    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.weights.weights_digest` of the classifier
    generator: str  # the same of what generates
    noise_seed: int  # of the generated images; the seed is added to it
    seed: int  # of the shader, of the images that are drawn, and of the tests' networks

    def __post_init__(self):
        one_of("dataset", self.dataset, mnist.NAMES)
        for name, least in (("learned", 4), ("most", 0), ("steps", 1), ("taught", self.batch_size)):
            at_least(name, getattr(self, name), least)
        rule = f"at most the training images, {TRAINING_IMAGES}"
        for name, images in (
            ("learned", 2 * (self.learned + self.asked)),
            ("most", self.strong),
            ("taught", self.taught),
        ):
            require(f"{name}, with all that belongs to it,", images, images <= TRAINING_IMAGES, rule)
        for name in ("seed", "noise_seed"):
            check_seed(name, getattr(self, name))

    @property
    def asked(self) -> int:
        return self.learned // 2

    @property
    def strong(self) -> int:
        """How many images of each side the strongest test learns from and is asked about."""
        return self.most + self.most // 5

    def described(self) -> dict:
        return {"run": "shaded", **asdict(self), "thresholds": list(self.thresholds)}


def run_shaded(settings: dict, *, models: Path) -> Outcome:
    """Return what a generator's samples and real digits come to, both with their grey levels drawn afresh.

    right_..., real_...: by each test of LADDER, how often it is right about shaded samples, and about shaded
    real digits; right_most_pixels of the strongest. plain_..., shaded_...: the judge's measures of samples
    before and after, and `..._frechet_all` of all of them. nats_taught, nats_test: what a grey level costs
    the shader on images that it has learnt from, and on test images. The columns have a few pictures, in
    hexadecimal digits. Raises ValueError where the generator in `models` is another than the run names.
    """
    run = ShadedRun(**{name: value for name, value in settings.items() if name != "run"})
    began, (classifier, data) = time.perf_counter(), loaded(models, run.dataset, run.judge)

    # 1. a shader, taught with real digits; those of the tests are others as far as there are enough
    order = torch.randperm(len(data.train_images), generator=torch.Generator().manual_seed(run.seed))
    true = data.train_images[order.to(data.train_images.device)]
    learned_from = as_bytes(true[-run.taught :]).to(true.device)
    kept = ("thresholds", "units", "epochs", "batch_size", "learning_rate", "seed")
    shader = train_shader(learned_from, **{name: getattr(run, name) for name in kept})

    # 2. samples, and real digits, of which a few tones are kept and the rest is drawn
    both = run.learned + run.asked
    plain = generated(run, max(both, run.strong), models=models)
    tones = matched_tones(plain, learned_from, run.thresholds)
    shaded = shaded_images(shader, tones, seed=run.seed)
    other = shader.tones(as_bytes(true[both : 2 * both]).to(true.device).long())
    control = shaded_images(shader, other, seed=run.seed)

    # 3. the tests, the judge, and how likely the real levels are
    asked, summary = {"steps": run.steps, "classifier": classifier, "seed": run.seed}, {}
    for name, images in {"right": shaded[:both], "real": control}.items():
        for test in LADDER:
            told = told_thoroughly(test, true[:both], images, asked=run.asked, **asked)
            summary[f"{name}_{test}"] = told.right
    if run.most:
        sides = (x[: run.strong] for x in (true, shaded))
        told = told_thoroughly("pixels", *sides, asked=run.most // 5, **asked)
        summary["right_most_pixels"] = told.right
    judge = Judge(classifier, data)
    for name, images in {"plain": plain, "shaded": shaded}.items():
        measured = judge(images[: len(data.test_images)])
        measured["frechet_all"] = frechet_distance(features(classifier, images)[0], judge.real)
        summary |= {f"{name}_{measure}": value for measure, value in measured.items()}
    unseen = as_bytes(data.test_images).to(true.device)
    for name, levels in {"taught": learned_from, "test": unseen}.items():
        with torch.no_grad():
            summary[f"nats_{name}"] = surprise(shader, levels[:AT_ONCE]).double().mean().item()
    columns = {"plain": pictures(as_bytes(plain)), "shaded": pictures(as_bytes(shaded))}
    columns["tones"] = pictures((tones * 255 // len(run.thresholds)).to(torch.uint8).cpu())
    return Outcome(columns, summary, time.perf_counter() - began)


def generated(run: ShadedRun, count: int, *, models: Path) -> Tensor:
    """Return samples (count, 1, 28, 28) of the generator in `models`."""
    generator = load_generator(models)
    found = weights_digest(generator)
    require("the generator", found, found == run.generator, f"the settings', {run.generator}")
    source = torch.Generator().manual_seed(run.noise_seed + run.seed)
    noise = torch.randn(count, generator.latent_dim, generator=source)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return answers(generator.to(device), noise.to(device), batch_size=500)


def shaded_images(shader: Shader, tones: Tensor, *, seed: int) -> Tensor:
    """Return images (n, 1, 28, 28) in [-1, 1] for tones (n, 28, 28), with grey levels drawn by a shader."""
    parts = [shade(shader, part, seed=seed + k) for k, part in enumerate(tones.split(AT_ONCE))]
    return torch.cat(parts)[:, None].float() / 127.5 - 1


def pictures(images: Tensor) -> list[str]:
    """Return the first of images (n, 28, 28) uint8, each as hexadecimal digits."""
    return [image.numpy().tobytes().hex() for image in images[:SHOWN]]
