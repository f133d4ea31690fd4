import pytest
import torch
import torch.nn.functional as F

from lib.gan.losses import minimax_losses
from lib.gan.networks import TOPOLOGIES, Discriminator, Generator, load_generator, save_generator
from lib.networks import answers


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_original_size_has_the_original_parameter_counts():
    generator = Generator(latent_dim=100, width=128, topology="as-written")
    discriminator = Discriminator(width=128, topology="as-written")
    assert round(count(generator) / 1e6, 1) == 12.8
    assert round(count(discriminator) / 1e6, 2) == 7.35


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_both_topologies_are_built_of_the_layers_the_report_names(topology):
    generator = Generator(latent_dim=4, width=2, topology=topology)
    for network in (generator, Discriminator(width=2, topology=topology)):
        layers = list(network.modules())
        kinds = {type(layer) for layer in layers}
        assert {torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.LeakyReLU} <= kinds
        assert {layer.negative_slope for layer in layers if hasattr(layer, "negative_slope")} == {0.2}
    assert isinstance(list(generator.modules())[-1], torch.nn.Tanh)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_noise_becomes_images_and_images_become_one_logit_each(topology):
    images = Generator(latent_dim=5, width=2, topology=topology)(torch.randn(7, 5))
    assert images.shape == (7, 1, 28, 28)
    assert images.abs().max() <= 1
    assert Discriminator(width=2, topology=topology)(images).shape == (7,)


def test_losses_on_logits_are_the_cross_entropies_of_the_sigmoid_and_finite_where_it_saturates():
    true, fake = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    ones, zeros = torch.ones_like(true), torch.zeros_like(true)
    entropy = F.binary_cross_entropy
    on_generator, on_discriminator = minimax_losses(true, fake)
    assert torch.allclose(on_generator, entropy(fake.sigmoid(), ones), atol=1e-12)
    halves = entropy(true.sigmoid(), ones) + entropy(fake.sigmoid(), zeros)
    assert torch.allclose(on_discriminator, halves / 2, atol=1e-12)
    assert minimax_losses(torch.tensor([1e4]), torch.tensor([-1e4]))[0] == 1e4
    assert minimax_losses(torch.tensor([-1e4]), torch.tensor([1e4]))[1] == 1e4


def test_sampling_uses_eval_mode_whatever_the_batch_and_puts_the_mode_back():
    generator = Generator(latent_dim=5, width=2, topology="shuffle").train()
    noise = torch.randn(7, 5)
    whole, parts = (answers(generator, noise, batch_size=size) for size in (7, 3))
    assert torch.allclose(whole, parts, atol=1e-6)
    assert generator.training
    assert not whole.requires_grad


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_saved_generator_comes_back_in_eval_mode_and_a_missing_file_is_named(tmp_path, topology):
    generator = Generator(latent_dim=5, width=2, topology=topology)
    generator(torch.randn(9, 5))  # moves the running statistics
    save_generator(generator, tmp_path, settings={"seed": 3})
    noise = torch.randn(4, 5)
    assert torch.equal(load_generator(tmp_path)(noise), generator.eval()(noise))
    (tmp_path / "generator.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="generator.safetensors is missing; train"):
        load_generator(tmp_path)
