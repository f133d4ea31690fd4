"""Walks in latent space from one digit to another: single ones to look at, and many to count."""

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
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
    """A walk between two digits: its images (steps, 28, 28) uint8, and how it came about as JSON values."""

    first: int
    second: int
    images: np.ndarray
    facts: dict

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
    noises = path(ends[0].noise, ends[1].noise, steps=steps, kind=kind)
    return _seen(generator, classifier, first, second, noises, {"seed": seed, "kind": kind}, chosen)


def real_strip(
    generator: Generator,
    classifier: Classifier,
    record: Record,
    first: int,
    second: int,
    *,
    steps: int,
    kind: str,
) -> Strip:
    """Walk between the noises that a record of `run_walks` has for real digits `first` and `second`."""
    places = [record.columns["real digit"].index(digit) for digit in (first, second)]
    noises = torch.tensor([record.columns["real noise"][place] for place in places])
    chosen = [
        {
            "digit": record.columns["real digit"][place],
            "test_image": record.columns["real image"][place],
            "residual": record.columns["real residual"][place],
            "rule": "the first test image of the digit",
        }
        for place in places
    ]
    noises = path(*noises, steps=steps, kind=kind)
    return _seen(
        generator, classifier, first, second, noises, {"seed": record.settings["seed"], "kind": kind}, chosen
    )


def _seen(generator, classifier, first, second, noises, about, chosen) -> Strip:
    """Make the images of `noises` (steps, latent_dim) and write down what the classifier sees."""
    steps = len(noises)
    images = sample(generator, noises, batch_size=steps)
    confidences, digits = predict(classifier, images).max(dim=1)
    facts = {
        **about,
        "alpha": [step / (steps - 1) for step in range(steps)],
        "digits": digits.tolist(),
        "confidences": [round(c, 6) for c in confidences.tolist()],
        "end_points": chosen,
    }
    return Strip(first=first, second=second, images=as_bytes(images).numpy(), facts=facts)


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How much is counted and measured.

    Raises ValueError naming the setting that is out of range.
    """

    pairs: int  # of noises, for each of the original's three walks
    table_pairs: int  # of noises, for every other two digits
    steps: int  # images of a path as the original shows it, both ends included
    looks: int  # images of a path that are looked at, the steps among them
    samples: int  # random pairs of noises, for quality and smoothness
    starts: int  # of each search for a real digit's noise
    searches: int  # steps of each search
    seed: int

    def __post_init__(self):
        for name, low in (("pairs", 1), ("table_pairs", 1), ("steps", 3), ("samples", 2), ("seed", 0)):
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
    """Return the record of these settings and networks and whether it was made now, not found in `directory`."""
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
    source = torch.Generator().manual_seed(settings.seed)
    counts = dict.fromkeys(itertools.combinations(range(10), 2), settings.table_pairs)
    counts |= dict.fromkeys(CLAIMED, settings.pairs)
    work = 2 * settings.looks * sum(counts.values()) + (2 * settings.steps + 5) * settings.samples
    work += 3 * 10 * settings.starts * settings.searches  # forward and backward
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        progress(done := done + images, work)

    needed = [max(n for pair, n in counts.items() if digit in pair) for digit in range(10)]
    noises, confidences = draw(generator, classifier, needed, noise_source=source)
    columns: dict[str, list] = {"first": [], "second": [], "paths": list(counts.values())}
    columns |= {f"{kind} {name}": [] for kind in KINDS for name in ("once", "visits")}
    every = (settings.looks - 1) // (settings.steps - 1)
    for (first, second), n in counts.items():
        columns["first"].append(first)
        columns["second"].append(second)
        begin, end = noises[first][:n], noises[second][:n]
        for kind in KINDS:
            probabilities = look(generator, classifier, path(begin, end, steps=settings.looks, kind=kind))
            classes = probabilities.argmax(dim=2).numpy()  # (n, looks)
            routes = [route(row) for row in classes]
            columns[f"{kind} once"].append(sum(len(digits) == 2 for digits in routes))
            columns[f"{kind} visits"].append(
                [
                    sum(str(d) in digits for digits in routes) if d not in (first, second) else 0
                    for d in range(10)
                ]
            )
            if (first, second) in CLAIMED:
                name = f"{kind} {first}-{second}"
                columns[f"{name} route"] = routes
                columns[f"{name} route of steps"] = [route(row) for row in classes[:, ::every]]
                reached = (probabilities[:, 1:-1] >= GLIMPSE).any(dim=1)  # (n, 10)
                columns[f"{name} glimpsed"] = [
                    "".join(map(str, row.nonzero().flatten().tolist())) for row in reached
                ]
                lower = torch.minimum(confidences[first][:n], confidences[second][:n])
                columns[f"{first}-{second} confidence"] = [round(c, 4) for c in lower.tolist()]
            advance(n * settings.looks)

    found, summary = quality(
        generator, classifier, settings=settings, data=data, noise_source=source, advance=advance
    )
    columns |= found
    columns |= project_first(
        generator, classifier, settings=settings, data=data, noise_source=source, advance=advance
    )
    return Record(
        settings=describe(generator, classifier, settings),
        columns=columns,
        summary=summary | {"latent_dim": generator.latent_dim},
        provenance=provenance(
            seconds=time.perf_counter() - started, device="cpu", threads=torch.get_num_threads()
        ),
    )


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
    parts = noises.flatten(0, 1).split(BATCH)
    seen = torch.cat([predict(classifier, sample(generator, z, batch_size=BATCH)) for z in parts])
    return seen.view(*noises.shape[:2], 10)


def route(digits: Sequence[int]) -> str:
    """Return the digits in order, each stay as one: "27" for 2 2 2 7 7."""
    return "".join(str(digit) for digit, _ in itertools.groupby(digits))


def quality(
    generator: Generator,
    classifier: Classifier,
    *,
    settings: WalkSettings,
    data: Sequence[Tensor],
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
        parts = [features(classifier, sample(generator, z, batch_size=BATCH)) for z in noise.split(BATCH)]
        advance(len(noise))
        return measures(*(torch.cat(part) for part in zip(*parts, strict=True)))

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
    """Return (n,) float64: the squared speed of the classifier's features at fraction alpha (n,) of each path.

    The mean over random pairs and alphas is the perceptual path length, in these features.
    Source: Karras et al. 2019, section 4.1 (squared distance at alpha and alpha + EPSILON, over EPSILON²).
    """
    there = []
    for at in (alpha, alpha + EPSILON):
        noise = between(begin, end, at, kind=kind)
        there.append(
            torch.cat(
                [
                    features(classifier, sample(generator, z, batch_size=BATCH))[0].double()
                    for z in noise.split(BATCH)
                ]
            )
        )
    return (there[1] - there[0]).square().sum(dim=1) / EPSILON**2


def project_first(
    generator: Generator,
    classifier: Classifier,
    *,
    settings: WalkSettings,
    data: Sequence[Tensor],
    noise_source: torch.Generator,
    advance: Callable[[int], None],
) -> dict[str, list]:
    """Find the noises of the first test image of each digit; return columns "real ...", by digit."""
    _, _, images, labels = data
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
