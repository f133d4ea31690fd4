import pytest
import torch

from lib.gan.losses import minimax_losses
from lib.gan.networks import TOPOLOGIES, Discriminator, Generator


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_original_size_has_the_original_parameter_counts():
    generator = Generator(latent_dim=100, width=128, topology="as-written")
    discriminator = Discriminator(width=128, topology="as-written")
    assert round(count(generator) / 1e6, 1) == 12.8
    assert round(count(discriminator) / 1e6, 2) == 7.35


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_both_topologies_make_images_and_logits_by_the_layers_the_report_names(topology):
    generator = Generator(latent_dim=4, width=2, topology=topology)
    for network in (generator, Discriminator(width=2, topology=topology)):
        layers = list(network.modules())
        kinds = {type(layer) for layer in layers}
        assert {torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.LeakyReLU} <= kinds
        assert {layer.negative_slope for layer in layers if hasattr(layer, "negative_slope")} == {0.2}
    assert isinstance(list(generator.modules())[-1], torch.nn.Tanh)
    images = generator(torch.randn(7, 4))
    assert images.shape == (7, 1, 28, 28)
    assert Discriminator(width=2, topology=topology)(images).shape == (7,)


def test_losses_on_logits_are_finite_where_the_sigmoid_saturates():
    assert minimax_losses(torch.tensor([1e4]), torch.tensor([-1e4]))[0] == 1e4
    assert minimax_losses(torch.tensor([-1e4]), torch.tensor([1e4]))[1] == 1e4
