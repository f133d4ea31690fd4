"""Stacked digits: three in one image, one per channel, so that there are 1000 modes to cover.

Source: Metz et al. 2017; Lin et al. 2018 (PacGAN): over 26 000 samples, by a classifier of single digits.
"""

import torch
from torch import Tensor

from lib.evaluation.classifier import Classifier, predict
from lib.evaluation.distances import class_shares

MODES = 1000


def stack(images: Tensor, count: int, *, seed: int) -> Tensor:
    """Return `count` stacks (count, 3, 28, 28) of images (n, 1, 28, 28), each drawn anew with replacement."""
    source = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(images), (count, 3), generator=source).to(images.device)
    return images[chosen, 0]


def coverage(classifier: Classifier, images: Tensor) -> tuple[int, float]:
    """Return how many modes stacks (n, 3, 28, 28) show, and KL(their shares || equal shares) in nats."""
    digits = predict(classifier, images.reshape(-1, 1, 28, 28)).argmax(dim=1).view(-1, 3)
    # a sum, because a GPU has no matrix product of integers
    modes = (digits * torch.tensor([100, 10, 1], device=digits.device)).sum(dim=1)
    shares = class_shares(modes, count=MODES)
    return int((shares > 0).sum()), torch.xlogy(shares, shares * MODES).sum().item()
