import copy

import pytest
import torch

from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator
from lib.latent.interpolation import INTERPOLATIONS, between, squared_path_speeds


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_the_squared_speed_is_that_of_the_exact_derivative(kind):
    networks = load_generator("models"), load_classifier("models")
    generator, classifier = (copy.deepcopy(network).double() for network in networks)
    source = torch.Generator().manual_seed(0)
    begin, end = torch.randn(2, 20, generator.latent_dim, generator=source, dtype=torch.float64)
    alpha = torch.rand(20, generator=source, dtype=torch.float64)

    def moved(at: torch.Tensor) -> torch.Tensor:
        return classifier.features(generator(between(begin, end, at, kind=kind)))

    _, speed = torch.autograd.functional.jvp(moved, alpha, torch.ones_like(alpha))
    exact = speed.square().sum(dim=1)
    found = squared_path_speeds(generator, classifier, begin, end, alpha, kind=kind)
    assert (found / exact - 1).abs().median() < 0.005  # a step over a kink of a ReLU is less exact
    assert found.mean().item() == pytest.approx(exact.mean().item(), rel=0.05)
    single = [part.float() for part in (begin, end, alpha)]
    rounded = squared_path_speeds(*networks, *single, kind=kind)
    assert rounded.mean().item() == pytest.approx(found.mean().item(), rel=0.05)
