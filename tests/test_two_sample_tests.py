"""The runs of two-sample tests."""

import math

import pytest
import torch

from bundle.experiments.generators import generator_names, generator_of
from bundle.experiments.two_sample_tests import (
    GENERATED,
    REAL,
    TwoSampleRun,
    run_two_sample_test,
    sides,
)
from lib.evaluation.damage import blurred, copied, one_level_up
from lib.gan.networks import Generator, as_bytes, load_generator, save_generator
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest

IMAGES = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
DATA = Mnist(IMAGES, torch.arange(60) % 10, IMAGES, torch.arange(60) % 10)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with a generator, and its digest."""
    monkeypatch.setattr("lib.mnist.load", lambda name: DATA)
    generator = Generator(latent_dim=4, width=2, topology="shuffle")
    save_generator(generator, tmp_path, settings={})
    return tmp_path, weights_digest(generator)


def two_sample_run(models, **change) -> TwoSampleRun:
    settings = {"test": "all levels", "against": GENERATED, "train_count": 20, "test_count": 10, "steps": 3}
    settings |= {"dataset": "MNIST", "seed": 1, "generator": models[1], "noise_seed": 7}
    return TwoSampleRun(**settings | change)


def test_a_run_leaves_its_accuracy_and_does_so_again(models):
    folder, _ = models
    found, again = (run_two_sample_test(two_sample_run(models).described(), models=folder) for _ in range(2))
    assert found.summary == again.summary
    assert found.summary["test_images"] == 20
    assert 0 <= found.summary["accuracy"] <= 1


def test_both_sides_are_other_images_and_samples_are_the_generators(models):
    folder, _ = models
    true, rest = sides(two_sample_run(models, against=REAL), DATA, models=folder)
    both = torch.cat([true, rest]).flatten(1)
    assert len(both.unique(dim=0)) == 60
    same, fake = sides(two_sample_run(models), DATA, models=folder)
    assert torch.equal(same, true)
    noise = torch.randn(30, 4, generator=torch.Generator().manual_seed(8))
    assert torch.equal(fake, answers(load_generator(folder), noise, batch_size=500))


def test_a_generator_is_found_by_its_weights_among_all(models):
    folder, first = models
    further = Generator(latent_dim=4, width=2, topology="shuffle")
    save_generator(further, folder, name="generator-1", settings={})
    assert generator_names(folder) == ["generator", "generator-1"]
    for digest in (first, weights_digest(further)):
        assert weights_digest(generator_of(digest, folder)) == digest


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
