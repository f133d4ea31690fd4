import math

import pytest
import torch

from bundle.runs.stacked import StackedRun, run_stacked, stacked_runs
from lib.evaluation.classifier import Classifier, save_classifier
from lib.evaluation.modes import coverage, stack
from tests.test_digits import RUN


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
    assert drawn.shape == (200, 3, 28, 28)
    assert len(drawn[:, :, 0, 0].unique(dim=0)) > 80  # of 125
    assert torch.equal(drawn, stack(images, 200, seed=3))
    assert not torch.equal(drawn, stack(images, 200, seed=4))


def test_a_run_on_stacks_trains_and_counts(tmp_path, monkeypatch):
    images = torch.rand(30, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
    labels = torch.arange(30) % 10
    monkeypatch.setattr("lib.mnist.load", lambda name: (images, labels, images, labels))
    save_classifier(Classifier(width=2), tmp_path, settings={}, summary={})
    rest = {"dataset": "MNIST", "judge": "0", "stacks": 40, "samples": 50, "noise_seed": 1}
    found = stacked_runs(RUN, batches=3, seeds=[0, 1], **rest)
    assert [len(settings) for settings in found.values()] == [2, 2]
    for name, packing in (("ours", 1), ("ours, two images packed", 2)):
        record = run_stacked(found[name][1], models=tmp_path)
        assert record.settings["packing"] == packing
        assert record.settings["seed"] == 1
        assert 1 <= record.summary["modes"] <= 50
        assert record.summary["reverse_kl"] > 0


def test_a_stack_has_three_channels():
    ours = {name: getattr(RUN, name) for name in StackedRun.__dataclass_fields__ if hasattr(RUN, name)}
    with pytest.raises(ValueError, match="channels is 1; it must be 3"):
        StackedRun(**ours | {"stacks": 40})
