import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from pypdf import PdfReader

from bundle.commands import binding, report
from bundle.original import GAN_CHECKPOINTS, scaled_batch
from bundle.render.pdf import bind
from bundle.study import fingerprint
from bundle.study.layout import Notebook
from bundle.study.records import Record
from bundle.study.store import Store
from lib import mnist
from tests.notebooks import notebook_of
from tests.test_study import square


@pytest.fixture
def stage(tmp_path):
    """Run a stage that writes one file, and count how often it is made."""
    made = []

    def make() -> list[Path]:
        made.append(1)
        (tmp_path / "output").write_text("made")
        return [tmp_path / "output"]

    def update(inputs: list[str]) -> int:
        report.update("stage", inputs, make, tmp_path / "stamps")
        return len(made)

    return update


def test_a_stage_is_made_once_and_again_when_its_inputs_change(stage):
    assert [stage(["a"]), stage(["a"]), stage(["b"]), stage(["b"])] == [1, 1, 2, 2]


def test_a_stage_whose_output_was_deleted_or_altered_is_made_again(stage, tmp_path):
    stage(["a"])
    (tmp_path / "output").unlink()
    assert stage(["a"]) == 2
    (tmp_path / "output").write_text("altered")
    assert stage(["a"]) == 3
    assert stage(["a"]) == 3


def test_a_stage_that_failed_is_made_again(tmp_path):
    def fail():
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        report.update("stage", ["a"], fail, tmp_path)
    report.update("stage", ["a"], lambda: [], tmp_path)
    assert report.read_sealed(tmp_path / "stage.json")["seconds"] > 0


@pytest.mark.parametrize("path", sorted(Path("profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_names_only_parameters_that_its_notebooks_have(path):
    profile = report.load_profile(path)
    for name, parameters in profile["parameters"].items():
        (cell,) = [
            cell
            for cell in nbformat.read(f"{name}.ipynb", as_version=4).cells
            if "parameters" in cell.metadata.get("tags", [])
        ]
        assert set(parameters) <= {line.split(":")[0] for line in cell.source.splitlines()}


def test_seed_scale_is_the_originals_scale():
    profile = report.load_profile(Path("profiles/seed-scale.yaml"))
    assert profile["parameters"]["part1"]["num_seeds"] >= 10
    assert profile["parameters"]["task2"]["batches"] == 187_400

    assert len(set(GAN_CHECKPOINTS)) == 26
    assert [scaled_batch(batch, 187_400) for batch in GAN_CHECKPOINTS] == list(GAN_CHECKPOINTS)


def test_a_profile_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(
        ValueError, match="quickly.yaml does not exist; the profiles are .*quick, seed-scale, smoke"
    ):
        report.load_profile(Path("profiles/quickly.yaml"))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"speed": 3}, "speed"), ({"parameters": {"task4": {}}}, "task4.*part1, task2, task3")],
)
def test_a_profile_with_unknown_keys_is_refused(tmp_path, change, message):
    profile = {"output": ".", "notebooks": ".", "pdf": "x.pdf", "parameters": {}} | change
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(profile))
    with pytest.raises(ValueError, match=message):
        report.load_profile(tmp_path / "p.yaml")


def test_two_reports_at_once_into_one_folder_are_made_one_after_the_other(tmp_path):
    for name in report.NOTEBOOKS:
        cells = [nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell("print('made')")]
        nbformat.write(notebook_of(*cells), tmp_path / f"{name}.ipynb")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "front.md").write_text("---\ntitle: T\n---\n")
    profile = {"output": "made", "notebooks": "made", "pdf": "made/report.pdf", "parameters": {}}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(profile))
    places = {"PYTHONPATH": str(Path.cwd()), "MNIST_ROOT": str(mnist.folder().parents[1].resolve())}
    command = [sys.executable, "-m", "bundle.commands.report", "p.yaml"]
    both = [
        subprocess.Popen(command, cwd=tmp_path, env=os.environ | places, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    made, waited = sorted((process.communicate()[0] for process in both), key=lambda said: "waiting" in said)
    assert [process.returncode for process in both] == [0, 0]
    assert "task3: done in" in made
    first, second = (process.pid for process in both)
    assert re.search(rf"waiting for process ({first}|{second}), which is making made/report.pdf\n", waited)
    assert "Nothing has changed" in waited
    assert len(PdfReader(tmp_path / "made" / "report.pdf").pages) >= 3


STALE_CELL = """from bundle.notebook.page import Page
from tests.test_study import square
page = Page("part1", globals())
page.study("Squares", square, {"all": [{"seed": seed} for seed in range(3)]})"""


def test_the_first_page_says_how_many_results_are_by_other_code_and_what_changed(tmp_path, monkeypatch):
    for seed in range(3):
        here = fingerprint.identity(square)
        other = here | {"code": here["code"] | {"lib/checks.py": "old"}}
        made = Record({"seed": seed}, identity=other if seed else here)
        Store(tmp_path / "made" / "results" / "part1" / "all.jsonl").append(made)
    parameters = nbformat.v4.new_code_cell(
        "output_dir: str = '.'\nfresh: bool = False", metadata={"tags": ["parameters"]}
    )
    title = nbformat.v4.new_markdown_cell("# Part 1")
    nbformat.write(
        notebook_of(title, parameters, nbformat.v4.new_code_cell(STALE_CELL)), tmp_path / "part1.ipynb"
    )
    front = Path("report", "front.md").resolve()
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.setenv("STALE", "show")
    monkeypatch.chdir(tmp_path)
    profile = {"output": Path("made"), "parameters": {}}
    executed = report.run_notebook(Notebook(name="part1"), Path("made/part1.ipynb"), profile)
    build = {"version": "1", "code": "a", "results": "b"}
    binding.bind_report(
        executed[:1], [], front=front, pdf=Path("report.pdf"), pictures=Path(), verified=None, build=build
    )
    assert json.loads(Path("build.json").read_text()) == build
    said = " ".join(PdfReader("report.pdf").pages[0].extract_text().split())
    assert "2 results in this report are not by the code that stands here." in said
    assert "2 by other code: lib/checks.py changed." in said
    assert said.index("lib/checks.py") < said.index("A student report")


def test_notebooks_are_made_again_without_results_of_other_code_and_with_other_sentences(
    tmp_path, monkeypatch
):
    profile = report.load_profile(Path("profiles/smoke.yaml"))

    def inputs() -> list:
        return [inputs for _, inputs, _ in itertools.islice(report.stages(profile), 1, 4)]

    before = inputs()
    (tmp_path / "original.yaml").write_text("[]")
    monkeypatch.setattr(report, "SENTENCES", tmp_path / "original.yaml")
    other_sentences = inputs()
    monkeypatch.setenv("STALE", "show")
    for three in zip(before, other_sentences, inputs(), strict=True):
        assert len(set(map(tuple, three))) == 3


def test_a_notebook_waits_for_the_one_that_it_needs_and_others_go_beside_it():
    table = [Notebook(name="a"), Notebook(name="b"), Notebook(name="c", needs="b"), Notebook(name="d")]
    assert report.chains(table) == [["b", "c"], ["a"], ["d"]]


def test_a_notebook_that_is_added_to_the_table_is_executed_and_bound(tmp_path, monkeypatch):
    """One line in the table and the notebook are all that it takes."""
    cells = nbformat.v4.new_markdown_cell("# A study of its own"), nbformat.v4.new_code_cell("print(6 * 7)")
    parameters = nbformat.v4.new_code_cell(
        "output_dir: str = '.'\nfresh: bool = False", metadata={"tags": ["parameters"]}
    )
    monkeypatch.chdir(tmp_path)
    nbformat.write(notebook_of(cells[0], parameters, cells[1]), tmp_path / "extra.ipynb")
    table = (Notebook(name="extra"),)
    monkeypatch.setattr(report, "STAGES", table)
    profile = {"output": Path("made"), "notebooks": Path("made"), "parameters": {}, "pdf": Path("made/r.pdf")}
    (stage,) = itertools.islice(report.stages(profile), 1, 2)
    report.update_notebooks([stage], tmp_path / "stamps")
    assert "42" in (tmp_path / "made" / "extra.ipynb").read_text()
    bind([Path("made/extra.ipynb")], front="---\ntitle: T\n---\n", output=Path("made/r.pdf"))
    assert "A study of its own" in PdfReader("made/r.pdf").pages[-1].extract_text()
