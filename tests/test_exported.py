import pytest
import torch
from torch import nn

from bundle.render.web.exported import exported_generator, largest_difference
from lib.evaluation.classifier import Classifier
from lib.gan.networks import TOPOLOGIES, Generator


def randomised(network: nn.Module) -> nn.Module:
    """Give every weight and statistic a value that would show if it were left out."""
    source = torch.Generator().manual_seed(0)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            drawn = torch.rand(value.shape, generator=source)
            value.copy_(0.5 + drawn if name.endswith("running_var") else drawn - 0.5)
    return network.eval()


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_exported_networks_give_what_pytorch_gives(topology):
    generator = randomised(Generator(latent_dim=10, width=3, topology=topology))
    classifier = randomised(Classifier(width=2))
    noise = torch.randn(7, 10, generator=torch.Generator().manual_seed(1))
    assert largest_difference(generator, classifier, noise) < 1e-4


def test_a_difference_would_be_seen(monkeypatch):
    generator, classifier = (
        randomised(Generator(latent_dim=4, width=2, topology="shuffle")),
        Classifier(width=2),
    )
    monkeypatch.setattr("bundle.render.web.exported.exported_generator", lambda _: exported_generator(other))
    other = Generator(latent_dim=4, width=2, topology="shuffle")
    assert largest_difference(generator, classifier.eval(), torch.ones(3, 4)) > 1e-2
