"""Many walks from digit to digit: what is seen on the way, and the noises of real digits."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from bundle.original import WALKS
from bundle.runs.outcome import Outcome
from bundle.runs.walk_measures import measure
from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator
from lib.latent.interpolation import INTERPOLATIONS, path
from lib.latent.path_length import EPSILON
from lib.latent.projection import project
from lib.mnist import Mnist
from lib.networks import weights_digest
from lib.progress import Progress

GLIMPSE = 0.2  # a digit is glimpsed on the way where the judge gives it this probability
PROJECTION = {"learning_rate": 0.2, "feature_weight": 0.01, "norm_weight": 0.1}


def describe_walks(generator: Generator, classifier: Classifier, settings: WalkSettings) -> dict:
    """Return all that decides what `run_walks` finds; networks stand as digests of their weights."""
    networks = {"generator": weights_digest(generator), "classifier": weights_digest(classifier)}
    about = {"glimpse": GLIMPSE, "epsilon": EPSILON, **networks}
    return {"run": "walks", **asdict(settings), **PROJECTION, **about}


def run_walks(
    generator: Generator, classifier: Classifier, *, settings: WalkSettings, data: Mnist, progress: Progress
) -> Outcome:
    """Count what many walks pass through, measure both kinds of path, and find the noises of real digits.

    Noises are drawn one after another; the k-th whose image the classifier calls a and the k-th that it calls
    b are the ends of the k-th path from a to b, once on the line and once on the circle. Progress counts
    images. The columns are, for the original's three walks a-b and each kind, one value a path:
    "KIND a-b route" (the digits seen in order, at every look), "... route of steps" (at the steps alone),
    "... glimpsed" (the digits whose probability reaches GLIMPSE between the ends), and "a-b confidence" (of
    the less certain end); for every two digits "first" < "second" the counts "paths", "KIND once" (paths that
    change digit once) and "KIND visits" (by digit, paths that show it between and that begin and end in
    others); along "alpha", "KIND norm", "frechet_distance", "confidence" and "nearest"; for the first test
    image of each digit, "real ...".

    Raises ValueError where the generator makes too few images of a digit.
    """
    started = time.perf_counter()
    networks, total = (generator, classifier), sum(settings.images)

    def after(before: int) -> dict:
        return {"settings": settings, "progress": lambda done, _: progress(before + done, total)}

    counted, measured, _ = settings.images
    columns = _count(*networks, **after(0))
    found, summary = measure(*networks, data, **after(counted))
    columns |= found | _search(*networks, data, **after(counted + measured))
    seconds = time.perf_counter() - started
    return Outcome(columns, summary | {"latent_dim": generator.latent_dim}, seconds)


def _count(
    generator: Generator, classifier: Classifier, *, settings: WalkSettings, progress: Progress
) -> dict[str, list]:
    """Walk between each two digits, on line and circle; return columns of what is seen."""
    paths, looks, done = settings.paths, settings.looks, 0
    needed = [max(n for pair, n in paths.items() if digit in pair) for digit in range(10)]
    source = torch.Generator().manual_seed(settings.seed)
    noises, confidences = draw(generator, classifier, needed, noise_source=source)
    first, second = map(list, zip(*paths, strict=True))
    columns: dict[str, list] = {"first": first, "second": second, "paths": list(paths.values())}
    every = (looks - 1) // (settings.steps - 1)
    for (pair, n), kind in itertools.product(paths.items(), INTERPOLATIONS):
        begin, end = (noises[digit][:n] for digit in pair)
        ways = path(begin, end, steps=looks, kind=kind)  # (n, looks, latent_dim)
        probabilities = observe(generator, classifier, ways.flatten(0, 1))[1].view(n, looks, 10)
        classes = probabilities.argmax(dim=2).tolist()  # (n, looks)
        routes = [route(row) for row in classes]
        visits = [sum(str(d) in row for row in routes) if d not in pair else 0 for d in range(10)]
        columns.setdefault(f"{kind} once", []).append(sum(len(row) == 2 for row in routes))
        columns.setdefault(f"{kind} visits", []).append(visits)
        if pair in WALKS:
            name = f"{pair[0]}-{pair[1]}"
            glimpsed = (probabilities[:, 1:-1] >= GLIMPSE).any(dim=1)  # (n, 10)
            least = torch.minimum(*(confidences[digit][:n] for digit in pair))
            columns[f"{kind} {name} route"] = routes
            columns[f"{kind} {name} route of steps"] = [route(row[::every]) for row in classes]
            columns[f"{kind} {name} glimpsed"] = [route(row.nonzero().flatten().tolist()) for row in glimpsed]
            columns[f"{name} confidence"] = [round(c, 4) for c in least.tolist()]
        progress(done := done + n * looks, settings.images[0])
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
            places = [(classes == digit).nonzero().flatten()[:n] for digit, n in enumerate(needed)]
            return tuple([values[place] for place in places] for values in (torch.cat(noises), confidence))
    raise ValueError(
        f"of {len(classes)} noises {counts} are classified as 0 to 9, and {list(needed)} are needed; "
        f"walk between fewer pairs or train the generator for longer"
    )


def route(digits: Sequence[int]) -> str:
    """Return the digits in order, each stay as one: "27" for 2 2 2 7 7."""
    return "".join(str(digit) for digit, _ in itertools.groupby(digits))


def _search(
    generator: Generator, classifier: Classifier, data: Mnist, *, settings: WalkSettings, progress: Progress
) -> dict[str, list]:
    """Find the noises of the first test image of each digit; return columns "real ...", by digit."""
    places = [int((data.test_labels == digit).nonzero()[0]) for digit in range(10)]
    total = settings.images[2]
    found = project(
        generator,
        classifier,
        data.test_images[places],
        starts=settings.starts,
        steps=settings.searches,
        noise_source=torch.Generator().manual_seed(settings.seed + 2),
        progress=lambda step, steps: progress(total * step // steps, total),
        **PROJECTION,
    )
    confidences, digits = observe(generator, classifier, found.noise)[1].max(dim=1)
    columns = {"residual": found.residual, "before": found.before, "seen": digits}
    columns |= {"confidence": confidences, "norm": found.noise.norm(dim=1), "noise": found.noise}
    known = {"real digit": list(range(10)), "real image": places}
    return known | {f"real {name}": values.tolist() for name, values in columns.items()}
