"""Notebooks from files, with an error that names the file."""

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
