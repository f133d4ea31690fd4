"""Weights of networks in a file, beside another that says what sizes they are of and how they came about."""

import hashlib
import json
from pathlib import Path

from safetensors.torch import load, save
from torch import nn

from lib.files import read_sealed, sealed, write_atomically


def save_network(network: nn.Module, directory: Path, name: str, *, sizes: dict, **about: dict) -> None:
    """Write NAME.safetensors, and NAME.json with `sizes`, a digest of the weights and `about`."""
    weights = {key: tensor.contiguous() for key, tensor in network.state_dict().items()}
    write_atomically(Path(directory, f"{name}.safetensors"), save(weights))
    values = sealed({"sizes": sizes, "weights": weights_digest(network), **about})
    write_atomically(Path(directory, f"{name}.json"), (json.dumps(values, indent=2) + "\n").encode())


def about_network(directory: Path, name: str) -> dict:
    """Return what NAME.json holds: `sizes`, `weights` and the rest that `save_network` was given.

    Raises FileNotFoundError naming the missing file, ValueError for one that is damaged or edited.
    """
    return read_sealed(_existing(directory, f"{name}.json", name))


def load_network(kind: type[nn.Module], directory: Path, name: str) -> nn.Module:
    """Return what `save_network` wrote, in eval mode; errors as of `about_network`."""
    about = about_network(directory, name)
    path = _existing(directory, f"{name}.safetensors", name)
    try:
        network = kind(**about["sizes"])
        network.load_state_dict(load(path.read_bytes()))
    except Exception as error:  # safetensors has errors of its own
        what = str(error).partition("\n")[0]
        raise ValueError(f"{path} is damaged ({type(error).__name__}: {what})") from None
    if weights_digest(network) != about["weights"]:
        raise ValueError(f"{path} is damaged: its weights are not those that {name}.json names")
    return network.eval()


def _existing(directory: Path, file: str, name: str) -> Path:
    path = Path(directory, file)
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; train the {name} first (task2.ipynb, or `make report`)")
    return path


def weights_digest(network: nn.Module) -> str:
    """Return twelve hexadecimal digits that stand for a network's weights."""
    total = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        total.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return total.hexdigest()[:12]
