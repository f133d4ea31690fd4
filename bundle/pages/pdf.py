"""Executed notebooks to PDF: pandoc turns the cells into Typst, Typst sets the pages; no TeX, no browser."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pypandoc
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from bundle.pages.cells import shown_cells
from bundle.pages.reading import read_notebook
from lib.files import write_atomically

FILTER, TEMPLATE = (Path(__file__).with_name(name) for name in ("report.lua", "report.typ"))
REFERENCE = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<file>[\w./-]+\.ipynb)?#(?P<label>(?:figure|table)-\w+)\)")


class ReportExporter(Exporter):
    """For `jupyter nbconvert --to bundle.pages.pdf.ReportExporter NOTEBOOK`; raises what `bind` does."""

    export_from_notebook = "PDF with Typst"
    file_extension = ".pdf"
    output_mimetype = "application/pdf"

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kw) -> tuple[bytes, dict]:
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources["metadata"]
        name = f"{about.get('name', 'notebook')}.ipynb"
        prose = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
        heading = re.search(r"^# +(.+)$", prose, re.MULTILINE)
        front = f"---\ntitle: |\n  {heading[1] if heading else name}\n---\n"
        return _typeset([(name, nb, Path(about.get("path") or "."))], front=front), resources


def bind(
    notebooks: Sequence[Path], *, front: Path, output: Path, more: str = "", timestamp: int | None = None
) -> None:
    """Bind front matter and executed notebooks into one PDF; the same input gives the same bytes.

    `front` is Markdown with `title`, `subtitle` and `abstract` in its YAML header; `more` stands after it.
    `timestamp`, in seconds since 1970, is the PDF's date, if any. Raises ValueError where a file is missing
    or not fully executed, or a caption or reference does not fit.
    """
    for path in (*notebooks, front):
        if not path.exists():
            raise ValueError(f"{path} does not exist; `make report` executes the notebooks and binds them")
    parts = [(path.name, read_notebook(path), path.parent) for path in notebooks]
    text = front.read_text(encoding="utf-8") + more
    write_atomically(output, _typeset(parts, front=text, name=front.name, timestamp=timestamp))


def _typeset(parts: list[tuple], *, front: str, name: str = "", timestamp: int | None = None) -> bytes:
    """Set parts (file name, notebook, home of its files) after front matter, which has a name where bound."""
    variables = {"bound": name, "dated": timestamp is not None}
    options = [f"--variable={variable}" for variable, wanted in variables.items() if wanted]
    options += ["--standalone", f"--template={TEMPLATE}", "--include-after-body=body.typ"]
    with tempfile.TemporaryDirectory() as scratch:
        folder, body = Path(scratch), ""
        cells = {part: list(shown_cells(notebook, name=part, folder=folder)) for part, notebook, _ in parts}
        labels, metadata = {}, [cell.metadata for shown in cells.values() for cell in shown]
        for label, where in ((one.get("label"), one.where) for one in metadata):
            if label in labels:
                raise ValueError(f"{where}: {label} is already in {labels[label]}; give it another number")
            labels |= {label: where} if label else {}
        for part, _, home in parts:
            for cell in cells[part]:
                cell.source = _resolve(cell.source, cell.metadata.where, part, cells, labels)
            text = nbformat.writes(new_notebook(cells=cells[part]))
            body += _pandoc(text, part, "ipynb+raw_attribute", folder, f"--resource-path={home.resolve()}")
        (folder / "body.typ").write_text(body, encoding="utf-8")
        text, main = _resolve(front, name, "", cells, labels), folder / "main.typ"
        main.write_text(_pandoc(text, name, "markdown", folder, *options), encoding="utf-8")
        try:
            return typst.compile(main, root=folder, ignore_system_fonts=True, timestamp=timestamp)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {', '.join(cells)}: {error.diagnostic}") from error


def _pandoc(text: str, name: str, source_format: str, folder: Path, *options: str) -> str:
    always = ["--wrap=none", "--syntax-highlighting=idiomatic", "--extract-media=media", "--fail-if-warnings"]
    options = [*always, f"--lua-filter={FILTER}", *options]
    try:
        return pypandoc.convert_text(text, "typst", source_format, extra_args=options, cworkdir=str(folder))
    except RuntimeError as error:
        raise ValueError(f"pandoc cannot read {name}: {error}") from error


def _resolve(text: str, where: str, name: str, cells: dict, labels: dict) -> str:
    """Point references between bound notebooks at their labels; front matter (no name) may refer to any."""

    def resolved(reference: re.Match) -> str:
        said, label, file = reference["text"], reference["label"], reference["file"] or name
        if file and file not in cells:
            return reference[0]
        if label not in labels:
            raise ValueError(f"{where} refers to {label}, but no caption has that anchor; add or mend it")
        owner = labels[label].rpartition(", cell ")[0]
        if file and file != owner:
            right = f"it is in {owner}: write {owner}#{label}"
            raise ValueError(f"{where} refers to {label} in {file}, but {right}")
        words = re.fullmatch(r"(Figure|Table)\s(\w+)", said)
        if words and f"{words[1].lower()}-{words[2]}" != label:
            raise ValueError(f"{where}: a reference says {said!r} but leads to {label}; make them agree")
        return f"[{said}](#{label})"

    return REFERENCE.sub(resolved, text)
