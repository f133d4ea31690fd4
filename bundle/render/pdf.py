"""Executed notebooks to PDF: pandoc turns the cells into Typst, Typst sets the pages; no TeX, no browser."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import nbformat
import pypandoc
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from bundle.render.reading import file_name, read_notebook
from bundle.render.references import NOT_HERE, Gathered, title_of
from bundle.study.artefacts import write_if_changed

FILTER, TEMPLATE = (Path(__file__).with_name(name) for name in ("report.lua", "report.typ"))


class ReportExporter(Exporter):
    """For `jupyter nbconvert --to report-pdf NOTEBOOK`; raises what `bind` does."""

    export_from_notebook = "PDF with Typst"
    file_extension = ".pdf"
    output_mimetype = "application/pdf"

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **kw) -> tuple[bytes, dict]:
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources["metadata"]
        name = f"{about.get('name', 'notebook')}.ipynb"
        front = f"---\ntitle: |\n  {title_of(nb) or name}\n---\n"
        return _typeset([(name, nb, Path(about.get("path") or "."))], front=front), resources


def bind(
    notebooks: Sequence[Path],
    *,
    front: str,
    name: str = "front.md",
    output: Path,
    pictures: Path = Path(),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
    detailed: Sequence[Path] | None = None,
    timestamp: int | None = None,
) -> None:
    """Bind front matter and executed notebooks into one PDF; the same input gives the same bytes.

    `front` is Markdown, errors call it `name`; its YAML header has a `title`, and may have `subtitle`,
    `build`, `abstract`, `findings` and a `notice`; its pictures stand below the folder `pictures`.
    `elsewhere` and `detailed` are as in `Gathered`. `timestamp`, in seconds since 1970, is the
    PDF's date, if any.
    Raises ValueError where a file is missing or not fully executed, or a caption or reference does not fit.
    """
    for path in (*notebooks, *(detailed or ())):
        if not path.exists():
            raise ValueError(f"{path} does not exist; `make report` executes the notebooks and binds them")
    parts = [(file_name(path), read_notebook(path), path.parent) for path in notebooks]
    if detailed is not None:
        detailed = [(file_name(path), read_notebook(path)) for path in detailed]
    options = {"elsewhere": elsewhere, "detailed": detailed}
    pages = _typeset(parts, front=front, name=name, pictures=pictures, timestamp=timestamp, **options)
    write_if_changed(output, pages)


def _typeset(
    parts: list[tuple],
    *,
    front: str,
    name: str = "",
    pictures: Path = Path(),
    timestamp: int | None = None,
    **gathered,
) -> bytes:
    """Set parts (file name, notebook, home of its files) after front matter, which has a name where bound."""
    variables = {"bound": name, "dated": timestamp is not None}
    options = [f"--variable={variable}" for variable, value in variables.items() if value]
    options += ["--standalone", f"--template={TEMPLATE}", "--include-after-body=body.typ"]
    with tempfile.TemporaryDirectory() as scratch:
        folder, body = Path(scratch), ""
        document = Gathered([(part, notebook) for part, notebook, _ in parts], folder, **gathered)
        homes = {part: home.resolve() for part, _, home in parts}
        for part, cells in document.cells.items():
            text, home = nbformat.writes(new_notebook(cells=cells)), homes.get(part, folder)
            body += _pandoc(text, part, "ipynb+raw_attribute", folder, f"--resource-path={home}")
        text, main = document.resolve(front, name), folder / "main.typ"
        if document.absent:
            print(f"Referred to, and {NOT_HERE}: {', '.join(sorted(document.absent))}.")
        (folder / "body.typ").write_text(body + document.bibliography("typst"), encoding="utf-8")
        options.append(f"--resource-path={pictures.resolve()}")
        main.write_text(_pandoc(text, name, "markdown", folder, *options), encoding="utf-8")
        try:
            return typst.compile(main, root=folder, ignore_system_fonts=True, timestamp=timestamp)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {', '.join(document.cells)}: {error.diagnostic}") from error


def _pandoc(text: str, name: str, source_format: str, folder: Path, *options: str) -> str:
    always = ["--wrap=none", "--syntax-highlighting=idiomatic", "--extract-media=media", "--fail-if-warnings"]
    options = [*always, f"--lua-filter={FILTER}", *options]
    try:
        return pypandoc.convert_text(text, "typst", source_format, extra_args=options, cworkdir=str(folder))
    except RuntimeError as error:
        raise ValueError(f"pandoc cannot read {name}: {error}") from error
