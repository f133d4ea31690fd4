"""A committed notebook that is run and saved again; in JupyterLab: test_browser."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from bundle.notebook import tidy
from bundle.study.layout import NOTEBOOKS
from tests.notebooks import notebook_of


def test_explorers_and_warnings_go_and_what_is_printed_stays_as_one():
    widget = new_output("display_data", data={tidy.WIDGET: {"model_id": "ab"}, "text/plain": "VBox()"})
    picture = new_output("display_data", data={"text/plain": "picture"})
    first, second, last = (new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n", "c\n"))
    warning = new_output("stream", name="stderr", text="slow\n")
    cell = new_code_cell("1", outputs=[first, widget, second, warning, picture, last])
    tidy.clean(notebook_of(cell))
    assert [output.get("text") for output in cell.outputs] == ["a\nb\n", None, "c\n"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_committed_notebooks_are_as_they_would_be_saved(name):
    path = Path(f"{name}.ipynb")
    assert nbformat.writes(tidy.clean(nbformat.read(path, as_version=4))) + "\n" == path.read_text()
