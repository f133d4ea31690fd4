"""What `make verify` compares, and that it finds what was changed."""

import json
import shutil
from pathlib import Path

import pytest

from bundle.commands import verify
from bundle.experiments.palindromes import run_palindromes
from bundle.study import fingerprint
from bundle.study.provenance import processor
from bundle.study.records import Record
from bundle.study.store import Store
from bundle.study.study import on_one_thread
from tests.test_palindrome_runs import SETTINGS

ONE = SETTINGS | {"steps": 120, "hidden_size": 4, "batch_size": 8, "eval_every": 1, "eval_count": 10}


@pytest.fixture(scope="module")
def made() -> Record:
    return on_one_thread(run_palindromes, ONE, fingerprint.identity(run_palindromes))


def changed(made: Record, step: int, by: float, **where) -> Record:
    loss = list(made.columns["loss"])
    loss[step] += by
    return Record(ONE, made.columns | {"loss": loss}, made.summary, made.provenance | where)


def test_a_run_on_the_same_kind_of_processor_gives_the_same_record(made):
    again = on_one_thread(run_palindromes, ONE, {})
    assert made.provenance["processor"] == processor()
    assert verify.difference(made, again) == ""
    assert verify.difference(changed(made, 119, 1e-6), again).endswith("columns differ")


def test_elsewhere_the_first_step_must_agree(made):
    where = {"processor": "another"}
    assert verify.difference(changed(made, 0, 5e-4, **where), made) == ""
    assert verify.difference(changed(made, 25, 1.0, **where), made) == ""
    assert verify.difference(changed(made, 0, 2e-3, **where), made).endswith("the first of loss differs")


@pytest.fixture
def checkout(tmp_path, monkeypatch, made) -> Path:
    """A folder with a record and the models."""
    Store(tmp_path / "results" / "part1" / "corrected.jsonl").append(made)
    shutil.copytree("models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_edited_record_is_found(checkout):
    (path,) = checkout.glob("results/*/*.jsonl")
    row, stored = verify.whole_records([path])
    assert (row.looked_at, row.hold, row.problems) == (1, 1, [])
    assert [record.settings for record in stored] == [ONE]
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    row, stored = verify.whole_records([path])
    assert (row.looked_at, row.hold, stored) == (1, 0, [])
    assert row.problems[0].startswith(f"{path}, line 1 is damaged or edited")


def test_a_record_by_other_code_is_found(made):
    here = fingerprint.identity(run_palindromes)
    other = here | {"packages": {"torch": "1"}}
    row = verify.by_this_code([Record(ONE, identity=identity) for identity in (here, other, {})])
    assert (row.looked_at, row.hold) == (3, 1)
    assert row.problems[0].startswith("torch 1 then")
    assert "bundle/experiments/palindromes.py changed" in row.problems[1]


def test_every_committed_record_and_model_is_by_the_code_that_stands_here():
    row, stored = verify.whole_records(sorted(Path("results").glob("*/*.jsonl")))
    assert stored
    assert row.problems == []
    assert verify.by_this_code(stored).problems == []
    assert verify.models().problems == []
    assert all(not record.provenance["commit"].endswith("+") for record in stored)


def test_a_changed_or_missing_model_is_found(checkout):
    weights = checkout / "models" / "generator.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    (checkout / "models" / "classifier.safetensors").unlink()
    problems = " ".join(verify.models().problems)
    assert "generator.safetensors is damaged" in problems
    assert "classifier.safetensors is missing" in problems


def test_what_was_found_is_said_and_written(checkout, monkeypatch, capsys):
    found = verify.row_of("derived again", ["", "a.png differs"])
    monkeypatch.setattr(verify, "derived_again", lambda _: found)
    monkeypatch.setattr(verify, "models", lambda: verify.row_of("models", []))
    monkeypatch.setattr(verify, "runs", lambda: {"palindromes": run_palindromes})
    with pytest.raises(ValueError, match="1 things do not hold"):
        verify.main(["--minutes", "1"])
    said = capsys.readouterr().out
    assert "a.png differs" in said
    assert "1 of 1     palindromes runs trained again" in said
    written = json.loads((checkout / "results" / "verification.json").read_text())["found"]
    assert {"what": "derived again", "looked_at": 2, "hold": 1, "problems": ["a.png differs"]} in written
