import dataclasses

import numpy as np
import pytest
import torch

from bundle.runs.gan import GanRun, ready_gan
from bundle.runs.judge import CLASSIFIER
from lib.evaluation.classifier import Classifier
from lib.gan.networks import load_generator
from tests.test_adversarial import SETTINGS

RUN = GanRun(
    **dataclasses.asdict(SETTINGS) | {"batches": 6},
    dataset="MNIST",
    judge="0",
    checkpoints=[0, 3, 6],
    samples=40,
    noise_sets=2,
    noise_seed=5,
)


@pytest.fixture(scope="module")
def data():
    source = torch.Generator().manual_seed(0)
    images, labels = [], []
    for n in (60, 40):
        images.append(torch.rand(n, 1, 28, 28, generator=source) * 2 - 1)
        labels.append(torch.arange(n) % 10)
    return images[0], labels[0], images[1], labels[1]


@pytest.fixture(scope="module")
def classifier():
    torch.manual_seed(0)
    return Classifier(width=2).eval()


TAUGHT = CLASSIFIER | {"width": 2, "epochs": 1, "batch_size": 20}


def made(output, classifier, data, run=RUN, *, fresh=False, progress=lambda done, total: None):
    return ready_gan(
        output, run, classifier=classifier, data=data, taught=TAUGHT, fresh=fresh, progress=progress
    )


def test_a_run_leaves_record_grids_and_model_and_is_used_again(tmp_path, classifier, data):
    record, grids, trained = made(tmp_path, classifier, data)
    assert trained
    assert [grid.shape for grid in grids["fixed"].values()] == [(50, 28, 28)] * 3
    assert [grid.shape for grid in grids["train"].values()] == [(8, 28, 28)] * 3  # as many as are in a batch
    assert list(grids["fixed"]) == list(grids["train"]) == record.columns["quality_batch"] == [0, 3, 6]
    again, same, trained = made(tmp_path, classifier, data)
    assert not trained
    assert again == record
    for kind in grids:
        assert all(np.array_equal(grids[kind][batch], same[kind][batch]) for batch in grids[kind])
    assert load_generator(tmp_path / "models").latent_dim == 4
    assert not list(tmp_path.rglob("*.ckpt*"))
    assert 0 <= record.summary["cas"] <= 1
    assert record.summary["real_frechet_distance"] < record.summary["frechet_distance"]


def test_both_the_generator_and_its_average_are_measured_at_every_checkpoint(tmp_path, classifier, data):
    columns = made(tmp_path, classifier, data)[0].columns
    for name in [name for name in columns if name.startswith("quality_") and "raw_" not in name]:
        assert len(columns[name]) == 3
        if name != "quality_batch":
            raw = columns[name.replace("quality_", "quality_raw_")]
            assert raw[0] == columns[name][0]  # before the first step they are the same
    assert columns["quality_raw_frechet_distance"][2] != columns["quality_frechet_distance"][2]


@pytest.mark.parametrize("change", [{"seed": 4}, {"dataset": "KMNIST"}, {"judge": "1"}, {"noise_seed": 6}])
def test_a_run_of_other_settings_is_trained_anew(tmp_path, classifier, data, change):
    made(tmp_path, classifier, data)
    assert made(tmp_path, classifier, data, dataclasses.replace(RUN, **change))[2]
    assert made(tmp_path, classifier, data)[2]  # the model there is the other's now


def test_a_killed_run_goes_on(tmp_path, classifier, data):
    seen = []

    def stop(done, total):
        if done == 4:
            raise ConnectionError

    def note(done, total):
        seen.append(done)

    whole = made(tmp_path / "whole", classifier, data)[0]
    with pytest.raises(ConnectionError):
        made(tmp_path, classifier, data, progress=stop)
    record = made(tmp_path, classifier, data, progress=note)[0]
    assert record.columns == whole.columns
    assert record.summary == whole.summary


def test_a_packing_discriminator_is_asked_as_it_was_trained(tmp_path, classifier, data):
    run = dataclasses.replace(RUN, packing=2, samples=41)  # an odd one is left out
    assert 0 <= made(tmp_path, classifier, data, run)[0].summary["discriminator_right"] <= 1


@pytest.mark.parametrize(("name", "value"), [("samples", 3), ("noise_sets", 0), ("noise_seed", -1)])
def test_a_look_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; it must be at least"):
        dataclasses.replace(RUN, **{name: value})
