"""The classifier that judges generated digits: its settings, its training, and the stored one."""

import functools
import time
from pathlib import Path

import torch

from bundle.runs.outcome import Outcome
from lib import mnist
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, train_classifier
from lib.evaluation.judge import Judge
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


def run_classifier(settings: dict, *, data: Mnist, progress: Progress) -> tuple[Classifier, Outcome]:
    """Train the classifier of these settings; the summary has its accuracy on the test images."""
    began, keywords = time.perf_counter(), classifier_training(settings)
    model = train_classifier(data.train_images, data.train_labels, **keywords, progress=progress)
    seconds = time.perf_counter() - began
    right = evaluate(model, data.test_images, data.test_labels)
    return model, Outcome({}, {"test_accuracy": right, "test_images": len(data.test_images)}, seconds)


def classifier_training(settings: dict) -> dict:
    """Return the keywords of `train_classifier` among a classifier's settings."""
    return {name: value for name, value in settings.items() if name != "dataset"}


@functools.cache
def loaded(models: Path, dataset: str) -> tuple[Classifier, Mnist]:
    """Return the stored classifier and a data set, on the GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return load_classifier(models).to(device), mnist.load(name=dataset).to(device)


@functools.cache
def loaded_judge(models: Path, dataset: str) -> Judge:
    return Judge(*loaded(models, dataset))
