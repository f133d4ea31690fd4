import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from bundle.render.web.exported import exported_classifier, exported_generator
from lib.evaluation.classifier import Classifier, features
from lib.gan.networks import TOPOLOGIES, Generator
from lib.networks import answers

NOISE = torch.randn(7, 10, generator=torch.Generator().manual_seed(1))


def randomised(network: nn.Module) -> nn.Module:
    """Give every weight and statistic a value that would show if it were left out."""
    source = torch.Generator().manual_seed(0)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            drawn = torch.rand(value.shape, generator=source)
            value.copy_(0.5 + drawn if name.endswith("running_var") else drawn - 0.5)
    return network.eval()


def check_outputs(model: bytes, inputs: Tensor, **expected: Tensor) -> None:
    """Check that an exported model gives these outputs, within less than half a grey level."""
    session = onnxruntime.InferenceSession(model)
    (given,) = session.get_inputs()
    outputs = session.run(list(expected), {given.name: inputs.numpy()})
    for output, values in zip(outputs, expected.values(), strict=True):
        np.testing.assert_allclose(output, values.numpy(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_an_exported_generator_makes_the_images_that_pytorch_makes(topology):
    generator = randomised(Generator(latent_dim=10, width=3, topology=topology))
    check_outputs(exported_generator(generator), NOISE, images=answers(generator, NOISE, batch_size=7))


def test_an_exported_classifier_sees_what_pytorch_sees():
    classifier = randomised(Classifier(width=2))
    images = 2 * torch.rand(7, 1, 28, 28, generator=torch.Generator().manual_seed(2)) - 1
    trunk, chances = features(classifier, images)
    check_outputs(exported_classifier(classifier), images, chances=chances, features=trunk)
