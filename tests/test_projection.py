import pytest
import torch

from lib.evaluation.classifier import Classifier
from lib.gan.networks import Generator
from lib.latent.projection import project
from lib.networks import answers
from tests.test_end_points import untrained
from tests.test_interpolation import source


@pytest.fixture
def networks() -> tuple[Generator, Classifier]:
    return untrained()


SEARCH = {"starts": 4, "learning_rate": 0.1, "feature_weight": 0.01, "norm_weight": 0.1}


def test_the_search_finds_noises_whose_images_are_nearer_than_the_best_of_the_random_ones(networks):
    generator, _ = networks
    hidden = torch.randn(3, 4, generator=source(5))
    images = answers(generator, hidden, batch_size=3)
    search = SEARCH | {"norm_weight": 0}  # four numbers have no shell to stay in
    found = project(*networks, images, steps=200, noise_source=source(), **search)
    made = answers(generator, found.noise, batch_size=3)
    errors = ((made - images) / 2).square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(found.residual, errors)
    random = answers(generator, torch.randn(400, 4, generator=source()), batch_size=100)
    best = ((random[None] - images[:, None]) / 2).square().mean(dim=(2, 3, 4)).sqrt().amin(dim=1)
    torch.testing.assert_close(found.before, best, rtol=1e-3, atol=1e-5)
    assert (found.residual < found.before / 2).all()


def test_a_heavy_weight_on_the_norm_keeps_it_at_that_of_random_noise(networks):
    images = torch.ones(2, 1, 28, 28)  # nothing that the generator makes
    search = SEARCH | {"norm_weight": 100.0}
    found = project(*networks, images, steps=200, noise_source=source(), **search)
    torch.testing.assert_close(found.noise.norm(dim=1), torch.full((2,), 2.0), rtol=0.01, atol=0)


def test_networks_are_asked_in_eval_mode_and_left_as_they_were(networks):
    images = torch.ones(2, 1, 28, 28)
    expected = project(*networks, images, steps=2, noise_source=source(), **SEARCH)
    found = project(
        *(network.train() for network in networks), images, steps=2, noise_source=source(), **SEARCH
    )
    assert torch.equal(found.noise, expected.noise)
    assert all(network.training for network in networks)
