"""Two-sample tests of images: by what can a network tell generated digits from real ones?

Each test learns from images of both kinds and is then put to others. Images are rounded to 256 grey levels
first, as a file would hold them, so that no test lives on what nobody can see.
"""

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.checks import at_least, one_of, require
from lib.gan.networks import Discriminator, as_bytes
from lib.networks import answers

GREY_BANDS = (0, 1, 8, 32, 96, 160, 224, 252, 253, 254, 255)  # first grey level of each
BATCH_SIZE, C2ST_BATCH_SIZE = 100, 64  # images of both kinds together


class Test(NamedTuple):
    """What a test looks at, and the network that learns from it."""

    inputs: Callable[[Tensor], Tensor]  # of bytes (n, 1, 28, 28), what the network gets (n, ...)
    network: Callable[[Tensor], nn.Module]  # for such inputs
    epochs: int  # that it learns for; 0: as many batches as it is given
    learning_rate: float  # AdamW's, at the peak of one cycle


class Accuracy(NamedTuple):
    """The shares of right answers of a test, each kind counting half; 0.5 is a coin toss."""

    test: float  # on images it has not seen
    train: float  # on those it has learnt from; near 0.5 it has learnt nothing, and `test` says nothing


def grey_levels(images: Tensor) -> Tensor:
    """Return twelve numbers of each image (n, 1, 28, 28) uint8: the shares of eleven bands, the mean."""
    flat = images.flatten(1)
    band = torch.bucketize(flat.long(), torch.tensor(GREY_BANDS, device=flat.device), right=True) - 1
    shares = torch.stack([(band == k).float().mean(dim=1) for k in range(len(GREY_BANDS))], dim=1)
    return torch.cat([shares, flat.float().mean(dim=1, keepdim=True) / 255], dim=1)


def black_and_white(images: Tensor) -> Tensor:
    """Return 1 for the brighter half of 256 grey levels, else 0: the shape alone."""
    return (images >= 128).float()


def all_levels(images: Tensor) -> Tensor:
    """Return all 256 grey levels, from -1 to 1."""
    return images.float() / 127.5 - 1


def _perceptron(inputs: Tensor) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs.shape[1], 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))


def _convolutional(inputs: Tensor) -> nn.Module:
    """Return a plain network without batch norm, in which one batch of a kind would give itself away."""
    network = nn.Sequential(
        nn.PixelUnshuffle(2),  # (n, 4c, 14, 14): no one-channel layer, which a CPU computes slowly
        nn.Conv2d(4 * inputs.shape[1], 24, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(24, 48, 3, stride=2, padding=1),  # (n, 48, 7, 7)
        nn.ReLU(),
        nn.Conv2d(48, 48, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(48 * 49, 64),
        nn.ReLU(),
        nn.Linear(64, 1),
        nn.Flatten(0),
    )
    return network.to(memory_format=torch.channels_last)


# From weak to strong. A convolutional network sees little at first, and then much: in a few epochs it may
# have learnt nothing, and be right on half of the images for that alone.
TESTS = {
    "grey levels": Test(grey_levels, _perceptron, 8, 0.01),
    "black and white": Test(black_and_white, _convolutional, 0, 0.001),
    "all levels": Test(all_levels, _convolutional, 0, 0.001),
}
CONVOLUTIONAL = tuple(name for name, test in TESTS.items() if test.network is _convolutional)


def two_sample_accuracy(
    test: str, true: Tensor, fake: Tensor, *, test_count: int, seed: int, steps: int = 8000
) -> Accuracy:
    """Return how often one of TESTS is right when it has learnt.

    Of true (n, 1, 28, 28) and fake (n, 1, 28, 28) in [-1, 1] the last `test_count` are held back and the test
    learns from those before. `steps`: batches that a convolutional test learns for.
    Raises ValueError for another test, for sides of different size, for steps below 1, and unless
    2 <= test_count <= n / 2. Source: Lopez-Paz and Oquab 2017.
    """
    one_of("test", test, TESTS)
    at_least("steps", steps, 1)
    require("the number of fakes", len(fake), len(fake) == len(true), f"that of true images, {len(true)}")
    half = len(true) // 2
    require("test_count", test_count, 2 <= test_count <= half, f"from 2 to half of the images, {half}")
    inputs = []
    for images in (true, fake):
        side = TESTS[test].inputs(as_bytes(images).view(-1, 1, 28, 28).to(images.device))
        inputs += side.split([len(true) - test_count, test_count])
    if inputs[0].ndim == 2:  # statistics have scales of their own
        both = torch.cat(inputs[::2])
        middle, spread = both.mean(dim=0), both.std(dim=0).clamp_min(1e-6)
        inputs = [(x - middle) / spread for x in inputs]
    true_train, true_test, fake_train, fake_test = inputs
    network = _train(TESTS[test], true_train, fake_train, steps=steps, seed=seed)
    return Accuracy(
        test=accuracy(network, true_test, fake_test), train=accuracy(network, true_train, fake_train)
    )


def c2st(true: Tensor, fake: Tensor, *, seed: int) -> dict[str, float]:
    """Make a classifier two-sample test (C2ST) with a small discriminator of images (n, c, 28, 28).

    Of both kinds as many: 80 % to learn from (four epochs), 20 % to be tested on. Returns `c2st`, the share
    of right answers, and `c2st_count`, how many images were tested. Source: Lopez-Paz and Oquab 2017.
    """
    n = min(len(true), len(fake))
    cut = int(0.8 * n)
    source = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        network = Discriminator(width=16, topology="shuffle", channels=true.shape[1]).to(true.device)
    true, fake = (x[torch.randperm(len(x), generator=source)[:n].to(x.device)] for x in (true, fake))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    amount = {"steps": 4 * ceil(2 * cut / C2ST_BATCH_SIZE), "batch_size": C2ST_BATCH_SIZE}
    _learn(network, true[:cut], fake[:cut], optimiser, **amount, order_source=source)
    return {"c2st": accuracy(network, true[cut:], fake[cut:]), "c2st_count": 2 * (n - cut)}


def accuracy(network: nn.Module, true: Tensor, fake: Tensor) -> float:
    """Return the share of inputs (n, ...) and (m, ...) on the right side of 0, in eval mode.

    True ones above it, fake ones below; both kinds count half: 0.5 is a coin toss.
    """
    on_true, on_fake = (answers(network, x, batch_size=500) for x in (true, fake))
    return ((on_true > 0).double().mean() + (on_fake <= 0).double().mean()).item() / 2


def _train(test: Test, true: Tensor, fake: Tensor, *, steps: int, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = test.network(true).to(true.device)
    if test.epochs:
        steps = test.epochs * ceil(2 * len(true) / BATCH_SIZE)
    rate = test.learning_rate
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    amount = {"steps": steps, "batch_size": BATCH_SIZE}
    order_source = torch.Generator().manual_seed(seed)
    _learn(network, true, fake, optimiser, schedule, **amount, order_source=order_source)
    return network


def _learn(
    network: nn.Module,
    true: Tensor,
    fake: Tensor,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    *,
    steps: int,
    batch_size: int,
    order_source: torch.Generator,
) -> None:
    """Train a network to give true inputs (n, ...) positive logits and fake ones (m, ...) negative ones."""
    inputs = torch.cat([true, fake])
    labels = torch.cat([torch.ones(len(true)), torch.zeros(len(fake))]).to(inputs.device)
    batches = []  # that remain of this epoch
    for _ in range(steps):
        if not batches:
            batches = torch.randperm(len(inputs), generator=order_source).to(inputs.device).split(batch_size)
        batch, *batches = batches
        loss = F.binary_cross_entropy_with_logits(network(inputs[batch]), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if schedule:
            schedule.step()
