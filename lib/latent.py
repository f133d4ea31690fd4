"""Paths between two noises, end points of two given digits, and the noises of real digits."""

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from lib.checks import above_zero, at_least, one_of
from lib.classifier import Classifier, predict
from lib.gan import Generator, sample

KINDS = ("line", "circle")
RULE = "of all candidates, the one that the classifier gives to the digit with the highest confidence"


@dataclasses.dataclass(frozen=True, kw_only=True)
class EndPoint:
    """One chosen noise and how it was chosen."""

    noise: Tensor  # (latent_dim,)
    digit: int
    confidence: float  # the classifier's probability of `digit`
    candidate: int  # its place among the noises drawn, from 0
    candidates: int  # how many were drawn
    of_digit: int  # how many of them the classifier calls `digit`
    rank: int  # among these, 0 = the most confident
    rule: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Projection:
    """The noises found for some real images, and how well their images fit."""

    noise: Tensor  # (n, latent_dim)
    residual: Tensor  # (n,) root mean square pixel error, on a scale of 0 = black to 1 = white
    before: Tensor  # (n,) the same of the best start, before the search


def path(begin: Tensor, end: Tensor, *, steps: int = 9, kind: str = "line") -> Tensor:
    """Return the path (..., steps, latent_dim) from noise `begin` to `end`, both included bit for bit.

    `begin` and `end` have shape (latent_dim,), or (n, latent_dim) for n paths at once. Step k is at
    alpha = k / (steps - 1): for nine steps 0, 1/8, ..., 1. `kind` is "line" or "circle", see `between`.
    Raises ValueError for fewer than 2 steps, and where `between` does.
    """
    if steps < 2:
        raise ValueError(f"steps is {steps}; it must be at least 2, one for each end")
    if begin.ndim not in (1, 2) or begin.shape != end.shape:
        raise ValueError(
            f"begin has shape {tuple(begin.shape)}, end {tuple(end.shape)}; both (latent_dim,) or both "
            f"(n, latent_dim)"
        )
    alpha = torch.arange(steps, dtype=begin.dtype, device=begin.device) / (steps - 1)
    noises = between(begin[..., None, :], end[..., None, :], alpha, kind=kind)
    noises[..., 0, :], noises[..., -1, :] = begin, end  # bit for bit, a negative zero too
    return noises


def between(begin: Tensor, end: Tensor, alpha: Tensor, *, kind: str) -> Tensor:
    """Return the noises (..., latent_dim) at fractions alpha (...) of the way from `begin` to `end`.

    "line" is (1 - alpha) begin + alpha end. On the "circle" the direction turns evenly, along the great
    circle through both, and the norm goes evenly from the one's to the other's.
    Raises ValueError for another kind, and on the circle for a noise of zeros, which has no direction, or
    for opposite noises, between which all great circles are equally long.
    Source: Shoemake 1985 (slerp); White 2016, section 2.1.
    """
    one_of("kind", kind, KINDS)
    alpha = alpha[..., None]
    if kind == "line":
        return (1 - alpha) * begin + alpha * end
    first, last, turn = begin.double(), end.double(), alpha.double()
    norms = first.norm(dim=-1, keepdim=True), last.norm(dim=-1, keepdim=True)
    if not all((norm > 0).all() for norm in norms):
        raise ValueError("a noise is all zeros and has no direction; draw another, or use kind='line'")
    first, last = first / norms[0], last / norms[1]
    cosine = (first * last).sum(dim=-1, keepdim=True)
    aside = last - cosine * first  # what of `last` is at a right angle to `first`; its norm is the sine
    sine = aside.norm(dim=-1, keepdim=True)
    if ((sine < 1e-6) & (cosine < 0)).any():
        raise ValueError(
            "begin and end are opposite, and no great circle between them is the shortest; draw other "
            "noises, or use kind='line'"
        )
    angle = turn * torch.atan2(sine, cosine)
    direction = angle.cos() * first + angle.sin() * aside / sine.clamp_min(1e-300)
    return (((1 - turn) * norms[0] + turn * norms[1]) * direction).to(begin.dtype)


def endpoints(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    candidates: int,
    noise_source: torch.Generator,
    rank: int = 0,
) -> tuple[EndPoint, EndPoint]:
    """Return two noises whose images the classifier calls digits `first` and `second`.

    Draws `candidates` noises from `noise_source` and takes for each digit the candidate classified as it
    with the highest confidence (`rank` 0; 1 = the second highest, and so on).
    Raises ValueError for equal digits, digits outside 0-9, or too few candidates of a digit.
    """
    if first == second:
        raise ValueError(f"first and second are both {first}; they must be two different digits")
    for name, digit in (("first", first), ("second", second)):
        if digit not in range(10):
            raise ValueError(f"{name} is {digit}; it must be a digit from 0 to 9")
    if candidates < 2 or rank < 0:
        raise ValueError(f"candidates is {candidates} and rank {rank}; at least 2 and 0 are needed")
    noise = torch.randn(candidates, generator.latent_dim, generator=noise_source)
    probabilities = predict(classifier, sample(generator, noise, batch_size=500))  # (candidates, 10)
    classes = probabilities.argmax(dim=1)

    def choose(digit: int) -> EndPoint:
        mine = (classes == digit).nonzero().flatten()
        if len(mine) <= rank:
            raise ValueError(
                f"{len(mine)} of {candidates} candidates are classified as {digit}, and rank {rank} needs "
                f"{rank + 1}; draw more candidates or train the generator for longer"
            )
        confidence = probabilities[mine, digit]
        place = int(confidence.argsort(descending=True, stable=True)[rank])
        return EndPoint(
            noise=noise[mine[place]],
            digit=digit,
            confidence=confidence[place].item(),
            candidate=int(mine[place]),
            candidates=candidates,
            of_digit=len(mine),
            rank=rank,
            rule=RULE,
        )

    return choose(first), choose(second)


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
    progress: Callable[[int, int], None] | None = None,
) -> Projection:
    """Search for the noises whose images are nearest to real images (n, 1, 28, 28) in [-1, 1].

    Each image gets the `starts` nearest of 100 times as many random noises; Adam moves each for `steps`
    steps, its rate falling to 0 along a cosine, down the sum of the mean square pixel error,
    `feature_weight` times the mean square error of the classifier's features, and `norm_weight` times
    (|z|² / latent_dim - 1)², which keeps the norm at that of random noise. The start that ends lowest is
    returned. `progress(step, steps)` is called after each step.
    Raises ValueError for arguments out of range.
    Source: Zhu et al. 2016, section 3.1 (projection by optimisation).
    """
    for name, value in (("starts", starts), ("steps", steps)):
        at_least(name, value, 1)
    above_zero("learning_rate", learning_rate)
    for name, value in (("feature_weight", feature_weight), ("norm_weight", norm_weight)):
        at_least(name, value, 0)
    count, size = len(images), generator.latent_dim
    drawn = torch.randn(100 * starts, size, generator=noise_source)
    distances = torch.cdist(images.flatten(1), sample(generator, drawn, batch_size=500).flatten(1))
    nearest = distances.topk(starts, dim=1, largest=False)  # (n, starts)
    z = drawn[nearest.indices.flatten()].requires_grad_()  # (n starts, latent_dim)
    real = images.repeat_interleave(starts, dim=0)
    with torch.no_grad():
        wanted = classifier.features(real)
    optimiser = torch.optim.Adam([z], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)

    def losses() -> tuple[Tensor, Tensor]:
        made = generator(z)
        pixels = (made - real).square().mean(dim=(1, 2, 3))
        content = (classifier.features(made) - wanted).square().mean(dim=1)
        norm = (z.square().mean(dim=1) - 1).square()
        return pixels + feature_weight * content + norm_weight * norm, pixels

    for step in range(steps):
        (z.grad,) = torch.autograd.grad(losses()[0].sum(), z)
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step + 1, steps)
    with torch.no_grad():
        total, pixels = (part.view(count, starts) for part in losses())
    best = total.argmin(dim=1)
    rows = torch.arange(count)
    return Projection(
        noise=z.detach().view(count, starts, size)[rows, best],
        residual=pixels[rows, best].sqrt() / 2,
        before=nearest.values[:, 0] / 28 / 2,
    )
