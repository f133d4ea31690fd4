"""Many walks, counted: which digits are seen on the way."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from bundle.original import WALKS
from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator
from lib.latent.interpolation import INTERPOLATIONS, path
from lib.progress import Progress

GLIMPSE = 0.2  # a digit is glimpsed on the way where the judge gives it this probability


def count(
    generator: Generator, classifier: Classifier, *, settings: WalkSettings, progress: Progress
) -> dict[str, list]:
    """Walk between each two digits, on line and circle; return columns of what is seen."""
    paths, looks, done = settings.paths, settings.looks, 0
    needed = [max(n for pair, n in paths.items() if digit in pair) for digit in range(10)]
    source = torch.Generator().manual_seed(settings.seed)
    noises, confidences = draw(generator, classifier, needed, noise_source=source)
    first, second = zip(*paths, strict=True)
    columns = {"first": list(first), "second": list(second), "paths": list(paths.values())}
    columns |= {f"{kind} {name}": [] for kind in INTERPOLATIONS for name in ("once", "visits")}
    every = (looks - 1) // (settings.steps - 1)
    for (pair, n), kind in itertools.product(paths.items(), INTERPOLATIONS):
        begin, end = (noises[digit][:n] for digit in pair)
        ways = path(begin, end, steps=looks, kind=kind)  # (n, looks, latent_dim)
        probabilities = observe(generator, classifier, ways.flatten(0, 1))[1].view(n, looks, 10)
        classes = probabilities.argmax(dim=2).tolist()  # (n, looks)
        routes = [route(row) for row in classes]
        visits = [sum(str(d) in row for row in routes) if d not in pair else 0 for d in range(10)]
        columns[f"{kind} once"].append(sum(len(row) == 2 for row in routes))
        columns[f"{kind} visits"].append(visits)
        if pair in WALKS:
            name = f"{pair[0]}-{pair[1]}"
            glimpsed = (probabilities[:, 1:-1] >= GLIMPSE).any(dim=1)  # (n, 10)
            least = torch.minimum(*(confidences[digit][:n] for digit in pair))
            columns[f"{kind} {name} route"] = routes
            columns[f"{kind} {name} route of steps"] = [route(row[::every]) for row in classes]
            columns[f"{kind} {name} glimpsed"] = [route(row.nonzero().flatten().tolist()) for row in glimpsed]
            columns[f"{name} confidence"] = [round(c, 4) for c in least.tolist()]
        done += n * looks
        progress(done, settings.images[0])
    return columns


def draw(
    generator: Generator, classifier: Classifier, needed: Sequence[int], *, noise_source: torch.Generator
) -> tuple[list[Tensor], list[Tensor]]:
    """Draw noises until each digit d has needed[d]; return by digit the first of them, and confidences.

    Raises ValueError if 100 times as many as needed in all are not enough.
    """
    noises, probabilities = [], []
    for _ in range(100):
        noises.append(torch.randn(max(500, sum(needed)), generator.latent_dim, generator=noise_source))
        probabilities.append(observe(generator, classifier, noises[-1])[1])
        confidence, classes = torch.cat(probabilities).max(dim=1)
        counts = classes.bincount(minlength=10).tolist()
        if all(count >= n for count, n in zip(counts, needed, strict=True)):
            every = torch.cat(noises)
            places = [(classes == digit).nonzero().flatten()[:n] for digit, n in enumerate(needed)]
            return [every[place] for place in places], [confidence[place] for place in places]
    raise ValueError(
        f"of {len(classes)} noises {counts} are classified as 0 to 9, and {list(needed)} are needed; "
        f"walk between fewer pairs or train the generator for longer"
    )


def route(digits: Sequence[int]) -> str:
    """Return the digits in order, each stay as one: "27" for 2 2 2 7 7."""
    return "".join(str(digit) for digit, _ in itertools.groupby(digits))
