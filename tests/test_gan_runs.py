import dataclasses
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from bundle.experiments.cache import GENERATORS, cached_classifier, cached_gan, cached_generator
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


def made(output, classifier, data, run=RUN, *, fresh=False, progress=silent, **place):
    folders = {"results": output / "task2", "models": output / "models"}
    about = {"classifier": classifier, "data": data, "classifier_settings": CLASSIFIER_SETTINGS}
    return cached_gan(run, **about, **folders, **place, fresh=fresh, progress=progress)


def trained_with(**changes) -> GanRun:
    return dataclasses.replace(RUN, training=dataclasses.replace(RUN.training, **changes))


def test_a_run_leaves_record_grids_and_model_and_is_used_again(tmp_path, classifier, data):
    record, grids, trained = made(tmp_path, classifier, data)
    assert trained == ""  # nothing was there
    assert [grid.shape for grid in grids["fixed"].values()] == [(50, 28, 28)] * 3
    assert [grid.shape for grid in grids["train"].values()] == [(8, 28, 28)] * 3  # as many as are in a batch
    assert list(grids["fixed"]) == list(grids["train"]) == record.columns["quality_batch"] == [0, 3, 6]
    again, same, trained = made(tmp_path, classifier, data)
    assert trained is None
    assert again == record
    for kind in grids:
        assert all(np.array_equal(grids[kind][batch], same[kind][batch]) for batch in grids[kind])
    assert load_generator(tmp_path / "models").latent_dim == 4
    assert not list(tmp_path.rglob("*.ckpt*"))
    assert 0 <= record.summary["cas"] <= 1
    assert record.summary["real_frechet_distance"] < record.summary["frechet_distance"]


def test_a_further_generator_has_weights_and_a_record_of_its_own_and_is_made_again_without_them(
    tmp_path, classifier, data
):
    made(tmp_path, classifier, data)
    place = {"name": "generator-1", "file": "generators.jsonl"}
    other = RUN.with_training(seed=4)
    record, _, why = made(tmp_path, classifier, data, other, **place)
    assert why == ""
    assert load(tmp_path / "task2" / "generators.jsonl") == [record]
    assert set(record.settings) == set(RUN.described())
    weights = [
        next(load_generator(tmp_path / "models", *name).parameters()) for name in ((), ("generator-1",))
    ]
    assert not torch.equal(*weights)
    (tmp_path / "models" / "generator-1.safetensors").unlink()
    again, _, why = made(tmp_path, classifier, data, other, **place)
    assert "generator-1.safetensors is missing" in why
    assert (again.columns, again.summary) == (record.columns, record.summary)
    assert made(tmp_path, classifier, data, other, **place)[2] is None
    assert made(tmp_path, classifier, data)[2] is None


def test_a_further_generator_is_trained_where_its_weights_are_missing_and_needs_no_grids(
    tmp_path, classifier, data
):
    about = {"classifier": classifier, "data": data, "classifier_settings": CLASSIFIER_SETTINGS}
    about |= {"results": tmp_path / "task2", "models": tmp_path / "models", "progress": silent}

    def further() -> tuple:
        return cached_generator(RUN.with_training(seed=4), name="generator-1", fresh=False, **about)

    record, why = further()
    assert why == ""  # nothing was there
    assert load(tmp_path / "task2" / GENERATORS) == [record]
    (grids,) = (tmp_path / "task2").glob("*.npz")
    grids.unlink()
    assert further() == (record, None)
    (tmp_path / "models" / "generator-1.safetensors").unlink()
    again, why = further()
    assert "generator-1.safetensors is missing" in why
    assert again.summary == record.summary
    other = cached_generator(RUN.with_training(seed=5), name="generator-1", fresh=False, **about)
    assert other[1] == ""
    assert further()[1] == "generator-1 is another run's"


def test_both_the_generator_and_its_average_are_measured_at_every_checkpoint(tmp_path, classifier, data):
    columns = made(tmp_path, classifier, data)[0].columns
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


@pytest.mark.parametrize("change", [{"seed": 4}, {"dataset": "KMNIST"}, {"judge": "1"}, {"noise_seed": 6}])
def test_a_run_of_other_settings_is_trained_anew(tmp_path, classifier, data, change):
    made(tmp_path, classifier, data)
    assert made(tmp_path, classifier, data, GanRun.read(RUN.described() | change))[2] == ""
    assert made(tmp_path, classifier, data)[2] == "generator is another run's"


def stop(done, total):
    """A notebook's stop button."""
    if done == 4:
        signal.raise_signal(signal.SIGINT)


def test_a_stopped_run_goes_on(tmp_path, classifier, data):
    whole, seen = made(tmp_path / "whole", classifier, data)[0], []
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, classifier, data, progress=stop)
    record = made(tmp_path, classifier, data, progress=lambda done, total: seen.append(done))[0]
    assert seen == [4, 5, 6]
    assert record.columns == whole.columns
    assert record.summary == whole.summary
    assert not list(tmp_path.rglob("*.ckpt*"))


def test_a_fresh_run_goes_on_from_no_state_that_is_left(tmp_path, classifier, data):
    seen = []
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, classifier, data, progress=stop)
    (state,) = tmp_path.rglob("*.ckpt")
    shutil.copy(state, f"{state}.previous")
    made(tmp_path, classifier, data, fresh=True, progress=lambda done, total: seen.append(done))
    assert seen[0] == 0


@pytest.mark.parametrize(("name", "value"), [("samples", 255), ("noise_sets", 0), ("noise_seed", -1)])
def test_a_look_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; it must be at least"):
        dataclasses.replace(RUN, **{name: value})


def test_what_would_fail_after_hours_is_refused_at_once():
    with pytest.raises(
        ValueError, match="samples is 60000; it must be fewer than the training images, 60000"
    ):
        dataclasses.replace(RUN, samples=60_000)
    with pytest.raises(ValueError, match="noise_seed is 9223372028264841216; it must be below"):
        dataclasses.replace(RUN, noise_seed=2**63 - 2**33)
    with pytest.raises(ValueError, match="batch_size is 60002; it must be from 2 to 4096"):
        trained_with(batch_size=60_002)
    with pytest.raises(ValueError, match="noise_sets is 101; it must be at most 100"):
        dataclasses.replace(RUN, noise_sets=101)


def test_settings_are_kept_flat_and_read_back():
    described = RUN.described()
    looked_at = ["dataset", "judge", "checkpoints", "samples", "noise_sets", "noise_seed"]
    assert list(described) == ["run", *dataclasses.asdict(SETTINGS), *looked_at]
    assert described["run"] == "gan"
    assert GanRun.read(described) == RUN


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


def test_no_batches_leave_the_original_recipe_out():
    assert as_written_runs(RUN, seeds=1, original_batches=0) == []


def test_variants_that_cannot_be_trained_are_refused_when_listed(monkeypatch):
    with pytest.raises(ValueError, match="variant_seeds is 0; it must be at least 1"):
        variant_runs(RUN, variant_seeds=0, variant_batches=7)
    with pytest.raises(ValueError, match="variant_batches is 0; it must be at least 1"):
        variant_runs(RUN, variant_seeds=1, variant_batches=0)
    with pytest.raises(ValueError, match="original_batches is -1; it must be at least 0"):
        as_written_runs(RUN, seeds=1, original_batches=-1)
    monkeypatch.setitem(GAN_ABLATION, "a batch of one", {"batch_size": 1})
    with pytest.raises(ValueError, match="a batch of one: batch_size is 1; it must be from 2"):
        variant_runs(RUN, variant_seeds=1, variant_batches=7)


def test_a_stored_judge_is_used_where_its_settings_match(tmp_path, data):
    first, summary, trained = cached_classifier(
        tmp_path, CLASSIFIER_SETTINGS, data=data, fresh=False, progress=silent
    )
    assert trained == ""  # nothing was there
    assert summary["test_images"] == 256
    again, same, trained = cached_classifier(
        tmp_path, CLASSIFIER_SETTINGS, data=data, fresh=False, progress=silent
    )
    assert trained is None
    assert same == summary | {"other_code": ""}
    assert torch.equal(first(data.test_images), again(data.test_images))
    other = cached_classifier(
        tmp_path, CLASSIFIER_SETTINGS | {"seed": 9}, data=data, fresh=False, progress=silent
    )
    assert other[2] == "other settings"
    assert cached_classifier(
        tmp_path, CLASSIFIER_SETTINGS | {"seed": 9}, data=data, fresh=True, progress=silent
    )[2]
