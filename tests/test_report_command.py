"""Stages of the report command: what is made again and when, and the profiles."""

from pathlib import Path

import pytest
import yaml

from bundle.commands import report
from bundle.commands.stages import Stage, make_all
from bundle.study.layout import STAGES


@pytest.fixture
def stage(tmp_path):
    """Bring a stage that writes one file up to date, and count how often it was made."""
    made = []

    def make() -> list[Path]:
        made.append(1)
        (tmp_path / "output").write_text("made")
        return [tmp_path / "output"]

    def update(inputs: list[str]) -> int:
        make_all([Stage(name="stage", inputs=lambda: inputs, make=make)], tmp_path / "stamps")
        return len(made)

    return update


def test_a_stage_is_made_once_and_again_when_its_inputs_change(stage):
    assert [stage(["a"]), stage(["a"]), stage(["b"]), stage(["b"])] == [1, 1, 2, 2]


def test_a_stage_whose_output_or_stamp_was_deleted_or_altered_is_made_again(stage, tmp_path):
    stage(["a"])
    (tmp_path / "output").unlink()
    assert stage(["a"]) == 2
    (tmp_path / "output").write_text("altered")
    assert stage(["a"]) == 3
    (stamp,) = (tmp_path / "stamps").iterdir()
    stamp.write_bytes(stamp.read_bytes()[:-5])
    assert stage(["a"]) == 4
    assert stage(["a"]) == 4


def test_what_needs_a_stage_that_failed_is_not_made_and_the_next_call_makes_both(tmp_path):
    def fail() -> list[Path]:
        raise OSError("no room")

    made = []
    after = Stage(name="after", needs=["stage"], inputs=list, make=lambda: made.append("after") or [])
    with pytest.raises(OSError, match="no room"):
        make_all([Stage(name="stage", inputs=list, make=fail), after], tmp_path)
    assert made == []
    make_all([Stage(name="stage", inputs=list, make=list), after], tmp_path)
    assert made == ["after"]


PROFILE = {"output": "made", "notebooks": "made", "pdf": "made/report.pdf", "parameters": {}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (yaml.safe_dump(PROFILE | {"speed": 3}), "p.yaml has the keys .*speed"),
        (None, "p.yaml does not exist; the profiles are mine"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named(tmp_path, text, message):
    (tmp_path / "mine.yaml").touch()
    if text:
        (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        report.load_profile(tmp_path / "p.yaml")


def test_a_notebook_is_made_from_its_parameters_the_originals_sentences_and_what_it_needs(
    tmp_path, monkeypatch
):
    profile = report.load_profile(Path("profiles/smoke.yaml"))
    by_name = {notebook.name: notebook for notebook in STAGES}
    before = report.inputs_of(by_name["task3"], profile)
    profile["parameters"]["task2"] = {"batches": 7}
    other_parameters = report.inputs_of(by_name["task3"], profile)
    (tmp_path / "original.yaml").write_text("[]")
    monkeypatch.setattr(report, "SENTENCES", tmp_path / "original.yaml")
    other_sentences = report.inputs_of(by_name["task3"], profile)
    assert len({str(inputs) for inputs in (before, other_parameters, other_sentences)}) == 3
