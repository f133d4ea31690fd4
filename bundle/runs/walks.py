"""From settings to the record of many walks."""

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from bundle.original import WALKS
from bundle.runs import records
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from bundle.runs.walk_counts import GLIMPSE, count, look
from bundle.runs.walk_measures import EPSILON, measure
from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier
from lib.gan.networks import Generator
from lib.latent.projection import project

Progress = Callable[[int, int], None]  # done, total


PROJECTION = {"learning_rate": 0.2, "feature_weight": 0.01, "norm_weight": 0.1}


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
    described = describe_walks(generator, classifier, settings)
    stored = None if fresh else records.find(described, directory)
    if stored:
        return stored, False
    record = run_walks(generator, classifier, settings=settings, data=data, progress=progress)
    records.save(record, directory)
    return record, True


def describe_walks(generator: Generator, classifier: Classifier, settings: WalkSettings) -> dict:
    """Return everything that decides a record of `run_walks`; networks stand as hashes of their weights."""
    return {
        "run": "walks",
        **asdict(settings),
        **PROJECTION,
        "glimpse": GLIMPSE,
        "epsilon": EPSILON,
        "generator": weights_digest(generator),
        "classifier": weights_digest(classifier),
    }


def weights_digest(model: torch.nn.Module) -> str:
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
    counts |= dict.fromkeys(WALKS, settings.pairs)
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
        settings=describe_walks(generator, classifier, settings),
        columns=columns,
        summary=summary | {"latent_dim": generator.latent_dim},
        provenance=provenance(seconds=seconds, device="cpu", threads=torch.get_num_threads()),
    )


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
