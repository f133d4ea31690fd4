"""Small, known damage to real digits: what does a two-sample test make of it?"""

import torch
import torch.nn.functional as F
from torch import Tensor


def one_level_up(images: Tensor) -> Tensor:
    """Make every grey pixel of images (n, 1, 28, 28) in [-1, 1] one of 255 levels brighter."""
    grey = (images > -1) & (images < 1)
    return torch.where(grey, images + 2 / 255, images).clamp_max(1)


def blurred(images: Tensor, *, pixels: float = 0.3) -> Tensor:
    """Return images (n, 1, 28, 28) under a Gaussian of this standard deviation, taken over 3 by 3 pixels."""
    line = torch.exp(-(torch.tensor([-1.0, 0.0, 1.0], device=images.device) ** 2) / (2 * pixels**2))
    kernel = torch.outer(line, line) / line.sum() ** 2
    return F.conv2d(F.pad(images, [1] * 4, value=-1.0), kernel[None, None])


def copied(images: Tensor, *, share: float = 0.01) -> Tensor:
    """Return images (n, ...) with this share of them, spread evenly, replaced by copies of the first."""
    copies = images.clone()
    copies[:: round(1 / share)] = images[0]
    return copies


DAMAGE = {
    "one grey level up": one_level_up,
    "blurred by 0.3 pixels": blurred,
    "1 % copies of one image": copied,
}
