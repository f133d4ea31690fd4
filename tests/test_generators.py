"""Further generators: the same run with other seeds, resumed where it was killed, and judged as fully."""

import dataclasses
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from bundle.experiments.comparisons import generator_runs
from bundle.experiments.gan import GanRun, loaded_judge, run_gan
from bundle.experiments.generators import GeneratorRun, run_generator
from bundle.study.study import study
from lib.evaluation.classifier import save_classifier
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import STRONG
from lib.gan.trainer import GanTrainer
from lib.weights import weights_digest
from tests.test_gan_runs import RUN, TAUGHT, classifier, data

__all__ = ["classifier", "data"]  # fixtures


@pytest.fixture
def folders(tmp_path, monkeypatch, classifier, data):
    """Where judge and states are, as `run_generator` takes them, and a run that this judge judges."""
    monkeypatch.setattr("lib.mnist.load", lambda name: data)
    loaded_judge.cache_clear()
    save_classifier(classifier, tmp_path, settings=TAUGHT, summary={})
    yield (
        {"models": tmp_path, "states": tmp_path / "generators"},
        dataclasses.replace(RUN, judge=weights_digest(classifier)),
    )
    loaded_judge.cache_clear()


def listed(run: GanRun, seeds: int = 1) -> list[dict]:
    return generator_runs(run, seeds=seeds, learned=10, most=0, steps=3, sampled=100)


def test_each_is_the_kept_run_with_the_next_seed():
    first, second = listed(RUN, seeds=2)
    assert [first["seed"], second["seed"]] == [RUN.training.seed + 1, RUN.training.seed + 2]
    same = {name: value for name, value in RUN.described().items() if name not in ("run", "seed")}
    assert same.items() <= first.items()
    assert GeneratorRun.read(first).described() == first
    assert listed(RUN, seeds=0) == []


def test_the_strongest_tests_are_made_where_it_learns_from_more(folders):
    places, run = folders
    (settings,) = generator_runs(run, seeds=1, learned=10, most=30, steps=3, sampled=100)
    assert settings["most"] == 30
    summary = run_generator(settings, **places).summary
    assert all(0 <= summary[f"right_most_{test}"] <= 1 for test in STRONG)
    (settings,) = generator_runs(run, seeds=1, learned=10, most=10, steps=3, sampled=100)
    assert settings["most"] == 0


def test_what_is_measured_is_what_the_kept_one_is_and_the_ladder(folders):
    places, run = folders
    (settings,) = listed(run)
    found = run_generator(settings, **places)
    judge = loaded_judge(places["models"], run.dataset, run.judge)
    _, alone = run_gan(GeneratorRun.read(settings), judge=judge)
    assert found.columns == alone.columns
    assert alone.summary.items() <= found.summary.items()
    assert {"cas", "real_clear", "frechet_sampled", *(f"right_{test}" for test in LADDER)} <= {*found.summary}


def test_a_stopped_one_goes_on_and_its_state_goes_when_its_record_is_there(folders, monkeypatch):
    places, run = folders
    (settings,) = listed(run)
    whole = run_generator(settings, models=places["models"], states=places["models"] / "another")
    step, batches = GanTrainer.step, []

    def watched(trainer):
        step(trainer)
        batches.append(trainer.batch)
        if len(batches) == 4:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(GanTrainer, "step", watched)
    with pytest.raises(KeyboardInterrupt, match="stopped after batch 4"):
        run_generator(settings, **places)
    assert list(places["states"].glob("*.ckpt"))
    with ThreadPoolExecutor(1) as executor:
        asked = {"directory": places["states"], "executor": executor}
        ((record,), _) = study(partial(run_generator, **places), [settings], **asked)
    assert batches == [1, 2, 3, 4, 5, 6]
    assert (record.columns, record.summary) == (whole.columns, whole.summary)
    assert {path.name for path in places["states"].iterdir()} == {".lock", "fingerprints.json", "runs.jsonl"}
