"""A committed notebook that is run and saved again: in JupyterLab (see test_browser) and by nbconvert."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, ScriptExporter
from nbformat.v4 import new_code_cell, new_output

from bundle.notebook.tidy import WIDGET, clean
from bundle.study.layout import NOTEBOOKS
from lib import mnist
from tests import lab
from tests.notebooks import notebook_of
from tests.test_execute import COUNTING


def test_a_committed_notebook_executed_in_place_by_nbconvert_changes_no_file(tmp_path):
    root = lab.copied(tmp_path)
    places = {"PYTHONPATH": str(root), "JUPYTER_CONFIG_PATH": str(root / "bundle" / "jupyter")}
    places |= {"MNIST_ROOT": str(mnist.folder().parents[1].resolve())}
    command = ["nbconvert", "--to", "notebook", "--execute", "--inplace", "task3.ipynb"]
    before = (root / "task3.ipynb").stat().st_mtime_ns
    subprocess.run([sys.executable, "-m", "jupyter", *command], cwd=root, env=os.environ | places, check=True)
    assert (root / "task3.ipynb").stat().st_mtime_ns > before
    assert not lab.altered(root)


def test_what_a_bar_showed_is_not_saved(monkeypatch):
    """Once a closed bar stayed in the notebook, as a line that its run was at 100 %."""
    monkeypatch.delenv("TQDM_MININTERVAL", raising=False)
    (cell,) = NotebookClient(notebook_of(new_code_cell(COUNTING))).execute().cells
    assert [(one.name, one.text) for one in cell.outputs] == [("stdout", "counted\n")]


def test_a_notebook_run_twice_counts_from_one_and_one_run_in_another_order_does_not():
    def numbers(*counts: int | None) -> list[int | None]:
        cells = [new_code_cell("1", execution_count=count) for count in counts]
        return [cell.execution_count for cell in clean(notebook_of(*cells)).cells]

    assert numbers(5, None, 7, 8) == [1, None, 2, 3]
    assert numbers(5, 3) == [5, 3]


def test_explorers_and_warnings_go_and_what_is_printed_stays_as_one():
    def said(text: str, name: str = "stdout"):
        return new_output("stream", name=name, text=text)

    widget = new_output("display_data", data={WIDGET: {"model_id": "ab"}, "text/plain": "VBox()"})
    picture = new_output("display_data", data={"text/plain": "picture"})
    outputs = [said("a\n"), widget, said("b\n"), said("slow\n", "stderr"), picture, said("c\n")]
    (cell,) = clean(notebook_of(new_code_cell("1", outputs=outputs))).cells
    assert [one.get("text") for one in cell.outputs] == ["a\nb\n", None, "c\n"]


@pytest.mark.parametrize("name", ["other.ipynb", "build/quick/part1.ipynb"])
def test_other_notebooks_are_saved_as_they_are(name):
    from bundle.notebook import tidy

    assert not tidy.is_ours(Path(name))
    model = {"type": "notebook", "content": {"cells": "untouched"}}
    tidy.before_saving(model, name, type("Manager", (), {"root_dir": str(Path.cwd())}))
    assert model["content"] == {"cells": "untouched"}


def test_the_committed_notebooks_are_as_they_would_be_saved():
    for name in ("part1", "task2", "task3"):
        path = Path(f"{name}.ipynb")
        assert nbformat.writes(clean(nbformat.read(path, as_version=4))) + "\n" == path.read_text()


def test_as_a_script_a_notebook_ends_in_py():
    """Once the metadata had lost how files of its language end, and nbconvert wrote part1.txt."""
    for name in NOTEBOOKS:
        _, resources = ScriptExporter().from_filename(f"{name}.ipynb")
        assert resources["output_extension"] == ".py"


def test_every_figure_has_alternative_text_in_html_too():
    for name in NOTEBOOKS:
        notebook = nbformat.read(f"{name}.ipynb", as_version=4)
        html, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
        images = re.findall(r"<img[^>]*>", html)
        assert len(images) >= 5
        assert all(re.search(r'alt="Figure \w+: \w', image) for image in images), name
