"""The committed notebooks, and what comes of them under profiles/smoke.yaml."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader

from bundle.commands import report
from bundle.render.reading import declared_values
from bundle.study.layout import NOTEBOOKS

pytestmark = pytest.mark.timeout(600)  # the whole report runs once, for all of them

PATHS_OR_TIMES = re.compile(r"(?<![\w.])/(home|root|tmp|work|Users|usr)/|\d\d:\d\d:\d\d|20\d\d-\d\d-\d\d")


def committed(name: str) -> nbformat.NotebookNode:
    return nbformat.read(f"{name}.ipynb", as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_parameters_are_typed_explained_and_plain(name):
    (cell,) = [cell for cell in code_cells(committed(name)) if "parameters" in cell.metadata.get("tags", [])]
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: [\w\[\]]+ = [^=]+  # [^=]+", line), line
    declared_values(Path(f"{name}.ipynb"))  # plain, none derived from another


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_thin(name):
    sources = [cell.source for cell in code_cells(committed(name))]
    assert not re.search(r"^\s*(def|class) ", "\n".join(sources), re.MULTILINE)
    lines = [line for source in sources[1:] for line in source.splitlines() if line.strip()]
    captions = [line for line in lines if re.fullmatch(r"\s*f?\".*\"\)?", line)]
    assert len(lines) - len(captions) <= 80
    assert max(len(line) for source in sources for line in source.splitlines()) <= 110


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_executed_and_clean(name):
    check_clean(committed(name))


def check_clean(notebook: nbformat.NotebookNode, *, allowed: str = "") -> None:
    """Check that a notebook has no path but the one allowed, no time, no warning."""
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in cells:
        assert set(cell.metadata) <= {"tags"}
        for output in cell.outputs:
            assert output.output_type in ("display_data", "execute_result", "stream")
            assert output.get("name") != "stderr"
            data = {kind: value for kind, value in output.get("data", {}).items() if "image" not in kind}
            text = (output.get("text") or json.dumps(data)).replace(allowed, "")
            assert not PATHS_OR_TIMES.search(text), text
            assert not re.search(r"\b\w*Warning\b|warnings\.warn", text), text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_under_papermill_a_notebook_runs_and_stays_clean(smoke, name):
    notebook = nbformat.read(smoke["notebooks"] / f"{name}.ipynb", as_version=4)
    check_clean(notebook, allowed=str(smoke["output"]))


def test_all_nineteen_figures_are_captioned_in_the_pdf(smoke):
    text = "\n".join(page.extract_text() for page in PdfReader(smoke["pdf"]).pages)
    for name in ("Figures 1 to 6", "Figures 7 to 16", "Figure 17", "Figure 18", "Figure 19"):
        assert f"{name}." in text


def test_every_figure_grid_strip_and_model_is_left_behind(smoke):
    output = smoke["output"]
    for number in (1, 7, 17, 18, 19):  # 1 has panels up to 6, 7 up to 16
        assert (output / "figures" / f"figure-{number:02}.png").exists()
        assert json.loads((output / "figures" / f"figure-{number:02}.json").read_text())["panels"]
    assert (output / "task2_images" / "batch-000000.png").exists()
    for strip in ("2-7", "2-6", "6-7"):
        digits = json.loads((output / "task3_images" / f"strip-{strip}.json").read_text())["digits"]
        assert f"{digits[0]}-{digits[-1]}" == strip
    assert (output / "models" / "generator.safetensors").exists()
    assert (output / "models" / "classifier.json").exists()


def test_a_second_run_executes_nothing_and_says_so(smoke, capsys, monkeypatch):
    monkeypatch.setattr(report, "run_notebook", lambda *_: pytest.fail("a notebook was executed"))
    report.main(smoke["path"])
    printed = capsys.readouterr().out
    assert "task3: up to date" in printed
    assert "making" not in printed
