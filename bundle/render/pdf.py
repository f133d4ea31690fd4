"""Executed notebooks to PDF: pandoc turns the cells into Typst, Typst sets the pages; no TeX, no browser."""

import tempfile
from pathlib import Path

import typst

from bundle.render.document import Document
from bundle.study.artefacts import write_if_changed

TEMPLATE = Path(__file__).with_name("report.typ")


def bind(document: Document, output: Path) -> None:
    """Bind a document into one PDF; the same input gives the same bytes.

    Raises ValueError where a notebook is not fully executed or cannot be set.
    """
    options = ["--syntax-highlighting=idiomatic", "--extract-media=media"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cells = document.cells(folder)
        text = document.convert(cells, "typst-smart", folder=folder, template=TEMPLATE, options=options)
        main = folder / "main.typ"
        main.write_text(text, encoding="utf-8")
        try:
            pages = typst.compile(main, root=folder, ignore_system_fonts=True)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {output}: {error.diagnostic}") from error
    write_if_changed(output, pages)
