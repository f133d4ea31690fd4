"""Generator and discriminator, the original report's and cheaper ones, and the forms of their images."""

from pathlib import Path

import torch
from torch import Tensor, nn

from lib.checks import one_of, require, sizes
from lib.weights import load_network, save_network

TOPOLOGIES = ("as-written", "shuffle")
SLOPE = 0.2  # of every LeakyReLU, as in the report


class Generator(nn.Module):
    """Map noise (n, latent_dim) to images (n, channels, 28, 28) in [-1, 1].

    "as-written", the original's: transposed convolutions to 32x32, then a dilated one to 28x28. "shuffle":
    two linear layers decide what goes where, so that the parts of a digit fit together; it works on 7x7 and
    14x14 and folds channels into pixels at the end (Shi et al. 2016), never down to one channel.
    Raises ValueError for a size below 1, another topology, or noise of another shape.
    """

    def __init__(self, *, latent_dim: int, width: int, topology: str, channels: int = 1):
        super().__init__()
        one_of("topology", topology, TOPOLOGIES)
        sizes(latent_dim=latent_dim, width=width, channels=channels)
        self.latent_dim, self.width, self.topology, self.channels = latent_dim, width, topology, channels
        w = width
        if topology == "as-written":
            self.layers = nn.Sequential(
                nn.Unflatten(1, (latent_dim, 1, 1)),
                *_normed(nn.ConvTranspose2d(latent_dim, 8 * w, 4, 1, 0, bias=False)),  # (n, 8w, 4, 4)
                *_normed(nn.ConvTranspose2d(8 * w, 4 * w, 4, 2, 1, bias=False)),  # (n, 4w, 8, 8)
                *_normed(nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1, bias=False)),  # (n, 2w, 16, 16)
                *_normed(nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False)),  # (n, w, 32, 32)
                *_normed(nn.Conv2d(w, w, 3, dilation=2, bias=False)),  # (n, w, 28, 28)
                nn.Conv2d(w, channels, 3, padding=1),
                nn.Tanh(),
            )
        else:
            self.layers = nn.Sequential(
                *_normed(nn.Linear(latent_dim, 8 * w, bias=False), norm=nn.BatchNorm1d(8 * w)),
                nn.Linear(8 * w, 2 * w * 49, bias=False),
                *_normed(nn.Unflatten(1, (2 * w, 7, 7)), norm=nn.BatchNorm2d(2 * w)),
                nn.Conv2d(2 * w, 4 * w, 3, padding=1, bias=False),
                *_normed(nn.PixelShuffle(2), norm=nn.BatchNorm2d(w)),  # (n, w, 14, 14)
                *_normed(nn.Conv2d(w, w, 3, padding=1, bias=False)),
                nn.Conv2d(w, 4 * channels, 3, padding=1),
                nn.PixelShuffle(2),  # (n, channels, 28, 28)
                nn.Tanh(),
            )
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor) -> Tensor:
        rule = f"(n, latent_dim) = (n, {self.latent_dim})"
        require("z's shape", tuple(z.shape), z.ndim == 2 and z.shape[1] == self.latent_dim, rule)
        return self.layers(z)


class Discriminator(nn.Module):
    """Map images (n, channels, 28, 28) to logits (n,): positive for "true", negative for "generated".

    The original's sigmoid is part of the loss. Raises ValueError for a size below 1 or another topology.
    """

    def __init__(self, *, width: int, topology: str, channels: int = 1):
        super().__init__()
        one_of("topology", topology, TOPOLOGIES)
        sizes(width=width, channels=channels)
        self.width, self.topology, self.channels = width, topology, channels
        w = width
        if topology == "as-written":
            self.layers = nn.Sequential(
                *_normed(nn.Conv2d(channels, w, 4, 2, 1, bias=False)),  # (n, w, 14, 14)
                *_normed(nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False)),  # (n, 2w, 7, 7)
                *_normed(nn.Conv2d(2 * w, 4 * w, 4, 2, 1, bias=False)),  # (n, 4w, 3, 3)
                *_normed(nn.Conv2d(4 * w, 8 * w, 3, 1, 0, bias=False)),  # (n, 8w, 1, 1)
                nn.Conv2d(8 * w, 1, 1),
            )
        else:
            self.layers = nn.Sequential(
                nn.PixelUnshuffle(2),  # (n, 4 channels, 14, 14)
                nn.Conv2d(4 * channels, w, 3, padding=1),
                nn.LeakyReLU(SLOPE, inplace=True),
                *_normed(nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False)),  # (n, 2w, 7, 7)
                nn.Flatten(),
                *_normed(nn.Linear(2 * w * 49, 8 * w, bias=False), norm=nn.BatchNorm1d(8 * w)),
                nn.Linear(8 * w, 1),
            )
        self.to(memory_format=torch.channels_last)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images).flatten()


def _normed(layer: nn.Module, *, norm: nn.Module | None = None) -> list[nn.Module]:
    return [layer, norm or nn.BatchNorm2d(layer.out_channels), nn.LeakyReLU(SLOPE, inplace=True)]


def as_bytes(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8 with fixed contrast: (n, 28, 28), or (n, c, 28, 28) for c > 1."""
    return ((images.squeeze(1) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def save_generator(generator: Generator, directory: Path, *, name: str = "generator", **about: dict) -> None:
    """Write NAME.safetensors and, beside it, NAME.json with the generator's sizes and `about`."""
    values = {size: getattr(generator, size) for size in ("latent_dim", "width", "topology", "channels")}
    save_network(generator, directory, name, sizes=values, **about)


def load_generator(directory: Path, name: str = "generator") -> Generator:
    """Return the generator that `save_generator` wrote, in eval mode; raise FileNotFoundError without it."""
    return load_network(Generator, directory, name)
