import json

import pytest

from bundle.runs import records
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.files import write_atomically

SETTINGS = {"cell": "LSTM", "recipe": "as-written", "seq_length": 5, "seed": 3, "steps": 10}


def test_a_saved_record_is_found_by_its_settings_in_any_order(tmp_path):
    record = Record(settings=SETTINGS, columns={"loss": [1.5, 0.25]}, summary={"a": 1})
    path = records.save(record, tmp_path)
    assert path.name.startswith("LSTM-as-written-5-3-")
    assert records.find(dict(reversed(SETTINGS.items())), tmp_path) == record


@pytest.mark.parametrize("name", SETTINGS)
def test_a_record_is_not_found_when_one_setting_differs(tmp_path, name):
    records.save(Record(settings=SETTINGS), tmp_path)
    assert records.find({**SETTINGS, name: "other"}, tmp_path) is None


def test_a_record_cut_short_is_named_with_the_remedy(tmp_path):
    path = records.save(Record(settings=SETTINGS), tmp_path)
    path.write_text(path.read_text()[:-9])
    with pytest.raises(ValueError, match=f"{path.name}.*delete it"):
        records.find(SETTINGS, tmp_path)


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
