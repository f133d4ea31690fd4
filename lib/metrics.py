"""How good generated digits are, in the features of the project's own classifier.

torchmetrics has the Fréchet distance, the kernel distance and the inception score, but its classes draw
subsets and orders from the global random generator, so that the same images give other numbers, and importing
it costs seconds. The ones here take every image at once, in float64; the tests hold them to torchmetrics'.
It has no precision and recall, and no distance to training images in pixels.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from lib.checks import at_least, require
from lib.classifier import Classifier, evaluate, predict, train_classifier
from lib.gan import Generator, sample

NEIGHBOURS = 3  # of precision and recall, as published
QUERIES = 1000  # images whose nearest training image is looked for: each costs 60 000 distances in 784 pixels


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
    _check_features(first, second, 2)
    first, second = first.double(), second.double()
    shift = first.mean(dim=0) - second.mean(dim=0)
    a, b = (torch.atleast_2d(torch.cov(rows.T)) for rows in (first, second))  # (d, d)
    # AB is similar to the positive semidefinite A^(1/2) B A^(1/2), whose roots are real
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    mixed = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    return max(0.0, (shift @ shift + a.trace() + b.trace() - 2 * mixed).item())  # 0 up to rounding


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """Return the squared maximum mean discrepancy of features (n, d) and (m, d), kernel (x·y / d + 1)³.

    Unbiased, over all pairs: its mean is 0 for two samples of the same distribution, and it may fall below 0.
    Raises ValueError where there are fewer than two rows or the widths differ.
    Source: Bińkowski et al. 2018, section 4; Gretton et al. 2012, lemma 6.
    """
    _check_features(first, second, 2)
    return _discrepancy(_third_moments(first), _third_moments(second))


def _third_moments(rows: Tensor) -> tuple[Tensor, Tensor, int]:
    """Return Σ x⊗x⊗x and Σ (x·x)³ in float64, x being a row over √d with a 1 behind it, and the rows' number.

    (x·y)³ is the scalar product of x⊗x⊗x and y⊗y⊗y, so that the sum over all pairs needs no pairs.
    """
    ones = rows.new_ones(len(rows), 1)
    x = torch.cat([rows / rows.shape[1] ** 0.5, ones], dim=1).double()  # (n, d + 1)
    total = x.new_zeros(x.shape[1] ** 2, x.shape[1])
    for part in x.split(100):  # the pairs' products stay in the cache
        total += (part[:, :, None] * part[:, None, :]).flatten(1).T @ part
    return total, x.square().sum(dim=1).pow(3).sum(), len(x)


def _discrepancy(first: tuple[Tensor, Tensor, int], second: tuple[Tensor, Tensor, int]) -> float:
    (a, a_with_itself, n), (b, b_with_itself, m) = first, second
    within_first = (a.square().sum() - a_with_itself) / (n * (n - 1))
    within_second = (b.square().sum() - b_with_itself) / (m * (m - 1))
    return (within_first + within_second - 2 * (a * b).sum() / (n * m)).item()


def inception_score(probabilities: Tensor) -> float:
    """Return exp of the mean divergence KL(p(y|x) || p(y)) of class probabilities (n, classes).

    1 = no image differs from the mean to the classifier; 10 = each is certain, and all classes are as many.
    Source: Salimans et al. 2016, section 4, with one split; our classifier stands for Inception.
    """
    p = probabilities.double()
    return (torch.xlogy(p, p) - torch.xlogy(p, p.mean(dim=0))).sum(dim=1).mean().exp().item()


def precision_recall(generated: Tensor, real: Tensor, *, neighbours: int) -> tuple[float, float]:
    """Return improved precision and recall of features (n, d) and (m, d).

    Precision is the share of generated rows that lie no further from some real row than that row's
    `neighbours`-th nearest other real row; recall is the same with the roles exchanged.
    Raises ValueError where there are not more rows than neighbours, or the widths differ.
    Source: Kynkäänniemi et al. 2019, equations 1 and 2.
    """
    at_least("neighbours", neighbours, 1)
    _check_features(generated, real, neighbours + 1)
    masks = _precise_and_recalled(generated, real, _radii(real, neighbours), neighbours)
    return tuple(_share(mask) for mask in masks)


def _radii(rows: Tensor, neighbours: int) -> Tensor:
    """Return each row's distance (n,) to its `neighbours`-th nearest other row."""
    nearest = [torch.cdist(part, rows).topk(neighbours + 1, largest=False) for part in rows.split(500)]
    return torch.cat([found.values[:, -1] for found in nearest])  # the nearest of all is the row itself


def _precise_and_recalled(
    generated: Tensor, real: Tensor, real_radii: Tensor, neighbours: int
) -> tuple[Tensor, Tensor]:
    radii = _radii(generated, neighbours)
    precise = torch.zeros(len(generated), dtype=torch.bool, device=real.device)
    recalled = torch.empty(len(real), dtype=torch.bool, device=real.device)
    for start in range(0, len(real), 500):
        rows = slice(start, start + 500)
        distances = torch.cdist(real[rows], generated)  # (500, n)
        precise |= (distances <= real_radii[rows, None]).any(dim=0)
        recalled[rows] = (distances <= radii).any(dim=1)
    return precise, recalled


def _share(mask: Tensor) -> float:
    return mask.double().mean().item()


def nearest_distances(images: Tensor, reference: Tensor) -> Tensor:
    """Return how far each of images (n, ...) is from the nearest of reference (m, ...), over all pixels."""
    x, y = images.flatten(1), reference.flatten(1)
    best = x.new_full((len(x),), float("inf"))
    nearest = torch.zeros(len(x), dtype=torch.long, device=x.device)
    for start in range(0, len(y), 2000):
        found, index = torch.cdist(x, y[start : start + 2000]).min(dim=1)
        closer = found < best
        best, nearest = torch.where(closer, found, best), torch.where(closer, index + start, nearest)
    return (x - y[nearest]).norm(dim=1)  # afresh: what cdist makes of a copy is rounding, not 0


def class_shares(classes: Tensor, *, count: int = 10) -> Tensor:
    """Return the share (count,) float64 of each class among classes (n,) int64."""
    return torch.bincount(classes, minlength=count).double() / len(classes)


def class_imbalance(classes: Tensor, reference: Tensor) -> float:
    """Return the total variation between two sets' class shares: 0 = the same, 1 = nothing in common."""
    return (class_shares(classes) - class_shares(reference)).abs().sum().item() / 2


class Judge:
    """Measure generators against one set of real images, about which all is computed once.

    `images` (n, 1, 28, 28) and `labels` (n,) are the real ones: the test set. `training_images`
    are those that the generators learn from. All are in [-1, 1]. A call returns, as floats:

    frechet_distance, kernel_distance: of the features from those of the real images; 0 = the same.
    inception_score: from 1 to 10. The real images do not reach 10: the judge is taught with smoothed labels.
    confidence: mean of the highest probability. Noise can have much of it.
    clear: share of images that count for precision and of which the judge is at least as sure as of all but
        one in a hundred of the real ones.
    class_imbalance: total variation of the classes that the judge sees from the real labels.
    precision, recall: share of images like some real one; of real images like some generated one.
    nearest_training: median distance to the nearest training image over that of the real images. About 1 =
        as far off as new digits, 0 = copies. In pixels, since a classifier's features hide copies: with
        noise of 0.1 added, training images measure 0.24 in pixels and 1.14 in features (shifts of a pixel
        hide in both: 1.08 and 0.90). Every training image, but at most QUERIES images drawn once.

    Raises ValueError for fewer than 4 images, or where the training images hold most of the real ones.
    """

    def __init__(self, classifier: Classifier, images: Tensor, labels: Tensor, training_images: Tensor):
        at_least("the number of images", len(images), NEIGHBOURS + 1)
        self.classifier, self.labels, self.training_images = classifier, labels, training_images
        self.real, probabilities = features(classifier, images)
        self.sure = probabilities.amax(dim=1).double().quantile(0.01)
        self.real_moments, self.real_radii = _third_moments(self.real), _radii(self.real, NEIGHBOURS)
        self.real_nearest = nearest_distances(_drawn(images), training_images).median()
        if self.real_nearest == 0:
            raise ValueError("training_images hold most of the real images; they must be others")

    def __call__(self, images: Tensor) -> dict[str, float]:
        """Return the measures of images (n, 1, 28, 28) in [-1, 1], named above."""
        return self._measures(images, self.training_images)

    def generator(self, generator: Generator, noise: Tensor, *, batch_size: int = 500) -> dict[str, float]:
        """Return the measures of the images that `generator` makes of noise (n, latent_dim)."""
        return self(sample(generator, noise, batch_size=batch_size))

    def floor(self, samples: int) -> dict[str, float]:
        """Return the measures of the first `samples` training images: what a perfect generator would reach.

        Their nearest training image is looked for among the others, beyond the first `samples`.
        Raises ValueError unless at least 4 and fewer than the training images.
        """
        size = len(self.training_images)
        require("samples", samples, samples < size, f"fewer than the training images, {size}")
        return self._measures(self.training_images[:samples], self.training_images[samples:])

    def _measures(self, images: Tensor, others: Tensor) -> dict[str, float]:
        at_least("the number of images", len(images), NEIGHBOURS + 1)
        found, probabilities = features(self.classifier, images)
        confidence, classes = probabilities.max(dim=1)
        precise, recalled = _precise_and_recalled(found, self.real, self.real_radii, NEIGHBOURS)
        nearest = nearest_distances(_drawn(images), others).median()
        return {
            "frechet_distance": frechet_distance(found, self.real),
            "kernel_distance": _discrepancy(_third_moments(found), self.real_moments),
            "inception_score": inception_score(probabilities),
            "confidence": confidence.double().mean().item(),
            "clear": (precise & (confidence.double() >= self.sure)).double().mean().item(),
            "class_imbalance": class_imbalance(classes, self.labels),
            "precision": _share(precise),
            "recall": _share(recalled),
            "nearest_training": (nearest / self.real_nearest).item(),
        }


def taught_accuracy(
    generator: Generator,
    classifier: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    samples: int,
    noise_seed: int,
    settings: dict,
    progress: Callable[[int, int], None] | None = None,
) -> float:
    """Return the accuracy on real images (n, 1, 28, 28) of a classifier taught on generated ones.

    A fresh classifier learns from `samples` generated images, each labelled by `classifier`, whose part ends
    there: no feature of it is compared. Classes the generator leaves out, or draws alike, cost accuracy.

    Args:
        noise_seed: of the noise.
        settings: the keywords of `train_classifier`; with another seed than the judge's.
        progress: called after each step of that training with (step, steps).

    Source: Ravuri and Vinyals 2019 (classification accuracy score).
    """
    at_least("samples", samples, 1)
    source = torch.Generator().manual_seed(noise_seed)
    noise = torch.randn(samples, generator.latent_dim, generator=source).to(images.device)
    generated = sample(generator, noise, batch_size=500)
    seen = predict(classifier, generated).argmax(dim=1)
    return evaluate(train_classifier(generated, seen, **settings, progress=progress), images, labels)


def _drawn(images: Tensor) -> Tensor:
    """Return at most QUERIES of the images, drawn by a fixed seed: MNIST's own order has a pattern."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order[:QUERIES].to(images.device)]


def _check_features(first: Tensor, second: Tensor, rows: int) -> None:
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"features have shapes {tuple(first.shape)} and {tuple(second.shape)}; (n, d), (m, d)"
        )
    if min(len(first), len(second)) < rows:
        raise ValueError(
            f"{len(first)} and {len(second)} rows of features; each set must have at least {rows}"
        )
