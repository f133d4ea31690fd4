"""Small notebooks for tests."""

from nbformat.v4 import new_notebook

from bundle.notebook.page import Page


def page_of(part: str, output_dir: object, **parameters) -> Page:
    """Return the page of a notebook with these parameters."""
    values = {"fresh": False, "output_dir": str(output_dir), **parameters}
    return Page(part, {"__annotations__": {name: type(value) for name, value in values.items()}, **values})


def notebook_of(*cells):
    """Return a notebook of these cells that Python executes."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernel})
