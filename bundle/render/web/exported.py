"""Generator and classifier as ONNX, for browsers: layer by layer, and compared with PyTorch.

Weights are rounded to fewer bits, so that they take less room once they are packed.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from torch import Tensor, nn

from lib.checks import require
from lib.evaluation.classifier import Classifier, features
from lib.gan.networks import Generator
from lib.networks import answers

OPSET, IR_VERSION = 18, 8  # of ONNX, both older than any reader here
BITS = 13  # of a weight's 23 binary digits behind the point
LARGEST = 0.5 / 127.5  # difference from PyTorch of images in [-1, 1]: half a grey level


class _Graph:
    """The nodes and weights of a network as it grows; `last` is the name of its latest value."""

    def __init__(self, name: str):
        self.last, self.nodes, self.weights = name, [], []

    def add(self, operator: str, *arrays: np.ndarray, to: str = "", **attributes) -> None:
        names = [f"w{len(self.weights) + k}" for k in range(len(arrays))]
        for name, array in zip(names, arrays, strict=True):
            self.weights.append(numpy_helper.from_array(rounded(array), name))
        value = to or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.last, *names], [value], **attributes))
        self.last = value

    def layer(self, layer: nn.Module) -> None:
        """Add a layer of PyTorch's; raise TypeError for a kind that no network here has."""
        match layer:
            case nn.Sequential():
                for part in layer:
                    self.layer(part)
            case nn.Linear() | nn.Conv2d() | nn.ConvTranspose2d() | nn.BatchNorm1d() | nn.BatchNorm2d():
                self._weighted_layer(layer)
            case nn.LeakyReLU():
                self.add("LeakyRelu", alpha=layer.negative_slope)
            case nn.ReLU() | nn.Tanh() | nn.Flatten():
                self.add(type(layer).__name__.replace("ReLU", "Relu"))
            case nn.MaxPool2d() | nn.Unflatten() | nn.PixelShuffle() | nn.PixelUnshuffle():
                self._resizing_layer(layer)
            case _:
                raise TypeError(f"{type(layer).__name__} is not among the layers that are exported")

    def _weighted_layer(self, layer: nn.Module) -> None:
        """Add a layer that has weights."""
        weights = [t.detach().cpu().contiguous().numpy() for t in layer.state_dict().values()]
        match layer:
            case nn.Linear():
                self.add("Gemm", *weights, transB=1)
            case nn.Conv2d() | nn.ConvTranspose2d():
                kind = "ConvTranspose" if isinstance(layer, nn.ConvTranspose2d) else "Conv"
                pads = [layer.padding[0]] * 4
                self.add(kind, *weights, strides=layer.stride, pads=pads, dilations=layer.dilation)
            case nn.BatchNorm1d() | nn.BatchNorm2d():
                self.add("BatchNormalization", *weights[:4], epsilon=layer.eps)

    def _resizing_layer(self, layer: nn.Module) -> None:
        """Add a layer without weights that gives its input another shape."""
        match layer:
            case nn.MaxPool2d():
                size = [layer.kernel_size] * 2
                self.add("MaxPool", kernel_shape=size, strides=size)
            case nn.Unflatten():
                self.add("Reshape", np.array([-1, *layer.unflattened_size]))
            case nn.PixelShuffle():
                self.add("DepthToSpace", blocksize=layer.upscale_factor, mode="CRD")
            case nn.PixelUnshuffle():  # of one channel: of several, ONNX has another order
                self.add("SpaceToDepth", blocksize=layer.downscale_factor)

    def model(self, shape: tuple, outputs: dict[str, tuple]) -> bytes:
        def value(name: str, shape: tuple):
            return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ("n", *shape))

        graph_input = value(self.nodes[0].input[0], shape)
        graph_outputs = [value(name, shape) for name, shape in outputs.items()]
        graph = helper.make_graph(
            self.nodes, "network", [graph_input], graph_outputs, initializer=self.weights
        )
        imports = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model.SerializeToString()


def rounded(array: np.ndarray) -> np.ndarray:
    """Return numbers of 32 bits rounded to BITS binary digits behind the point; others as they are."""
    if array.dtype != np.float32:
        return array
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.round(np.ldexp(mantissa, BITS + 1)), exponent - BITS - 1).astype(np.float32)


def exported_generator(generator: Generator) -> bytes:
    """Return a model from noise (n, latent_dim) to images (n, 1, 28, 28) in [-1, 1]."""
    require("channels", generator.channels, generator.channels == 1, "1, to be shown as digits")
    graph = _Graph("noise")
    graph.layer(generator.layers)
    graph.add("Identity", to="images")
    return graph.model((generator.latent_dim,), {"images": (1, 28, 28)})


def exported_classifier(classifier: Classifier) -> bytes:
    """Return a model from images (n, 1, 28, 28) in [-1, 1] to chances (n, 10) and features (n, 64)."""
    graph = _Graph("images")
    graph.layer(classifier.trunk)
    graph.add("Identity", to="features")
    graph.layer(classifier.head)
    graph.add("Softmax", to="chances")
    return graph.model((1, 28, 28), {"chances": (10,), "features": (64,)})


def largest_difference(generator: Generator, classifier: Classifier, noise: Tensor) -> float:
    """Return by how much the exported networks differ at most from PyTorch's on noise (n, latent_dim)."""
    images = answers(generator, noise, batch_size=len(noise))
    classifier_features, chances = features(classifier, images)
    generator_outputs = _run(exported_generator(generator), {"noise": noise}, ["images"])
    classifier_outputs = _run(exported_classifier(classifier), {"images": images}, ["chances", "features"])
    expected, actual = (images, chances, classifier_features), (*generator_outputs, *classifier_outputs)
    pairs = zip(expected, actual, strict=True)
    return max(float(np.abs(ours.numpy() - theirs).max()) for ours, theirs in pairs)


def _run(model: bytes, inputs: dict[str, Tensor], outputs: list[str]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(outputs, {name: tensor.numpy() for name, tensor in inputs.items()})
