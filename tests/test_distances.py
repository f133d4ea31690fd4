import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from lib.evaluation.distances import (
    class_imbalance,
    class_shares,
    frechet_distance,
    inception_score,
    kid,
    nearest_distances,
    neighbour_radii,
    precise_and_recalled,
    third_moments,
)


def gaussians(n: int, d: int, seed: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=source, dtype=torch.float64)
    shift = torch.randn(d, generator=source, dtype=torch.float64)
    return torch.randn(n, d, generator=source, dtype=torch.float64) @ mixing + shift


@pytest.mark.parametrize("rows", [400, 128])
def test_frechet_distance_agrees_with_scipy_and_torchmetrics(rows):
    a, b = gaussians(rows, 32, 1), gaussians(400, 32, 2)
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


def test_frechet_distance_of_one_feature_is_its_closed_form():
    a, b = gaussians(50, 1, 1), gaussians(60, 1, 2)
    expected = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected.item())


def test_frechet_distance_is_symmetric_and_nought_only_for_the_same():
    a, b = gaussians(50, 4, 1), gaussians(60, 4, 2)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert 0 <= frechet_distance(a, a) < 1e-9
    assert frechet_distance(a, a + 1) == pytest.approx(4)


@pytest.mark.parametrize("measure", [frechet_distance, kid])
@pytest.mark.parametrize("shapes", [((5, 3), (5, 4)), ((5,), (5,)), ((1, 3), (5, 3))])
def test_features_that_cannot_be_compared_are_refused(measure, shapes):
    with pytest.raises(ValueError, match="features"):
        measure(*(torch.zeros(shape) for shape in shapes))


def test_a_frechet_distance_needs_four_times_as_many_rows_as_features():
    words = "there are 127 rows of 32 features; .* measure at least 128 samples"
    with pytest.raises(ValueError, match=words):
        frechet_distance(gaussians(400, 32, 1), gaussians(127, 32, 2))


def test_kid_agrees_with_torchmetrics_and_with_its_definition():
    a, b = gaussians(230, 16, 1), gaussians(230, 16, 2)
    assert kid(a, b) == pytest.approx(poly_mmd(a, b).item(), rel=1e-9)
    b = b[:150]
    assert kid(a, b, second_moments=third_moments(b)) == kid(a, b)
    within = [(rows @ rows.T / 16 + 1).pow(3).fill_diagonal_(0).sum() for rows in (a, b)]
    expected = within[0] / (230 * 229) + within[1] / (150 * 149) - 2 * (a @ b.T / 16 + 1).pow(3).mean()
    assert kid(a, b) == pytest.approx(expected.item(), rel=1e-9)


def test_kid_of_two_samples_of_one_distribution_is_about_nought_on_both_sides():
    rows = gaussians(4000, 8, 1)
    found = [kid(*rows[start : start + 400].split(200)) for start in range(0, 4000, 400)]
    assert min(found) < 0 < max(found)
    assert abs(sum(found)) / 10 < kid(rows[:200], rows[200:400] * 1.5) / 4


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save", "ignore:std()")
def test_inception_score_agrees_with_torchmetrics():
    source = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(300, 10, generator=source, dtype=torch.float64)
    theirs = InceptionScore(feature=torch.nn.Identity(), splits=1).set_dtype(torch.float64)
    theirs.update(logits)
    assert inception_score(logits.softmax(dim=1)) == pytest.approx(theirs.compute()[0].item(), rel=1e-9)


def test_inception_score_is_ten_for_certain_and_even_classes_and_one_for_a_single_one():
    assert inception_score(torch.eye(10)) == pytest.approx(10)
    assert inception_score(torch.eye(10)[[4] * 10]) == pytest.approx(1)
    assert inception_score(torch.full((5, 10), 0.1)) == pytest.approx(1)


def test_class_imbalance_is_the_total_variation_of_the_shares():
    a = torch.tensor([0, 0, 1, 1])
    assert class_shares(a).tolist() == [0.5, 0.5] + [0] * 8
    assert class_imbalance(a, a.flip(0)) == 0
    assert class_imbalance(a, torch.tensor([2, 3])) == 1
    assert class_imbalance(a, torch.tensor([0, 0, 0, 1])) == 0.25


def shares(generated: torch.Tensor, real: torch.Tensor, *, neighbours: int) -> tuple[float, float]:
    masks = precise_and_recalled(generated, real, neighbours=neighbours)
    known = neighbour_radii(real, neighbours)
    again = precise_and_recalled(generated, real, neighbours=neighbours, real_radii=known)
    assert all(torch.equal(*pair) for pair in zip(masks, again, strict=True))
    return tuple(mask.double().mean().item() for mask in masks)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_precision_and_recall_agree_with_their_definition(neighbours):
    generated = gaussians(620, 2, 1).float() * 0.5  # more than one block of rows
    real = gaussians(540, 2, 2).float()

    def share_inside(rows, others):  # of rows within some other's distance to its k-th nearest neighbour
        radii = [
            sorted((other - others).norm(dim=1).tolist())[neighbours]  # [0] is the other itself
            for other in others
        ]
        return np.mean([((row - others).norm(dim=1) <= torch.tensor(radii)).any().item() for row in rows])

    expected = share_inside(generated, real), share_inside(real, generated)
    assert 0.05 < min(expected) < max(expected) < 1
    assert shares(generated, real, neighbours=neighbours) == pytest.approx(expected, abs=1e-9)


def test_one_good_image_many_times_is_precise_and_recalls_nothing():
    real = gaussians(200, 4, 1)
    collapsed = real[:1] + 1e-6 * gaussians(200, 4, 2)
    precision, recall = shares(collapsed, real, neighbours=3)
    assert precision == 1
    assert recall <= 1 / 200


def test_precision_needs_more_rows_than_neighbours():
    with pytest.raises(ValueError, match="at least 4"):
        precise_and_recalled(torch.zeros(3, 2), torch.zeros(9, 2), neighbours=3)
    with pytest.raises(ValueError, match="neighbours is 0"):
        precise_and_recalled(torch.zeros(3, 2), torch.zeros(9, 2), neighbours=0)


def test_nearest_distances_agree_with_every_pair_and_are_nought_for_copies():
    source = torch.Generator().manual_seed(0)
    reference = torch.rand(2100, 1, 6, 6, generator=source)  # more than one block
    images = torch.rand(40, 1, 6, 6, generator=source)
    expected = [(image - reference).flatten(1).norm(dim=1).min() for image in images]
    assert torch.allclose(nearest_distances(images, reference), torch.stack(expected))
    assert nearest_distances(reference[2050:2090], reference).eq(0).all()
