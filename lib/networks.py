"""What every network here shares: answers in eval mode, and weights in a file beside their sizes."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from lib.files import write_atomically


@contextlib.contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Ask networks in eval mode and without gradients; put their earlier modes back."""
    training = [network.training for network in networks]
    try:
        for network in networks:
            network.eval()
        with torch.no_grad():
            yield
    finally:
        for network, before in zip(networks, training, strict=True):
            network.train(before)


def answers(network: nn.Module, inputs: Tensor, *, batch_size: int) -> Tensor:
    """Return what a network makes of inputs (n, ...) in eval mode, `batch_size` of them at a time."""
    with eval_mode(network):
        return torch.cat([network(part) for part in inputs.split(batch_size)])


def save_network(network: nn.Module, directory: Path, name: str, *, sizes: dict, **about: dict) -> None:
    """Write NAME.safetensors, and NAME.json with `sizes`, a digest of the weights and what else is said."""
    weights = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
    write_atomically(Path(directory, f"{name}.safetensors"), save(weights))
    text = json.dumps({"sizes": sizes, "weights": weights_digest(network), **about}, indent=2) + "\n"
    write_atomically(Path(directory, f"{name}.json"), text.encode())


def load_network(kind: type[nn.Module], directory: Path, name: str) -> nn.Module:
    """Return what `save_network` wrote, in eval mode.

    Raises FileNotFoundError naming the missing file, ValueError for a damaged one.
    """
    about, weights = (Path(directory, f"{name}.{suffix}") for suffix in ("json", "safetensors"))
    for file in (about, weights):
        if not file.is_file():
            way_out = f"train the {name} first (task2.ipynb, or `make report`)"
            raise FileNotFoundError(f"{file} is missing; {way_out}")
    try:
        said = json.loads(about.read_text())
        network = kind(**said["sizes"])
        network.load_state_dict(load(weights.read_bytes()))
        whole = weights_digest(network) == said["weights"]
    except Exception as error:  # each of the two formats has errors of its own
        raise ValueError(f"{about} or {weights.name} is damaged ({type(error).__name__}: {error})") from None
    if not whole:
        raise ValueError(f"{weights} is damaged: its weights are not those that {about.name} names")
    return network.eval()


def weights_digest(network: nn.Module) -> str:
    """Return twelve hexadecimal digits that stand for a network's weights."""
    state = network.state_dict().items()
    parts = (name.encode() + tensor.cpu().contiguous().numpy().tobytes() for name, tensor in state)
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
