"""The committed GAN, its record, grids and notebook, read by another route than the one that made them."""

import json
from itertools import combinations
from pathlib import Path

import pytest
import torch
from scipy.stats import beta
from torchmetrics.image.fid import FrechetInceptionDistance

from bundle.analysis.claims import Verdict
from bundle.analysis.detectability import GENERATED, SIDES
from bundle.analysis.pictures import picture_verdicts
from bundle.experiments import comparisons
from bundle.experiments.cache import grids_of, read_grids
from bundle.experiments.gan import GanRun, noises
from bundle.notebook import task2
from bundle.original import GAN_CHECKPOINTS
from bundle.render.reading import declared_values
from bundle.study.records import key
from bundle.study.store import load, table
from lib import mnist
from lib.evaluation.classifier import features, load_classifier
from lib.evaluation.two_sample_tests import CONVOLUTIONAL
from lib.gan.networks import load_generator
from lib.networks import answers
from lib.weights import about_network

SETTINGS = json.loads(Path("models", "generator.json").read_text())["settings"]
FOLDER = Path("results", "task2")
(RECORD,) = load(FOLDER / "gan.jsonl", settings=SETTINGS)
STORED = table(load(FOLDER / "gan.jsonl"))
RUNS = STORED[STORED["topology"] == SETTINGS["topology"]]  # of our recipe


def test_the_run_has_the_originals_length_and_moments():
    assert SETTINGS["batches"] == 187_400
    assert tuple(RECORD.columns["quality_batch"]) == GAN_CHECKPOINTS
    assert tuple(read_grids(grids_of(SETTINGS, FOLDER))["fixed"]) == GAN_CHECKPOINTS
    pictures = sorted(int(path.stem.split("-")[1]) for path in Path("task2_images").glob("batch-*.png"))
    assert tuple(pictures) == GAN_CHECKPOINTS


def test_every_run_that_the_notebooks_ask_for_is_stored():
    names = ("task2", "studies/gan", "studies/realism")
    main, study, realism = (declared_values(Path(f"{name}.ipynb")) for name in names)
    run = task2.gan_run(main, judge=SETTINGS["judge"])
    further = comparisons.further_generators(run, main["generator_seeds"])
    digests = [about_network(Path("models"), name)["weights"] for name in ("generator", *further)]
    amounts = {name: study[name] for name in ("variant_seeds", "variant_batches")}
    most = {"tests": CONVOLUTIONAL, "against": [GENERATED], "images": realism["two_sample_most"]}
    stacked = {"seeds": study["stacked_seeds"], "stacked_batches": study["stacked_batches"]}

    asked = [each.described() for each in (run, *further.values())]
    for variants in comparisons.variant_runs(run, **amounts).values():
        asked += variants
    asked += comparisons.as_written_runs(run, seeds=len(digests), original_batches=main["original_batches"])
    asked.append(comparisons.own_width_run(run, study["own_width_batches"]).described())
    asked += comparisons.stacked_runs(run, **stacked)
    asked += task2.two_sample_settings(run, main, generators=digests, against=SIDES)
    asked += task2.two_sample_settings(run, main, generators=digests, **most)
    stored = {key(record.settings) for record in load(*FOLDER.glob("*.jsonl"))}
    assert set(map(key, asked)) <= stored


def test_the_kept_generator_has_the_distance_that_its_record_says():
    """From the stored weights, by torchmetrics."""
    judged = noises(GanRun.read(SETTINGS))[1]
    classifier, images = load_classifier("models"), mnist.load().test_images
    generated = answers(load_generator("models"), judged, batch_size=500)
    given = torch.nn.Identity()  # features that are there already
    given.num_features = 64
    metric = FrechetInceptionDistance(feature=given).set_dtype(torch.float64)
    for batch, real in ((images, True), (generated, False)):
        metric.update(features(classifier, batch)[0], real=real)
    assert metric.compute().item() == pytest.approx(RECORD.summary["frechet_distance"], rel=1e-3)


def bounds(share: float, n: int) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson by the beta distribution."""
    count = round(share * n)
    return beta.ppf(0.025, count, n - count + 1), beta.ppf(0.975, count + 1, n - count)


def test_the_committed_verdicts_follow_from_the_record_by_another_route():
    """Each expectation is written for what was measured: should it change, so does the verdict."""
    averaged, as_trained = failing("clear"), failing("raw_clear")
    verdicts = picture_verdicts(RUNS)
    assert verdicts.keys() == averaged.keys()
    for claim, verdict in verdicts.items():
        decided = Verdict.FAILS if averaged[claim] else Verdict.HOLDS
        assert verdict is (decided if averaged[claim] == as_trained[claim] else Verdict.DEPENDS), claim


def failing(clear: str) -> dict[str, bool]:
    """Return whether each sentence fails by the clear images of one of the record's two generators."""
    columns, summary = RECORD.columns, RECORD.summary
    moments = dict(zip(columns["quality_batch"], columns[f"quality_{clear}"], strict=True))
    least_real, _ = bounds(summary["real_clear"], 10_000)
    early = [moments[batch] for batch in (2000, 5000, 7500, 11500, 13500, 50000)]
    end, _ = bounds(summary[clear], 10_000)
    return {
        "noise-at-first": moments[0] > 0.05,
        "some-figures-during": any(bounds(share, 10_000)[0] >= end for share in early),
        "most-clear-at-79500": not 0.5 < moments[79500] < bounds(moments[79500], 10_000)[1] < least_real,
        "all-clear-at-end": bounds(summary[clear], 10_000)[1] < least_real,
        "clearer-and-clearer": any(
            bounds(later, 10_000)[1] < bounds(earlier, 10_000)[0]
            for earlier, later in combinations(moments.values(), 2)
        ),
        "hard-to-tell-from-mnist": bounds(summary["grey_level_accuracy"], 4000)[0] > 0.75,
        "discriminator-finds-no-difference": bounds(summary["discriminator_accuracy"], 20_000)[0] > 0.55,
    }
