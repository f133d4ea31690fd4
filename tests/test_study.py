import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bundle.runs.outcome import Outcome
from bundle.runs.records import Record
from bundle.runs.study import StudyError, study, study_groups
from bundle.runs.workers import Processes, workers

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


def always_die(settings: dict) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)


def squares(found: list[Record]) -> list[int]:
    return [record.summary["square"] for record in found]


def test_records_come_in_the_order_of_their_settings_whatever_the_cost(tmp_path):
    with ThreadPoolExecutor(3) as executor:
        found, ran = study(square, SETTINGS, directory=tmp_path, executor=executor, cost=lambda s: s["seed"])
    assert squares(found) == [0, 1, 4, 9, 16, 25]
    assert ran == 6


def test_stored_runs_are_reused_and_only_missing_ones_run(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS[:4], directory=tmp_path, executor=executor)
        found, ran = study(square, SETTINGS, directory=tmp_path, executor=executor)
        assert (squares(found), ran) == ([0, 1, 4, 9, 16, 25], 2)
        assert study(square, SETTINGS, directory=tmp_path, executor=executor, fresh=True)[1] == 6


def test_a_failed_run_is_named_and_the_others_are_stored(tmp_path):
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.raises(StudyError, match=r"1 of 6 .*\n.*'seed': 3.*three is too"),
    ):
        study(fail_on_three, SETTINGS, directory=tmp_path, executor=executor)
    assert len(list(tmp_path.glob("*.json"))) == 5


def test_progress_counts_stored_and_new_runs_alike(tmp_path):
    counted = []
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS[:2], directory=tmp_path, executor=executor)
        study(
            square, SETTINGS, directory=tmp_path, executor=executor, cost=lambda s: 2, progress=counted.append
        )
    assert counted == [4, 2, 2, 2, 2]


def test_a_killed_worker_process_loses_nothing(tmp_path):
    settings = [{**one, "folder": str(tmp_path)} for one in SETTINGS]
    with workers(limit=2) as executor:
        found, _ = study(die_once, settings, directory=tmp_path / "results", executor=executor)
    assert squares(found) == [0, 1, 4, 9, 16, 25]
    assert (tmp_path / "died").exists()


def test_a_run_that_kills_every_worker_is_given_up_by_name(tmp_path):
    executor = Processes(1, attempts=2)
    with pytest.raises(StudyError, match="'seed': 0.*killed 2 times"):
        study(always_die, SETTINGS[:1], directory=tmp_path, executor=executor)
    executor.shutdown()


def test_local_processes_give_the_same_bytes_as_one_thread(tmp_path):
    with ThreadPoolExecutor(1) as executor:
        study(square, SETTINGS, directory=tmp_path / "threads", executor=executor)
    with workers(limit=2) as executor:
        study(square, SETTINGS, directory=tmp_path / "processes", executor=executor)
    files = sorted((tmp_path / "threads").iterdir())
    assert [f.read_bytes() for f in files] == [
        f.read_bytes() for f in sorted((tmp_path / "processes").iterdir())
    ]


def test_groups_of_settings_come_back_as_groups(tmp_path):
    groups = {"first": SETTINGS[:1], "none": [], "others": SETTINGS[3:5]}
    with ThreadPoolExecutor(1) as executor:
        found, ran = study_groups(square, groups, directory=tmp_path, executor=executor)
        again, none = study_groups(square, groups, directory=tmp_path, executor=executor)
    assert (ran, none) == (3, 0)
    assert found == again
    assert {name: [record.settings for record in records] for name, records in found.items()} == groups
