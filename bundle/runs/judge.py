"""The classifier that judges generated digits, trained once and stored."""

import functools
import json
import time
from pathlib import Path

import torch

from bundle.runs.provenance import provenance
from lib import mnist
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, save_classifier, train_classifier
from lib.mnist import Mnist
from lib.progress import Progress

CLASSIFIER = {  # the judge; one for all reports, so that their distances can be compared
    "dataset": "MNIST",
    "seed": 0,
    "epochs": 4,
    "width": 16,
    "batch_size": 128,
    "learning_rate": 0.005,
    "weight_decay": 0.02,
    "max_shift": 2,
    "label_smoothing": 0.05,
}


def settings_of(path: Path) -> dict | None:
    """Return the settings in a model's JSON file, or None if there is no such file."""
    return json.loads(path.read_text())["settings"] if path.exists() else None


def ready_classifier(
    models: Path, settings: dict, *, data: Mnist, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, bool]:
    """Return the classifier of these settings, its summary, and whether it was trained now.

    `settings` are "dataset", which tells one judge from another, and the keywords of `train_classifier`.
    """
    about, device = Path(models, "classifier.json"), data.train_images.device
    train = fresh or settings_of(about) != settings
    if train:
        began, keywords = time.perf_counter(), classifier_training(settings)
        model = train_classifier(data.train_images, data.train_labels, **keywords, progress=progress)
        seconds = time.perf_counter() - began
        summary = {
            "test_accuracy": evaluate(model, data.test_images, data.test_labels),
            "test_images": len(data.test_images),
            **provenance(seconds=seconds, device=str(device), threads=torch.get_num_threads()),
        }
        save_classifier(model, models, settings=settings, summary=summary)
    return load_classifier(models).to(device), json.loads(about.read_text())["summary"], train


def classifier_training(settings: dict) -> dict:
    """Return the keywords of `train_classifier` among a classifier's settings."""
    return {name: value for name, value in settings.items() if name != "dataset"}


@functools.cache
def loaded(models: Path, dataset: str) -> tuple[Classifier, Mnist]:
    """Return the stored classifier and a data set, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return load_classifier(models).to(device), mnist.load(name=dataset).to(device)
