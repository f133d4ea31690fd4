"""Executed notebooks to PDF: pandoc turns the cells into Typst, Typst sets the pages; no TeX, no browser."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import typst

from bundle.render.document import Document
from bundle.study.artefacts import write_if_changed

HERE = Path(__file__).parent


def bind(
    name: str, notebooks: Mapping[str, Sequence[Path]], *, front: str, output: Path, root: Path = Path()
) -> None:
    """Bind front matter and executed notebooks into one PDF; the same input gives the same bytes.

    `name`, `notebooks`, `front` and `root` are as of `Document`. Raises ValueError where a notebook is not
    fully executed or cannot be set.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        document = Document(name, notebooks, front=front, folder=folder)
        text = document.convert(
            "typst-smart",
            template=HERE / "report.typ",
            lua=HERE / "report.lua",
            root=root,
            options=["--syntax-highlighting=idiomatic", "--extract-media=media"],
        )
        main = folder / "main.typ"
        main.write_text(text, encoding="utf-8")
        try:
            pages = typst.compile(main, root=folder, ignore_system_fonts=True)
        except typst.TypstError as error:
            raise ValueError(f"Typst cannot set {output}: {error.diagnostic}") from error
    write_if_changed(output, pages)
