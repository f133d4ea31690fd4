"""Walks in latent space from one digit to another: single ones to look at, and many to count."""

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lib import records
from lib.adversarial import as_bytes
from lib.checks import at_least, require
from lib.classifier import Classifier, predict
from lib.gan import Generator, sample
from lib.latent import KINDS, between, endpoints, path, project
from lib.metrics import features, frechet_distance
from lib.records import Record, provenance

CLAIMED = ((2, 7), (2, 6), (6, 7))  # the original's three walks, Figures 17 to 19
BATCH = 500  # images at a time
GLIMPSE = 0.2  # a digit is glimpsed on the way where the judge gives it this probability
EPSILON = 1e-4  # between the two points whose distance gives the path length
PROJECTION = {"learning_rate": 0.2, "feature_weight": 0.01, "norm_weight": 0.1}

Progress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A walk between two digits, as pictures and words."""

    name: str  # of its files
    first: int
    second: int
    images: np.ndarray  # (steps, height, width) uint8
    captions: list[str]  # what the classifier sees in each, and how sure it is
    facts: dict  # how it came about, as JSON values

    @property
    def between(self) -> list[int]:
        """The digits seen on the way that are neither end's."""
        return sorted(set(self.facts["digits"]) - {self.first, self.second})


def strip(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    steps: int,
    candidates: int,
    seed: int,
    kind: str = "line",
) -> Strip:
    """Walk from a noise whose image is `first` to one whose image is `second`, on a path of this `kind`.

    Raises:
        ValueError: the digits are equal, an argument is out of range, or a digit is not among the candidates.
    """
    at_least("seed", seed, 0)
    ends = endpoints(
        generator,
        classifier,
        first,
        second,
        candidates=candidates,
        noise_source=torch.Generator().manual_seed(seed),
    )
    chosen = [{k: v for k, v in asdict(end).items() if k != "noise"} for end in ends]
    facts = {"seed": seed, "kind": kind, "end_points": chosen}
    noises = path(ends[0].noise, ends[1].noise, steps=steps, kind=kind)
    name = f"strip-{first}-{second}" + (f"-{kind}" if kind != "line" else "")
    return _walked(generator, classifier, noises, name=name, first=first, second=second, facts=facts)


def side_by_side(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    steps: int,
    candidates: int,
    seed: int,
) -> Strip:
    """Walk between the same end points on the line (left in each image) and on the circle (right)."""
    left, right = (
        strip(generator, classifier, first, second, steps=steps, candidates=candidates, seed=seed, kind=kind)
        for kind in KINDS
    )
    gap = np.full((steps, 28, 2), 64, np.uint8)
    return Strip(
        name=f"smooth-{first}-{second}",
        first=first,
        second=second,
        images=np.concatenate([left.images, gap, right.images], axis=2),
        captions=[],
        facts={"left": left.facts, "right": right.facts},
    )


def real_strip(
    generator: Generator,
    classifier: Classifier,
    first: int,
    second: int,
    *,
    record: Record,
    images: Tensor,
    steps: int,
    kind: str,
) -> Strip:
    """Walk between the noises that a record of `run_walks` has for a real `first` and a real `second`.

    `images` are the test images; the two real digits stand before and after the `steps` images of the walk.
    """
    columns = record.columns
    rule = "the first test image of the digit, and the best of the searches for its noise"
    names = {"real digit": "digit", "real image": "test_image", "real residual": "residual"}
    chosen = [{new: columns[old][d] for old, new in names.items()} | {"rule": rule} for d in (first, second)]
    facts = {"seed": record.settings["seed"], "kind": kind, "end_points": chosen}
    noises = path(*torch.tensor([columns["real noise"][d] for d in (first, second)]), steps=steps, kind=kind)
    name = f"real-{first}-{second}"
    walk = _walked(generator, classifier, noises, name=name, first=first, second=second, facts=facts)
    begin, end = as_bytes(images[[columns["real image"][d] for d in (first, second)]]).numpy()
    return replace(
        walk, images=np.stack([begin, *walk.images, end]), captions=["real", *walk.captions, "real"]
    )


def real_and_found(generator: Generator, record: Record, images: Tensor) -> np.ndarray:
    """Return (20, 28, 28) uint8: the ten real test digits of a record of `run_walks`, then those found."""
    found = sample(generator, torch.tensor(record.columns["real noise"]), batch_size=10)
    return as_bytes(torch.cat([images[record.columns["real image"]], found])).numpy()


def _walked(
    generator: Generator, classifier: Classifier, noises: Tensor, *, facts: dict, **about: str | int
) -> Strip:
    """Make the images of noises (steps, latent_dim) and write down what the classifier sees in them."""
    steps = len(noises)
    images = sample(generator, noises, batch_size=steps)
    confidences, digits = predict(classifier, images).max(dim=1)
    seen = {
        "alpha": [step / (steps - 1) for step in range(steps)],
        "digits": digits.tolist(),
        "confidences": [round(c, 6) for c in confidences.tolist()],
    }
    captions = [f"{d}\n{c:.0%}" for d, c in zip(digits.tolist(), confidences.tolist(), strict=True)]
    return Strip(**about, images=as_bytes(images).numpy(), captions=captions, facts=facts | seen)


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How much is counted and measured.

    Raises ValueError naming the setting that is out of range.
    """

    pairs: int  # of noises, for each of the original's three walks
    table_pairs: int  # of noises, for every other two digits
    steps: int  # images of a path as the original shows it, both ends included
    looks: int  # images of a path that are looked at, the steps among them
    samples: int  # random pairs of noises, for quality and smoothness; at least 100
    starts: int  # of each search for a real digit's noise
    searches: int  # steps of each search
    seed: int  # of the noises that are counted; the next two of those measured and those searched from

    def __post_init__(self):
        for name, low in (("pairs", 1), ("table_pairs", 1), ("steps", 3), ("samples", 100), ("seed", 0)):
            at_least(name, getattr(self, name), low)
        for name in ("starts", "searches"):
            at_least(name, getattr(self, name), 1)
        require(
            "looks",
            self.looks,
            self.looks > 1 and (self.looks - 1) % (self.steps - 1) == 0,
            f"1 more than a multiple of {self.steps - 1}, so that the {self.steps} steps are among them",
        )


def ready_walks(
    generator: Generator,
    classifier: Classifier,
    *,
    settings: WalkSettings,
    data: Sequence[Tensor],
    directory: Path,
    fresh: bool,
    progress: Progress,
) -> tuple[Record, bool]:
    """Return the record of these settings and networks, and whether it was made now."""
    described = describe(generator, classifier, settings)
    stored = None if fresh else records.find(described, directory)
    if stored:
        return stored, False
    record = run_walks(generator, classifier, settings=settings, data=data, progress=progress)
    records.save(record, directory)
    return record, True


def describe(generator: Generator, classifier: Classifier, settings: WalkSettings) -> dict:
    """Return everything that decides a record of `run_walks`; networks stand as hashes of their weights."""
    return {
        "recipe": "walks",
        **asdict(settings),
        **PROJECTION,
        "glimpse": GLIMPSE,
        "epsilon": EPSILON,
        "generator": fingerprint(generator),
        "classifier": fingerprint(classifier),
    }


def fingerprint(model: torch.nn.Module) -> str:
    """Return twelve hexadecimal digits that stand for a network's weights."""
    total = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        total.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()[:12]


def run_walks(
    generator: Generator,
    classifier: Classifier,
    *,
    settings: WalkSettings,
    data: Sequence[Tensor],
    progress: Progress,
) -> Record:
    """Count what many walks pass through, measure both kinds of path, and find the noises of real digits.

    Noises are drawn one after another; the k-th whose image the classifier calls a and the k-th that it calls
    b are the ends of the k-th path from a to b, once on the line and once on the circle.

    Args:
        data: train_images, train_labels, test_images, test_labels.
        progress: called with the number of images made so far and in all.

    Returns:
        a record whose columns are, for the original's three walks a-b and each kind, one value a path:
        "KIND a-b route" (the digits seen in order, at every look), "... route of steps" (at the steps alone),
        "... glimpsed" (the digits whose probability reaches GLIMPSE between the ends), and "a-b confidence"
        (of the less certain end); for every two digits "first" < "second" the counts "paths", "KIND once"
        (paths that change digit once) and "KIND visits" (by digit, paths that show it between and that begin
        and end in others); along "alpha", "KIND norm", "frechet_distance", "confidence" and "nearest"; for
        the first test image of each digit, "real ...".

    Raises:
        ValueError: the generator makes too few images of a digit.
    """
    started = time.perf_counter()
    counts = dict.fromkeys(itertools.combinations(range(10), 2), settings.table_pairs)
    counts |= dict.fromkeys(CLAIMED, settings.pairs)
    work = 2 * settings.looks * sum(counts.values()) + (2 * settings.steps + 5) * settings.samples
    work += 3 * 10 * settings.starts * settings.searches  # forward and backward
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        progress(done := done + images, work)

    counting, measuring, searching = (torch.Generator().manual_seed(settings.seed + i) for i in range(3))
    common = {"settings": settings, "advance": advance}
    columns = count(generator, classifier, counts, noise_source=counting, **common)
    found, summary = measure(generator, classifier, data, noise_source=measuring, **common)
    columns |= found | search(generator, classifier, *data[2:], noise_source=searching, **common)
    seconds = time.perf_counter() - started
    return Record(
        settings=describe(generator, classifier, settings),
        columns=columns,
        summary=summary | {"latent_dim": generator.latent_dim},
        provenance=provenance(seconds=seconds, device="cpu", threads=torch.get_num_threads()),
    )


def count(
    generator: Generator,
    classifier: Classifier,
    counts: dict[tuple[int, int], int],
    *,
    settings: WalkSettings,
    noise_source: torch.Generator,
    advance: Callable[[int], None],
) -> dict[str, list]:
    """Walk `counts` times between each two digits, on line and circle; return columns of what is seen."""
    needed = [max(n for pair, n in counts.items() if digit in pair) for digit in range(10)]
    noises, confidences = draw(generator, classifier, needed, noise_source=noise_source)
    first, second = zip(*counts, strict=True)
    columns = {"first": list(first), "second": list(second), "paths": list(counts.values())}
    columns |= {f"{kind} {name}": [] for kind in KINDS for name in ("once", "visits")}
    every = (settings.looks - 1) // (settings.steps - 1)
    for (pair, n), kind in itertools.product(counts.items(), KINDS):
        begin, end = (noises[digit][:n] for digit in pair)
        probabilities = look(generator, classifier, path(begin, end, steps=settings.looks, kind=kind))
        classes = probabilities.argmax(dim=2).tolist()  # (n, looks)
        routes = [route(row) for row in classes]
        visits = [sum(str(d) in row for row in routes) if d not in pair else 0 for d in range(10)]
        columns[f"{kind} once"].append(sum(len(row) == 2 for row in routes))
        columns[f"{kind} visits"].append(visits)
        if pair in CLAIMED:
            name = f"{pair[0]}-{pair[1]}"
            glimpsed = (probabilities[:, 1:-1] >= GLIMPSE).any(dim=1)  # (n, 10)
            least = torch.minimum(*(confidences[digit][:n] for digit in pair))
            columns[f"{kind} {name} route"] = routes
            columns[f"{kind} {name} route of steps"] = [route(row[::every]) for row in classes]
            columns[f"{kind} {name} glimpsed"] = [route(row.nonzero().flatten().tolist()) for row in glimpsed]
            columns[f"{name} confidence"] = [round(c, 4) for c in least.tolist()]
        advance(n * settings.looks)
    return columns


def draw(
    generator: Generator, classifier: Classifier, needed: Sequence[int], *, noise_source: torch.Generator
) -> tuple[list[Tensor], list[Tensor]]:
    """Draw noises until each digit d has needed[d]; return by digit the first of them, and confidences.

    Raises ValueError if 100 times as many as needed in all are not enough.
    """
    noises, probabilities = [], []
    for _ in range(100):
        noises.append(torch.randn(max(BATCH, sum(needed)), generator.latent_dim, generator=noise_source))
        probabilities.append(look(generator, classifier, noises[-1][:, None])[:, 0])
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


def look(generator: Generator, classifier: Classifier, noises: Tensor) -> Tensor:
    """Return the classifier's probabilities (n, looks, 10) of the images of noises (n, looks, latent_dim)."""
    return _observe(generator, classifier, noises.flatten(0, 1))[1].view(*noises.shape[:2], 10)


def _observe(generator: Generator, classifier: Classifier, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (n, d) and class probabilities (n, 10) of the images of noise (n, latent_dim)."""
    parts = [features(classifier, sample(generator, z, batch_size=BATCH)) for z in noise.split(BATCH)]
    found, probabilities = zip(*parts, strict=True)
    return torch.cat(found), torch.cat(probabilities)


def route(digits: Sequence[int]) -> str:
    """Return the digits in order, each stay as one: "27" for 2 2 2 7 7."""
    return "".join(str(digit) for digit, _ in itertools.groupby(digits))


def measure(
    generator: Generator,
    classifier: Classifier,
    data: Sequence[Tensor],
    *,
    settings: WalkSettings,
    noise_source: torch.Generator,
    advance: Callable[[int], None],
) -> tuple[dict, dict]:
    """Measure images at each step of the paths between `samples` random pairs of noises.

    Returns:
        columns by alpha, and a summary: the same of real training digits ("real ..."), of random noises as
        short as the middle of a line is ("short ..."), and each kind's path length with its 95 % interval.
    """
    real, _ = features(classifier, data[2])
    pairs = torch.randn(2, settings.samples, generator.latent_dim, generator=noise_source)

    def measures(found: Tensor, probabilities: Tensor) -> dict[str, float]:
        nearest = torch.cat([torch.cdist(rows, real).amin(dim=1) for rows in found.split(BATCH)])
        return {
            "frechet_distance": frechet_distance(found, real),
            "confidence": probabilities.amax(dim=1).double().mean().item(),
            "nearest": nearest.double().mean().item(),
        }

    def judged(noise: Tensor) -> dict[str, float]:
        advance(len(noise))
        return measures(*_observe(generator, classifier, noise))

    alphas = torch.arange(settings.steps) / (settings.steps - 1)
    columns: dict[str, list] = {"alpha": alphas.tolist()}
    for kind in KINDS:
        for alpha in alphas:
            noise = between(*pairs, alpha, kind=kind)
            norms = noise.double().norm(dim=1)
            low, high = norms.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
            row = {"norm": norms.mean().item(), "norm low": low, "norm high": high, **judged(noise)}
            for name, value in row.items():
                columns.setdefault(f"{kind} {name}", []).append(round(value, 6))
    summary = {
        f"real {k}": v for k, v in measures(*features(classifier, data[0][: settings.samples])).items()
    }
    summary |= {f"short {k}": v for k, v in judged(pairs[0] * 0.5**0.5).items()}

    turn = torch.rand(settings.samples, generator=noise_source) * (1 - EPSILON)
    squared = {}
    for kind in KINDS:
        squared[kind] = squared_speed(generator, classifier, *pairs, turn, kind=kind)
        advance(2 * settings.samples)
        eighth = (turn * 8).long()
        columns[f"{kind} path_length"] = [squared[kind][eighth == part].mean().item() for part in range(8)]
    squared["difference"] = squared["line"] - squared["circle"]
    for name, values in squared.items():
        mean, error = values.mean().item(), values.std().item() / len(values) ** 0.5
        summary |= {
            f"{name} path_length": mean,
            f"{name} path_length low": mean - 1.96 * error,
            f"{name} path_length high": mean + 1.96 * error,
        }
    return columns, {name: round(value, 6) for name, value in summary.items()}


def squared_speed(
    generator: Generator, classifier: Classifier, begin: Tensor, end: Tensor, alpha: Tensor, *, kind: str
) -> Tensor:
    """Return (n,) float64: the squared speed of the judge's features at fraction alpha (n,) of each path.

    The mean over random pairs and alphas is the perceptual path length, in these features.
    Source: Karras et al. 2019, section 4.1 (squared distance at alpha and alpha + EPSILON, over EPSILON²).
    """
    here, there = (
        _observe(generator, classifier, between(begin, end, at, kind=kind))[0].double()
        for at in (alpha, alpha + EPSILON)
    )
    return (there - here).square().sum(dim=1) / EPSILON**2


def search(
    generator: Generator,
    classifier: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    settings: WalkSettings,
    noise_source: torch.Generator,
    advance: Callable[[int], None],
) -> dict[str, list]:
    """Find the noises of the first image of each digit; return columns "real ...", by digit."""
    places = [int((labels == digit).nonzero()[0]) for digit in range(10)]
    found = project(
        generator,
        classifier,
        images[places],
        starts=settings.starts,
        steps=settings.searches,
        noise_source=noise_source,
        progress=lambda *_: advance(3 * 10 * settings.starts),
        **PROJECTION,
    )
    confidences, digits = look(generator, classifier, found.noise[:, None])[:, 0].max(dim=1)
    return {
        "real digit": list(range(10)),
        "real image": places,
        "real residual": found.residual.tolist(),
        "real before": found.before.tolist(),
        "real seen": digits.tolist(),
        "real confidence": confidences.tolist(),
        "real norm": found.noise.norm(dim=1).tolist(),
        "real noise": found.noise.tolist(),
    }
