"""Images from a generator: as numbers, packed, and as bytes."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def sample(generator: nn.Module, noise: Tensor, *, batch_size: int) -> Tensor:
    """Return images (n, c, 28, 28) of noise (n, latent_dim), in eval mode; the earlier mode is put back.

    A discriminator, given images, returns its logits in the same way.
    """
    was_training = generator.training
    generator.eval()
    try:
        return torch.cat([generator(z) for z in noise.split(batch_size)])
    finally:
        generator.train(was_training)


def as_bytes(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8 with fixed contrast: (n, 28, 28), or (n, c, 28, 28) for c > 1."""
    return ((images.squeeze(1) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def packed(images: Tensor, packing: int) -> Tensor:
    """Return images (n, c, 28, 28) laid on one another as channels: (n / packing, packing c, 28, 28)."""
    return images if packing == 1 else images.reshape(-1, images.shape[1] * packing, 28, 28)
