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


def squares(found: list[Record]) -> list[int]:
    return [record.summary["square"] for record in found]


def test_records_come_in_the_order_of_their_settings_whatever_the_cost(tmp_path):
    with ThreadPoolExecutor(3) as executor:
        found, ran = study(square, SETTINGS, directory=tmp_path, executor=executor, cost=lambda s: s["seed"])
    assert squares(found) == [0, 1, 4, 9, 16, 25]
    assert ran == {"": 6}


def test_stored_runs_are_reused_and_only_missing_ones_run(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS[:4], directory=tmp_path, executor=executor)
        found, ran = study(square, SETTINGS, directory=tmp_path, executor=executor)
        assert (squares(found), ran) == ([0, 1, 4, 9, 16, 25], {"": 2})
        again = study(square, SETTINGS, directory=tmp_path, executor=executor, fresh=True)
    assert again.made == {"fresh": 6}


def test_a_failed_run_is_named_and_the_others_are_stored(tmp_path):
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.raises(StudyError, match=r"1 of 6 .*\n.*'seed': 3.*three is too"),
    ):
        study(fail_on_three, SETTINGS, directory=tmp_path, executor=executor)
    assert len(load(tmp_path / "runs.jsonl")) == 5


def test_progress_counts_stored_and_new_runs_alike(tmp_path):
    counted = []
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS[:2], directory=tmp_path, executor=executor)
        rest = {"cost": lambda s: 2, "progress": lambda *counts: counted.append(counts)}
        study(square, SETTINGS, directory=tmp_path, executor=executor, **rest)
    assert counted == [(done, 12) for done in (4, 6, 8, 10, 12)]


def test_a_killed_worker_process_loses_nothing(tmp_path):
    settings = [{**one, "folder": str(tmp_path)} for one in SETTINGS]
    with workers(limit=2) as executor:
        found, _ = study(die_once, settings, directory=tmp_path / "results", executor=executor)
    assert squares(found) == [0, 1, 4, 9, 16, 25]
    assert (tmp_path / "died").exists()


def test_a_run_that_kills_every_worker_is_given_up_by_name_and_takes_no_other_with_it(tmp_path):
    with (
        workers(limit=1) as executor,
        pytest.raises(StudyError, match="1 of 6 .*\n.*'seed': 2.*3 different workers, but all .* died"),
    ):
        study(always_die_at_two, SETTINGS, directory=tmp_path, executor=executor)
    assert len(load(tmp_path / "runs.jsonl")) == 5


def test_local_processes_give_the_same_bytes_as_one_thread(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS, directory=tmp_path / "threads", executor=executor)
    with workers(limit=2) as executor:
        study(square, SETTINGS, directory=tmp_path / "processes", executor=executor)
    files = [tmp_path / name / "runs.jsonl" for name in ("threads", "processes")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_groups_of_settings_come_back_as_groups(tmp_path):
    groups = {"first": SETTINGS[:1], "none": [], "others": SETTINGS[3:5]}
    with ThreadPoolExecutor(1) as executor:
        found, ran = study(square, groups, directory=tmp_path, executor=executor)
        again, none = study(square, groups, directory=tmp_path, executor=executor)
    assert (ran, none) == ({"": 3}, {})
    assert found == again
    assert {name: [record.settings for record in records] for name, records in found.items()} == groups


def test_equal_settings_are_run_once(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        found, ran = study(square, [*SETTINGS, *SETTINGS[:2]], directory=tmp_path, executor=executor)
    assert (squares(found), ran) == ([0, 1, 4, 9, 16, 25, 0, 1], {"": 6})


def torch_is_imported(_) -> bool:
    return "torch" in sys.modules


def test_a_worker_imports_torch_when_a_run_needs_it_and_not_before():
    with workers(limit=1) as executor:
        assert not executor.submit(torch_is_imported, 0).result()


def test_as_many_processes_work_as_the_environment_allows(monkeypatch):
    monkeypatch.setenv("STUDY_PROCESSES", "2")
    with workers() as executor:
        assert len(set(executor.map(process_number, range(6)))) == 2


def process_number(_) -> int:
    time.sleep(0.1)
    return os.getpid()


def busy(settings: dict) -> Record:
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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
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
