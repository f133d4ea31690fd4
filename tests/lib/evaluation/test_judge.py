"""The classifier that judges generated digits, and what it measures."""

import pytest
import torch

from bundle.experiments.digit_classifier import CLASSIFIER, classifier_training
from lib.evaluation import distances
from lib.evaluation.classifier import (
    Classifier,
    classification_accuracy_score,
    evaluate,
    features,
    predict,
    train_classifier,
)
from lib.evaluation.judge import Judge
from lib.mnist import Mnist

SETTINGS = classifier_training(CLASSIFIER) | {
    "epochs": 6,
    "width": 2,
    "batch_size": 20,
    "learning_rate": 0.02,
}


def halves(z: torch.Tensor) -> torch.Tensor:
    """Draw images (n, 1, 28, 28) whose upper or lower half is brighter, by the sign of z[:, 0]."""
    upper = torch.arange(28)[:, None] < 14
    brighter = upper == (z[:, 0] > 0)[:, None, None, None]  # (n, 1, 28, 1)
    return (torch.where(brighter, 0.1, -0.9) + 0.1 * z[:, 1, None, None, None]).expand(-1, 1, 28, 28)


def test_cas_is_high_for_faithful_samples_and_chance_for_samples_of_one_class():
    z = torch.randn(500, 3, generator=torch.Generator().manual_seed(5))
    images, labels = halves(z), (z[:, 0] > 0).long()
    judge = train_classifier(images[:200], labels[:200], **SETTINGS)
    real, names = images[200:300], labels[200:300]
    assert evaluate(judge, real, names) > 0.95
    other = {"judge": judge, "settings": SETTINGS | {"seed": 1}}
    assert classification_accuracy_score(images[300:], real, names, **other) > 0.95
    of_one_class = halves(z[300:].abs())
    share = names.double().mean().item()
    assert classification_accuracy_score(of_one_class, real, names, **other) == pytest.approx(share)


def test_features_and_probabilities_are_those_of_the_classifier_in_eval_mode():
    classifier = Classifier(width=2).train()
    images = torch.rand(10, 1, 28, 28) * 2 - 1
    found, probabilities = features(classifier, images, batch_size=4)
    assert torch.allclose(probabilities, predict(classifier, images), atol=1e-6)
    assert classifier.training
    assert not found.requires_grad
    with torch.no_grad():
        assert torch.allclose(found, classifier.eval().features(images), atol=1e-6)


@pytest.fixture(scope="module")
def judge() -> Judge:
    """A judge of random images, 260 real ones and 400 for training."""
    torch.manual_seed(0)
    classifier = Classifier(width=2)
    real, training = (torch.rand(n, 1, 28, 28) * 2 - 1 for n in (260, 400))
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(real)
    training_classes, classes = (predict(classifier, images).argmax(dim=1) for images in (training, real))
    return Judge(classifier, Mnist(training, training_classes, real, classes))


def test_the_judge_measures_as_the_functions_do(judge):
    real, images = judge.data.test_images, judge.data.train_images[:256]
    measured = judge(images)
    found, probabilities = features(judge.classifier, images)
    here, real_probabilities = features(judge.classifier, real)
    precise, recalled = distances.precise_and_recalled(found, here)
    confidence, classes = probabilities.double().max(dim=1)
    least = real_probabilities.amax(dim=1).double().quantile(0.01)
    expected = {
        "frechet_distance": distances.frechet_distance(found, here),
        "kid": distances.kid(found, here),
        "inception_score": distances.inception_score(probabilities),
        "confidence": confidence.mean().item(),
        "clear": (precise & (confidence >= least)).double().mean().item(),
        "class_imbalance": distances.class_imbalance(classes, judge.data.test_labels),
        "precision": precise.double().mean().item(),
        "recall": recalled.double().mean().item(),
    }
    assert {name: measured[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert measured["clear"] < measured["precision"]
    assert judge(real)["nearest_training"] == 1


def test_copies_of_training_images_show_even_with_noise_on_them(judge):
    real, training = judge.data.test_images, judge.data.train_images[:260]
    assert judge(training)["nearest_training"] == 0
    with_a_copy = judge(torch.cat([real[:252], training[:8]]))
    assert with_a_copy["nearest_training"] > 0.9  # the median does not see eight in 260
    assert with_a_copy["nearest_training_1pct"] == 0
    noisy = training + 0.1 * torch.randn(260, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert 0 < judge(noisy)["nearest_training"] < 0.3


def test_the_baseline_is_what_real_images_measure_and_leaves_each_ones_own_copy_out(judge):
    baseline, as_generated = judge.baseline(260), judge(judge.data.train_images[:260])
    assert 0.9 < baseline.pop("nearest_training") < 1.1
    assert baseline.pop("nearest_training_1pct") > 0.8
    assert baseline.items() <= as_generated.items()


def test_training_images_that_hold_the_real_ones_are_refused(judge):
    both = torch.cat([judge.data.train_images, judge.data.test_images])
    with pytest.raises(ValueError, match="train_images"):
        Judge(judge.classifier, judge.data._replace(train_images=both))
