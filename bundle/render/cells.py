"""What PDF and page show of a notebook, each piece as a Markdown cell: prose, figures, tables, findings."""

import base64
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from bundle.figures.style import SCREEN_DPI
from bundle.notebook.page import CAPTION, DRAWN, FINDINGS, FOR_JUPYTER
from bundle.render.reading import read_notebook


def shown_cells(path: Path, *, folder: Path, web: bool = False) -> Iterator[NotebookNode]:
    """Yield what the PDF shows of a notebook as Markdown cells, and write the images into `folder`.

    Metadata: `part`, the notebook's name; `kind` (text, figure, table, findings). Of a figure or table also
    `label`, `others` (labels of those that it has panels of) and `title` ("Figure 3"); its caption is then
    the first paragraph. Of a figure `image` (a file in `folder`) and `width`. For the web there is also the
    code of each cell (`code`), and an empty cell (`explorer`) for one that the PDF leaves out. Raises
    ValueError where a cell was not executed or failed.
    """
    for number, cell in enumerate(read_notebook(path).cells, start=1):
        _check_executed(cell, f"{path.name}, cell {number}")
        tags = cell.metadata.get("tags", [])
        if "no-pdf" in tags:
            if web and cell.cell_type == "code":
                yield shown_cell("", part=path.stem, kind="explorer")
        elif cell.cell_type == "markdown":
            yield shown_cell(cell.source, part=path.stem)
        elif cell.cell_type == "code" and not {"parameters", "injected-parameters"} & set(tags):
            if web and cell.source.strip():
                yield shown_cell(f"````python\n{cell.source}\n````", part=path.stem, kind="code")
            yield from _outputs(cell, folder, part=path.stem, web=web)


def shown_cell(text: str, *, part: str, kind: str = "text", **metadata: str) -> NotebookNode:
    """Return a Markdown cell of a document; `part` is the notebook's name, "front" or "back"."""
    return new_markdown_cell(text, metadata={"part": part, "kind": kind, **metadata})


def _check_executed(cell: NotebookNode, where: str) -> None:
    """Raise ValueError where a cell of code was not executed or failed."""
    if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
        raise ValueError(f"{where} has not been executed; run the whole notebook, then export it")
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            raise ValueError(f"{where} ended in {output.ename}: {output.evalue}; mend it, run it again")


def _outputs(cell: NotebookNode, folder: Path, *, part: str, web: bool) -> Iterator[NotebookNode]:
    """Yield what a cell displayed."""
    for output in cell.outputs:
        about, text = output.get("metadata", {}), output.get("data", {}).get("text/markdown", "")
        if FOR_JUPYTER in about:
            continue
        if CAPTION in about:
            yield _captioned(output, folder, part=part, web=web)
        elif FINDINGS in about:
            yield shown_cell(text, part=part, kind="findings")
        elif text.startswith("```python"):  # a function that the notebook shows
            yield shown_cell(text, part=part, kind="code")
        elif text:
            yield shown_cell(text, part=part)


def _captioned(output: NotebookNode, folder: Path, *, part: str, web: bool) -> NotebookNode:
    """Return a figure or a table as a cell; one that is both is a table on the web and drawn in the PDF."""
    about, text = output.metadata, output.data.get("text/markdown", "")
    metadata = {name: value for name, value in about[CAPTION].items() if value}
    caption = metadata.pop("caption")
    if DRAWN in about and not web:
        caption, text = about[DRAWN], ""
    if not text:
        picture = folder / f"{metadata['label']}.png"
        picture.write_bytes(base64.b64decode(output.data["image/png"]))
        metadata["image"] = picture.name
        metadata["width"] = f"{about['image/png']['width'] / SCREEN_DPI:.3f}in"
    return shown_cell(f"{caption}\n\n{text}", part=part, **metadata)
