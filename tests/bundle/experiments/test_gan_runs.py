import dataclasses
import functools
import math
import shutil
from pathlib import Path

import pytest
import torch

from bundle.experiments.cache import cached_classifier, cached_gan, grids_of
from bundle.experiments.comparisons import stacked_runs
from bundle.experiments.digit_classifier import CLASSIFIER
from bundle.experiments.gan import GanRun, class_kept
from bundle.experiments.stacked import run_stacked
from bundle.study.store import load
from lib.evaluation.classifier import Classifier, predict, save_classifier
from lib.evaluation.modes import coverage
from lib.gan.networks import load_generator
from lib.mnist import Mnist
from lib.progress import silent
from tests.lib.gan.test_gan_training import SETTINGS, interrupt_at

RUN = GanRun(
    training=dataclasses.replace(SETTINGS, batches=6),
    dataset="MNIST",
    judge="0",
    checkpoints=[0, 3, 6],
    samples=256,
    noise_sets=2,
    noise_seed=5,
)
SOURCE = torch.Generator().manual_seed(0)
IMAGES = [torch.rand(n, 1, 28, 28, generator=SOURCE) * 2 - 1 for n in (300, 256)]
DATA = Mnist(IMAGES[0], torch.arange(300) % 10, IMAGES[1], torch.arange(256) % 10)
CLASSIFIER_SETTINGS = CLASSIFIER | {"width": 2, "epochs": 1, "batch_size": 20}


@functools.cache
def judge() -> Classifier:
    torch.manual_seed(0)
    return Classifier(width=2).eval()


def trained(output: Path, run=RUN, **options):
    """Return a run's record, its grids, and why it was made now."""
    judged_by = {"classifier": judge(), "data": DATA, "classifier_settings": CLASSIFIER_SETTINGS}
    folders = {"results": output / "task2", "models": output / "models"}
    return cached_gan(run, **judged_by, **folders, **{"fresh": False, "progress": silent, **options})


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with a finished run; each test copies it."""
    folder = tmp_path_factory.mktemp("finished")
    assert trained(folder)[2] == ""  # nothing was there
    return folder


@pytest.fixture
def output(finished, tmp_path) -> Path:
    return shutil.copytree(finished, tmp_path / "output")


def test_a_run_leaves_record_grids_and_model_and_is_used_again(output):
    record, grids, why = trained(output)
    assert why is None
    assert [grid.shape for grid in grids["fixed"].values()] == [(50, 28, 28)] * 3
    assert [grid.shape for grid in grids["train"].values()] == [(8, 28, 28)] * 3  # as many as are in a batch
    assert list(grids["fixed"]) == list(grids["train"]) == record.columns["quality_batch"] == [0, 3, 6]
    assert load_generator(output / "models").latent_dim == 4
    assert not list(output.rglob("*.ckpt*"))
    assert 0 <= record.summary["cas"] <= 1
    assert record.summary["real_frechet_distance"] < record.summary["frechet_distance"]
    raw, averaged = (record.columns[f"quality_{of}frechet_distance"] for of in ("raw_", ""))
    assert raw[0] == averaged[0]  # before the first step they are the same
    assert raw[2] != averaged[2]


def test_what_is_missing_or_another_runs_is_made_again(output):
    results, weights = output / "task2", output / "models" / "generator-1.safetensors"

    def further() -> tuple:
        return trained(output, RUN.with_training(seed=4), name="generator-1")

    record, _, why = further()
    assert why == ""  # nothing was there
    assert load(results / "gan.jsonl", settings=record.settings) == [record]
    assert further()[2] is None
    weights.unlink()
    again, _, why = further()
    assert "generator-1.safetensors is missing" in why
    assert (again.columns, again.summary) == (record.columns, record.summary)
    shutil.copy(output / "models" / "generator.json", weights.with_suffix(".json"))
    shutil.copy(output / "models" / "generator.safetensors", weights)
    assert further()[2] == "generator-1 is another run's"
    grids_of(RUN.described(), results).unlink()
    assert "npz is damaged or gone" in trained(output)[2]


def test_a_run_without_a_name_keeps_grids_and_no_weights(tmp_path):
    record, _, _ = trained(tmp_path, name="")
    assert not (tmp_path / "models").exists()
    again, _, why = trained(tmp_path, name="")
    assert (again, why) == (record, None)
    grids_of(record.settings, tmp_path / "task2").unlink()
    assert "npz is damaged or gone" in trained(tmp_path, name="")[2]


def test_a_class_is_kept_where_the_same_noise_shows_it_again():
    first = torch.randint(256, (20, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    other = torch.cat([first[:15], first[:5].flip(1)])
    before, after = (predict(judge(), x[:, None] / 127.5 - 1).argmax(dim=1) for x in (first, other))
    expected = (before == after).double().mean().item()
    assert class_kept([first, first, other], judge()) == [1, expected]


@pytest.mark.parametrize(("fresh", "begins"), [(False, 4), (True, 0)])
def test_a_stopped_run_goes_on_but_a_fresh_one_begins(output, tmp_path, fresh, begins):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, progress=interrupt_at(4))
    seen = []
    record, _, _ = trained(tmp_path, fresh=fresh, progress=lambda done, total: seen.append(done))
    assert seen[0] == begins
    assert not list((tmp_path / "task2").rglob("*.ckpt*"))
    whole, _, _ = trained(output)
    assert (record.columns, record.summary) == (whole.columns, whole.summary)


def test_a_stored_judge_is_used_where_its_settings_and_code_match(tmp_path, monkeypatch):
    def cached(fresh: bool = False, **changes) -> tuple:
        settings = CLASSIFIER_SETTINGS | changes
        return cached_classifier(tmp_path, settings, data=DATA, fresh=fresh, progress=silent)

    first, summary, _ = cached()
    again, same, why = cached()
    assert (same, why) == (summary, None)
    assert torch.equal(first(DATA.test_images), again(DATA.test_images))
    assert cached(fresh=True)[2] == "fresh"
    assert cached(seed=9)[2] == "other settings"
    monkeypatch.setattr("bundle.experiments.cache.differences", lambda before, now: "x.py changed")
    assert cached(seed=9)[2] == "x.py changed"


class Bright(torch.nn.Module):
    """Calls an image by its brightness: all pixels k - 0.5 become class k."""

    def forward(self, images):
        return -(images.mean(dim=(1, 2, 3))[:, None] - torch.arange(10)).abs()


def plain(*digits: int) -> torch.Tensor:
    return torch.tensor(digits).float()[:, None, None].expand(3, 28, 28)


def test_every_kind_is_counted_once_and_equal_shares_are_at_no_distance():
    every = torch.stack([plain(k // 100, k // 10 % 10, k % 10) for k in range(1000)])
    assert coverage(Bright(), every) == (1000, pytest.approx(0, abs=1e-12))
    kinds, far = coverage(Bright(), torch.stack([plain(1, 2, 3)] * 6 + [plain(3, 2, 1)] * 2))
    assert kinds == 2
    assert far == pytest.approx(0.75 * math.log(750) + 0.25 * math.log(250))


def test_each_run_on_stacks_has_another_seed_and_another_judge_is_refused(tmp_path):
    first, second = stacked_runs(RUN, seeds=2, stacked_batches=16)
    assert (first["batches"], first["seed"], second["seed"]) == (16, 3, 4)
    save_classifier(Classifier(width=2), tmp_path, settings={}, summary={})
    with pytest.raises(ValueError, match="the settings ask for 0 as judge"):
        run_stacked(first, models=tmp_path)
