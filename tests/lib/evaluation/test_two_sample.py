"""Two-sample tests of images, and their runs."""

import math

import pytest
import torch

from bundle.experiments.two_sample_tests import GENERATED, REAL, TwoSampleRun, sides
from lib.evaluation.damage import blurred, copied, one_level_up
from lib.evaluation.two_sample_tests import TESTS, accuracy, c2st, two_sample_accuracy
from lib.gan.networks import Generator, as_bytes, load_generator, save_generator
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest


def blobs(n: int, *, seed: int, size: int = 8) -> torch.Tensor:
    """Draw n images (n, 1, 28, 28) with a bright square each, at random places, grey edges around it."""
    source = torch.Generator().manual_seed(seed)
    down, right = torch.randint(4, 12, (2, n, 1, 1), generator=source)
    y, x = torch.arange(28)[:, None], torch.arange(28)
    inside = (y >= down) & (y < down + size) & (x >= right) & (x < right + size)
    noise = torch.rand(n, 28, 28, generator=source)
    return torch.where(inside, 0.8 + 0.2 * noise, torch.tensor(-1.0))[:, None]


def measured(name: str, true: torch.Tensor, fake: torch.Tensor, *, test_count=200, steps=60):
    return two_sample_accuracy(name, true, fake, test_count=test_count, steps=steps, seed=0)


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


def test_images_of_one_kind_cannot_be_told_apart_and_of_two_kinds_can():
    source = torch.Generator().manual_seed(1)
    one, two = (torch.rand(1000, 1, 28, 28, generator=source) for _ in range(2))
    alike = c2st(one, two, seed=0)
    assert alike["c2st_count"] == 400
    assert abs(alike["c2st"] - 0.5) < 0.1
    assert c2st(one, two.sqrt(), seed=0)["c2st"] > 0.95
    assert c2st(one, two, seed=0) == alike


def test_both_kinds_count_half_in_an_accuracy():
    positive, negative = torch.ones(4), -torch.ones(6)
    assert accuracy(torch.nn.Identity(), positive, negative) == 1
    assert accuracy(torch.nn.Identity(), negative, positive) == 0
    assert accuracy(torch.nn.Identity(), torch.cat([positive, negative[:4]]), negative) == 0.75


IMAGES = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
DATA = Mnist(IMAGES, torch.arange(60) % 10, IMAGES, torch.arange(60) % 10)


@pytest.fixture
def models(tmp_path):
    """A folder with a generator, and its digest."""
    generator = Generator(latent_dim=4, width=2, topology="shuffle")
    save_generator(generator, tmp_path, settings={})
    return tmp_path, weights_digest(generator)


def two_sample_run(models, **change) -> TwoSampleRun:
    settings = {"test": "all levels", "against": GENERATED, "train_count": 20, "test_count": 10, "steps": 3}
    settings |= {"dataset": "MNIST", "seed": 1, "generator": models[1], "noise_seed": 7}
    return TwoSampleRun(**settings | change)


def test_both_sides_are_other_images_and_samples_are_the_generators(models):
    folder, _ = models
    true, rest = sides(two_sample_run(models, against=REAL), DATA, models=folder)
    both = torch.cat([true, rest]).flatten(1)
    assert len(both.unique(dim=0)) == 60
    same, fake = sides(two_sample_run(models), DATA, models=folder)
    assert torch.equal(same, true)
    noise = torch.randn(30, 4, generator=torch.Generator().manual_seed(8))
    assert torch.equal(fake, answers(load_generator(folder), noise, batch_size=500))


def test_damage_is_small_and_what_it_says():
    levels = (torch.tensor([0, 1, 100, 254, 255]) / 127.5 - 1).expand(1, 1, 28, 5)
    raised = as_bytes(one_level_up(torch.nn.functional.pad(levels, [0, 23])))[0, 0, :5].int()
    assert raised.tolist() == [0, 2, 101, 255, 255]
    dot = torch.full((1, 1, 28, 28), -1.0)
    dot[0, 0, 10, 10] = 1
    soft = (blurred(dot) + 1) / 2
    assert soft.sum().item() == pytest.approx(1, abs=1e-4)
    assert soft[0, 0, 10, 11] / soft[0, 0, 10, 10] == pytest.approx(math.exp(-1 / 0.18), rel=1e-3)
    twins = copied(IMAGES.repeat(4, 1, 1, 1)[:200])
    assert torch.equal(twins[100], twins[0])
    assert torch.equal(twins[101], IMAGES[41])
