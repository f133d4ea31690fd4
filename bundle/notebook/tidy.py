"""A notebook of the report as it is committed: whoever runs and saves it anew changes no byte of it.

`bundle/jupyter/jupyter_config.py` has JupyterLab tidy it before saving; `bundle.commands.execute` does too.
"""

from pathlib import Path

import nbformat
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode

from bundle.study.layout import NOTEBOOKS

ROOT = Path(__file__).parents[2]
WIDGET = "application/vnd.jupyter.widget-view+json"


def clean(notebook: NotebookNode) -> NotebookNode:
    """Take out what differs from run to run: times, paths, ids, explorers, progress, the kernel's version."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_of_this_run(output)]
            CoalesceStreamsPreprocessor().preprocess_cell(cell, {}, 0)  # what is printed becomes one output
        if "injected-parameters" in (tags or []):
            cell.id = "injected-parameters"
    executed = [cell for cell in notebook.cells if cell.get("execution_count")]
    counts = [cell.execution_count for cell in executed]
    if counts == sorted(set(counts)):  # run from top to bottom, if for the second time
        for count, cell in enumerate(executed, start=1):
            cell.execution_count = count
    return notebook


def _is_of_this_run(output: NotebookNode) -> bool:
    """Return whether an output is progress, or an explorer, which is nothing without its kernel."""
    return output.get("name") == "stderr" or WIDGET in output.get("data", {})


def before_saving(model: dict, path: str, contents_manager, **_) -> None:
    """Tidy one of the report's notebooks that a Jupyter server is about to save."""
    place = Path(contents_manager.root_dir, path).resolve()
    if model["type"] == "notebook" and place in [ROOT / f"{name}.ipynb" for name in NOTEBOOKS]:
        model["content"] = clean(nbformat.from_dict(model["content"]))
