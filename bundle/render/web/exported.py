"""Generator and classifier as ONNX, for browsers.

Weights are rounded to fewer bits, so that they take less room once they are packed.
"""

import io
import warnings

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from lib.evaluation.classifier import Classifier
from lib.gan.networks import Generator

OPSET = 18  # of ONNX, older than any reader here
BITS = 12  # of a weight's 23 binary digits behind the point


class ClassifierWithFeatures(nn.Module):
    """What the page asks a classifier: chances (n, 10) and features (n, 64) of images (n, 1, 28, 28)."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.trunk, self.head = classifier.trunk, classifier.head

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(images)
        return self.head(features).softmax(dim=1), features


def exported_generator(generator: Generator) -> bytes:
    """Return a model from `noise` (n, latent_dim) to `images` (n, 1, 28, 28) in [-1, 1]."""
    return _exported(generator, torch.zeros(2, generator.latent_dim), "noise", ["images"])


def exported_classifier(classifier: Classifier) -> bytes:
    """Return a model from `images` (n, 1, 28, 28) in [-1, 1] to `chances` (n, 10) and `features` (n, 64)."""
    network = ClassifierWithFeatures(classifier)
    return _exported(network, torch.zeros(2, 1, 28, 28), "images", ["chances", "features"])


def _exported(network: nn.Module, example: Tensor, input_name: str, output_names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the newer exporter needs one more package
        torch.onnx.export(
            network.cpu().eval(),
            (example,),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=[input_name],
            output_names=output_names,
            dynamic_axes={name: {0: "n"} for name in (input_name, *output_names)},
        )
    model = onnx.load_from_string(buffer.getvalue())
    for weights in model.graph.initializer:
        array = rounded(numpy_helper.to_array(weights))
        weights.CopyFrom(numpy_helper.from_array(array, weights.name))
    return model.SerializeToString()


def rounded(array: np.ndarray) -> np.ndarray:
    """Return numbers of 32 bits rounded to BITS binary digits behind the point; others as they are."""
    if array.dtype != np.float32:
        return array
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.round(np.ldexp(mantissa, BITS + 1)), exponent - BITS - 1).astype(np.float32)
