"""Files of runs: appended, found, written sorted, and read as a table."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from bundle.study import fingerprint, store
from bundle.study.records import Record
from bundle.study.store import Store
from tests.bundle.study.test_study import square, squares, studied

SETTINGS = {"cell": "LSTM", "recipe": "as-written", "seq_length": 5, "seed": 3, "steps": 10}
HERE = {"code": {"lib/x.py": "1", "lib/y.py": "2"}, "imports": "x", "packages": {"torch": "2.15"}}
SEEDS = [{"seed": seed} for seed in range(4)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "part1" / "memory.jsonl"


def whole(**changed) -> Record:
    return Record(SETTINGS | changed, {"loss": [1.5, 0.25]}, {"a": 1}, {"seconds": 0.5}, HERE)


def test_a_stored_run_is_found_by_its_settings_in_any_order_and_by_no_others(path):
    Store(path).append(whole())
    assert Store(path).find(dict(reversed(SETTINGS.items())), identity=HERE) == (whole(), "")
    assert Store(path).find(SETTINGS, identity=HERE, fresh=True) == (None, "fresh")
    for name in SETTINGS:
        assert Store(path).find({**SETTINGS, name: "other"}, identity=HERE) == (None, "")


@pytest.mark.parametrize("part", ["part1", "task2", "task3"])
def test_committed_files_are_read_and_written_again_byte_by_byte(tmp_path, part):
    files = sorted(Path("results", part).glob("*.json*"))
    for file in files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for file in tmp_path.glob("*.jsonl"):
        runs = Store(file)
        file.write_bytes(file.read_bytes().rstrip())  # else there is nothing to write
        runs.write()
    for file in files:
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file


def test_after_half_a_line_of_a_killed_process_the_next_run_has_a_line_of_its_own(tmp_path, capsys):
    studied(tmp_path, SEEDS[:2])
    path = tmp_path / "runs.jsonl"
    with open(path, "ab") as file:
        file.write(b'{"settings": {"seed": 2}, "colu')
    Store(path).append(Record({"seed": 3}, {}, {"square": 9}, identity=fingerprint.identity(square)))
    records, made = studied(tmp_path, SEEDS)
    assert squares(records["runs"]) == [0, 1, 4, 9]
    assert made.total() == 1
    assert f"{path}, line 3 is damaged" in capsys.readouterr().out
    assert len(path.read_text().splitlines()) == 4


def test_the_same_results_give_the_same_bytes_in_whatever_order_they_came(tmp_path):
    one, other = (Store(tmp_path / name / "runs.jsonl") for name in ("one", "other"))
    records = [whole(seed=seed, cell=cell) for seed in (2, 10, 1) for cell in ("RNN", "LSTM")]
    for record in records:
        one.append(record)
    one.write()
    for record in reversed(records):
        other.append(record)
    other.write()
    assert one.path.read_bytes() == other.path.read_bytes()
    order = [(record.settings["cell"], record.settings["seed"]) for record in store.load(one.path)]
    assert order == [("LSTM", 1), ("LSTM", 2), ("LSTM", 10), ("RNN", 1), ("RNN", 2), ("RNN", 10)]
    before = one.path.stat().st_mtime_ns
    Store(one.path).write()
    assert one.path.stat().st_mtime_ns == before


def test_a_run_of_other_code_is_replaced_and_runs_that_nobody_asked_for_stay(tmp_path):
    runs = Store(tmp_path / "runs.jsonl")
    for seed in (0, 7):
        runs.append(Record({"seed": seed}, identity=HERE))
    _, made = studied(tmp_path, SEEDS)
    assert (made.total(), made[""]) == (4, 3)
    stored = store.load(runs.path)
    assert [record.settings["seed"] for record in stored] == [0, 1, 2, 3, 7]
    assert [record.identity == HERE for record in stored] == [False] * 4 + [True]
    assert not studied(tmp_path, SEEDS)[1]


def test_groups_have_files_of_their_own_and_a_run_of_two_is_stored_with_the_first(tmp_path):
    groups = {"as written": SEEDS[:2], "longer": SEEDS[1:], "none": []}
    records, made = studied(tmp_path, groups)
    assert made == {"": 4}
    assert [run.settings for run in records["longer"]] == SEEDS[1:]
    assert records["none"] == []
    assert [record.settings for record in store.load(tmp_path / "as-written.jsonl")] == SEEDS[:2]
    assert [record.settings for record in store.load(tmp_path / "longer.jsonl")] == SEEDS[2:]
    assert len(store.load(*tmp_path.glob("*.jsonl"))) == 4
    assert not studied(tmp_path, groups)[1]
    (tmp_path / "longer.jsonl").unlink()
    assert studied(tmp_path, groups)[1] == {"": 2}
    assert studied(tmp_path, groups, file="all")[1] == {"": 4}
    assert len(store.load(tmp_path / "all.jsonl")) == 4


def test_of_two_studies_in_a_folder_one_waits_and_says_for_whom(tmp_path, capsys):
    with ThreadPoolExecutor(1) as executor:
        with store.writing(tmp_path):
            second = executor.submit(studied, tmp_path, SEEDS)
            with pytest.raises(TimeoutError):
                second.result(timeout=1)
        assert second.result()[1].total() == 4
    said = f"waiting for another process before making the runs of {tmp_path}"
    assert said in capsys.readouterr().err  # which no notebook keeps


def test_runs_are_read_as_a_table_and_by_pandas(path):
    for seed in (0, 2):
        Store(path).append(whole(seed=seed, check_lengths=[1, 2]))
    runs = store.load(path)
    table = store.table(runs)
    assert [*table["seed"]] == [0, 2]
    assert table.loc[0, ["cell", "a", "loss", "record"]].tolist() == ["LSTM", 1, [1.5, 0.25], runs[0]]
    assert table.groupby("check_lengths").size().to_dict() == {(1, 2): 2}
    lines = pd.read_json(path, lines=True)
    assert [*lines] == ["settings", "columns", "summary", "provenance", "identity", "contents"]
    with pytest.raises(FileNotFoundError, match=r"nothing\.jsonl does not have such a run"):
        store.load(path.with_name("nothing.jsonl"))
