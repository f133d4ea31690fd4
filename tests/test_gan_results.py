"""The committed GAN, its record, grids and notebook, read by another route than the one that made them."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from bundle.claims.gan import PICTURES, decide_pictures, quality_table
from bundle.claims.style import in_style
from bundle.original import GAN_CHECKPOINTS
from bundle.runs import records
from bundle.runs.gan import GanRun, noises
from bundle.runs.records import path_of
from lib import mnist
from lib.evaluation.classifier import features, load_classifier
from lib.gan.networks import load_generator
from lib.networks import answers

SETTINGS = json.loads(Path("models", "generator.json").read_text())["settings"]
PATH = path_of(SETTINGS, Path("results", "task2"))
RECORD = records.load(PATH)
FURTHER = [records.load(path) for path in sorted(Path("results", "task2", "generators").glob("*.json"))]
DECAYS = ("decay_from", "discriminator_decay_from")
OTHERS = [run for run in FURTHER if all(run.settings[name] == SETTINGS[name] for name in DECAYS)]

RATES = {
    "steady": lambda run: run.settings["decay_from"] == 1,
    "falling": lambda run: run.settings["discriminator_decay_from"] < 1,
}


class Given(torch.nn.Module):
    """Features that are there already."""

    num_features = 64

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows


def test_the_run_has_the_originals_length_and_moments():
    assert SETTINGS["batches"] == 187_400
    assert tuple(RECORD.columns["quality_batch"]) == GAN_CHECKPOINTS
    with np.load(PATH.with_suffix(".npz")) as grids:
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


def test_the_goals_of_the_full_run_are_met():
    assert RECORD.summary["frechet_distance"] <= 0.5
    assert RECORD.summary["cas"] >= 0.98
    assert RECORD.summary["class_imbalance"] <= 0.05


def test_the_committed_notebook_shows_what_the_records_say():
    cells = nbformat.read("task2.ipynb", as_version=4).cells
    shown = "\n".join(
        o.data.get("text/markdown", "") for c in cells for o in c.get("outputs", []) if "data" in o
    )
    rates = {name: [run for run in FURTHER if of(run)] for name, of in RATES.items()}
    _, rows = quality_table({"frechet_distance": "Fréchet distance"}, RECORD, *OTHERS, rates=rates)
    for row in rows:
        assert in_style("| " + " | ".join(row) + " |") in shown
    verdicts = decide_pictures({"ours": [RECORD, *OTHERS]})
    assert len(verdicts) == len(PICTURES)
    for v in verdicts:
        assert in_style(f"{v.word}: {v.numbers}") in shown.replace("*", "")


def test_trainings_with_other_rates_are_the_last_of_ours_until_rates_fall():
    others, same = [run for run in FURTHER if run not in OTHERS], OTHERS[-1]
    assert sorted(tuple(run.settings[name] for name in DECAYS) for run in others) == [(0.9, 0.9), (1.0, 1.0)]
    falls = 1 + max(k for k, batch in enumerate(GAN_CHECKPOINTS) if batch <= 0.9 * SETTINGS["batches"])
    for run in others:
        assert {name for name in run.settings if run.settings[name] != same.settings[name]} <= {*DECAYS}
        for name in ("quality_precision", "quality_frechet_distance", "quality_raw_recall"):
            assert run.columns[name][:falls] == pytest.approx(same.columns[name][:falls], rel=1e-6)
            assert run.columns[name][falls:] != pytest.approx(same.columns[name][falls:], rel=1e-6)
