"""How fast what a classifier sees changes along a path: the perceptual path length."""

from torch import Tensor

from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator
from lib.latent.interpolation import between

EPSILON = 1e-4  # of a path, between the two points whose distance is taken


def squared_path_speeds(
    generator: Generator, classifier: Classifier, begin: Tensor, end: Tensor, alpha: Tensor, *, kind: str
) -> Tensor:
    """Return (n,) float64: the squared speed of the classifier's features at alpha (n,) of each path.

    The mean over random pairs of noises (n, latent_dim) and alphas is the perceptual path length.
    Source: Karras et al. 2019, section 4.1 (squared distance at alpha and alpha + EPSILON, over EPSILON²).
    """
    here, there = (
        observe(generator, classifier, between(begin, end, at, kind=kind))[0].double()
        for at in (alpha, alpha + EPSILON)
    )
    return (there - here).square().sum(dim=1) / EPSILON**2
