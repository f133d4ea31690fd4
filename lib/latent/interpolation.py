"""Paths between two noises: the straight line and the great circle."""

import torch
from torch import Tensor

from lib.checks import at_least, one_of

INTERPOLATIONS = ("line", "circle")


def path(begin: Tensor, end: Tensor, *, steps: int = 9, kind: str = "line") -> Tensor:
    """Return the path (..., steps, latent_dim) from noise `begin` to `end`, both included bit for bit.

    Both are (latent_dim,), or (n, latent_dim) for n paths at once. Step k is at alpha = k / (steps - 1).
    Raises ValueError for fewer than 2 steps, and where `between` does.
    """
    at_least("steps", steps, 2)
    if begin.ndim not in (1, 2) or begin.shape != end.shape:
        shapes = f"begin has shape {tuple(begin.shape)}, end {tuple(end.shape)}"
        raise ValueError(f"{shapes}; both (latent_dim,) or both (n, latent_dim)")
    alpha = torch.arange(steps, dtype=begin.dtype, device=begin.device) / (steps - 1)
    noises = between(begin[..., None, :], end[..., None, :], alpha, kind=kind)
    noises[..., 0, :], noises[..., -1, :] = begin, end  # bit for bit, a negative zero too
    return noises


def between(begin: Tensor, end: Tensor, alpha: Tensor, *, kind: str) -> Tensor:
    """Return the noises (..., latent_dim) at fractions alpha (...) of the way from `begin` to `end`.

    "line" is (1 - alpha) begin + alpha end. On the "circle" (slerp) the direction turns evenly, along the
    great circle through both, and the norm goes evenly from the one's to the other's.
    Raises ValueError on the circle for a noise of zeros, without direction, and for opposite noises.
    Source: Shoemake 1985 (slerp); White 2016, section 2.1.
    """
    one_of("kind", kind, INTERPOLATIONS)
    alpha = alpha[..., None]
    if kind == "line":
        return (1 - alpha) * begin + alpha * end
    first, last, turn = begin.double(), end.double(), alpha.double()
    norms = first.norm(dim=-1, keepdim=True), last.norm(dim=-1, keepdim=True)
    if not all((norm > 0).all() for norm in norms):
        raise ValueError("a noise is all zeros and has no direction; draw another, or use kind='line'")
    first, last = first / norms[0], last / norms[1]
    cosine = (first * last).sum(dim=-1, keepdim=True)
    orthogonal = last - cosine * first  # the part of `last` at a right angle to `first`; its norm is the sine
    sine = orthogonal.norm(dim=-1, keepdim=True)
    if ((sine < 1e-6) & (cosine < 0)).any():
        what = "begin and end are opposite, and no great circle between them is the shortest"
        raise ValueError(f"{what}; draw other noises, or use kind='line'")
    angle = turn * torch.atan2(sine, cosine)
    direction = angle.cos() * first + angle.sin() * orthogonal / sine.clamp_min(1e-300)
    return (((1 - turn) * norms[0] + turn * norms[1]) * direction).to(begin.dtype)
