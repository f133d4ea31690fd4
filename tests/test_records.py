import pytest

from bundle.study import records
from lib.files import write_atomically


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


def test_a_benchmark_that_is_missing_is_nothing_and_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(records, "BENCHMARKS", tmp_path)
    assert records.benchmark("lstm", "goals") == {}
    assert capsys.readouterr().out == "bench-lstm.json has no 'goals' to show; `make bench` measures it.\n"
