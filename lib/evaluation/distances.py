"""How far generated digits are from real ones, together and one by one, and how varied they are.

torchmetrics' measures draw subsets from the global random generator and so give other numbers for the same
images. These take every image at once; the tests hold them to torchmetrics'.
"""

import torch
from torch import Tensor

from lib.checks import at_least, require

NEIGHBOURS = 3  # of precision and recall, as published
ROWS_PER_FEATURE = 4  # that a Fréchet distance needs: of fewer a covariance says little
Moments = tuple[Tensor, Tensor, int]  # what `third_moments` returns


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Return the Fréchet distance of features (n, d) and (m, d), each set taken as a Gaussian.

    |mean difference|² + tr A + tr B - 2 tr (AB)^(1/2), A and B the covariances, in float64.
    Raises ValueError for fewer than four times as many rows as features, or widths that differ.
    Source: Dowson and Landau 1982; Heusel et al. 2017, equation 6.
    """
    _check_features(first, second, 2)
    rows, width = min(len(first), len(second)), first.shape[1]
    if rows < ROWS_PER_FEATURE * width:
        raise ValueError(
            f"there are {rows} rows of {width} features; a Fréchet distance needs {ROWS_PER_FEATURE} rows "
            f"for each feature: measure at least {ROWS_PER_FEATURE * width} samples"
        )
    first, second = first.double(), second.double()
    shift = first.mean(dim=0) - second.mean(dim=0)
    a, b = (torch.atleast_2d(torch.cov(rows.T)) for rows in (first, second))  # (d, d)
    # AB is similar to the positive semidefinite A^(1/2) B A^(1/2), whose roots are real
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    mixed = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    return max(0.0, (shift @ shift + a.trace() + b.trace() - 2 * mixed).item())  # 0 up to rounding


def kid(first: Tensor, second: Tensor, *, second_moments: Moments | None = None) -> float:
    """Return the kernel inception distance (KID) of features (n, d) and (m, d).

    The unbiased squared maximum mean discrepancy of kernel (x·y / d + 1)³: for one distribution 0 in the
    mean, at times below. `second_moments`: the second's `third_moments`, if known. Raises ValueError for
    fewer than two rows or widths that differ. Source: Bińkowski et al. 2018; Gretton et al. 2012, lemma 6.
    """
    _check_features(first, second, 2)
    a, a_with_itself, n = third_moments(first)
    b, b_with_itself, m = second_moments or third_moments(second)
    within_first = (a.square().sum() - a_with_itself) / (n * (n - 1))
    within_second = (b.square().sum() - b_with_itself) / (m * (m - 1))
    return (within_first + within_second - 2 * (a * b).sum() / (n * m)).item()


def third_moments(rows: Tensor) -> Moments:
    """Return Σ x⊗x⊗x and Σ (x·x)³ in float64, x being a row over √d with a 1 behind it, and the rows' number.

    (x·y)³ is the scalar product of x⊗x⊗x and y⊗y⊗y, so that the sum over all pairs needs no pairs.
    """
    x = torch.cat([rows / rows.shape[1] ** 0.5, rows.new_ones(len(rows), 1)], dim=1).double()  # (n, d + 1)
    total = x.new_zeros(x.shape[1] ** 2, x.shape[1])
    for part in x.split(100):  # the pairs' products stay in the cache
        total += (part[:, :, None] * part[:, None, :]).flatten(1).T @ part
    return total, x.square().sum(dim=1).pow(3).sum(), len(x)


def inception_score(probabilities: Tensor) -> float:
    """Return exp of the mean divergence KL(p(y|x) || p(y)) of class probabilities (n, classes).

    1 = no image differs from the mean to the classifier; 10 = each is certain, and all classes are as many.
    Source: Salimans et al. 2016, section 4, with one split; our classifier stands for Inception.
    """
    p = probabilities.double()
    return (torch.xlogy(p, p) - torch.xlogy(p, p.mean(dim=0))).sum(dim=1).mean().exp().item()


def class_shares(classes: Tensor, *, count: int = 10) -> Tensor:
    """Return the share (count,) float64 of each class among classes (n,) int64."""
    return torch.bincount(classes, minlength=count).double() / len(classes)


def class_imbalance(classes: Tensor, reference: Tensor) -> float:
    """Return the total variation between two sets' class shares: 0 = the same, 1 = nothing in common."""
    return (class_shares(classes) - class_shares(reference)).abs().sum().item() / 2


def _check_features(first: Tensor, second: Tensor, rows: int) -> None:
    shapes = tuple(first.shape), tuple(second.shape)
    fit = first.ndim == second.ndim == 2 and first.shape[1] == second.shape[1]
    require("the shape of both features", shapes, fit, "(n, d) and (m, d)")
    at_least("the smaller number of rows of features", min(len(first), len(second)), rows)


def precise_and_recalled(
    generated: Tensor, real: Tensor, *, neighbours: int = NEIGHBOURS, real_radii: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return which rows of features (n, d) and (m, d) improved precision (n,) and recall (m,) count, as bool.

    A generated row is precise if no further from some real row than that row's `neighbours`-th nearest other
    real row; a real one is recalled in swapped roles. `real_radii`: real rows' `neighbour_radii`, if known.
    Raises ValueError where there are not more rows than neighbours, or the widths differ.
    Source: Kynkäänniemi et al. 2019, equations 1 and 2.
    """
    at_least("neighbours", neighbours, 1)
    _check_features(generated, real, neighbours + 1)
    real_radii = neighbour_radii(real, neighbours) if real_radii is None else real_radii
    radii = neighbour_radii(generated, neighbours)
    precise = torch.zeros(len(generated), dtype=torch.bool, device=real.device)
    recalled = []
    for rows, reach in zip(real.split(500), real_radii.split(500), strict=True):
        distances = torch.cdist(rows, generated)  # (500, n)
        precise |= (distances <= reach[:, None]).any(dim=0)
        recalled.append((distances <= radii).any(dim=1))
    return precise, torch.cat(recalled)


def neighbour_radii(rows: Tensor, neighbours: int) -> Tensor:
    """Return each row's distance (n,) to its `neighbours`-th nearest other row."""
    nearest = [torch.cdist(part, rows).topk(neighbours + 1, largest=False) for part in rows.split(500)]
    return torch.cat([distances.values[:, -1] for distances in nearest])  # the nearest is the row itself


def nearest_distances(images: Tensor, reference: Tensor) -> Tensor:
    """Return how far each of images (n, ...) is from the nearest of reference (m, ...), over all pixels."""
    x, y = images.flatten(1), reference.flatten(1)
    best = x.new_full((len(x),), float("inf"))
    nearest = torch.zeros(len(x), dtype=torch.long, device=x.device)
    for start in range(0, len(y), 2000):
        distances, index = torch.cdist(x, y[start : start + 2000]).min(dim=1)
        nearest = torch.where(distances < best, index + start, nearest)
        best = torch.minimum(distances, best)
    return (x - y[nearest]).norm(dim=1)  # afresh: what cdist makes of a copy is rounding, not 0
