"""Executed notebooks to one HTML file that needs nothing else, by pandoc and from the cells of the PDF."""

import io
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from nbformat import NotebookNode
from PIL import Image

from bundle.render.document import Document
from bundle.render.front import findings
from bundle.render.web.explorers import Explorer, lossless
from lib.files import write_atomically

HERE = Path(__file__).parent
TRY_IT = {  # what can be done in the explorers of each notebook, and where
    "part1": ("Race them with your palindrome", "palindromes"),
    "task2": ("Guess which is real", "guess"),
    "task3": ("Draw a digit and walk", "walks"),
}
COORDINATES = re.compile(r'\b(?:d|x|y)="[^"]*"')  # of the lines and marks of a drawing
IN_THE_DARK = {  # colours of bundle.figures.style, and those of page.css where the screen is dark
    "#000000": "#e4e6e9",
    "#0072b2": "#56b4e9",
    "#d55e00": "#ff9f66",
    "#009e73": "#57cfa8",
}


def build(
    notebooks: Sequence[Path],
    *,
    output: Path,
    explorers: Mapping[str, Explorer] = MappingProxyType({}),
    drawings: Path = Path(),
    pictures: Path = Path(),
    **document,
) -> None:
    """Write front matter and executed notebooks as one HTML file; the same input gives the same bytes.

    `explorers` take the places of the notebooks' own, by the notebook's name. `drawings` is a folder with
    figures as SVG, shown in place of their pictures. The pictures of the front matter stand below the folder
    `pictures`; `document` is as of `Document`. $PAGE_ADDRESS is where the page will stand, if that is known.
    Raises ValueError where a notebook is not fully executed or a picture is missing.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        page = Document(notebooks, folder=folder, parameters_of=notebooks, web=True, **document)
        for cell in page.cells:
            if "image" in cell.metadata:
                picture = folder / cell.metadata["image"]
                cell.metadata["image"] = _drawing(cell, drawings, folder) or _smaller(picture)
            if cell.metadata["kind"] == "explorer" and cell.metadata["part"] in explorers:
                explorer = explorers[cell.metadata["part"]]
                cell.source = f"## {explorer.title}\n\n```{{=html5}}\n{explorer.html}\n```"
        page.about["cards"] = _cards(page.cells, notebooks, explorers)
        page.about["story"] = bool(explorers)  # whose evidence is folded
        page.about["address"] = os.environ.get("PAGE_ADDRESS", "")
        toys = [explorer.toy for explorer in explorers.values()]
        (folder / "toy.html").write_text("".join(toys), encoding="utf-8")
        options = [
            "--mathml",
            "--toc",
            "--toc-depth=2",
            "--number-sections",
            "--embed-resources",
            f"--css={HERE / 'page.css'}",
            "--include-before-body=toy.html",
            f"--resource-path={folder}:{pictures.resolve()}",
        ]
        html = page.convert("html5", template=HERE / "page.html", lua=HERE / "page.lua", options=options)
    write_atomically(output, html.replace("<!--after-->", _after(explorers)).encode())


def _cards(
    cells: Sequence[NotebookNode], notebooks: Sequence[Path], explorers: Mapping[str, Explorer]
) -> str:
    """Return a card for each notebook (Markdown): a picture, its first finding, where to try it, evidence."""
    cards = []
    for path in notebooks:
        sentences = findings([path])
        if not sentences:
            continue
        figures = [cell.metadata for cell in cells if cell.metadata["part"] == path.stem]
        figures = [about for about in figures if about["kind"] == "figure"]
        linked = [about for about in figures if f"#{about['label']})" in sentences[0]]
        paragraphs, links = [sentences[0]], []
        words, place = TRY_IT.get(path.stem, ("", ""))
        if path.stem in explorers and f'id="{place}"' in explorers[path.stem].html:
            links.append(f"[{words}](#{place}){{.try}}")
        for about in (linked or figures)[:1]:
            paragraphs.append(f'![]({about["image"]}){{alt="{about["title"]}"}}')
            links.append(f'[Evidence](#{about["label"]}){{aria-label="Evidence: {about["title"]}"}}')
        paragraphs.append(" ".join(links))
        cards.append("::: card\n" + "\n\n".join(paragraphs) + "\n:::\n")
    return "\n".join(cards)


def _after(explorers: Mapping[str, Explorer]) -> str:
    """Return what comes after the page: data and scripts, and last the networks, which are most of it."""
    scripts = dict.fromkeys(name for explorer in explorers.values() for name in explorer.scripts)
    shared = ["shared.js"] if scripts else []
    script = "\n".join((HERE / name).read_text(encoding="utf-8") for name in ("page.js", *shared, *scripts))
    data = "".join(explorer.data for explorer in explorers.values())
    networks = "".join(explorer.networks for explorer in explorers.values())
    return f"{data}<script>\n(() => {{\n{script}}})();\n</script>{networks}"


def _drawing(cell: NotebookNode, drawings: Path, folder: Path) -> str:
    """Write the drawing of a figure beside its picture, to follow light and dark; return its name, or ""."""
    number = cell.metadata["label"].removeprefix("figure-")
    path = drawings / f"figure-{number.zfill(2)}.svg"
    if not path.is_file():
        return ""
    svg = COORDINATES.sub(_to_tenths, path.read_text(encoding="utf-8"))
    rules = "text { fill: #e4e6e9 !important; }"
    for light, dark in IN_THE_DARK.items():
        for kind in ("stroke", "fill"):
            rules += f'[style*="{kind}: {light}"] {{ {kind}: {dark} !important; }}'
    style = f"<style>@media (prefers-color-scheme: dark) {{{rules}}}</style>"
    end = svg.index(">", svg.index("<svg")) + 1
    (folder / path.name).write_text(svg[:end] + style + svg[end:], encoding="utf-8")
    return path.name


def _to_tenths(attribute: re.Match) -> str:
    """Return coordinates in points with one decimal: less than a screen shows, and a smaller page."""
    return re.sub(r"(\.\d)\d+", r"\1", attribute[0])


def _smaller(png: Path) -> str:
    """Write a picture beside it as WebP and return its name."""
    webp = png.with_suffix(".webp")
    with Image.open(png) as picture:
        webp.write_bytes(lossless(picture))
    return webp.name


def draw_card(strip: Path, output: Path) -> None:
    """Draw the picture of preview cards: a figure in the middle of 1200 x 630 pixels, as PNG."""
    with Image.open(strip) as figure:
        picture = figure.convert("RGB").resize((1120, round(1120 * figure.height / figure.width)))
    card = Image.new("RGB", (1200, 630), "white")
    card.paste(picture, (40, (630 - picture.height) // 2))
    buffer = io.BytesIO()
    card.save(buffer, "png")
    write_atomically(output, buffer.getvalue())
