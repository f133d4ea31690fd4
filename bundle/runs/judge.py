"""The classifier that judges generated digits, trained once and stored."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from bundle.runs.provenance import provenance
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, save_classifier, train_classifier

Progress = Callable[[int, int], None]  # done, total


Data = Sequence[torch.Tensor]  # train_images, train_labels, test_images, test_labels


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


def ready_classifier(
    directory: Path, settings: dict, *, data: Data, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, bool]:
    """Return the classifier of these settings, its summary, and whether it was trained now.

    A stored one in `directory` is used if its settings match.

    Args:
        settings: "dataset", which tells one judge from another, and the keywords of `train_classifier`.
    """
    about = Path(directory, "classifier.json")
    if not fresh and about.exists():
        stored = json.loads(about.read_text())
        if stored["settings"] == settings:
            return load_classifier(directory), stored["summary"], False
    train_images, train_labels, test_images, test_labels = data
    started = time.perf_counter()
    model = train_classifier(train_images, train_labels, **classifier_training(settings), progress=progress)
    seconds = time.perf_counter() - started
    summary = {
        "test_accuracy": evaluate(model, test_images, test_labels),
        "test_images": len(test_images),
        **provenance(seconds=seconds, device=str(train_images.device), threads=torch.get_num_threads()),
    }
    save_classifier(model, directory, settings=settings, summary=summary)
    return model, summary, True


def classifier_training(settings: dict) -> dict:
    """Return the keywords of `train_classifier` among a classifier's settings."""
    return {name: value for name, value in settings.items() if name != "dataset"}


def settings_of(path: Path) -> dict | None:
    """Return the settings in a model's JSON file, or None if there is no such file."""
    return json.loads(path.read_text())["settings"] if path.exists() else None
