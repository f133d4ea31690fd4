"""What `make verify` compares, and that it finds what was changed."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bundle.commands import verify
from bundle.commands.binding import SUPPLEMENT
from bundle.experiments.palindromes import run_palindromes
from bundle.render.front import front_matter
from bundle.study import fingerprint
from bundle.study.provenance import processor
from bundle.study.records import Record
from bundle.study.store import Store
from bundle.study.study import on_one_thread
from lib.files import read_sealed, sealed

ONE = {
    "cell": "LSTM",
    "recipe": "corrected",
    "seq_length": 3,
    "seed": 0,
    "steps": 120,
    "hidden_size": 4,
    "batch_size": 8,
    "learning_rate": 0.001,
    "schedule_every": 30,
    "schedule_factor": 0.96,
    "clip_norm": 10.0,
    "eval_every": 1,
    "eval_count": 10,
}


@pytest.fixture(scope="module")
def made() -> Record:
    return on_one_thread(run_palindromes, ONE, fingerprint.identity(run_palindromes))


def changed(made: Record, step: int, by: float, *, elsewhere: bool) -> Record:
    loss = list(made.columns["loss"])
    loss[step] += by
    where = {"processor": "another"} if elsewhere else {}
    return Record(ONE, made.columns | {"loss": loss}, made.summary, made.provenance | where)


def test_a_run_on_the_same_kind_of_processor_gives_the_same_record(made):
    again = on_one_thread(run_palindromes, ONE, {})
    assert made.provenance["processor"] == processor()
    assert verify.difference(made, again) == ""
    assert verify.difference(changed(made, 119, 1e-6, elsewhere=False), again).endswith("columns differ")


@pytest.mark.parametrize(
    ("step", "by", "words"),
    [(0, 5e-4, ""), (0, 2e-3, "the first 1 of loss differ"), (25, 1.0, "")],
)
def test_elsewhere_the_first_steps_must_agree(made, step, by, words):
    said = verify.difference(changed(made, step, by, elsewhere=True), made)
    assert said.endswith(words)
    assert bool(said) == bool(words)


@pytest.fixture
def checkout(tmp_path, monkeypatch, made) -> Path:
    """A folder with a record, both models and the figures."""
    Store(tmp_path / "results" / "part1" / "corrected.jsonl").append(made)
    for name in ("models", "figures"):
        shutil.copytree(name, tmp_path / name)
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


def test_damage_to_what_made_the_records_is_found(checkout):
    (path,) = checkout.glob("results/*/*.jsonl")
    path.with_name("fingerprints.json").write_text("{}")
    (problem,) = verify.whole_records([path])[0].problems
    assert "fingerprints.json is damaged or edited" in problem


def test_a_record_by_other_code_is_found(checkout, made):
    here = fingerprint.identity(run_palindromes)
    mine, other = (Record(ONE, identity=one) for one in (here, here | {"packages": {"torch": "1"}}))
    row = verify.by_this_code([mine, other, Record(ONE)])
    assert (row.looked_at, row.hold) == (3, 1)
    assert row.problems[0].startswith("1 records: numpy None then")
    assert row.problems[1] == "1 records: the code that made it is not named"


def test_every_committed_record_and_model_is_by_the_code_that_stands_here():
    row, stored = verify.whole_records(sorted(Path("results").glob("*/*.jsonl")))
    assert stored
    assert row.problems == []
    assert verify.by_this_code(stored).problems == []
    assert verify.models().problems == []
    assert all(not record.provenance["commit"].endswith("+") for record in stored)


def test_a_changed_model_is_found(checkout):
    assert verify.models().problems == []
    about = checkout / "models" / "classifier.json"
    text = about.read_text()
    about.write_text(json.dumps(sealed(read_sealed(about) | {"identity": {}})))
    assert verify.models().problems == ["classifier: the code that made it is not named"]
    about.write_text(text)
    weights = checkout / "models" / "generator.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    (problem,) = verify.models().problems
    assert "generator.safetensors is damaged" in problem


def test_a_further_generator_whose_weights_are_missing_is_found(checkout, made):
    Store(checkout / "results" / "task2" / "generators.jsonl").append(made)
    for path in (checkout / "models").glob("generator-*"):
        path.unlink()
    (problem,) = verify.models().problems
    assert "generator-1.json is missing; train the generator-1 first (task2.ipynb" in problem


def test_a_changed_figure_is_found(checkout):
    path, same, other = (checkout / "figures" / f"{name}.png" for name in ("figure-01", "same", "other"))
    pixels = np.asarray(Image.open(path)).copy()
    Image.fromarray(pixels).save(same)  # without the metadata, packed otherwise
    pixels[5, 5, :3] = 255 - pixels[5, 5, :3]
    Image.fromarray(pixels).save(other)
    assert verify.alike(path, same)
    assert not verify.alike(path, other)
    assert not verify.alike(path, checkout / "gone.png")
    values = json.loads(path.with_suffix(".json").read_text())
    same.with_suffix(".json").write_text(json.dumps(values | {"provenance": {}}))
    values["panels"][0]["lines"][0]["y"][3] += 1.0
    other.with_suffix(".json").write_text(json.dumps(values))
    assert verify.alike(path.with_suffix(".json"), same.with_suffix(".json"))
    assert not verify.alike(path.with_suffix(".json"), other.with_suffix(".json"))


def test_a_changed_byte_of_the_report_is_found(checkout):
    one, other = checkout / "one.pdf", checkout / "other.pdf"
    one.write_bytes(b"99.49 %")
    other.write_bytes(b"99.94 %")
    assert verify.alike(one, one)
    assert not verify.alike(one, other)


def test_what_was_found_is_written_and_can_be_set(checkout, monkeypatch, capsys):
    monkeypatch.setattr(
        verify, "derived_again", lambda _: verify.row_of("derived again", ["", "a.png differs"])
    )
    monkeypatch.setattr(verify, "runs", lambda: {"palindromes": run_palindromes})
    assert verify.main(["--minutes", "1"]) == 1
    said = capsys.readouterr().out
    assert "a.png differs" in said
    assert "1 of 1     palindromes runs trained again" in said
    verified = checkout / "results" / "verification.json"
    text = front_matter(Path(__file__).parents[1] / SUPPLEMENT, [], build={}, verified=verified)
    assert "| derived again | 2 | 1 |" in text
