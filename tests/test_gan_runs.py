import dataclasses
import shutil
import signal
from pathlib import Path

import pytest
import torch

from bundle.experiments.cache import GENERATORS, cached_classifier, cached_gan, grids_of, read_grids
from bundle.experiments.comparisons import GAN_ABLATION, as_written_runs, variant_runs
from bundle.experiments.digit_classifier import CLASSIFIER
from bundle.experiments.gan import GanRun, class_kept
from bundle.notebook import task2
from bundle.render.reading import declared_values
from bundle.study.store import load
from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import load_generator
from lib.mnist import Mnist
from lib.progress import silent
from tests.test_gan_training import SETTINGS

RUN = GanRun(
    training=dataclasses.replace(SETTINGS, batches=6),
    dataset="MNIST",
    judge="0",
    checkpoints=[0, 3, 6],
    samples=256,
    noise_sets=2,
    noise_seed=5,
)


@pytest.fixture(scope="module")
def data():
    source = torch.Generator().manual_seed(0)
    images, labels = [], []
    for n in (300, 256):
        images.append(torch.rand(n, 1, 28, 28, generator=source) * 2 - 1)
        labels.append(torch.arange(n) % 10)
    return Mnist(images[0], labels[0], images[1], labels[1])


@pytest.fixture(scope="module")
def classifier():
    torch.manual_seed(0)
    return Classifier(width=2).eval()


CLASSIFIER_SETTINGS = CLASSIFIER | {"width": 2, "epochs": 1, "batch_size": 20}


def trained(output, classifier, data, run=RUN, *, fresh=False, progress=silent, **place):
    """Return a run's record, and why it was made now."""
    folders = {"results": output / "task2", "models": output / "models"}
    judged_by = {"classifier": classifier, "data": data, "classifier_settings": CLASSIFIER_SETTINGS}
    return cached_gan(run, **judged_by, **folders, **place, fresh=fresh, progress=progress)


def made(output, classifier, data):
    """Return also the grids."""
    record, why = trained(output, classifier, data)
    return record, read_grids(grids_of(record.settings, output / "task2")), why


def test_a_run_leaves_record_grids_and_model_and_is_used_again(tmp_path, classifier, data):
    record, grids, why = made(tmp_path, classifier, data)
    assert why == ""  # nothing was there
    assert [grid.shape for grid in grids["fixed"].values()] == [(50, 28, 28)] * 3
    assert [grid.shape for grid in grids["train"].values()] == [(8, 28, 28)] * 3  # as many as are in a batch
    assert list(grids["fixed"]) == list(grids["train"]) == record.columns["quality_batch"] == [0, 3, 6]
    assert trained(tmp_path, classifier, data) == (record, None)
    assert load_generator(tmp_path / "models").latent_dim == 4
    assert not list(tmp_path.rglob("*.ckpt*"))
    assert 0 <= record.summary["cas"] <= 1
    assert record.summary["real_frechet_distance"] < record.summary["frechet_distance"]
    grids_of(record.settings, tmp_path / "task2").unlink()
    assert "npz is damaged or gone" in trained(tmp_path, classifier, data)[1]


def test_a_further_generator_is_trained_where_its_weights_are_missing_and_needs_no_grids(
    tmp_path, classifier, data
):
    place = {"name": "generator-1", "file": GENERATORS}

    def further(seed: int = 4) -> tuple:
        return trained(tmp_path, classifier, data, RUN.with_training(seed=seed), **place)

    trained(tmp_path, classifier, data)
    record, why = further()
    assert why == ""  # nothing was there
    assert load(tmp_path / "task2" / GENERATORS) == [record]
    grids_of(record.settings, tmp_path / "task2").unlink()
    assert further() == (record, None)
    (tmp_path / "models" / "generator-1.safetensors").unlink()
    again, why = further()
    assert "generator-1.safetensors is missing" in why
    assert (again.columns, again.summary) == (record.columns, record.summary)
    assert further(seed=5)[1] == ""
    assert further()[1] == "generator-1 is another run's"
    assert trained(tmp_path, classifier, data)[1] is None


def test_both_the_generator_and_its_average_are_measured_at_every_checkpoint(tmp_path, classifier, data):
    columns = trained(tmp_path, classifier, data)[0].columns
    for name in [name for name in columns if name.startswith("quality_") and "raw_" not in name]:
        assert len(columns[name]) == 3
        if name != "quality_batch":
            raw = columns[name.replace("quality_", "quality_raw_")]
            assert raw[0] == columns[name][0]  # before the first step they are the same
    assert columns["quality_raw_frechet_distance"][2] != columns["quality_frechet_distance"][2]


def test_a_class_is_kept_where_the_same_noise_shows_it_again(classifier):
    first = torch.randint(256, (20, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    other = torch.cat([first[:15], first[:5].flip(1)])
    before, after = (predict(classifier, x[:, None] / 127.5 - 1).argmax(dim=1) for x in (first, other))
    expected = (before == after).double().mean().item()
    assert class_kept([first, first, other], classifier) == [1, expected]


def stop(done, total):
    """A notebook's stop button."""
    if done == 4:
        signal.raise_signal(signal.SIGINT)


def test_a_stopped_run_goes_on_and_a_fresh_one_begins(tmp_path, classifier, data):
    whole, seen = trained(tmp_path / "whole", classifier, data)[0], []
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, classifier, data, progress=stop)
    shutil.copytree(tmp_path / "task2", tmp_path / "fresh" / "task2")
    record = trained(tmp_path, classifier, data, progress=lambda done, total: seen.append(done))[0]
    assert seen == [4, 5, 6]
    assert (record.columns, record.summary) == (whole.columns, whole.summary)
    assert not list((tmp_path / "task2").rglob("*.ckpt*"))
    tell = {"fresh": True, "progress": lambda done, total: seen.append(done)}
    trained(tmp_path / "fresh", classifier, data, **tell)
    assert seen[3] == 0


def test_a_notebooks_parameters_are_settings():
    values = declared_values(Path("task2.ipynb"))
    run = task2.gan_run(values, judge="j")
    described = run.described()
    names = {name for name in values if name in described}
    assert {name: described[name] for name in names} == {name: values[name] for name in names}
    assert described["generator_width"] == described["discriminator_width"] == values["width"]
    assert described["judge"] == "j"


def test_every_variant_has_every_seed_from_the_runs_on():
    found = variant_runs(RUN, variant_seeds=2, variant_batches=7)
    assert list(found) == ["ours", *GAN_ABLATION]
    for name, change in {"ours": {}, **GAN_ABLATION}.items():
        plain = RUN.described() | {"checkpoints": [], "noise_sets": 1, "batches": 7}
        assert found[name] == [plain | change | {"seed": seed} for seed in (3, 4)]
    (settings,) = as_written_runs(RUN, seeds=1, original_batches=10)
    assert settings["checkpoints"] == [0, 2, 4, 6, 8, 10]
    assert settings["topology"] == "as-written"
    assert as_written_runs(RUN, seeds=1, original_batches=0) == []


def test_a_stored_judge_is_used_where_its_settings_and_code_match(tmp_path, data, monkeypatch):
    def judge(fresh: bool = False, **changes) -> tuple:
        settings = CLASSIFIER_SETTINGS | changes
        return cached_classifier(tmp_path, settings, data=data, fresh=fresh, progress=silent)

    first, summary, why = judge()
    assert why == ""  # nothing was there
    assert summary["test_images"] == 256
    again, same, why = judge()
    assert (same, why) == (summary, None)
    assert torch.equal(first(data.test_images), again(data.test_images))
    assert judge(fresh=True)[2] == "fresh"
    assert judge(seed=9)[2] == "other settings"
    monkeypatch.setattr("bundle.experiments.cache.differences", lambda before, now: "x.py changed")
    assert judge(seed=9)[2] == "x.py changed"
