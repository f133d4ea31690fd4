"""Executed notebooks to one HTML file that needs nothing else, by pandoc and from the cells of the PDF."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from nbformat import NotebookNode
from PIL import Image

from bundle.render.document import Document
from bundle.render.web.explorers import Explorer, lossless
from bundle.study.layout import Output
from lib.files import write_atomically

HERE = Path(__file__).parent
COORDINATES = re.compile(r'\b(?:d|x|y)="[^"]*"')  # of the lines and marks of a drawing


def build(
    name: str,
    notebooks: Mapping[str, Sequence[Path]],
    *,
    front: str,
    output: Path,
    root: Path = Path(),
    explorers: Mapping[str, Explorer] = MappingProxyType({}),
) -> None:
    """Write front matter and executed notebooks as one HTML file; the same input gives the same bytes.

    `explorers` take the places of the notebooks' own, by the notebook's name. Below `root` stand the
    pictures of the front matter, and figures as SVG, which are shown in place of their pictures. `name`,
    `notebooks` and `front` are as of `Document`. Raises ValueError where a notebook is not fully executed or
    a picture is missing.
    """
    options = [
        "--mathml",
        "--toc",
        "--toc-depth=2",
        "--number-sections",
        "--embed-resources",
        "--css=page.css",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        page = Document(name, notebooks, front=front, folder=folder, web=True)
        for cell in page.cells:
            part, kind = cell.metadata["part"], cell.metadata["kind"]
            if "image" in cell.metadata:
                cell.metadata["image"] = _for_screens(cell, folder, Output(root).drawings)
            if kind == "explorer" and part in explorers:
                cell.source = f"## {explorers[part].title}\n\n```{{=html5}}\n{explorers[part].html}\n```"
        toy = b"".join(explorer.toy for explorer in explorers.values())
        (folder / "toy.webp").write_bytes(toy)
        page.about["toy"] = bool(toy)
        template, lua = HERE / "page.html", HERE / "page.lua"
        html = page.convert("html5", template=template, lua=lua, root=root, options=options)
    networks = "".join(explorer.networks for explorer in explorers.values())
    write_atomically(output, html.replace("<!--networks-->", networks).encode())


def _for_screens(cell: NotebookNode, folder: Path, drawings: Path) -> str:
    """Write a figure as SVG if it is among the drawings, or else its picture as WebP; return the file's name.

    Coordinates in points have one decimal then: less than a screen shows, and a smaller page.
    """
    number = cell.metadata["label"].removeprefix("figure-")
    drawing = drawings / f"figure-{number.zfill(2)}.svg"
    if drawing.is_file():
        svg = COORDINATES.sub(_to_tenths, drawing.read_text(encoding="utf-8"))
        (folder / drawing.name).write_text(svg, encoding="utf-8")
        return drawing.name
    webp = Path(cell.metadata["image"]).with_suffix(".webp")
    with Image.open(folder / cell.metadata["image"]) as picture:
        (folder / webp).write_bytes(lossless(picture))
    return webp.name


def _to_tenths(attribute: re.Match) -> str:
    return re.sub(r"(\.\d)\d+", r"\1", attribute[0])
