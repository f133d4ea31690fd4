"""The tests of the ladder with time to learn: a convolutional one sees little at first, and then much.

The few passes of `lib.evaluation.ladder` are for measures along a training; a convolutional network may have
learnt nothing by their end, and be right on half of the images for that alone.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.checks import at_least, one_of, require
from lib.evaluation.classifier import Classifier
from lib.evaluation.ladder import LADDER
from lib.gan.networks import as_bytes
from lib.networks import answers

BATCH_SIZE = 100  # images of both kinds
BRIEF = ("grey levels", "features")  # tests of LADDER that its few passes are enough for
STRONG = ("binarised", "pixels")  # those of shape alone and of every pixel: asked once more of more images
LEARNING_RATE = 0.001  # of the others, AdamW's, at the peak of one cycle


class Accuracy(NamedTuple):
    """The shares of right answers of a test, each kind counting half; 0.5 is a coin toss."""

    right: float  # on images it has not seen
    learned: float  # on those it has learnt from: near 0.5 it has learnt nothing, and `right` says nothing


def thorough_accuracy(
    test: str, true: Tensor, fake: Tensor, *, asked: int, steps: int, classifier: Classifier, seed: int
) -> Accuracy:
    """Return how often a test of LADDER is right when it has learnt for `steps` batches, or its own passes.

    Of true (n, 1, 28, 28) and fake (n, 1, 28, 28) in [-1, 1] the last `asked` are asked about and the test
    learns from those before. `classifier` sees the features; `steps` is of the tests that are not in BRIEF.
    Raises ValueError for another test, for sides of different size, for steps below 1, and unless
    2 <= asked <= n / 2. Source: Lopez-Paz and Oquab 2016.
    """
    one_of("test", test, LADDER)
    at_least("steps", steps, 1)
    require("the number of fakes", len(fake), len(fake) == len(true), f"that of true images, {len(true)}")
    require("asked", asked, 2 <= asked <= len(true) // 2, f"from 2 to half of the images, {len(true) // 2}")
    parts = [part for side in (true, fake) for part in side.split([len(true) - asked, asked])]
    seen = [
        LADDER[test].seen(as_bytes(part).view(-1, 1, 28, 28).to(true.device), classifier) for part in parts
    ]
    if seen[0].ndim == 2:  # statistics have scales of their own
        both = torch.cat(seen[::2])
        middle, spread = both.mean(dim=0), both.std(dim=0).clamp_min(1e-6)
        seen = [(x - middle) / spread for x in seen]
    network = _taught(test, seen[0], seen[2], steps=steps, seed=seed)

    def right(true: Tensor, fake: Tensor) -> float:
        on_true, on_fake = (answers(network, x, batch_size=500) for x in (true, fake))
        return ((on_true > 0).double().mean() + (on_fake <= 0).double().mean()).item() / 2

    return Accuracy(right(seen[1], seen[3]), right(seen[0], seen[2]))


def _taught(test: str, true: Tensor, fake: Tensor, *, steps: int, seed: int) -> nn.Module:
    inputs, labels = torch.cat([true, fake]), torch.cat([torch.ones(len(true)), torch.zeros(len(fake))])
    labels = labels.to(inputs.device)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        network = LADDER[test].network(inputs).to(inputs.device)
    source, rate = torch.Generator().manual_seed(seed), LEARNING_RATE
    batches = -(-len(inputs) // BATCH_SIZE)  # of a pass
    if test in BRIEF:
        rate, steps = LADDER[test].learning_rate, LADDER[test].epochs * batches
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for step in range(steps):
        if step % batches == 0:
            order = torch.randperm(len(inputs), generator=source).to(inputs.device).split(BATCH_SIZE)
        chosen = order[step % batches]
        loss = F.binary_cross_entropy_with_logits(network(inputs[chosen]), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()
