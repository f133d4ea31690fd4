"""Small notebooks for tests."""

from nbformat.v4 import new_notebook


def notebook_of(*cells):
    """Return a notebook of these cells that Python executes."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})
