"""Files of runs: appended, found, written sorted, damaged, killed, and read as tables."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from bundle.study import store
from bundle.study.fingerprint_file import read_fingerprints
from bundle.study.outcome import Outcome
from bundle.study.provenance import provenance
from bundle.study.records import Record
from bundle.study.store import Store, find
from bundle.study.study import study

SETTINGS = {"cell": "LSTM", "recipe": "as-written", "seq_length": 5, "seed": 3, "steps": 10}
HERE = {"code": {"lib/x.py": "1", "lib/y.py": "2"}, "packages": {"torch": "2.15"}}
SEEDS = [{"seed": seed} for seed in range(4)]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "part1" / "memory.jsonl"


def whole(**changed) -> Record:
    return Record(SETTINGS | changed, {"loss": [1.5, 0.25]}, {"a": 1}, {"seconds": 0.5}, HERE)


def square(settings: dict) -> Outcome:
    return Outcome({}, {"square": settings["seed"] ** 2}, 0.0)


def studied(folder: Path, settings=SEEDS, **options):
    with ThreadPoolExecutor(1) as executor:
        return study(square, settings, directory=folder, executor=executor, **options)


def test_a_stored_run_is_found_by_its_settings_in_any_order(path):
    Store(path).append(whole())
    settings = dict(reversed(SETTINGS.items()))
    assert find(settings, Store(path), identity=HERE) == (whole(), "")
    assert store.load(path) == store.load(path, settings) == [whole()]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_is_not_found_when_one_setting_differs(path, name):
    Store(path).append(whole())
    assert find({**SETTINGS, name: "other"}, Store(path), identity=HERE) == (None, "")


def test_numbers_come_back_to_the_last_bit_and_nothing_is_lost(path):
    columns = {"loss": [0.1 + 0.2, 1e-300, -0.0, 3.0], "n_correct": [1, 2, 3, None]}
    about = provenance(seconds=1.234, device="cpu", threads=1)
    record = Record(SETTINGS, columns, {"words": "a\nb “c”"}, about, HERE)
    Store(path).append(record)
    (found,) = store.load(path)
    for part in ("settings", "columns", "summary", "provenance", "identity"):
        assert json.dumps(getattr(found, part)) == json.dumps(getattr(record, part))
    assert {"seconds", "device", "threads", "python", "torch", "numpy", "commit"} <= set(found.provenance)


DAMAGE = {
    "cut short": lambda text: text[:-9],
    "empty": lambda text: "",
    "no JSON": lambda text: text.replace("{", "[", 1),
    "other JSON": lambda text: "[1, 2]\n",
    "a number edited": lambda text: text.replace("0.25", "0.125"),
    "a setting edited": lambda text: text.replace('"seed": 3', '"seed": 4'),
    "the time edited": lambda text: text.replace('"seconds": 0.5', '"seconds": 0.4'),
    "a part taken out": lambda text: text.replace('"summary": {"a": 1}, ', ""),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_or_edited_line_is_named_and_not_used(path, damage):
    Store(path).append(whole())
    before = path.read_text()
    path.write_text(damage(before))
    assert path.read_text() != before
    read = Store(path)
    assert find(SETTINGS, read, identity=HERE) == (None, "")
    (words,) = read.damaged
    assert words.startswith(str(path))
    assert " is damaged or edited (" in words
    for reader in (store.load, store.read):
        with pytest.raises(ValueError, match="is damaged or edited"):
            reader(path)


def test_a_damaged_line_is_named_by_its_number_and_made_again_and_the_others_are_used(tmp_path):
    studied(tmp_path)
    path = tmp_path / "runs.jsonl"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"square": 4', b'"square": 5'))
    found, made = studied(tmp_path)
    (words,) = made
    assert words.startswith(f"{path}, line 3 is damaged or edited")
    assert made[words] == 1
    assert [record.summary["square"] for record in found] == [0, 1, 4, 9]
    assert path.read_bytes() == before


def test_a_damaged_line_that_no_run_is_missing_for_is_named_and_goes(tmp_path, capsys):
    studied(tmp_path)
    path = tmp_path / "runs.jsonl"
    before = path.read_bytes()
    path.write_bytes(before + b"{}\n")
    assert not studied(tmp_path).made
    assert f"{path}, line 5 is damaged or edited" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_a_file_is_named_and_set_aside(path):
    path.mkdir(parents=True)
    (path / "inside").write_text("of a person")
    assert "is damaged or edited" in Store(path).damaged[0]
    with pytest.warns(UserWarning, match="is a folder; it is set aside"):
        Store(path).append(whole())
    assert store.load(path) == [whole()]
    assert [file.read_text() for file in path.parent.rglob("inside")] == ["of a person"]


def test_a_last_line_that_is_torn_is_made_again_and_the_next_stands_on_its_own(tmp_path):
    studied(tmp_path)
    path = tmp_path / "runs.jsonl"
    before = path.read_bytes()
    path.write_bytes(before[:-20])
    Store(path).append(Record({"seed": 9}))
    assert [record.settings["seed"] for record in Store(path).all()] == [0, 1, 2, 9]
    found, made = studied(tmp_path)
    assert [*made.values()] == [1]
    assert [record.summary["square"] for record in found] == [0, 1, 4, 9]
    assert path.read_bytes().startswith(before)


def test_a_whole_last_line_without_its_end_is_used(tmp_path):
    studied(tmp_path)
    path = tmp_path / "runs.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    Store(path).append(Record({"seed": 9}))
    assert len(Store(path).all()) == 5
    assert not studied(tmp_path).made


KILLED = """
import os, signal, sys
from pathlib import Path
from bundle.study.records import Record
from bundle.study.store import Store, append_line

runs = Store(Path(sys.argv[1], "runs.jsonl"))
for seed in range(2):
    runs.append(Record({"seed": seed}, {}, {"square": seed**2}))
if sys.argv[2] == "within":
    append_line(runs.path, b'{"settings": {"seed": 2}, "colu')
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["between", "within"])
def test_what_was_appended_survives_a_kill(tmp_path, monkeypatch, moment):
    ran = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], check=False)
    assert ran.returncode == -signal.SIGKILL
    monkeypatch.setenv("STALE", "show")  # the program did not say by what code
    found, made = studied(tmp_path)
    assert [record.summary["square"] for record in found] == [0, 1, 4, 9]
    assert made.total() == 2
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 4


def test_a_full_disk_leaves_the_file_as_it_was(path, monkeypatch):
    Store(path).append(whole())
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space") as error:
        Store(path).append(whole(seed=4))
    assert error.value.filename == str(path)
    assert path.read_bytes() == before


def test_the_same_results_give_the_same_bytes_in_whatever_order_they_came(tmp_path):
    one, other = (Store(tmp_path / name / "runs.jsonl") for name in ("one", "other"))
    records = [whole(seed=seed, cell=cell) for seed in (2, 10, 1) for cell in ("RNN", "LSTM")]
    for record in records:
        one.append(record)
    one.write(records)
    other.append(records[3])
    other.append(records[0])
    other.write(records[::-1])
    assert one.path.read_bytes() == other.path.read_bytes()
    order = [(record.settings["cell"], record.settings["seed"]) for record in store.load(one.path)]
    assert order == [("LSTM", 1), ("LSTM", 2), ("LSTM", 10), ("RNN", 1), ("RNN", 2), ("RNN", 10)]
    before = one.path.stat().st_mtime_ns
    Store(one.path).write([])
    assert one.path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": {"lib/x.py": "1", "lib/y.py": "3"}}, "lib/y.py changed"),
        ({"code": {"lib/x.py": "1"}}, "lib/y.py changed"),
        ({"packages": {"torch": "2.16"}}, "torch 2.15 then, 2.16 now"),
    ],
)
def test_a_run_of_other_code_or_packages_is_not_used_unless_asked_for(path, monkeypatch, change, words):
    Store(path).append(whole())
    record, problem = find(SETTINGS, Store(path), identity=HERE | change)
    assert (record.settings, problem, record.other_code) == (SETTINGS, words, words)
    monkeypatch.setenv("STALE", "show")
    record, problem = find(SETTINGS, Store(path), identity=HERE | change)
    assert (problem, record.other_code) == ("", words)


def test_a_run_by_other_code_is_replaced_and_runs_that_nobody_asked_for_stay(tmp_path):
    runs = Store(tmp_path / "runs.jsonl")
    for seed in (0, 7):
        runs.append(Record({"seed": seed}, identity=HERE))
    assert studied(tmp_path).made.total() == 4
    assert [len(Store(runs.path).having(one)) for one in SEEDS] == [1] * 4
    assert Store(runs.path).having({"seed": 7}) == [Record({"seed": 7}, identity=HERE)]
    assert not studied(tmp_path).made


def test_of_two_runs_of_the_same_settings_the_one_by_this_code_is_taken(path):
    Store(path).append(whole())
    Store(path).append(Record(SETTINGS, identity=HERE | {"packages": {}}))
    assert find(SETTINGS, Store(path), identity=HERE) == (whole(), "")


def test_what_made_runs_is_written_once_and_goes_with_the_last_run_that_names_it(path):
    Store(path).append(whole(seed=1))
    Store(path).append(whole(seed=2))
    assert [one["identity"] for one in read_fingerprints(path.parent).values()] == [HERE]
    other = Store(path.with_name("span.jsonl"))
    other.append(Record({"seed": 1}))
    assert len(read_fingerprints(path.parent)) == 2
    other.write([Record({"seed": 1}, identity={"code": {}})])
    assert [one["identity"] for one in read_fingerprints(path.parent).values()] in (
        [HERE, {"code": {}}],
        [{"code": {}}, HERE],
    )


FINGERPRINTS = {
    "edited": lambda file: file.write_text(file.read_text().replace('"2.15"', '"2.16"')),
    "cut short": lambda file: file.write_text(file.read_text()[:-20]),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", FINGERPRINTS.values(), ids=FINGERPRINTS)
def test_damage_to_what_made_runs_is_told_with_the_way_out_and_nothing_is_made_again(path, damage):
    Store(path).append(whole())
    damage(path.with_name("fingerprints.json"))
    with pytest.raises(ValueError, match=r"fingerprints.json is damaged or edited .*; bring it back"):
        find(SETTINGS, Store(path), identity=HERE)


def test_groups_have_files_of_their_own_and_a_run_of_two_groups_is_made_once_and_stands_in_both(tmp_path):
    groups = {"as written": SEEDS[:2], "longer": SEEDS[1:], "none": []}
    found, made = studied(tmp_path, groups)
    assert made == {"": 4}
    assert {name: [record.settings for record in of] for name, of in found.items()} == groups
    assert [record.settings for record in store.load(tmp_path / "as-written.jsonl")] == SEEDS[:2]
    assert [record.settings for record in store.load(tmp_path / "longer.jsonl")] == SEEDS[1:]
    assert {file.name for file in tmp_path.glob("*.json*")} == {
        "as-written.jsonl",
        "longer.jsonl",
        "fingerprints.json",
    }
    (tmp_path / "longer.jsonl").unlink()
    assert studied(tmp_path, groups).made == {"": 2}
    assert len(store.load_folder(tmp_path)) == 4
    assert studied(tmp_path, groups, file="all").made == {"": 4}
    assert len(store.load(tmp_path / "all.jsonl")) == 4


WAITING = """
import sys, time
from pathlib import Path
from bundle.study.store import writing

with writing(Path(sys.argv[1])):
    print("holds", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_of_two_studies_in_a_folder_one_waits(tmp_path, capsys):
    other = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path), "1"], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "holds\n"
    assert studied(tmp_path).made.total() == 4
    assert other.wait(10) == 0
    said = f"waiting for process {other.pid}, which is making the runs of {tmp_path}"
    assert said in capsys.readouterr().out


def looked(seed: int, right: list[int], **changed) -> Record:
    columns = {"step": list(range(0, 25 * len(right), 25)), "n_correct": right}
    settings = SETTINGS | {"seed": seed, "eval_count": 10, "check_lengths": [1, 2]} | changed
    return Record(settings, columns, {"lowest": 0.5}, {"seconds": 2.0}, HERE)


def test_pandas_opens_a_file(path):
    Store(path).write([looked(0, [1, 5]), looked(1, [2, 10])])
    table = pd.read_json(path, lines=True)
    assert [*table] == ["settings", "columns", "summary", "seconds", "fingerprint", "contents"]
    assert [one["n_correct"] for one in table["columns"]] == [[1, 5], [2, 10]]
    assert set(table["fingerprint"]) == set(read_fingerprints(path.parent))


def test_a_table_has_a_row_for_each_run_and_columns_for_its_settings_series_and_numbers(path):
    Store(path).write([looked(0, [1, 5]), looked(1, [2, 10])])
    table = store.read(path, path)
    assert [*table["seed"]] == [0, 1, 0, 1]
    first = table.loc[0]
    assert (first["cell"], first["lowest"], first["n_correct"], first["seconds"]) == (
        "LSTM",
        0.5,
        [1, 5],
        2.0,
    )
    assert table.groupby("check_lengths").size().to_dict() == {(1, 2): 4}
    with pytest.raises(FileNotFoundError, match="does not exist"):
        store.read(path.with_name("nothing.jsonl"))


def test_a_number_of_a_series_name_keeps_both(path):
    Store(path).write([Record({"seed": 0}, {"length": [1, 2]}, {"length": 1.5})])
    row = store.read(path).loc[0]
    assert (row["length"], row["length_summary"]) == ([1, 2], 1.5)


def test_curves_have_a_row_for_each_evaluation(path):
    own = looked(2, [0, 5, 10])
    own.columns["n_correct_original"] = [1, 2, 3]
    Store(path).write([looked(0, [1, 5]), own])
    table = store.curves(store.read(path))
    assert [*table["seed"]] == [0, 0, 2, 2, 2]
    assert [*table["step"]] == [0, 25, 0, 25, 50]
    assert [*table["accuracy"]] == [0.1, 0.5, 0.0, 0.5, 1.0]
    assert {"cell", "recipe", "seq_length", "eval_count", "lowest"} <= {*table}
    assert set(table["check_lengths"]) == {(1, 2)}
    assert [*table["n_correct_original"].dropna()] == [1, 2, 3]
