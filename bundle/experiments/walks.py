"""Many walks from digit to digit: what is seen on the way, and the noises of real digits."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from bundle.experiments.generators import generator_of
from bundle.study.outcome import Outcome
from lib import mnist
from lib.checks import check_seed, require, sizes
from lib.evaluation.classifier import Classifier, features, load_classifier
from lib.evaluation.distances import frechet_distance
from lib.evaluation.judge import LEAST_IMAGES, observe
from lib.gan.networks import Generator
from lib.latent.interpolation import INTERPOLATIONS, between, path
from lib.latent.projection import project
from lib.mnist import Mnist
from lib.weights import weights_digest

Networks = tuple[Generator, Classifier]
LIMITS = {  # the lowest and the highest value; 60 000 are as many as there are training images
    "pairs": (1, 60_000),
    "table_pairs": (1, 60_000),
    "steps": (3, 1000),
    "looks": (2, 1000),
    "samples": (LEAST_IMAGES, 60_000),
    "starts": (1, 1000),
}
PROJECTION = {"learning_rate": 0.2, "feature_weight": 0.01, "norm_weight": 0.1}


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How much is counted and measured. Raises ValueError naming the setting that is out of range."""

    walks: list[list[int]]  # the two digits of each walk that is looked at closely, the lower one first
    pairs: int  # of noises, for each of these
    table_pairs: int  # of noises, for every other two digits
    steps: int  # places on a path that is measured, both ends included
    looks: int  # images of a path whose digits are counted
    samples: int  # random pairs of noises, for norms and distances
    starts: int  # of each search for a real digit's noise
    searches: int  # steps of each search
    seed: int  # of the noises that are counted; the next two of those measured and those searched from

    def __post_init__(self):
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            require(name, value, low <= value <= high, f"from {low} to {high}")
        sizes(searches=self.searches)
        check_seed("seed", self.seed)
        self._check_walks()

    def _check_walks(self) -> None:
        sizes(**{"the number of walks": len(self.walks)})
        pairs = [list(pair) for pair in itertools.combinations(range(10), 2)]
        for walk in self.walks:
            require("a walk", walk, walk in pairs, "two digits from 0 to 9, the lower one first: [2, 7]")
            require("walks", self.walks, self.walks.count(walk) == 1, "all different")

    @property
    def paths(self) -> dict[tuple[int, int], int]:
        """How many paths are walked of each kind between every two digits."""
        paths = {}
        for pair in itertools.combinations(range(10), 2):
            paths[pair] = self.pairs if list(pair) in self.walks else self.table_pairs
        return paths


def describe_walks(generator: Generator, classifier: Classifier, settings: WalkSettings) -> dict:
    """Return all that decides what `run_walks` finds, networks as digests of their weights."""
    return {
        "run": "walks",
        **asdict(settings),
        **PROJECTION,
        "generator": weights_digest(generator),
        "classifier": weights_digest(classifier),
    }


def run_walks(
    generator: Generator, classifier: Classifier, *, settings: WalkSettings, data: Mnist
) -> Outcome:
    """Count what many walks pass through, measure both kinds of path, and find the noises of real digits.

    The k-th noises that are seen as a and b are the ends of the k-th path a-b, on the line and on the circle.
    Columns, a value a path of each of `walks`: "line a-b route" (digits seen in order); for every two digits
    "first" < "second": "paths", "KIND once" (that change digit once), "KIND visits" (by third digit, that
    show it between); along "alpha": "KIND norm", "frechet_distance", "nearest"; by digit: of its first test
    image, "real ...". Raises ValueError where the generator makes too few images of a digit.
    """
    started = time.perf_counter()
    networks = generator, classifier
    columns = _count(networks, settings)
    measures, summary = _measure(networks, settings, data)
    columns.update(measures)
    columns.update(_search(networks, settings, data))
    return Outcome(columns, summary, time.perf_counter() - started)


def _count(networks: Networks, settings: WalkSettings) -> dict[str, list]:
    paths, looks = settings.paths, settings.looks
    needed = [max(n for pair, n in paths.items() if digit in pair) for digit in range(10)]
    source = torch.Generator().manual_seed(settings.seed)
    noises = draw(*networks, needed, noise_source=source)
    first, second = map(list, zip(*paths, strict=True))
    columns = {"first": first, "second": second, "paths": list(paths.values())}
    for (pair, n), kind in itertools.product(paths.items(), INTERPOLATIONS):
        begin, end = (noises[digit][:n] for digit in pair)
        ways = path(begin, end, steps=looks, kind=kind)  # (n, looks, latent_dim)
        _, probabilities = observe(*networks, ways.flatten(0, 1))
        classes = probabilities.argmax(dim=1).view(n, looks).tolist()
        routes = [route(row) for row in classes]
        visits = [sum(str(digit) in row for row in routes) for digit in range(10)]
        visits[pair[0]] = visits[pair[1]] = 0  # no third digits
        columns.setdefault(f"{kind} once", []).append(sum(len(row) == 2 for row in routes))
        columns.setdefault(f"{kind} visits", []).append(visits)
        if kind == "line" and list(pair) in settings.walks:
            columns[f"line {pair[0]}-{pair[1]} route"] = routes
    return columns


def draw(
    generator: Generator, classifier: Classifier, needed: Sequence[int], *, noise_source: torch.Generator
) -> list[Tensor]:
    """Return by digit d the first needed[d] noises that show it; ValueError if 100 draws do not do."""
    noises, seen = [], []
    for _ in range(100):
        noises.append(torch.randn(max(500, sum(needed)), generator.latent_dim, generator=noise_source))
        seen.append(observe(generator, classifier, noises[-1])[1].argmax(dim=1))
        classes = torch.cat(seen)
        counts = classes.bincount(minlength=10).tolist()
        if all(count >= n for count, n in zip(counts, needed, strict=True)):
            every = torch.cat(noises)
            return [every[classes == digit][:n] for digit, n in enumerate(needed)]
    what = f"of {len(classes)} noises {counts} are classified as 0 to 9, and {list(needed)} are needed"
    raise ValueError(f"{what}; walk between fewer pairs or train the generator for longer")


def route(digits: Sequence[int]) -> str:
    """Return the digits in order, each stay as one: "27" for 2 2 2 7 7."""
    return "".join(str(digit) for digit, _ in itertools.groupby(digits))


def _measure(networks: Networks, settings: WalkSettings, data: Mnist) -> tuple[dict, dict]:
    """Return columns by alpha, of paths between random noises (norm: mean, 95 % of them), and a summary:

    the same of real training digits ("real ..."), of noises as short as the middle of a line ("short ...").
    """
    (generator, classifier), samples = networks, settings.samples
    real, _ = features(classifier, data.test_images)
    source = torch.Generator().manual_seed(settings.seed + 1)
    pairs = torch.randn(2, samples, generator.latent_dim, generator=source)
    alphas = torch.arange(settings.steps) / (settings.steps - 1)
    columns = {"alpha": alphas.tolist()}
    for kind, alpha in itertools.product(INTERPOLATIONS, alphas):
        noise = between(*pairs, alpha, kind=kind)
        norms = noise.double().norm(dim=1)
        low, high = norms.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
        values = {"norm": norms.mean().item(), "norm low": low, "norm high": high}
        values |= _distances(observe(*networks, noise)[0], real)
        for name, value in values.items():
            columns.setdefault(f"{kind} {name}", []).append(round(value, 6))
    short, _ = observe(*networks, pairs[0] * 0.5**0.5)
    digits, _ = features(classifier, data.train_images[:samples])
    summary = {}
    for name, rows in (("real", digits), ("short", short)):
        distances = _distances(rows, real)
        summary |= {f"{name} {distance}": round(value, 6) for distance, value in distances.items()}
    return columns, summary


def _distances(rows: Tensor, real: Tensor) -> dict[str, float]:
    """Return how far features (n, d) are from real ones (m, d), as a set and each from its nearest."""
    nearest = torch.cat([torch.cdist(part, real).amin(dim=1) for part in rows.split(500)])
    return {"frechet_distance": frechet_distance(rows, real), "nearest": nearest.double().mean().item()}


def _search(networks: Networks, settings: WalkSettings, data: Mnist) -> dict[str, list]:
    places = [int((data.test_labels == digit).nonzero()[0]) for digit in range(10)]
    source = torch.Generator().manual_seed(settings.seed + 2)
    nearest = project(
        *networks,
        data.test_images[places],
        starts=settings.starts,
        steps=settings.searches,
        noise_source=source,
        **PROJECTION,
    )
    return {
        "real image": places,
        "real residual": nearest.residual.tolist(),
        "real before": nearest.before.tolist(),
        "real noise": nearest.noise.tolist(),
    }


def walks_of(settings: dict, *, models: Path) -> Outcome:
    """Return what `run_walks` finds of described settings, with the two networks in `models`.

    Raises ValueError where they are not there; see `generator_of`.
    """
    networks = generator_of(settings["generator"], models), load_classifier(models)
    run = WalkSettings(**{field.name: settings[field.name] for field in fields(WalkSettings)})
    if describe_walks(*networks, run) != settings:
        raise ValueError(f"the networks in {models} are not those of the settings")
    return run_walks(*networks, settings=run, data=mnist.load())
