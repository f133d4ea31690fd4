"""Executed notebooks to one HTML file that needs nothing else, by pandoc and from the cells of the PDF."""

import base64
import io
import itertools
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import nbformat
import pypandoc
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from PIL import Image

from bundle.render.front import findings
from bundle.render.reading import file_name, read_notebook
from bundle.render.references import Gathered
from bundle.render.web.explorers import Explorer
from lib.files import write_atomically

HERE = Path(__file__).parent
TRY_IT = {  # what can be done in the explorers of each notebook, and where
    "part1": ("Race them with your palindrome", "palindromes"),
    "task2": ("Guess which is real", "guess"),
    "task3": ("Draw a digit and walk", "walks"),
}
PREVIEW = "figure-17"  # a walk, shown where the page is linked to
PLAIN = " !$()*+,-./:;=?@[]^_`{|}~\n"  # as they are in an address that holds a drawing
COORDINATES = re.compile(r'\b(?:d|x|y)="[^"]*"')  # of the lines and marks of a drawing
IN_THE_DARK = {  # colours of bundle.figures.style, and those of page.css where the screen is dark
    "#000000": "#e4e6e9",
    "#0072b2": "#56b4e9",
    "#d55e00": "#ff9f66",
    "#009e73": "#57cfa8",
}
IMAGE = re.compile(r'<img\s+src="([^":]+)"')
HEADER = re.compile(r"^---\n(.*?\n)---\n", re.DOTALL | re.MULTILINE)


def build(
    notebooks: Sequence[Path],
    *,
    front: str,
    name: str = "front.md",
    output: Path,
    explorers: Mapping[str, Explorer] = MappingProxyType({}),
    drawings: Path = Path(),
    elsewhere: Mapping[str, str] = MappingProxyType({}),
    address: str = "",
) -> None:
    """Write front matter and executed notebooks as one HTML file; the same input gives the same bytes.

    `front` is Markdown, errors call it `name`; its YAML headers are those of the PDF (`bundle.render.pdf`).
    `explorers` take the places of the notebooks' own, by the notebook's name. `drawings` is a folder with
    figures as SVG, shown in place of their pictures. `elsewhere` is as in `Gathered`. `address` is where the
    page will stand, if known: preview cards need it.
    Raises ValueError where a file is missing or not fully executed, or a caption or reference does not fit.
    """
    for path in notebooks:
        if not path.exists():
            raise ValueError(f"{path} does not exist; `make report` executes the notebooks")
    about = {"title": output.stem}
    for header in HEADER.finditer(front):
        about |= yaml.safe_load(header[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        parts = [(file_name(path), read_notebook(path)) for path in notebooks]
        document = Gathered(parts, folder, elsewhere=elsewhere, web=True)
        about = {key: document.resolve(str(value), name) for key, value in about.items()}
        about |= {"description": about.get("subtitle", ""), "address": address}
        about["preview"] = f"{address}card.png" if address else _preview(document, folder)
        body = document.resolve(HEADER.sub("", front), name)
        first = new_markdown_cell(body, metadata={"where": "front"})
        cells = [first, *(cell for cells in document.cells.values() for cell in cells)]
        cells += _bibliography(document)
        for cell in cells:
            if cell.metadata.get("kind") == "explorer":
                explorer = explorers.get(cell.metadata.where.partition(".")[0])
                cell.source = f"## {explorer.title}" if explorer else ""
            if "image" in cell.metadata:
                cell.metadata["image"] = _drawing(cell, drawings, folder) or _smaller(
                    folder / cell.metadata["image"]
                )
        about["cards"] = document.resolve(_cards(document, notebooks, explorers), name)
        about["story"] = bool(explorers)  # whose evidence is folded
        html = _pandoc(nbformat.writes(new_notebook(cells=cells)), about, folder)
        homes = [folder, *(path.parent for path in notebooks)]
        html = IMAGE.sub(lambda image: f'<img src="{_embedded(image[1], homes)}"', html)
    write_atomically(output, _with_explorers(html, explorers).encode())


def _bibliography(document: Gathered) -> list[NotebookNode]:
    """Return the list of the works cited as a cell, or no cell where none is cited."""
    works = document.bibliography("html5")
    if not works:
        return []
    works = re.sub(r' role="list(item)?"', "", works)  # pandoc adds them again
    raw = f"```{{=html}}\n{works}\n```"
    return [new_markdown_cell(raw, metadata={"where": "references"})]


def _cards(document: Gathered, notebooks: Sequence[Path], explorers: Mapping[str, Explorer]) -> str:
    """Return a card for each notebook (Markdown): a picture, its first finding, where to try it, evidence."""
    cards = []
    for path in notebooks:
        sentences = findings([path])
        if not sentences:
            continue
        cells = [cell for cell in document.cells[path.name] if {"image", "label"} <= set(cell.metadata)]
        linked = [cell for cell in cells if f"#{cell.metadata['label']})" in sentences[0]]
        paragraphs, links = [sentences[0]], []
        words, place = TRY_IT[path.stem]
        if path.stem in explorers and f'id="{place}"' in explorers[path.stem].html:
            links.append(f"[{words}](#{place}){{.try}}")
        for cell in (linked or cells)[:1]:
            paragraphs.append(f'![]({cell.metadata["image"]}){{alt=""}}')
            label = cell.metadata["label"]
            name = label.replace("-", " ").title()
            links.append(f'[Evidence](#{label}){{aria-label="Evidence: {name}"}}')
        paragraphs.append(" ".join(links))
        cards.append("::: card\n" + "\n\n".join(paragraphs) + "\n:::\n")
    return "\n".join(cards)


def _with_explorers(html: str, explorers: Mapping[str, Explorer]) -> str:
    """Return a page with its explorers at their places, and with all styles, data and scripts.

    The scripts come before the networks, which are most of the page.
    """
    scripts = dict.fromkeys(name for explorer in explorers.values() for name in explorer.scripts)
    for part, explorer in explorers.items():
        html = html.replace(f'<div data-explorer="{part}"></div>', explorer.html)
    data = "".join(explorer.data for explorer in explorers.values())
    script = "\n".join(_read(name) for name in ("page.js", *(["shared.js", *scripts] if scripts else [])))
    networks = "".join(explorer.networks for explorer in explorers.values())
    html = html.replace("/*style*/", _read("page.css"))
    html = html.replace("<!--toy-->", "".join(explorer.toy for explorer in explorers.values()))
    return html.replace("<!--after-->", f"{data}<script>\n(() => {{\n{script}}})();\n</script>{networks}")


def _pandoc(notebook: str, about: dict, folder: Path) -> str:
    (folder / "about.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    options = [
        *(
            "--metadata-file=about.yaml",
            f"--template={HERE / 'page.html'}",
            f"--lua-filter={HERE / 'page.lua'}",
        ),
        *("--standalone", "--mathml", "--toc", "--toc-depth=2", "--number-sections"),
        *("--wrap=none", "--fail-if-warnings"),
    ]
    try:
        return pypandoc.convert_text(
            notebook, "html5", "ipynb+raw_attribute", extra_args=options, cworkdir=str(folder)
        )
    except RuntimeError as error:
        raise ValueError(f"pandoc cannot read the notebooks: {error}") from error


def _drawing(cell: NotebookNode, drawings: Path, folder: Path) -> str:
    """Write the drawing of a figure beside its picture, to follow light and dark; return its name, or ""."""
    number = cell.metadata.get("label", "").removeprefix("figure-")
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
    """Write a picture beside it in lossless WebP, the same pixels in fewer bytes, and return its name."""
    with Image.open(png) as picture:
        picture.convert("RGB").save(png.with_suffix(".webp"), lossless=True, quality=60, method=4)
    return png.with_suffix(".webp").name


def _embedded(name: str, homes: Sequence[Path]) -> str:
    """Return a picture as an address that holds it; raise ValueError where none of the folders has it."""
    for path in (home / name for home in homes):
        if path.is_file() and path.suffix == ".svg":  # a text, which base64 would make larger
            return f"data:image/svg+xml,{quote(path.read_text(encoding='utf-8'), safe=PLAIN)}"
        if path.is_file():
            return f"data:image/{path.suffix[1:]};base64,{base64.b64encode(path.read_bytes()).decode()}"
    raise ValueError(f"a notebook shows {name}, which is not in {homes[-1]}")


def draw_card(strip: Path, output: Path) -> None:
    """Draw the picture of preview cards: a figure in the middle of 1200 x 630 pixels, as PNG."""
    write_atomically(output, _card(strip, "png"))


def _card(strip: Path, file_format: str) -> bytes:
    with Image.open(strip) as figure:
        picture = figure.convert("RGB").resize((1120, round(1120 * figure.height / figure.width)))
    card = Image.new("RGB", (1200, 630), "white")
    card.paste(picture, (40, (630 - picture.height) // 2))
    buffer = io.BytesIO()
    card.save(buffer, file_format)
    return buffer.getvalue()


def _preview(document: Gathered, folder: Path) -> str:
    """Return the picture of preview cards as an address that holds it; "" where there is no walk."""
    for cell in itertools.chain(*document.cells.values()):
        if cell.metadata.get("label") == PREVIEW and "image" in cell.metadata:
            card = _card(folder / cell.metadata["image"], "webp")
            return f"data:image/webp;base64,{base64.b64encode(card).decode()}"
    return ""


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
