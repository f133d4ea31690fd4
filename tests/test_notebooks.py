"""The committed notebooks, and what comes of them under profiles/smoke.yaml."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from pypdf import PdfReader

from bundle.commands import report
from bundle.study.layout import NOTEBOOKS
from bundle.study.store import load

pytestmark = pytest.mark.timeout(600)  # the whole report runs once, for all of them

PATHS_OR_TIMES = re.compile(r"(?<![\w.])/(home|root|tmp|work|Users|usr)/|\d\d:\d\d:\d\d|20\d\d-\d\d-\d\d")


def committed(name: str) -> nbformat.NotebookNode:
    return nbformat.read(f"{name}.ipynb", as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def papermill(name: str, folder: Path, **parameters) -> subprocess.CompletedProcess:
    """Execute a notebook into a folder, with these parameters."""
    target, given = folder / f"{name}.ipynb", json.dumps({"output_dir": str(folder)} | parameters)
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        f"{name}.ipynb",
        str(target),
        "-y",
        given,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_parameters_are_typed_explained_and_plain(name):
    (cell,) = [cell for cell in code_cells(committed(name)) if "parameters" in cell.metadata.get("tags", [])]
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: [\w\[\]]+ = [^=]+  # [^=]+", line), line
    for node in ast.parse(cell.source).body:
        ast.literal_eval(node.value)  # a plain value, not derived from another


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_thin(name):
    sources = [cell.source for cell in code_cells(committed(name))]
    assert not re.search(r"^\s*(def|class) ", "\n".join(sources), re.MULTILINE)
    lines = [line for source in sources[1:] for line in source.splitlines() if line.strip()]
    captions = [line for line in lines if re.fullmatch(r"\s*f?\".*\"\)?", line)]
    assert len(lines) - len(captions) <= 80  # the first of them say what is missing elsewhere
    assert max(len(line) for source in sources for line in source.splitlines()) <= 110


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_text_refers_to_no_figure_or_table_that_a_parameter_can_leave_out(name):
    """Or the PDF of a profile that leaves it out has a dangling reference."""
    notebook = committed(name)
    optional = set()
    for cell in code_cells(notebook):
        if cell.source.startswith("if "):
            optional |= set(re.findall(r'<a id="([\w-]+)">', str(cell.outputs)))
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not optional & set(re.findall(r"\(#([\w-]+)\)", text))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_committed_executed_and_clean(name):
    check_clean(committed(name))


def check_clean(notebook: nbformat.NotebookNode) -> None:
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
            text = output.get("text") or json.dumps(data)
            assert not PATHS_OR_TIMES.search(text), text
            assert not re.search(r"\b\w*Warning\b|warnings\.warn", text), text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_under_papermill_a_notebook_runs_and_stays_clean(smoke, name):
    notebook = nbformat.read(smoke["notebooks"] / f"{name}.ipynb", as_version=4)
    for cell in code_cells(notebook):  # the folder of this test is a path, the only one allowed
        for output in cell.outputs:
            if "text" in output:
                output.text = output.text.replace(str(smoke["output"]), "")
    check_clean(notebook)


def test_all_nineteen_figures_are_captioned_in_the_pdf(smoke):
    text = "\n".join(page.extract_text() for page in PdfReader(smoke["pdf"]).pages)
    assert "Figures 1 to 6." in text
    for number in range(7, 20):
        assert f"Figure {number}." in text


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
    assert "Nothing has changed" in capsys.readouterr().out


def test_a_wrong_parameter_stops_the_notebook_before_any_training(tmp_path):
    """More of them are in test_parameters, without a kernel."""
    ran = papermill("part1", tmp_path, seq_lenght=5)
    assert ran.returncode != 0
    assert "seq_lenght is not a parameter of this notebook; its parameters are seq_lengths" in ran.stderr
    assert not (tmp_path / "results").exists()


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes in the format of MNIST's files."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(header + array.tobytes())


def test_one_line_changes_the_data_set(tmp_path, monkeypatch):
    """Generated files of ten classes: each is a bright bar at its own place."""
    raw = tmp_path / "data" / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(0)
    for name, count in (("train", 2000), ("t10k", 300)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = random.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            row, column = 5 * (label % 5) + 2, 14 * (label // 5) + 3
            image[row : row + 3, column : column + 8] = 250
        write_idx(raw / f"{name}-images-idx3-ubyte", images)
        write_idx(raw / f"{name}-labels-idx1-ubyte", labels)
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "data"))
    small = {"batches": 4, "batch_size": 16, "width": 2, "samples": 256, "generator_seeds": 0}
    small |= {"original_batches": 0, "two_sample_seeds": 1, "two_sample_images": 20, "two_sample_steps": 3}
    ran = papermill("task2", tmp_path, dataset="KMNIST", classifier_epochs=6, **small)
    assert ran.returncode == 0, ran.stderr
    about = json.loads((tmp_path / "models" / "classifier.json").read_text())
    assert about["settings"]["dataset"] == "KMNIST"
    assert about["summary"]["test_images"] == 300
    assert about["summary"]["test_accuracy"] > 0.5  # it has learnt from these files and no others
    (record,) = load(tmp_path / "results" / "task2" / "gan.jsonl")
    assert record.settings["dataset"] == "KMNIST"
