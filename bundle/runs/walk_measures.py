"""Both kinds of path measured: quality and smoothness."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bundle.runs.walk_counts import BATCH, observe
from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier, features
from lib.evaluation.distances import frechet_distance
from lib.gan.networks import Generator
from lib.latent.interpolation import INTERPOLATIONS, between

EPSILON = 1e-4  # between the two points whose distance gives the path length


def measure(
    generator: Generator,
    classifier: Classifier,
    data: Sequence[Tensor],
    *,
    settings: WalkSettings,
    noise_source: torch.Generator,
    advance: Callable[[int], None],
) -> tuple[dict, dict]:
    """Measure images at each step of the paths between `samples` random pairs of noises.

    Returns:
        columns by alpha, and a summary: the same of real training digits ("real ..."), of random noises as
        short as the middle of a line is ("short ..."), and each kind's path length with its 95 % interval.
    """
    real, _ = features(classifier, data[2])
    pairs = torch.randn(2, settings.samples, generator.latent_dim, generator=noise_source)

    def measures(found: Tensor, probabilities: Tensor) -> dict[str, float]:
        nearest = torch.cat([torch.cdist(rows, real).amin(dim=1) for rows in found.split(BATCH)])
        return {
            "frechet_distance": frechet_distance(found, real),
            "confidence": probabilities.amax(dim=1).double().mean().item(),
            "nearest": nearest.double().mean().item(),
        }

    def judged(noise: Tensor) -> dict[str, float]:
        advance(len(noise))
        return measures(*observe(generator, classifier, noise))

    alphas = torch.arange(settings.steps) / (settings.steps - 1)
    columns: dict[str, list] = {"alpha": alphas.tolist()}
    for kind in INTERPOLATIONS:
        for alpha in alphas:
            noise = between(*pairs, alpha, kind=kind)
            norms = noise.double().norm(dim=1)
            low, high = norms.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
            row = {"norm": norms.mean().item(), "norm low": low, "norm high": high, **judged(noise)}
            for name, value in row.items():
                columns.setdefault(f"{kind} {name}", []).append(round(value, 6))
    summary = {
        f"real {k}": v for k, v in measures(*features(classifier, data[0][: settings.samples])).items()
    }
    summary |= {f"short {k}": v for k, v in judged(pairs[0] * 0.5**0.5).items()}

    turn = torch.rand(settings.samples, generator=noise_source) * (1 - EPSILON)
    squared = {}
    for kind in INTERPOLATIONS:
        squared[kind] = squared_speed(generator, classifier, *pairs, turn, kind=kind)
        advance(2 * settings.samples)
        eighth = (turn * 8).long()
        columns[f"{kind} path_length"] = [squared[kind][eighth == part].mean().item() for part in range(8)]
    squared["difference"] = squared["line"] - squared["circle"]
    for name, values in squared.items():
        mean, error = values.mean().item(), values.std().item() / len(values) ** 0.5
        summary |= {
            f"{name} path_length": mean,
            f"{name} path_length low": mean - 1.96 * error,
            f"{name} path_length high": mean + 1.96 * error,
        }
    return columns, {name: round(value, 6) for name, value in summary.items()}


def squared_speed(
    generator: Generator, classifier: Classifier, begin: Tensor, end: Tensor, alpha: Tensor, *, kind: str
) -> Tensor:
    """Return (n,) float64: the squared speed of the judge's features at fraction alpha (n,) of each path.

    The mean over random pairs and alphas is the perceptual path length, in these features.
    Source: Karras et al. 2019, section 4.1 (squared distance at alpha and alpha + EPSILON, over EPSILON²).
    """
    here, there = (
        observe(generator, classifier, between(begin, end, at, kind=kind))[0].double()
        for at in (alpha, alpha + EPSILON)
    )
    return (there - here).square().sum(dim=1) / EPSILON**2
