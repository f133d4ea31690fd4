"""Runs on a real Dask scheduler with two worker processes on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from distributed import Client

from bundle.experiments.palindromes import run_palindromes
from bundle.study.outcome import Outcome
from bundle.study.store import load
from bundle.study.study import study
from bundle.study.workers import what_must_match, workers
from tests.test_verify import ONE


def dask(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The scheduler's address and its two worker processes, of which the last test kills one."""
    folder = tmp_path_factory.mktemp("cluster")
    file = folder / "scheduler.json"
    loopback = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    scheduler = dask("scheduler", *loopback, "--scheduler-file", str(file))
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder))
    crew = [dask("worker", "--scheduler-file", str(file), *options) for _ in range(2)]
    for _ in range(600):
        if file.exists() and file.read_text():
            break
        time.sleep(0.1)
    address = json.loads(file.read_text())["address"]
    with Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, crew
    for process in (*crew, scheduler):
        process.kill()
        process.wait()


def slow_square(settings: dict) -> Outcome:
    time.sleep(0.01)
    return Outcome({}, {"square": settings["seed"] ** 2}, 0.0)


def results(folder: Path) -> list[str]:
    """Every run as JSON, without its provenance (seconds differ)."""
    runs = load(folder / "runs.jsonl")
    return sorted(json.dumps([run.settings, run.columns, run.summary, run.identity]) for run in runs)


def test_real_training_gives_the_same_bytes_on_a_cluster_as_here(cluster, tmp_path):
    settings = [{**ONE, "seed": seed, "cell": cell} for seed in range(2) for cell in ("LSTM", "RNN")]
    for name, scheduler in (("cluster", cluster[0]), ("here", "")):
        executor = workers(scheduler)
        study(run_palindromes, {"runs": settings}, directory=tmp_path / name, executor=executor)
    assert results(tmp_path / "cluster") == results(tmp_path / "here")
    assert len(results(tmp_path / "here")) == 4


def test_a_worker_with_other_code_is_refused(cluster, monkeypatch):
    here = os.getpid()

    def changed() -> dict:
        code = {"code": "elsewhere"} if os.getpid() == here else {}
        return {**what_must_match(), **code}

    monkeypatch.setattr("bundle.study.workers.what_must_match", changed)
    with pytest.raises(ValueError, match="worker .* has code .* there, elsewhere here"), workers(cluster[0]):
        pass


def test_sixty_runs_survive_the_loss_of_a_worker(cluster, tmp_path):
    address, crew = cluster
    stored = tmp_path / "results"
    killed = []

    def kill_half_way(done, total):
        if not killed and done >= 24:
            os.kill(crew[0].pid, signal.SIGKILL)
            killed.append(crew[0].pid)

    settings = {"runs": [{"seed": seed} for seed in range(60)]}
    executor = workers(address)
    found, ran = study(slow_square, settings, directory=stored, executor=executor, progress=kill_half_way)
    assert killed
    assert crew[0].wait() == -signal.SIGKILL
    assert ran == {"": 60}
    assert [record.summary["square"] for record in found["runs"]] == [seed**2 for seed in range(60)]
    assert len(results(stored)) == 60
