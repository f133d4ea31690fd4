"""Shading: the 256 grey levels of a digit, drawn pixel by pixel where only a few tones of it are given.

A generator is trained on real numbers, and rounded to grey levels afterwards. Here the rounding is learnt,
from real digits and by likelihood; every pixel stays in the tone that it has.
"""

from collections.abc import Sequence
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.checks import at_least, require, sizes
from lib.networks import eval_mode
from lib.progress import Progress, silent

LEVELS = 256
WHITES = (252, 253, 254, 255)  # each scan has a white of its own, and keeps to it
REACH = 3  # pixels to each side that are seen: their tones, and the levels of those before
SIDE = 2 * REACH + 1
BEFORE = SIDE * REACH + REACH  # of a patch in reading order: what is before its middle
FAR = 2  # pixels from any lighter tone; beyond, the darkest is taken for black


class Shader(nn.Module):
    """Give every grey level its odds at one pixel: a perceptron with two hidden layers of so many `units`.

    `thresholds` are the grey levels, rising, at which the next tone begins; the darkest begins at 0. Raises
    ValueError for others. Source: van den Oord et al. 2016 (pixel by pixel, in reading order).
    """

    def __init__(self, *, thresholds: Sequence[int], units: int):
        super().__init__()
        rising = all(a < b for a, b in zip([0, *thresholds], [*thresholds, LEVELS], strict=True))
        require("thresholds", thresholds, len(thresholds) > 0 and rising, "rising, from 1 to 255")
        sizes(units=units)
        self.thresholds = list(thresholds)
        self.register_buffer("begins", torch.tensor([0, *thresholds]), persistent=False)
        self.register_buffer("ends", torch.tensor([*thresholds, LEVELS]), persistent=False)
        seen = BEFORE * (2 + len(WHITES)) + SIDE**2 * len(thresholds) + 2 * len(WHITES) + 2
        hidden = [nn.Linear(seen, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU()]
        self.layers = nn.Sequential(*hidden, nn.Linear(units, LEVELS))

    def forward(self, context: Tensor, tones: Tensor) -> Tensor:
        """Return logits (m, 256), -inf outside of the tones (m,), for contexts (m, seen)."""
        level = torch.arange(LEVELS, device=tones.device)
        inside = (level >= self.begins[tones, None]) & (level < self.ends[tones, None])
        return self.layers(context).masked_fill(~inside, -torch.inf)

    def tones(self, levels: Tensor) -> Tensor:
        """Return the tones, 0 the darkest, of levels (...) int64."""
        return torch.bucketize(levels, self.begins[1:], right=True)


def train_shader(
    levels: Tensor,
    *,
    thresholds: Sequence[int],
    units: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    progress: Progress = silent,
) -> Shader:
    """Return a shader that has learnt from images (n, 28, 28) uint8 what level a pixel of a tone has.

    Lowers the mean negative log-likelihood, in nats, of the pixels that are not black for certain, with AdamW
    and one cycle of the learning rate. Raises ValueError for a size below 1.
    """
    sizes(epochs=epochs, batch_size=batch_size)
    at_least("the number of images", len(levels), batch_size)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        shader = Shader(thresholds=thresholds, units=units).to(levels.device)
    optimiser = torch.optim.AdamW(shader.parameters(), lr=learning_rate, fused=True)
    steps = epochs * (len(levels) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
    source, done = torch.Generator().manual_seed(seed), 0
    for _ in range(epochs):
        order = torch.randperm(len(levels), generator=source).to(levels.device)
        for chosen in order[: len(order) // batch_size * batch_size].split(batch_size):
            loss = surprise(shader, levels[chosen]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            progress(done := done + 1, steps)
    return shader.eval()


def surprise(shader: Shader, levels: Tensor) -> Tensor:
    """Return the negative log-likelihood (m,), in nats, of each undecided pixel of images (n, 28, 28)."""
    levels = levels.long()
    tones = shader.tones(levels)
    shown = _margin(_described(levels))
    before, around = _patches(shown, rows=REACH + 1), _patches(_steps(tones, shader))
    whites = shown[:, 2:, REACH:-REACH, REACH:-REACH].flatten(2)
    tally = (whites.cumsum(2) - whites).view(len(levels), -1, 28, 28)  # of those before
    n, y, x = undecided(tones).nonzero(as_tuple=True)
    context = _context(*(planes[n, :, y, x] for planes in (before, around, tally)), y, x)
    return F.cross_entropy(shader(context, tones[n, y, x]), levels[n, y, x], reduction="none")


def shade(shader: Shader, tones: Tensor, *, seed: int) -> Tensor:
    """Return grey levels (n, 28, 28) uint8 drawn, pixel after pixel, for images of which the tones are given.

    tones: (n, 28, 28) int64, from 0 to the number of thresholds. The same seed draws the same levels.
    """
    levels, source = torch.zeros_like(tones), torch.Generator().manual_seed(seed)
    shown, around = _margin(_described(levels)), _patches(_steps(tones, shader))
    before, open_ = _patches(shown, rows=REACH + 1), undecided(tones)
    tally = torch.zeros(len(tones), len(WHITES), device=tones.device)
    with eval_mode(shader):
        for y, x in product(range(28), repeat=2):
            n = open_[:, y, x].nonzero()[:, 0]
            if len(n) == 0:
                continue
            at = (torch.full_like(n, y), torch.full_like(n, x))
            context = _context(before[:, :, y, x][n], around[:, :, y, x][n], tally[n], *at)
            tone = tones[n, y, x]
            odds = shader(context, tone).softmax(dim=1).cumsum(dim=1)
            level = torch.searchsorted(odds, torch.rand(len(n), 1, generator=source).to(odds.device))[:, 0]
            level = level.clamp(shader.begins[tone], shader.ends[tone] - 1)  # a sum's last digit may be off
            levels[n, y, x] = level
            shown[n, :, y + REACH, x + REACH] = new = _described(level[:, None, None])[:, :, 0, 0]
            tally[n] += new[:, 2:]
    return levels.to(torch.uint8)


def matched_tones(images: Tensor, like: Tensor, thresholds: Sequence[int]) -> Tensor:
    """Return tones (n, 28, 28) int64 of images (n, 1, 28, 28), each in the share that it has in `like`.

    `like` is (m, 28, 28) uint8, with a tone from every threshold on. An image in few grey levels has pixels
    that cannot be parted; the share is then as near as they allow.
    """
    shares = [(like < threshold).double().mean().item() for threshold in thresholds]
    ordered = images.flatten().sort().values
    cuts = ordered[[min(round(share * len(ordered)), len(ordered) - 1) for share in shares]]
    return torch.bucketize(images[:, 0].contiguous(), cuts, right=True)


def undecided(tones: Tensor) -> Tensor:
    """Return where images (n, 28, 28) are not black for certain: near a tone that is not the darkest."""
    return F.max_pool2d((tones > 0).float(), 2 * FAR + 1, stride=1, padding=FAR) > 0


def _described(levels: Tensor) -> Tensor:
    """Return what is shown of levels (n, h, w): (n, 6, h, w), how light, whether black, and which white."""
    alone = [(levels == level).float() for level in (0, *WHITES)]
    return torch.stack([levels.float() / 255, *alone], dim=1)


def _steps(tones: Tensor, shader: Shader) -> Tensor:
    """Return tones (n, 28, 28) as one plane for each threshold: whether it is reached, with a dark margin."""
    planes = [(tones > below).float() for below in range(len(shader.thresholds))]
    return F.pad(torch.stack(planes, dim=1), [REACH] * 4)


def _margin(shown: Tensor) -> Tensor:
    """Return what is described (n, 6, 28, 28) with a black margin."""
    wide = F.pad(shown, [REACH] * 4)
    wide[:, 1] = F.pad(shown[:, 1], [REACH] * 4, value=1.0)
    return wide


def _patches(planes: Tensor, *, rows: int = SIDE) -> Tensor:
    """Return a view of planes (n, k, 34, 34) as (n, k, _, 28, rows, 7): what is around each pixel."""
    return planes.unfold(2, rows, 1).unfold(3, SIDE, 1)


def _context(before: Tensor, around: Tensor, tally: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Return (m, seen): the levels before, the tones around, how many whites there were, and the place."""
    counts = torch.cat([torch.log1p(tally) / 3, tally / (1 + tally.sum(dim=1, keepdim=True))], dim=1)
    place = torch.stack([y, x], dim=1) / 13.5 - 1
    return torch.cat([before.flatten(2)[:, :, :BEFORE].flatten(1), around.flatten(1), counts, place], dim=1)
