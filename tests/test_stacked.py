import math

import pytest
import torch

from bundle.experiments.comparisons import stacked_runs
from bundle.experiments.stacked import run_stacked
from lib.evaluation.classifier import Classifier, save_classifier
from lib.evaluation.modes import coverage, stack
from tests.test_gan_runs import RUN


class Bright(torch.nn.Module):
    """Calls an image by its brightness: all pixels k - 0.5 become class k."""

    def forward(self, images):
        return -(images.mean(dim=(1, 2, 3))[:, None] - torch.arange(10)).abs()


def plain(*digits: int) -> torch.Tensor:
    return torch.tensor(digits).float()[:, None, None].expand(3, 28, 28)


def test_every_kind_is_counted_once_and_equal_shares_are_at_no_distance():
    every = torch.stack([plain(k // 100, k // 10 % 10, k % 10) for k in range(1000)])
    assert coverage(Bright(), every) == (1000, pytest.approx(0, abs=1e-12))
    kinds, far = coverage(Bright(), torch.stack([plain(1, 2, 3)] * 6 + [plain(3, 2, 1)] * 2))
    assert kinds == 2
    assert far == pytest.approx(0.75 * math.log(750) + 0.25 * math.log(250))


def test_stacks_are_made_of_the_images_and_by_the_seed():
    images = torch.arange(5.0)[:, None, None, None].expand(5, 1, 28, 28)
    drawn = stack(images, 200, seed=3)
    assert len(drawn[:, :, 0, 0].unique(dim=0)) > 80  # of 125
    assert torch.equal(drawn, stack(images, 200, seed=3))
    assert not torch.equal(drawn, stack(images, 200, seed=4))


def test_each_run_on_stacks_has_another_seed_and_another_judge_is_refused(tmp_path):
    first, second = stacked_runs(RUN, seeds=2, stacked_batches=16)
    assert (first["batches"], first["seed"], second["seed"]) == (16, 3, 4)
    save_classifier(Classifier(width=2), tmp_path, settings={}, summary={})
    with pytest.raises(ValueError, match="the settings ask for 0 as judge"):
        run_stacked(first, models=tmp_path)
