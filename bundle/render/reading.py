"""Notebooks from files, with an error that names the file, and what they declare."""

import ast
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from papermill.translators import papermill_translators

from bundle.notebook.page import CAPTION


def read_notebook(path: Path) -> NotebookNode:
    """Return the notebook in a file.

    Raises FileNotFoundError with the way out, ValueError naming a file that is no whole notebook.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; `make report` executes the notebooks")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds, some with the whole text
        what = str(error).partition("\n")[0][:100]
        raise ValueError(f"{path} is damaged, no notebook ({type(error).__name__}: {what})") from None
    return notebook


def outputs_with(key: str, path: Path) -> list[dict]:
    """Return what the outputs of a notebook have under a key of their metadata, in their order."""
    outputs = [output for cell in read_notebook(path).cells for output in cell.get("outputs", [])]
    return [output.metadata[key] for output in outputs if key in output.get("metadata", {})]


def labels_in(path: Path) -> list[str]:
    """Return the labels of the figures and tables that a notebook shows: figure-1, table-3."""
    labels = []
    for about in outputs_with(CAPTION, path):
        labels += [about["label"], *about["others"].split()]
    return labels


def parameter_rows(path: Path) -> dict[str, tuple[str, str]]:
    """Return the value of each parameter of a notebook, as code, and its meaning.

    A value that papermill injected counts; meanings are the comments of the declarations.
    """
    translator = papermill_translators.find_translator("python3", "python")
    values, meanings = {}, {}
    for cell in read_notebook(path).cells:
        if {"parameters", "injected-parameters"} & set(cell.metadata.get("tags", [])):
            for parameter in translator.inspect(cell):
                values[parameter.name] = parameter.default
                meanings.setdefault(parameter.name, parameter.help)
    return {name: (value, meanings[name]) for name, value in values.items()}


def declared_values(path: Path) -> dict:
    """Return the value that a notebook declares of each of its parameters, by name."""
    return {name: ast.literal_eval(value) for name, (value, _) in parameter_rows(path).items()}
