"""Precision, recall and nearest images: what distances to neighbours tell."""

import torch
from torch import Tensor

from lib.checks import at_least
from lib.evaluation.distances import check_features

NEIGHBOURS = 3  # of precision and recall, as published


def precise_and_recalled(
    generated: Tensor, real: Tensor, *, neighbours: int = NEIGHBOURS, real_radii: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return which rows of features (n, d) and (m, d) improved precision (n,) and recall (m,) count, as bool.

    A generated row is precise if it lies no further from some real row than that row's `neighbours`-th
    nearest other real row; a real one is recalled with the roles exchanged. The shares are the measures.
    `real_radii` are the real rows' `neighbour_radii`, where they are known.
    Raises ValueError where there are not more rows than neighbours, or the widths differ.
    Source: Kynkäänniemi et al. 2019, equations 1 and 2.
    """
    at_least("neighbours", neighbours, 1)
    check_features(generated, real, neighbours + 1)
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
    return torch.cat([found.values[:, -1] for found in nearest])  # the nearest of all is the row itself


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
