"""Images from a generator: as numbers, as bytes, packed, and as the original drew them."""

import copy

import torch
from torch import Tensor

from lib.gan.networks import Generator


def as_bytes(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8 with fixed contrast: (n, 28, 28), or (n, c, 28, 28) for c > 1."""
    return ((images.squeeze(1) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def packed(images: Tensor, packing: int) -> Tensor:
    """Return images (n, c, 28, 28) laid on one another as channels: (n / packing, packing c, 28, 28)."""
    return images if packing == 1 else images.reshape(-1, images.shape[1] * packing, 28, 28)


@torch.no_grad()
def drawn_as_original(generator: Generator, noise: Tensor) -> Tensor:
    """Return at most 25 images as bytes: batch norm in its present mode, contrast stretched over them all."""
    images = copy.deepcopy(generator)(noise)[:25]  # of a copy: running statistics stay as they are
    low, high = images.min(), images.max()
    return as_bytes(2 * (images - low) / (high - low).clamp_min(1e-5) - 1)
