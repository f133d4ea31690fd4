import json

import pytest

from bundle.runs import records
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.files import write_atomically

SETTINGS = {"cell": "LSTM", "recipe": "as-written", "seq_length": 5, "seed": 3, "steps": 10}
HERE = {"code": {"lib/x.py": "1", "lib/y.py": "2"}, "packages": {"torch": "2.15"}}


def test_a_saved_record_is_found_by_its_settings_in_any_order(tmp_path):
    record = Record(settings=SETTINGS, columns={"loss": [1.5, 0.25]}, summary={"a": 1}, identity=HERE)
    path = records.save(record, tmp_path)
    assert path.name.startswith("LSTM-as-written-5-3-")
    assert records.find(dict(reversed(SETTINGS.items())), tmp_path, identity=HERE) == (record, "")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_record_is_not_found_when_one_setting_differs(tmp_path, name):
    records.save(Record(settings=SETTINGS), tmp_path)
    assert records.find({**SETTINGS, name: "other"}, tmp_path, identity=HERE) == (None, "")


DAMAGE = {
    "cut short": lambda text: text[:-9],
    "empty": lambda text: "",
    "no JSON": lambda text: text.replace("{", "[", 1),
    "other JSON": lambda text: "[1, 2]",
    "a number edited": lambda text: text.replace("0.25", "0.125"),
    "a setting edited": lambda text: text.replace('"seed": 3', '"seed": 4'),
    "a part taken out": lambda text: text.replace('"summary": {"a": 1},\n', ""),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_or_edited_record_is_named_and_not_used(tmp_path, damage):
    path = records.save(Record(SETTINGS, {"loss": [1.5, 0.25]}, {"a": 1}, identity=HERE), tmp_path)
    path.write_text(damage(path.read_text()))
    record, problem = records.find(SETTINGS, tmp_path, identity=HERE)
    assert record is None
    assert problem.startswith(f"{path} is damaged or edited")
    with pytest.raises(ValueError, match="is damaged or edited"):
        records.load(path)


def test_a_folder_in_the_place_of_a_record_is_named(tmp_path):
    path = records.path_of(SETTINGS, tmp_path)
    path.mkdir()
    assert "is damaged or edited" in records.find(SETTINGS, tmp_path, identity=HERE)[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": {"lib/x.py": "1", "lib/y.py": "3"}}, "lib/y.py changed"),
        ({"code": {"lib/x.py": "1"}}, "lib/y.py changed"),
        ({"packages": {"torch": "2.16"}}, "torch 2.15 then, 2.16 now"),
    ],
)
def test_a_record_of_other_code_or_packages_is_not_used_unless_asked_for(
    tmp_path, monkeypatch, change, words
):
    records.save(Record(settings=SETTINGS, identity=HERE), tmp_path)
    record, problem = records.find(SETTINGS, tmp_path, identity=HERE | change)
    assert (record.settings, problem, record.other_code) == (SETTINGS, words, words)
    monkeypatch.setenv("STALE", "show")
    record, problem = records.find(SETTINGS, tmp_path, identity=HERE | change)
    assert (problem, record.other_code) == ("", words)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_settings_that_json_cannot_tell_apart_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        records.key({"learning_rate": float("nan")})


def test_a_record_holds_where_and_with_what_it_was_made(tmp_path):
    where = provenance(seconds=1.234, device="cpu", threads=1)
    path = records.save(Record(settings=SETTINGS, provenance=where), tmp_path)
    stored = json.loads(path.read_text())["provenance"]
    assert {"seconds", "device", "threads", "python", "torch", "numpy", "commit"} <= set(stored)


def test_a_benchmark_that_is_missing_is_nothing_and_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(records, "BENCHMARKS", tmp_path)
    assert records.benchmark("lstm", "goals") == {}
    assert capsys.readouterr().out == "bench-lstm.json has no 'goals' to show; `make bench` measures it.\n"
