import torch

from lib import mnist


def test_real_images_and_labels_come_in_their_ranges():
    train_images, train_labels, test_images, test_labels = mnist.load()
    assert train_images.shape == (60_000, 1, 28, 28)
    assert test_images.shape == (10_000, 1, 28, 28)
    assert (train_images.min(), train_images.max()) == (-1, 1)
    assert train_labels.dtype == torch.int64
    assert sorted(test_labels.unique().tolist()) == list(range(10))
