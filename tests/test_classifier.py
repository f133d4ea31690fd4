import json

import pytest
import torch

from lib.evaluation.classifier import (
    Classifier,
    evaluate,
    features,
    load_classifier,
    predict,
    save_classifier,
    train_classifier,
)

SETTINGS = {
    "seed": 1,
    "epochs": 3,
    "width": 4,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "max_shift": 1,
    "label_smoothing": 0.05,
}


def bars(n: int = 160) -> tuple[torch.Tensor, torch.Tensor]:
    """Ten classes that a shift does not mix up: a bright bar whose width is the class."""
    labels = torch.arange(n) % 10
    images = torch.full((n, 1, 28, 28), -1.0)
    for image, label in zip(images, labels, strict=True):
        image[0, 4:24, 3 : 5 + 2 * label] = 1
    return images, labels


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"the images' shape is \(3, 28, 28\)"):
        Classifier(width=2)(torch.zeros(3, 28, 28))


def test_training_learns_classes_that_can_be_told_apart():
    images, labels = bars()
    before = evaluate(Classifier(width=4), images, labels)
    model = train_classifier(images, labels, **{**SETTINGS, "epochs": 12})
    assert evaluate(model, images, labels) > max(0.9, before)
    assert not model.training


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    images, labels = bars()
    first, again = (train_classifier(images, labels, **SETTINGS).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = train_classifier(images, labels, **{**SETTINGS, "seed": 2}).state_dict()
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_accuracy_is_the_share_of_right_labels():
    images, _ = bars(20)
    model = Classifier(width=2)
    called = predict(model, images).argmax(dim=1)
    assert evaluate(model, images, called) == 1
    assert evaluate(model, images, torch.where(torch.arange(20) < 5, called, (called + 1) % 10)) == 0.25


def test_features_and_probabilities_are_those_of_the_classifier_in_eval_mode():
    classifier = Classifier(width=2).train()
    images = torch.rand(10, 1, 28, 28) * 2 - 1
    found, probabilities = features(classifier, images, batch_size=4)
    assert classifier.training
    assert torch.allclose(probabilities, predict(classifier, images), atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(found, classifier.eval().features(images), atol=1e-6)


def test_a_saved_classifier_comes_back_with_its_settings_and_accuracy_beside_it(tmp_path):
    images, labels = bars(40)
    model = train_classifier(images, labels, **SETTINGS)
    accuracy = evaluate(model, images, labels)
    save_classifier(model, tmp_path, settings=SETTINGS, summary={"test_accuracy": accuracy})
    loaded = load_classifier(tmp_path)
    assert not loaded.training
    assert torch.equal(loaded(images), model(images))
    beside = json.loads((tmp_path / "classifier.json").read_text())
    assert beside["settings"] == SETTINGS
    assert beside["summary"]["test_accuracy"] == accuracy


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 1}, {"batch_size": 999}, {"max_shift": -1}])
def test_an_argument_out_of_range_is_named(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}"):
        train_classifier(*bars(40), **{**SETTINGS, **wrong})
