"""Runs on the two worker processes of a Dask cluster on loopback."""

import os

import pytest
from distributed import LocalCluster

from bundle.experiments.palindromes import run_palindromes
from bundle.study.store import load
from bundle.study.study import study
from bundle.study.workers import what_must_match, workers
from tests.bundle.commands.test_verify import ONE


@pytest.fixture(scope="module")
def cluster():
    """The scheduler's address."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def test_real_training_gives_the_same_bytes_on_a_cluster_as_here(cluster, tmp_path):
    settings = [{**ONE, "seed": seed, "cell": cell} for seed in range(2) for cell in ("LSTM", "RNN")]
    runs = {}
    for scheduler in (cluster, ""):
        folder = tmp_path / f"on {scheduler or 'here'}".replace("/", "-")
        study(run_palindromes, {"runs": settings}, directory=folder, executor=workers(scheduler))
        runs[scheduler] = load(folder / "runs.jsonl")
    assert len(runs[""]) == 4
    for there, here in zip(runs[cluster], runs[""], strict=True):
        assert (there.settings, there.columns) == (here.settings, here.columns)
        assert (there.summary, there.identity) == (here.summary, here.identity)


def test_a_worker_with_other_code_is_refused(cluster, monkeypatch):
    here = os.getpid()

    def changed() -> dict:
        code = {"code": "elsewhere"} if os.getpid() == here else {}
        return {**what_must_match(), **code}

    monkeypatch.setattr("bundle.study.workers.what_must_match", changed)
    with pytest.raises(ValueError, match="worker .* has code .* there, elsewhere here"), workers(cluster):
        pass
