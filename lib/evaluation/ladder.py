"""A ladder of two-sample tests, from weak to strong: by what are generated digits told from real ones?

Each test learns from images of both kinds and is then asked about others. Images are rounded to 256 grey
levels first, as a file would hold them, so that no test lives on what nobody can see.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.checks import one_of, require
from lib.evaluation.classifier import Classifier, features
from lib.gan.networks import as_bytes
from lib.networks import answers

GREY_BANDS = (0, 1, 8, 32, 96, 160, 224, 252, 253, 254, 255)  # first grey level of each


class Test(NamedTuple):
    """A rung: what is looked at, and the network that learns from it."""

    seen: Callable[[Tensor, Classifier], Tensor]  # of bytes (n, 1, 28, 28), what the network gets (m, ...)
    network: Callable[[Tensor], nn.Module]  # for such inputs
    epochs: int
    learning_rate: float  # AdamW's, at the peak of one cycle


def grey_levels(images: Tensor) -> Tensor:
    """Return twelve numbers of each image (n, 1, 28, 28) uint8: the shares of eleven bands, the mean."""
    flat = images.flatten(1)
    band = torch.bucketize(flat.long(), torch.tensor(GREY_BANDS, device=flat.device), right=True) - 1
    shares = torch.stack([(band == k).float().mean(dim=1) for k in range(len(GREY_BANDS))], dim=1)
    return torch.cat([shares, flat.float().mean(dim=1, keepdim=True) / 255], dim=1)


def _as_floats(images: Tensor) -> Tensor:
    return images.float() / 127.5 - 1


def _in_pairs(images: Tensor) -> Tensor:
    return _as_floats(images[: len(images) // 2 * 2]).view(-1, 2, 28, 28)


def _perceptron(inputs: Tensor) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs.shape[1], 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))


def _logistic(inputs: Tensor) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs.shape[1], 1), nn.Flatten(0))


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


LADDER = {  # from weak to strong
    "grey levels": Test(lambda x, _: grey_levels(x), _perceptron, 8, 0.01),
    "features": Test(lambda x, judge: features(judge, _as_floats(x))[0], _logistic, 4, 0.01),
    "binarised": Test(lambda x, _: (x >= 128).float(), _convolutional, 3, 0.002),
    "16 grey levels": Test(lambda x, _: _as_floats(x // 16 * 17), _convolutional, 3, 0.002),
    "pixels": Test(lambda x, _: _as_floats(x), _convolutional, 3, 0.002),
    "pairs": Test(lambda x, _: _in_pairs(x), _convolutional, 3, 0.002),
}


def two_sample_accuracy(
    test: str, true: Tensor, fake: Tensor, *, asked: int, classifier: Classifier, seed: int
) -> float:
    """Return the share of right answers of one test of LADDER (0.5: a coin toss), both kinds counting half.

    Of true (n, 1, 28, 28) and fake (n, 1, 28, 28) in [-1, 1] the last `asked` are asked about and the test
    learns from those before. `classifier` sees the features. Raises ValueError for another test, for sides of
    different size, and unless 2 <= asked <= n / 2.
    """
    one_of("test", test, LADDER)
    require("the number of fakes", len(fake), len(fake) == len(true), f"that of true images, {len(true)}")
    require("asked", asked, 2 <= asked <= len(true) // 2, f"from 2 to half of the images, {len(true) // 2}")
    rung, learn = LADDER[test], len(true) - asked
    images = torch.cat(
        [
            as_bytes(side[part]).view(-1, 1, 28, 28).to(true.device)
            for part in (slice(learn), slice(learn, None))
            for side in (true, fake)
        ]
    )
    sides = [rung.seen(part, classifier) for part in images.split([learn, learn, asked, asked])]
    inputs = torch.cat(sides[:2])
    labels = torch.cat([torch.ones(len(sides[0])), torch.zeros(len(sides[1]))]).to(inputs.device)
    if inputs.ndim == 2:  # statistics have scales of their own
        middle, spread = inputs.mean(dim=0), inputs.std(dim=0).clamp_min(1e-6)
        inputs, *sides[2:] = ((x - middle) / spread for x in (inputs, *sides[2:]))
    network = _taught(rung, inputs, labels, seed=seed)
    on_true, on_fake = (answers(network, x, batch_size=500) for x in sides[2:])
    return ((on_true > 0).double().mean() + (on_fake <= 0).double().mean()).item() / 2


def _taught(rung: Test, inputs: Tensor, labels: Tensor, *, seed: int, batch_size: int = 100) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        network = rung.network(inputs).to(inputs.device)
    source = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rung.learning_rate, weight_decay=0.01, fused=True)
    steps = rung.epochs * -(-len(inputs) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rung.learning_rate, total_steps=steps)
    for _ in range(rung.epochs):
        for chosen in torch.randperm(len(inputs), generator=source).to(inputs.device).split(batch_size):
            loss = F.binary_cross_entropy_with_logits(network(inputs[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()
