"""The judge of Task 2: its settings, its training, and how a run gets hold of it."""

import functools
import time
from pathlib import Path

from bundle.study.outcome import Outcome
from lib import mnist
from lib.checks import sizes
from lib.evaluation.classifier import Classifier, evaluate, load_classifier, train_classifier
from lib.mnist import Mnist
from lib.progress import Progress
from lib.weights import weights_digest

# the judge; one for all reports, so that their distances can be compared
CLASSIFIER = {
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


def judge_settings(*, dataset: str, epochs: int, width: int) -> dict:
    """Return the settings of the classifier that judges, checked."""
    sizes(classifier_epochs=epochs, classifier_width=width)
    return {**CLASSIFIER, "dataset": dataset, "epochs": epochs, "width": width}


def run_classifier(settings: dict, *, data: Mnist, progress: Progress) -> tuple[Classifier, Outcome]:
    """Return a classifier trained with settings like CLASSIFIER, and its accuracy on the test images."""
    started = time.perf_counter()
    training = classifier_training(settings)
    model = train_classifier(data.train_images, data.train_labels, **training, progress=progress)
    seconds = time.perf_counter() - started
    accuracy = evaluate(model, data.test_images, data.test_labels)
    return model, Outcome({}, {"test_accuracy": accuracy, "test_images": len(data.test_images)}, seconds)


def classifier_training(settings: dict) -> dict:
    """Return the keywords of `train_classifier` in settings like CLASSIFIER."""
    return {name: value for name, value in settings.items() if name != "dataset"}


@functools.cache
def loaded(models: Path, dataset: str, judge: str) -> tuple[Classifier, Mnist]:
    """Return the stored classifier, whose weights have the digest `judge`, and data; on a GPU if any."""
    classifier = load_classifier(models)
    digest = weights_digest(classifier)
    if digest != judge:
        raise ValueError(f"the classifier in {models} is {digest}, and the settings ask for {judge} as judge")
    data = mnist.load_on_device(dataset)
    return classifier.to(data.test_images.device), data
