"""The committed GAN, its record, grids and notebook, read by another route than the one that made them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import beta
from torchmetrics.image.fid import FrechetInceptionDistance

from bundle.analysis.claims import Verdict
from bundle.analysis.pictures import picture_verdicts
from bundle.experiments.gan import GanRun, noises
from bundle.original import GAN_CHECKPOINTS
from bundle.study.store import load, run_name, table
from lib import mnist
from lib.evaluation.classifier import features, load_classifier
from lib.gan.networks import load_generator
from lib.networks import answers

SETTINGS = json.loads(Path("models", "generator.json").read_text())["settings"]
FOLDER = Path("results", "task2")
(RECORD,) = load(FOLDER / "gan.jsonl", settings=SETTINGS)
RUNS = table(load(FOLDER / "gan.jsonl", FOLDER / "generators.jsonl"))


class Given(torch.nn.Module):
    """Features that are there already."""

    num_features = 64

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows


def test_the_run_has_the_originals_length_and_moments():
    assert SETTINGS["batches"] == 187_400
    assert tuple(RECORD.columns["quality_batch"]) == GAN_CHECKPOINTS
    with np.load(FOLDER / f"{run_name(SETTINGS)}.npz") as grids:
        assert tuple(grids["batches"]) == GAN_CHECKPOINTS
    pictures = sorted(int(path.stem.split("-")[1]) for path in Path("task2_images").glob("batch-*.png"))
    assert tuple(pictures) == GAN_CHECKPOINTS


def test_the_kept_generator_has_the_distance_that_its_record_says():
    """From the stored weights, by torchmetrics."""
    judged = noises(GanRun.read(SETTINGS))[1]
    classifier, images = load_classifier("models"), mnist.load().test_images
    generated = answers(load_generator("models"), judged, batch_size=500)
    metric = FrechetInceptionDistance(feature=Given()).set_dtype(torch.float64)
    for batch, real in ((images, True), (generated, False)):
        metric.update(features(classifier, batch)[0], real=real)
    assert metric.compute().item() == pytest.approx(RECORD.summary["frechet_distance"], rel=1e-3)


def bounds(share: float, n: int) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson by the beta distribution."""
    count = round(share * n)
    return beta.ppf(0.025, count, n - count + 1), beta.ppf(0.975, count + 1, n - count)


def test_the_committed_verdicts_follow_from_the_record_by_another_route():
    """Each expectation is written for what was measured: should it change, so does the verdict."""
    columns, summary = RECORD.columns, RECORD.summary
    moments = dict(zip(columns["quality_batch"], columns["quality_clear"], strict=True))
    least_real, _ = bounds(summary["real_clear"], 10_000)
    early = [moments[batch] for batch in (2000, 5000, 7500, 11500, 13500, 50000)]
    end, _ = bounds(summary["clear"], 10_000)
    fails = {
        "noise-at-first": moments[0] > 0.05,
        "some-figures-during": any(bounds(share, 10_000)[0] >= end for share in early),
        "most-clear-at-79500": not 0.5 < moments[79500] < bounds(moments[79500], 10_000)[1] < least_real,
        "all-clear-at-end": bounds(summary["clear"], 10_000)[1] < least_real,
        "clearer-and-clearer": bounds(summary["clear"], 10_000)[1] < bounds(max(moments.values()), 10_000)[0],
        "hard-to-tell-from-mnist": bounds(summary["grey_level_accuracy"], 4000)[0] > 0.75,
        "discriminator-finds-no-difference": bounds(summary["discriminator_accuracy"], 20_000)[0] > 0.55,
    }
    verdicts = picture_verdicts(RUNS)
    assert verdicts == {claim: Verdict.FAILS if fails[claim] else Verdict.HOLDS for claim in fails}
