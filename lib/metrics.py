"""How good generated digits are, in the features of the project's own classifier."""

import torch
from torch import Tensor

from lib.classifier import Classifier
from lib.gan import Generator, sample


@torch.no_grad()
def features(classifier: Classifier, images: Tensor, *, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Return the classifier's features (n, d) and class probabilities (n, 10) of images, in eval mode."""
    was_training = classifier.training
    classifier.eval()
    try:
        parts = [classifier.features(x) for x in images.split(batch_size)]
        return torch.cat(parts), torch.cat([classifier.head(f).softmax(dim=1) for f in parts])
    finally:
        classifier.train(was_training)


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Return the Fréchet distance of two sets of features (n, d) and (m, d), each taken as a Gaussian.

    In float64: |mean difference|² + tr A + tr B - 2 tr (AB)^(1/2), A and B the covariances.
    Raises ValueError where there are fewer than two rows or the widths differ.
    Source: Dowson and Landau 1982; Heusel et al. 2017, equation 6.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"features have shapes {tuple(first.shape)} and {tuple(second.shape)}; (n, d), (m, d)"
        )
    if min(len(first), len(second)) < 2:
        raise ValueError(f"{len(first)} and {len(second)} rows of features; each set must have at least 2")
    first, second = first.double(), second.double()
    shift = first.mean(dim=0) - second.mean(dim=0)
    a, b = (torch.atleast_2d(torch.cov(rows.T)) for rows in (first, second))  # (d, d)
    # AB is similar to the positive semidefinite A^(1/2) B A^(1/2), whose roots are real
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    mixed = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    return max(0.0, (shift @ shift + a.trace() + b.trace() - 2 * mixed).item())  # 0 up to rounding


def class_shares(classes: Tensor, *, count: int = 10) -> Tensor:
    """Return the share (count,) float64 of each class among classes (n,) int64."""
    return torch.bincount(classes, minlength=count).double() / len(classes)


def class_imbalance(classes: Tensor, reference: Tensor) -> float:
    """Return the total variation between two sets' class shares: 0 = the same, 1 = nothing in common."""
    return (class_shares(classes) - class_shares(reference)).abs().sum().item() / 2


class Judge:
    """Measure generators against one set of real images, whose features are computed once.

    `images` (n, 1, 28, 28) in [-1, 1] and `labels` (n,) are the real ones: the test set.
    """

    def __init__(self, classifier: Classifier, images: Tensor, labels: Tensor):
        self.classifier, self.labels = classifier, labels
        self.real, _ = features(classifier, images)

    def __call__(self, images: Tensor) -> dict[str, float]:
        """Return frechet_distance, confidence (mean of the highest probability) and class_imbalance."""
        found, probabilities = features(self.classifier, images)
        confidence, classes = probabilities.max(dim=1)
        return {
            "frechet_distance": frechet_distance(found, self.real),
            "confidence": confidence.double().mean().item(),
            "class_imbalance": class_imbalance(classes, self.labels),
        }

    def generator(self, generator: Generator, noise: Tensor, *, batch_size: int = 500) -> dict[str, float]:
        """Return the same of the images that `generator` makes of noise (n, latent_dim)."""
        return self(sample(generator, noise, batch_size=batch_size))
