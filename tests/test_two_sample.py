import pytest
import torch

from lib.evaluation.classifier import classification_accuracy_score, evaluate, train_classifier
from lib.evaluation.two_sample_tests import (
    TESTS,
    accuracy,
    c2st,
    two_sample_accuracy,
)
from lib.gan.networks import as_bytes


def blobs(n: int, *, seed: int, size: int = 8) -> torch.Tensor:
    """Draw n images (n, 1, 28, 28) with a bright square each, at random places, grey edges around it."""
    source = torch.Generator().manual_seed(seed)
    down, right = torch.randint(4, 12, (2, n, 1, 1), generator=source)
    y, x = torch.arange(28)[:, None], torch.arange(28)
    inside = (y >= down) & (y < down + size) & (x >= right) & (x < right + size)
    noise = torch.rand(n, 28, 28, generator=source)
    return torch.where(inside, 0.8 + 0.2 * noise, torch.tensor(-1.0))[:, None]


def measured(name: str, true: torch.Tensor, fake: torch.Tensor, *, steps: int = 60):
    return two_sample_accuracy(name, true, fake, test_count=200, steps=steps, seed=0)


@pytest.mark.parametrize("test", TESTS)
def test_a_test_sees_another_size_and_no_difference_between_images_of_one_kind(test):
    one, two, larger = blobs(1000, seed=1), blobs(1000, seed=2), blobs(1000, seed=2, size=14)
    found = measured(test, one, two)
    assert abs(found.test - 0.5) < 0.1
    assert measured(test, one, two) == found
    rounded = as_bytes(two)[:, None] / 127.5 - 1
    assert measured(test, one, rounded + 0.001) == measured(test, one, rounded)  # less than a grey level
    assert min(measured(test, one, larger)) > 0.9


def test_a_faint_grey_is_seen_by_grey_levels_and_not_in_black_and_white():
    one, two = blobs(1000, seed=1), blobs(1000, seed=2)
    faint = two.clone()
    faint[:, :, 0] = -1 + 2 * 3 / 255  # a line of grey level 3
    assert measured("grey levels", one, faint).test == 1
    assert measured("black and white", one, faint) == measured("black and white", one, two)


def test_what_is_learnt_by_heart_shows_in_the_accuracy_on_the_learnt_images_alone():
    found = two_sample_accuracy(
        "all levels", blobs(60, seed=1), blobs(60, seed=2), test_count=30, steps=300, seed=0
    )
    assert found.train > 0.9
    assert abs(found.test - 0.5) < 0.25


def test_images_of_one_kind_cannot_be_told_apart_and_of_two_kinds_can():
    source = torch.Generator().manual_seed(1)
    one, two = (torch.rand(1000, 1, 28, 28, generator=source) for _ in range(2))
    alike = c2st(one, two, seed=0)
    assert alike["c2st_count"] == 400
    assert abs(alike["c2st"] - 0.5) < 0.1
    assert c2st(one, two.sqrt(), seed=0)["c2st"] > 0.95
    assert c2st(one, two, seed=0) == alike


def test_both_kinds_count_half_in_an_accuracy():
    class Brightness(torch.nn.Module):
        def forward(self, images):
            return images.mean(dim=(1, 2, 3))

    bright, dark = torch.ones(4, 1, 28, 28), -torch.ones(6, 1, 28, 28)
    assert accuracy(Brightness(), bright, dark) == 1
    assert accuracy(Brightness(), dark, bright) == 0
    assert accuracy(Brightness(), torch.cat([bright, dark[:4]]), dark) == 0.75


def halves(z: torch.Tensor) -> torch.Tensor:
    """Draw images (n, 1, 28, 28) whose upper or lower half is brighter, by the sign of z[:, 0]."""
    upper = torch.arange(28)[:, None] < 14
    brighter = upper == (z[:, 0] > 0)[:, None, None, None]  # (n, 1, 28, 1)
    return (torch.where(brighter, 0.1, -0.9) + 0.1 * z[:, 1, None, None, None]).expand(-1, 1, 28, 28)


def test_cas_is_high_for_faithful_samples_and_chance_for_samples_of_one_class():
    settings = {"epochs": 6, "width": 2, "batch_size": 20, "learning_rate": 0.02, "weight_decay": 0.0}
    settings |= {"max_shift": 1, "label_smoothing": 0.0}
    z = torch.randn(500, 3, generator=torch.Generator().manual_seed(5))
    images, labels = halves(z), (z[:, 0] > 0).long()
    judge = train_classifier(images[:200], labels[:200], **settings, seed=0)
    real, names = images[200:300], labels[200:300]
    assert evaluate(judge, real, names) > 0.95

    def score(generated: torch.Tensor) -> float:
        return classification_accuracy_score(
            generated, real, names, judge=judge, settings={**settings, "seed": 1}
        )

    assert score(images[300:]) > 0.95
    assert score(halves(z[300:].abs())) == pytest.approx(names.double().mean().item())
