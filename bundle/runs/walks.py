"""From settings to the record of many walks."""

import time
from dataclasses import asdict
from pathlib import Path

import torch

from bundle.runs import records
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from bundle.runs.walk_counts import GLIMPSE, count
from bundle.runs.walk_measures import measure
from bundle.runs.walk_settings import WalkSettings
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator
from lib.latent.interpolation import EPSILON
from lib.latent.projection import project
from lib.mnist import Mnist
from lib.networks import weights_digest
from lib.progress import Progress

PROJECTION = {"learning_rate": 0.2, "feature_weight": 0.01, "norm_weight": 0.1}


def ready_walks(
    generator: Generator,
    classifier: Classifier,
    *,
    settings: WalkSettings,
    data: Mnist,
    results: Path,
    fresh: bool,
    progress: Progress,
) -> tuple[Record, bool]:
    """Return the record of these settings and networks, and whether it was made now."""
    described = describe_walks(generator, classifier, settings)
    stored = None if fresh else records.find(described, results)
    if stored is None:
        stored = run_walks(generator, classifier, settings=settings, data=data, progress=progress)
        records.save(stored, results)
        return stored, True
    return stored, False


def describe_walks(generator: Generator, classifier: Classifier, settings: WalkSettings) -> dict:
    """Return everything that decides a record of `run_walks`; networks stand as digests of their weights."""
    return {
        "run": "walks",
        **asdict(settings),
        **PROJECTION,
        "glimpse": GLIMPSE,
        "epsilon": EPSILON,
        "generator": weights_digest(generator),
        "classifier": weights_digest(classifier),
    }


def run_walks(
    generator: Generator, classifier: Classifier, *, settings: WalkSettings, data: Mnist, progress: Progress
) -> Record:
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
    columns = count(*networks, **after(0))
    found, summary = measure(*networks, data, **after(counted))
    columns |= found | search(*networks, data, **after(counted + measured))
    seconds = time.perf_counter() - started
    return Record(
        settings=describe_walks(*networks, settings),
        columns=columns,
        summary=summary | {"latent_dim": generator.latent_dim},
        provenance=provenance(seconds=seconds, device="cpu", threads=torch.get_num_threads()),
    )


def search(
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
