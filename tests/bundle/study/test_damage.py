"""Files damaged, one for each mechanism: each is named and not used. Of runs: test_store, test_verify."""

from pathlib import Path

import pytest
import torch

from bundle.commands.execute import notebook_digest
from bundle.experiments.cache import cached_classifier
from lib.progress import silent
from tests.bundle.experiments.test_gan_runs import CLASSIFIER_SETTINGS, DATA
from tests.lib.gan import test_gan_training as training


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_weights_that_are_not_those_of_the_json_beside_them_are_trained_again(tmp_path):
    given = {"data": DATA, "fresh": False, "progress": silent}
    before = cached_classifier(tmp_path, CLASSIFIER_SETTINGS, **given)[0](DATA.test_images)
    weights = tmp_path / "classifier.safetensors"
    flip_a_bit(weights)
    again, _, why = cached_classifier(tmp_path, CLASSIFIER_SETTINGS, **given)
    assert f"{weights} is damaged" in why
    assert torch.equal(again(DATA.test_images), before)


def test_a_training_whose_state_is_damaged_starts_afresh(tmp_path):
    """The state is a zip, with checksums of its own."""
    path = tmp_path / "gan.ckpt"
    training.interrupted(path, 9)
    flip_a_bit(path)
    with pytest.warns(UserWarning, match=str(path)):
        again = training.train(state_path=path, on_checkpoint=training.measure)
    assert training.same_bytes(again, training.train(on_checkpoint=training.measure))


def test_a_damaged_notebook_is_named(tmp_path):
    (tmp_path / "n.ipynb").write_text('{"cells": [')
    with pytest.raises(ValueError, match="n.ipynb is damaged, no notebook"):
        notebook_digest(tmp_path / "n.ipynb")
