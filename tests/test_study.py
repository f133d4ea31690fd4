"""Studies: order, groups, failures, progress, and processes that are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from bundle.study import workers as started
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


def always_die_at_two(settings: dict) -> Outcome:
    if settings["seed"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(settings)


def squares(records: list[Record]) -> list[int]:
    return [record.summary["square"] for record in records]


def test_records_come_in_the_order_of_their_settings_and_equal_ones_are_run_once(tmp_path):
    settings, calls = [*SETTINGS, *SETTINGS[:2]], []
    cost = {"cost": lambda settings: settings["seed"], "progress": lambda *call: calls.append(call)}
    with ThreadPoolExecutor(3) as executor:
        records, made = study(square, settings, directory=tmp_path, executor=executor, **cost)
    assert squares(records) == [0, 1, 4, 9, 16, 25, 0, 1]
    assert made == {"": 6}
    assert calls[-1] == (15, 15)


def test_stored_runs_are_reused_and_count_as_progress(tmp_path):
    calls = []
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS[:4], directory=tmp_path, executor=executor)
        progress = {"progress": lambda *call: calls.append(call)}
        records, made = study(square, SETTINGS, directory=tmp_path, executor=executor, **progress)
        again = study(square, SETTINGS, directory=tmp_path, executor=executor, fresh=True)
    assert (squares(records), made) == ([0, 1, 4, 9, 16, 25], {"": 2})
    assert calls == [(4, 6), (5, 6), (6, 6)]
    assert again.made == {"fresh": 6}


def test_a_failed_run_is_named_and_the_others_are_stored(tmp_path):
    named = pytest.raises(StudyError, match=r"1 of 6 .*\n.*'seed': 3.*three is too")
    with ThreadPoolExecutor(2) as executor, named:
        study(fail_on_three, SETTINGS, directory=tmp_path, executor=executor)
    assert len(load(tmp_path / "runs.jsonl")) == 5


def test_processes_give_the_same_bytes_as_threads_and_one_that_is_killed_loses_nothing(tmp_path):
    settings = [{**one, "folder": str(tmp_path)} for one in SETTINGS]
    with ThreadPoolExecutor(1) as executor:
        study(square, settings, directory=tmp_path / "threads", executor=executor)
    with workers(limit=2) as executor:
        study(die_once, settings, directory=tmp_path / "processes", executor=executor)
    assert (tmp_path / "died").exists()
    files = [tmp_path / name / "runs.jsonl" for name in ("threads", "processes")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_run_that_kills_every_worker_is_given_up_by_name_and_takes_no_other_with_it(tmp_path):
    named = pytest.raises(StudyError, match="1 of 6 .*\n.*'seed': 2.*3 different workers, but all .* died")
    with workers(limit=1) as executor, named:
        study(always_die_at_two, SETTINGS, directory=tmp_path, executor=executor)
    assert len(load(tmp_path / "runs.jsonl")) == 5


def process_number(_) -> tuple[int, bool]:
    time.sleep(0.1)
    return os.getpid(), "torch" in sys.modules


def test_as_many_processes_work_as_the_environment_allows_and_import_torch_when_it_is_needed(monkeypatch):
    monkeypatch.setenv("STUDY_PROCESSES", "2")
    with workers() as executor:
        numbers, with_torch = zip(*executor.map(process_number, range(6)), strict=True)
    assert len(set(numbers)) == 2
    assert not any(with_torch)


def busy(settings: dict) -> Outcome:
    """Compute for a minute, holding on to the interpreter as a training loop does."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        sum(range(10_000))
    return square(settings)


PROGRAM = """
from pathlib import Path
from bundle.study.study import study
from bundle.study.workers import workers
from tests.test_study import SETTINGS, busy

if __name__ == "__main__":
    with workers(limit=2) as executor:
        study(busy, SETTINGS, directory=Path("results"), executor=executor)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_study_that_is_killed_at_any_moment_leaves_no_process_behind(tmp_path, number):
    (tmp_path / "program.py").write_text(PROGRAM)
    marked = {"PYTHONPATH": str(Path.cwd()), "MARK": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "program.py"], cwd=tmp_path, env=os.environ | marked)
    time.sleep(6 * random.random())
    parent.send_signal(number)
    parent.wait(30)  # four seconds on an idle machine
    killed = time.monotonic()
    while left := [process for process in psutil.process_iter() if is_marked(process, str(tmp_path))]:
        assert time.monotonic() - killed < 5, left
        time.sleep(0.1)


def test_an_interrupt_while_processes_start_waits_until_they_can_be_closed(monkeypatch):
    """Raised in between, Dask waits for a minute."""
    start, made = started._processes, []

    def interrupted(count: int):
        signal.raise_signal(signal.SIGINT)
        made.append(start(count))
        return made[0]

    monkeypatch.setattr(started, "_processes", interrupted)
    with pytest.raises(KeyboardInterrupt), workers(limit=1):
        pytest.fail("it goes on as if nothing had been")
    assert made[0].status == "closed"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get("MARK") == mark
    except psutil.Error:
        return False
