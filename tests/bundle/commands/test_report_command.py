"""Stages of the report command: what is made again and when, and the profiles."""

from pathlib import Path

import pytest

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


def test_a_stage_is_made_again_when_its_inputs_output_or_stamp_change_and_only_then(stage, tmp_path):
    assert [stage(["a"]), stage(["a"]), stage(["b"]), stage(["b"])] == [1, 1, 2, 2]
    (tmp_path / "output").unlink()
    assert stage(["b"]) == 3
    (tmp_path / "output").write_text("altered")
    assert stage(["b"]) == 4
    (stamp,) = (tmp_path / "stamps").iterdir()
    stamp.write_bytes(stamp.read_bytes()[:-5])
    assert [stage(["b"]), stage(["b"])] == [5, 5]


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


def test_a_profile_that_cannot_be_used_is_named(tmp_path):
    path = tmp_path / "p.yaml"
    with pytest.raises(ValueError, match="p.yaml does not exist; the profiles are "):
        report.load_profile(path)
    path.write_text(Path("profiles/smoke.yaml").read_text() + "speed: 3\n")
    with pytest.raises(ValueError, match="p.yaml has the keys .*speed"):
        report.load_profile(path)


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
