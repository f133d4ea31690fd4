import numpy as np
import pytest
import torch

from lib.evaluation.distances import nearest_distances, neighbour_radii, precise_and_recalled
from tests.test_distances import gaussians


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
