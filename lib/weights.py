"""Weights of networks in a file, beside another that says what sizes they are of and how they came about."""

import hashlib
import json
from pathlib import Path

from safetensors.torch import load, save
from torch import nn

from lib.files import read_sealed, sealed, write_atomically


def save_network(network: nn.Module, directory: Path, name: str, *, sizes: dict, **about: dict) -> None:
    """Write NAME.safetensors, and NAME.json with `sizes`, a digest of the weights and what else is said."""
    weights = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
    write_atomically(Path(directory, f"{name}.safetensors"), save(weights))
    said = {"sizes": sizes, "weights": weights_digest(network), **about}
    text = json.dumps(sealed(said), indent=2) + "\n"
    write_atomically(Path(directory, f"{name}.json"), text.encode())


def about_network(directory: Path, name: str) -> dict:
    """Return what NAME.json says of a network: `sizes`, `weights` and what else `save_network` was told.

    Raises FileNotFoundError naming the missing file, ValueError for one that is damaged or edited.
    """
    return read_sealed(_there(directory, f"{name}.json", name))


def _there(directory: Path, file: str, name: str) -> Path:
    path = Path(directory, file)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; train the {name} first (task2.ipynb, or `make report`)")
    return path


def load_network(kind: type[nn.Module], directory: Path, name: str) -> nn.Module:
    """Return what `save_network` wrote, in eval mode.

    Raises FileNotFoundError naming the missing file, ValueError for a damaged one.
    """
    said, weights = about_network(directory, name), _there(directory, f"{name}.safetensors", name)
    try:
        network = kind(**said["sizes"])
        network.load_state_dict(load(weights.read_bytes()))
    except Exception as error:  # safetensors has errors of its own
        what = str(error).partition("\n")[0]
        raise ValueError(f"{weights} is damaged ({type(error).__name__}: {what})") from None
    if weights_digest(network) != said["weights"]:
        raise ValueError(f"{weights} is damaged: its weights are not those that {name}.json names")
    return network.eval()


def weights_digest(network: nn.Module) -> str:
    """Return twelve hexadecimal digits that stand for a network's weights."""
    state = network.state_dict().items()
    parts = (name.encode() + tensor.cpu().contiguous().numpy().tobytes() for name, tensor in state)
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]
