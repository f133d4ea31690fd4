"""A notebook of the report as it is committed: whoever runs and saves it anew changes no byte of it.

`bundle/jupyter/jupyter_config.py` has JupyterLab tidy it before saving; `bundle.commands.execute` does too.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bundle.study.artefacts import keep_outputs_of
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
            cell.outputs = _plain_outputs(cell.outputs)
        if "injected-parameters" in (tags or []):
            cell.id = "injected-parameters"
    _number([cell for cell in notebook.cells if cell.cell_type == "code" and cell.execution_count])
    return notebook


def _plain_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return outputs without explorers, which are nothing without their kernel; what is printed in one."""
    plain: list[NotebookNode] = []
    for output in outputs:
        if output.get("name") == "stderr" or WIDGET in output.get("data", {}):
            continue
        if plain and output.get("name") == plain[-1].get("name") == "stdout":
            plain[-1].text += output.text
        else:
            plain.append(output)
    return plain


def _number(cells: list[NotebookNode]) -> None:
    """Count from 1 the cells of a notebook that was run from top to bottom, the second time too."""
    counts = [cell.execution_count for cell in cells]
    if counts != sorted(set(counts)):
        return
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def before_saving(model: dict, path: str, contents_manager, **_) -> None:
    """Tidy one of the report's notebooks that a Jupyter server is about to save."""
    place = Path(contents_manager.root_dir, path)
    ours = [ROOT / f"{name}.ipynb" for name in NOTEBOOKS]
    if model["type"] == "notebook" and place.resolve() in ours:
        model["content"] = keep_outputs_of(place, clean(nbformat.from_dict(model["content"])))
