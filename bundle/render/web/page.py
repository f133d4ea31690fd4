"""Executed notebooks to one HTML file that needs nothing else, by pandoc and from the cells of the PDF."""

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image, ImageOps

from bundle.render.document import Document
from bundle.render.web.explorers import Explorer, lossless
from bundle.study.layout import Output
from lib.files import write_atomically

TEMPLATE = Path(__file__).with_name("page.html")
OPTIONS = (
    "--mathml",
    "--toc",
    "--toc-depth=2",
    "--number-sections",
    "--embed-resources",
    "--css=page.css",
)


def build(document: Document, output: Path, *, explorers: Mapping[str, Explorer]) -> None:
    """Write a document as one HTML file; the same input gives the same bytes.

    `explorers` take the places of the notebooks' own, by the notebook's name. Figures that are SVG below the
    document's root are shown so. $PAGE_ADDRESS is where the page will stand, if that is known. Raises
    ValueError where a notebook is not fully executed or a picture is missing.
    """
    toy = b"".join(explorer.toy for explorer in explorers.values())
    options = [*OPTIONS, f"--metadata=address:{os.environ.get('PAGE_ADDRESS', '')}"]
    if toy:
        options.append("--metadata=toy")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "toy.webp").write_bytes(toy)
        cells = document.cells(folder, web=True)
        for cell in cells:
            part, kind = cell.metadata["part"], cell.metadata["kind"]
            if "image" in cell.metadata:
                cell.metadata["image"] = _for_screens(cell, folder, Output(document.root))
            if kind == "explorer" and part in explorers:
                cell.source = f"## {explorers[part].title}\n\n```{{=html5}}\n{explorers[part].html}\n```"
        html = document.convert(cells, "html5", folder=folder, template=TEMPLATE, options=options)
    networks = "".join(explorer.networks for explorer in explorers.values())
    write_atomically(output, html.replace("<!--networks-->", networks).encode())


def _for_screens(cell: NotebookNode, folder: Path, output: Output) -> str:
    """Write a figure as SVG if it is among the drawings, or else its picture as WebP; return the file's name.

    Coordinates, which alone have five decimals or more, get one: less than a screen shows, a smaller page.
    """
    drawing = output.drawings / output.picture(cell.metadata["label"]).with_suffix(".svg").name
    if drawing.is_file():
        svg = re.sub(r"(\.\d)\d{4,}", r"\1", drawing.read_text(encoding="utf-8"))
        (folder / drawing.name).write_text(svg, encoding="utf-8")
        return drawing.name
    webp = Path(cell.metadata["image"]).with_suffix(".webp")
    with Image.open(folder / cell.metadata["image"]) as picture:
        (folder / webp).write_bytes(lossless(picture))
    return webp.name


def draw_card(figure: Path, output: Path) -> None:
    """Draw the picture of preview cards, where somebody sends the page: a figure, as PNG."""
    with Image.open(figure) as picture:
        card = ImageOps.pad(picture.convert("RGB"), (1200, 630), color="white")
    png = io.BytesIO()
    card.save(png, "png")
    write_atomically(output, png.getvalue())
