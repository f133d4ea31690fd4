import torch

from lib.latent.projection import project
from lib.networks import answers
from tests.test_end_points import untrained
from tests.test_interpolation import source

SEARCH = {"starts": 4, "steps": 200, "learning_rate": 0.1, "feature_weight": 0.01}


def test_the_search_finds_noises_whose_images_are_nearer_than_the_best_of_the_random_ones():
    generator, classifier = (network.train() for network in untrained())
    images = answers(generator, torch.randn(3, 4, generator=source(5)), batch_size=3)
    # four numbers have no shell to stay in: no weight on the norm
    found = project(generator, classifier, images, noise_source=source(), norm_weight=0, **SEARCH)
    assert generator.training  # what follows is in eval mode, as the search must have been
    made = answers(generator, found.noise, batch_size=3)
    errors = ((made - images) / 2).square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(found.residual, errors)
    random = answers(generator, torch.randn(400, 4, generator=source()), batch_size=100)
    best = ((random[None] - images[:, None]) / 2).square().mean(dim=(2, 3, 4)).sqrt().amin(dim=1)
    torch.testing.assert_close(found.before, best, rtol=1e-3, atol=1e-5)
    assert (found.residual < found.before / 2).all()


def test_a_heavy_weight_on_the_norm_keeps_it_at_that_of_random_noise():
    images = torch.ones(2, 1, 28, 28)  # nothing that the generator makes
    found = project(*untrained(), images, noise_source=source(), norm_weight=100, **SEARCH)
    torch.testing.assert_close(found.noise.norm(dim=1), torch.full((2,), 2.0), rtol=0.01, atol=0)
