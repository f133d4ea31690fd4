import struct

import torch

from lib import mnist


def test_real_images_and_labels_come_in_their_ranges():
    train_images, train_labels, test_images, test_labels = mnist.load()
    assert train_images.shape == (60_000, 1, 28, 28)
    assert test_images.shape == (10_000, 1, 28, 28)
    assert (train_images.min(), train_images.max()) == (-1, 1)
    assert train_labels.dtype == torch.int64
    assert sorted(test_labels.unique().tolist()) == list(range(10))


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
