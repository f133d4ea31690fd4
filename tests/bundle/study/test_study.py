"""Studies: order, failures, progress, and a process that is killed."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bundle.study.outcome import Outcome
from bundle.study.records import Record
from bundle.study.store import load
from bundle.study.study import StudyError, study
from bundle.study.workers import workers

SETTINGS = [{"seed": seed, "folder": ""} for seed in range(6)]


def square(settings: dict) -> Outcome:
    return Outcome({}, {"square": settings["seed"] ** 2}, 0.0)


def fail_on_three(settings: dict) -> Outcome:
    if settings["seed"] == 3:
        raise ArithmeticError("three is too many")
    return square(settings)


def die_once(settings: dict) -> Outcome:
    """Kill this worker process at seed 2, unless it has been killed there before."""
    marker = Path(settings["folder"], "died")
    if settings["seed"] == 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(settings)


def squares(records: list[Record]) -> list[int]:
    return [record.summary["square"] for record in records]


def studied(folder: Path, settings=SETTINGS, run=square, **options):
    """Return what a study of groups of settings, or of one group, gives."""
    groups = settings if isinstance(settings, dict) else {"runs": settings}
    return study(run, groups, directory=folder, executor=ThreadPoolExecutor(1), **options)


def test_records_come_in_the_order_of_their_settings_and_equal_ones_are_run_once(tmp_path):
    calls = []
    options = {"cost": lambda settings: settings["seed"], "progress": lambda *call: calls.append(call)}
    records, made = studied(tmp_path, [*SETTINGS, *SETTINGS[:2]], **options)
    assert squares(records["runs"]) == [0, 1, 4, 9, 16, 25, 0, 1]
    assert made == {"": 6}
    assert calls[-1] == (15, 15)


def test_stored_runs_are_reused_and_count_as_progress(tmp_path):
    calls = []
    studied(tmp_path, SETTINGS[:4])
    records, made = studied(tmp_path, progress=lambda *call: calls.append(call))
    assert (squares(records["runs"]), made) == ([0, 1, 4, 9, 16, 25], {"": 2})
    assert calls == [(4, 6), (5, 6), (6, 6)]
    nobody = workers("nowhere")  # is not asked for what is stored
    assert study(square, {"runs": SETTINGS}, directory=tmp_path, executor=nobody)[1] == {}
    assert studied(tmp_path, fresh=True)[1] == {"fresh": 6}


def test_a_failed_run_is_named_and_the_others_are_stored(tmp_path):
    with pytest.raises(StudyError, match=r"1 of 6 .*\n.*'seed': 3.*three is too"):
        studied(tmp_path, run=fail_on_three)
    assert len(load(tmp_path / "runs.jsonl")) == 5


def test_processes_give_the_same_bytes_as_threads_and_one_that_is_killed_loses_nothing(tmp_path):
    settings = [{**one, "folder": str(tmp_path)} for one in SETTINGS]
    studied(tmp_path / "threads", settings)
    study(die_once, {"runs": settings}, directory=tmp_path / "processes", executor=workers(limit=2))
    assert (tmp_path / "died").exists()
    files = [tmp_path / name / "runs.jsonl" for name in ("threads", "processes")]
    assert files[0].read_bytes() == files[1].read_bytes()


def busy(settings: dict) -> Outcome:
    """Compute for a minute, holding on to the interpreter as a training loop does: for test_ending."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        sum(range(10_000))
    return square(settings)
