"""Notebooks from files, with an error that names the file."""

import ast
from pathlib import Path

import nbformat


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Return the notebook in a file; raise ValueError naming one that is no whole notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        return notebook
    except FileNotFoundError:
        raise
    except Exception as error:  # nbformat raises many kinds, some with the whole text
        what = str(error).partition("\n")[0][:100]
        raise ValueError(f"{path} is damaged, no notebook ({type(error).__name__}: {what})") from None


def file_name(path: Path) -> str:
    """Return how other notebooks link to one: part1.ipynb, studies/memory.ipynb."""
    return f"studies/{path.name}" if path.absolute().parent.name == "studies" else path.name


def declared_values(path: Path) -> dict:
    """Return the value that a notebook declares of each of its parameters, by name."""
    tagged = [cell for cell in read_notebook(path).cells if "parameters" in cell.metadata.get("tags", [])]
    lines = [line for cell in tagged for line in ast.parse(cell.source).body]
    return {line.target.id: ast.literal_eval(line.value) for line in lines}
