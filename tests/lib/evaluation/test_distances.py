import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from lib.evaluation.distances import (
    class_imbalance,
    frechet_distance,
    inception_score,
    kid,
    nearest_distances,
    precise_and_recalled,
)


def gaussians(n: int, d: int, seed: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=source, dtype=torch.float64)
    shift = torch.randn(d, generator=source, dtype=torch.float64)
    return torch.randn(n, d, generator=source, dtype=torch.float64) @ mixing + shift


def test_frechet_distance_agrees_with_scipy_and_torchmetrics():
    a, b = gaussians(128, 32, 1), gaussians(400, 32, 2)
    found = frechet_distance(a, b)
    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    by_scipy = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert found == pytest.approx(by_scipy.item(), rel=1e-6)
    identity = torch.nn.Flatten()
    identity.num_features = 32
    theirs = FrechetInceptionDistance(feature=identity, normalize=False).set_dtype(torch.float64)
    theirs.update(a[:, None, None], real=True)
    theirs.update(b[:, None, None], real=False)
    assert found == pytest.approx(theirs.compute().item(), rel=1e-5)


def test_kid_agrees_with_torchmetrics_and_with_its_definition():
    a, b = gaussians(230, 16, 1), gaussians(230, 16, 2)
    assert kid(a, b) == pytest.approx(poly_mmd(a, b).item(), rel=1e-9)
    b = b[:150]
    within = [(rows @ rows.T / 16 + 1).pow(3).fill_diagonal_(0).sum() for rows in (a, b)]
    expected = within[0] / (230 * 229) + within[1] / (150 * 149) - 2 * (a @ b.T / 16 + 1).pow(3).mean()
    assert kid(a, b) == pytest.approx(expected.item(), rel=1e-9)


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save", "ignore:std()")
def test_inception_score_agrees_with_torchmetrics():
    source = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(300, 10, generator=source, dtype=torch.float64)
    theirs = InceptionScore(feature=torch.nn.Identity(), splits=1).set_dtype(torch.float64)
    theirs.update(logits)
    assert inception_score(logits.softmax(dim=1)) == pytest.approx(theirs.compute()[0].item(), rel=1e-9)


def test_class_imbalance_is_the_total_variation_of_the_shares():
    a = torch.tensor([0, 0, 1, 1])
    assert class_imbalance(a, torch.tensor([2, 3])) == 1
    assert class_imbalance(a, torch.tensor([0, 0, 0, 1])) == 0.25


def share_inside(rows: torch.Tensor, others: torch.Tensor, neighbours: int) -> float:
    """Return the share of rows within some other's distance to its k-th nearest neighbour."""
    among = torch.cdist(others, others).sort(dim=1).values[:, neighbours]  # [0] is the other itself
    return (torch.cdist(rows, others) <= among).any(dim=1).double().mean().item()


def test_precision_and_recall_agree_with_their_definition():
    generated = gaussians(620, 2, 1) * 0.5  # more than one block of rows
    real = gaussians(540, 2, 2)
    expected = share_inside(generated, real, 3), share_inside(real, generated, 3)
    assert 0.05 < min(expected) < max(expected) < 1
    masks = precise_and_recalled(generated.float(), real.float(), neighbours=3)
    assert [mask.double().mean().item() for mask in masks] == pytest.approx(expected, abs=1e-9)


def test_nearest_distances_agree_with_every_pair_and_are_nought_for_copies():
    source = torch.Generator().manual_seed(0)
    reference = torch.rand(2100, 1, 6, 6, generator=source)  # more than one block
    images = torch.rand(40, 1, 6, 6, generator=source)
    expected = torch.cdist(images.flatten(1).double(), reference.flatten(1).double()).amin(dim=1).float()
    assert torch.allclose(nearest_distances(images, reference), expected)
    assert nearest_distances(reference[2050:2090], reference).eq(0).all()
