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
from tests.bundle.experiments.test_palindrome_runs import SETTINGS

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


def test_every_committed_record_and_model_is_by_the_code_that_stands_here():
    row, stored = verify.whole_records(sorted(Path("results").glob("*/*.jsonl")))
    assert stored
    assert row["problems"] == []
    assert verify.by_this_code(stored)["problems"] == []
    assert verify.models()["problems"] == []
    assert all(not record.provenance["commit"].endswith("+") for record in stored)


def test_what_was_changed_is_found_said_and_written(tmp_path, monkeypatch, made, capsys):
    path = Path("results", "part1", "corrected.jsonl")
    shutil.copytree("models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    other_code = made.identity | {"packages": {"torch": "1"}}
    for seed, identity in ((0, made.identity), (1, other_code), (2, made.identity)):
        settings = ONE | {"seed": seed}
        Store(path).append(Record(settings, made.columns, made.summary, made.provenance, identity))
    path.write_text(path.read_text().replace('"seed": 2', '"seed": 3'))
    weights = Path("models", "generator.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    Path("models", "classifier.safetensors").unlink()
    monkeypatch.setattr(verify, "RUNS", {"palindromes": run_palindromes})
    with pytest.raises(ValueError, match="things do not hold"):
        verify.main(["--minutes", "inf"])
    printed = capsys.readouterr().out
    written = json.loads(Path("results", "verification.json").read_text())["found"]
    whole, current, models, derived, again = written
    assert (whole["looked_at"], whole["hold"]) == (3, 2)
    assert whole["problems"][0].startswith(f"{path}, line 5 is damaged, edited or")
    assert (current["looked_at"], current["hold"]) == (2, 1)
    assert current["problems"][0].startswith("torch 1 then")
    problems = " ".join(models["problems"])
    assert "generator.safetensors is damaged" in problems
    assert "classifier.safetensors is missing" in problems
    assert derived["looked_at"] == 0  # from such results a report would be made anew, in hours
    assert (again["looked_at"], again["hold"]) == (2, 1)  # seed 1 has what seed 0 gives
    for row in written:
        assert all(problem in printed for problem in row["problems"])
