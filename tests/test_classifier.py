import torch

from lib.evaluation.classifier import Classifier, evaluate, features, predict, train_classifier

SETTINGS = {
    "seed": 1,
    "epochs": 12,
    "width": 4,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "max_shift": 1,
    "label_smoothing": 0.05,
}


def bars(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten classes that a shift does not mix up: a bright bar whose width is the class."""
    labels = torch.arange(n) % 10
    images = torch.full((n, 1, 28, 28), -1.0)
    for image, label in zip(images, labels, strict=True):
        image[0, 4:24, 3 : 5 + 2 * label] = 1
    return images, labels


def test_training_learns_classes_that_can_be_told_apart():
    images, labels = bars(160)
    assert evaluate(train_classifier(images, labels, **SETTINGS), images, labels) > 0.9


def test_accuracy_is_the_share_of_right_labels():
    images, model = torch.rand(20, 1, 28, 28) * 2 - 1, Classifier(width=2)
    called = predict(model, images).argmax(dim=1)
    assert evaluate(model, images, torch.where(torch.arange(20) < 5, called, (called + 1) % 10)) == 0.25


def test_features_and_probabilities_are_those_of_the_classifier_in_eval_mode():
    classifier = Classifier(width=2).train()
    images = torch.rand(10, 1, 28, 28) * 2 - 1
    found, probabilities = features(classifier, images, batch_size=4)
    assert classifier.training
    assert torch.allclose(probabilities, predict(classifier, images), atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(found, classifier.eval().features(images), atol=1e-6)
