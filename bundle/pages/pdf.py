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

FILTER, TEMPLATE = (Path(__file__).with_name(name) for name in ("report.lua", "report.typ"))


REFERENCE = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<file>[\w./-]+\.ipynb)?#(?P<label>(?:figure|table)-\w+)\)")


class ReportExporter(Exporter):
    """An executed notebook as a PDF (`jupyter nbconvert --to bundle.pages.pdf.ReportExporter NOTEBOOK`).

    Raises: ValueError where the notebook is not fully executed, or a caption or a reference does not fit.
    """

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


def bind(notebooks: Sequence[Path], *, front: Path, output: Path, timestamp: int | None = None) -> None:
    """Bind front matter and executed notebooks into one PDF: title page, contents, numbered sections.

    `front` is Markdown: `title`, `subtitle` and `abstract` in its YAML header; the text below it stands
    before the contents. `timestamp` (seconds since 1970) becomes the PDF's date; without it the PDF carries
    none. The same input gives the same bytes.

    Raises: ValueError where a file is missing or not fully executed, or a caption or reference does not fit.
    """
    for path in (*notebooks, front):
        if not path.is_file():
            raise ValueError(f"{path} does not exist; `make report` executes the notebooks and binds them")
    parts = [(path.name, nbformat.read(path, as_version=4), path.parent) for path in notebooks]
    text = front.read_text(encoding="utf-8")
    pdf = _typeset(parts, front=text, front_name=front.name, timestamp=timestamp)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(pdf)


def _typeset(
    parts: list[tuple[str, NotebookNode, Path]],
    *,
    front: str,
    front_name: str = "",
    timestamp: int | None = None,
) -> bytes:
    names = [name for name, _, _ in parts]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cells = {name: list(shown_cells(notebook, name=name, folder=folder)) for name, notebook, _ in parts}
        owners = _owners(cells)
        body = ""
        for name, _, home in parts:
            for cell in cells[name]:
                cell.source = _resolve(cell.source, cell.metadata.where, name, owners, names)
            text = nbformat.writes(new_notebook(cells=cells[name]))
            body += _pandoc(text, name, "ipynb+raw_attribute", folder, [f"--resource-path={home.resolve()}"])
        (folder / "body.typ").write_text(body, encoding="utf-8")
        options = ["--standalone", f"--template={TEMPLATE}", "--include-after-body=body.typ"]
        options += ["--variable=bound"] if front_name else []
        options += ["--variable=dated"] if timestamp is not None else []
        front = _resolve(front, front_name, "", owners, names)
        main = folder / "main.typ"
        main.write_text(_pandoc(front, front_name, "markdown", folder, options), encoding="utf-8")
        try:
            return typst.compile(main, root=folder, ignore_system_fonts=True, timestamp=timestamp)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {', '.join(names)}: {error.diagnostic}") from error


def _pandoc(text: str, name: str, source_format: str, folder: Path, options: list[str]) -> str:
    options = [f"--lua-filter={FILTER}", "--extract-media=media", "--fail-if-warnings", *options]
    options = ["--wrap=none", "--syntax-highlighting=idiomatic", *options]
    try:
        return pypandoc.convert_text(text, "typst", source_format, extra_args=options, cworkdir=str(folder))
    except RuntimeError as error:
        raise ValueError(f"pandoc cannot read {name}: {error}") from error


def _owners(cells: dict[str, list[NotebookNode]]) -> dict[str, str]:
    """Map each label to its notebook."""
    owners, places = {}, {}
    for name, shown in cells.items():
        for cell in shown:
            label, where = cell.metadata.get("label"), cell.metadata.where
            if label in places:
                raise ValueError(f"{where}: {label} is already in {places[label]}; give it another number")
            if label:
                owners[label], places[label] = name, where
    return owners


def _resolve(text: str, where: str, name: str, owners: dict[str, str], names: list[str]) -> str:
    """Point references between bound notebooks at their labels; front matter (no name) may refer to any."""

    def resolved(reference: re.Match) -> str:
        said, label = reference["text"], reference["label"]
        file, owner = reference["file"] or name, owners.get(label)
        if file and file not in names:
            return reference[0]
        if owner is None:
            raise ValueError(f"{where} refers to {label}, but no caption has that anchor; add or mend it")
        if file and file != owner:
            raise ValueError(
                f"{where} refers to {label} in {file}, but it is in {owner}: write {owner}#{label}"
            )
        words = re.fullmatch(r"(Figure|Table)\s(\w+)", said)
        if words and f"{words[1].lower()}-{words[2]}" != label:
            raise ValueError(f"{where}: a reference says {said!r} but leads to {label}; make them agree")
        return f"[{said}](#{label})"

    return REFERENCE.sub(resolved, text)
