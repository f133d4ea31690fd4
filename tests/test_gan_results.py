"""The committed GAN, its record, grids and notebook, read by another route than the one that made them."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from bundle.analysis.formatting import in_style
from bundle.analysis.gan import PICTURES, decide_pictures, quality_table
from bundle.experiments.gan import GanRun, noises
from bundle.original import GAN_CHECKPOINTS
from bundle.study.store import load, run_name
from lib import mnist
from lib.evaluation.classifier import features, load_classifier
from lib.gan.networks import load_generator
from lib.networks import answers

SETTINGS = json.loads(Path("models", "generator.json").read_text())["settings"]
FOLDER = Path("results", "task2")
(RECORD,) = load(FOLDER / "gan.jsonl", SETTINGS)
OTHERS = load(FOLDER / "generators.jsonl")


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


def test_the_goals_of_the_full_run_are_met():
    assert RECORD.summary["frechet_distance"] <= 0.5
    assert RECORD.summary["cas"] >= 0.98
    assert RECORD.summary["class_imbalance"] <= 0.05


def test_the_committed_notebook_shows_what_the_records_say():
    cells = nbformat.read("task2.ipynb", as_version=4).cells
    shown = "\n".join(
        o.data.get("text/markdown", "") for c in cells for o in c.get("outputs", []) if "data" in o
    )
    _, rows = quality_table({"frechet_distance": "Fréchet distance"}, RECORD, *OTHERS)
    for row in rows:
        assert in_style("| " + " | ".join(row) + " |") in shown
    verdicts = decide_pictures({"ours": [RECORD, *OTHERS]})
    assert len(verdicts) == len(PICTURES)
    for v in verdicts:
        assert in_style(f"{v.word}: {v.numbers}") in shown.replace("*", "")
