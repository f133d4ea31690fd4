import math

import pytest
import torch

from bundle.experiments.comparisons import stacked_runs
from bundle.experiments.stacked import run_stacked
from lib.evaluation.classifier import Classifier, save_classifier
from lib.evaluation.modes import coverage, stack
from lib.mnist import Mnist
from lib.weights import weights_digest
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


def test_a_run_on_stacks_trains_and_counts(tmp_path, monkeypatch):
    images, labels = torch.rand(30, 1, 28, 28) * 2 - 1, torch.arange(30) % 10
    monkeypatch.setattr("lib.mnist.load", lambda name: Mnist(images, labels, images, labels))
    judge = Classifier(width=2)
    save_classifier(judge, tmp_path, settings={}, summary={})
    runs = stacked_runs(RUN, seeds=2, stacked_batches=16, stacks=40, samples=50)
    assert [(settings["batches"], settings["seed"]) for settings in runs] == [(16, 3), (16, 4)]
    with pytest.raises(ValueError, match="the settings ask for 0 as judge"):
        run_stacked(runs[0], models=tmp_path)
    summary = run_stacked(runs[1] | {"judge": weights_digest(judge)}, models=tmp_path).summary
    assert 1 <= summary["modes"] <= 50
    assert summary["reverse_kl"] > 0
