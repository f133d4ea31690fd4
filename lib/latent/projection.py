"""The noises of real digits, found by gradient descent."""

from typing import NamedTuple

import torch
from torch import Tensor

from lib.checks import above_zero, at_least, sizes
from lib.evaluation.classifier import Classifier
from lib.gan.networks import Generator
from lib.networks import answers, eval_mode
from lib.progress import Progress, silent


class Projection(NamedTuple):
    """The nearest noises of some real images, and how well their images fit."""

    noise: Tensor  # (n, latent_dim)
    residual: Tensor  # (n,) root mean square pixel error, on a scale of 0 = black to 1 = white
    before: Tensor  # (n,) the same of the best start, before the search


def project(
    generator: Generator,
    classifier: Classifier,
    images: Tensor,
    *,
    starts: int,
    steps: int,
    learning_rate: float,
    feature_weight: float,
    norm_weight: float,
    noise_source: torch.Generator,
    progress: Progress = silent,
) -> Projection:
    """Search for the noises whose images are nearest to real images (n, 1, 28, 28) in [-1, 1].

    Each image gets the `starts` nearest of 100 times as many random noises; Adam moves each, its rate falling
    to 0 along a cosine, down the mean square pixel error plus `feature_weight` times that of the features
    plus `norm_weight` times (|z|² / latent_dim - 1)², which keeps the norm at that of random noise. The start
    that ends lowest is returned. Progress counts steps. Raises ValueError for arguments out of range.
    Source: Zhu et al. 2016, section 3.1 (projection by optimisation).
    """
    sizes(starts=starts, steps=steps)
    above_zero("learning_rate", learning_rate)
    at_least("feature_weight", feature_weight, 0)
    at_least("norm_weight", norm_weight, 0)
    drawn = torch.randn(100 * starts, generator.latent_dim, generator=noise_source)
    distances = torch.cdist(images.flatten(1), answers(generator, drawn, batch_size=500).flatten(1))
    nearest = distances.topk(starts, dim=1, largest=False)  # (n, starts)
    z = drawn[nearest.indices.flatten()].requires_grad_()  # (n starts, latent_dim)
    real = images.repeat_interleave(starts, dim=0)
    optimiser = torch.optim.Adam([z], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)

    def losses() -> tuple[Tensor, Tensor]:
        generated = generator(z)
        pixels = (generated - real).square().mean(dim=(1, 2, 3))
        content = (classifier.features(generated) - real_features).square().mean(dim=1)
        norm = (z.square().mean(dim=1) - 1).square()
        return pixels + feature_weight * content + norm_weight * norm, pixels

    with eval_mode(generator, classifier):
        real_features = classifier.features(real)
        for step in range(steps):
            with torch.enable_grad():
                (z.grad,) = torch.autograd.grad(losses()[0].sum(), z)
            optimiser.step()
            schedule.step()
            progress(step + 1, steps)
        total, pixels = (part.view(-1, starts) for part in losses())
    best = torch.arange(len(images)), total.argmin(dim=1)
    noise = z.detach().view(len(images), starts, -1)[best]
    return Projection(noise=noise, residual=pixels[best].sqrt() / 2, before=nearest.values[:, 0] / 28 / 2)
