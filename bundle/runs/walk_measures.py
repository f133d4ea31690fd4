"""Both kinds of path measured: quality and smoothness."""

import itertools

import torch
from torch import Tensor

from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier, features
from lib.evaluation.distances import frechet_distance
from lib.evaluation.judge import observe
from lib.gan.networks import Generator
from lib.latent.interpolation import INTERPOLATIONS, between
from lib.latent.path_length import EPSILON, squared_path_speeds
from lib.mnist import Mnist
from lib.progress import Progress


def measure(
    generator: Generator, classifier: Classifier, data: Mnist, *, settings: WalkSettings, progress: Progress
) -> tuple[dict, dict]:
    """Measure images at each step of the paths between `samples` random pairs of noises.

    Returns columns by alpha, and a summary: the same of real training digits ("real ..."), of random noises
    as short as the middle of a line is ("short ..."), and each kind's path length with its 95 % interval.
    """
    samples, total, done = settings.samples, settings.images[1], 0
    real, _ = features(classifier, data.test_images)
    source = torch.Generator().manual_seed(settings.seed + 1)
    pairs = torch.randn(2, samples, generator.latent_dim, generator=source)
    turns = torch.rand(samples, generator=source) * (1 - EPSILON)

    alphas = torch.arange(settings.steps) / (settings.steps - 1)
    columns: dict[str, list] = {"alpha": alphas.tolist()}
    for kind, alpha in itertools.product(INTERPOLATIONS, alphas):
        noise = between(*pairs, alpha, kind=kind)
        row = _lengths(noise) | _quality(*observe(generator, classifier, noise), real)
        for name, value in row.items():
            columns.setdefault(f"{kind} {name}", []).append(round(value, 6))
        progress(done := done + samples, total)
    short = _quality(*observe(generator, classifier, pairs[0] * 0.5**0.5), real)
    progress(done := done + samples, total)

    speeds = {}
    for kind in INTERPOLATIONS:
        speeds[kind] = squared_path_speeds(generator, classifier, *pairs, turns, kind=kind)
        eighth = (turns * 8).long()
        columns[f"{kind} path_length"] = [speeds[kind][eighth == part].mean().item() for part in range(8)]
        progress(done := done + 2 * samples, total)
    speeds["difference"] = speeds["line"] - speeds["circle"]

    digits = _quality(*features(classifier, data.train_images[:samples]), real)
    summary = {f"real {k}": v for k, v in digits.items()} | {f"short {k}": v for k, v in short.items()}
    for kind, values in speeds.items():
        name, mean, error = f"{kind} path_length", values.mean().item(), values.std().item() / samples**0.5
        summary |= {name: mean, f"{name} low": mean - 1.96 * error, f"{name} high": mean + 1.96 * error}
    return columns, {name: round(value, 6) for name, value in summary.items()}


def _lengths(noise: Tensor) -> dict[str, float]:
    """Return the mean norm of noises (n, latent_dim) and the interval that holds 95 % of them."""
    norms = noise.double().norm(dim=1)
    low, high = norms.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return {"norm": norms.mean().item(), "norm low": low, "norm high": high}


def _quality(found: Tensor, probabilities: Tensor, real: Tensor) -> dict[str, float]:
    """Return how near features (n, d) are to real ones (m, d), and how sure probabilities (n, 10) are."""
    nearest = torch.cat([torch.cdist(rows, real).amin(dim=1) for rows in found.split(500)])
    return {
        "frechet_distance": frechet_distance(found, real),
        "confidence": probabilities.amax(dim=1).double().mean().item(),
        "nearest": nearest.double().mean().item(),
    }
