"""Executed notebooks to PDF: pandoc turns the cells into Typst, Typst sets the pages; no TeX, no browser."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import typst

from bundle.render.document import Document
from bundle.study.artefacts import write_if_changed

HERE = Path(__file__).parent


def bind(notebooks: Sequence[Path], *, output: Path, pictures: Path = Path(), **document) -> None:
    """Bind front matter and executed notebooks into one PDF; the same input gives the same bytes.

    The pictures of the front matter stand below the folder `pictures`; `document` is as of `Document`. Raises
    ValueError where a notebook is not fully executed or cannot be set.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bound = Document(notebooks, folder=folder, **document)
        options = [
            "--syntax-highlighting=idiomatic",
            "--extract-media=media",
            f"--resource-path={folder}:{pictures.resolve()}",
        ]
        template, lua = HERE / "report.typ", HERE / "report.lua"
        main = folder / "main.typ"
        text = bound.convert("typst-smart", template=template, lua=lua, options=options)
        main.write_text(text, encoding="utf-8")
        try:
            pages = typst.compile(main, root=folder, ignore_system_fonts=True)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {output}: {error.diagnostic}") from error
    write_if_changed(output, pages)
