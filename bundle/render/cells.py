"""What PDF and page show of a notebook: prose, figures, tables, printed text; each as a Markdown cell."""

import ast
import base64
import html
import itertools
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from bundle.figures.style import DPI, SCREEN_DPI
from bundle.notebook.page import FINDINGS

TEXT_WIDTH, TEXT_HEIGHT = 6.3, 8.2  # inches on A4; the height leaves room for a caption
# above a picture, so that a link shows it; several where it has the panels of several figures
ANCHOR = re.compile(r'\s*<a id="(?P<label>[\w-]+)"></a>(?:<a id="[\w-]+"></a>)*\s*\Z')
CAPTION = re.compile(
    r'\s*(?:<a id="(?P<label>[\w-]+)"></a>)?\s*\*\*(?P<kind>Figure|Table)s? (?P<number>\w+)'
    r"(?: to (?P<last>\d+))?\.\*\*\s*"
    r"(?P<text>.*?)(?:\n\s*\n(?P<rest>.*))?\s*\Z",
    re.DOTALL,
)
FENCED = re.compile(r"\s*```python\n.*\n```\s*\Z", re.DOTALL)  # a function's code that a cell shows
PIPE_TABLE = re.compile(r"^\s*\|?\s*:?-+:?\s*\|", re.MULTILINE)


def shown_cells(
    notebook: NotebookNode, *, name: str, folder: Path, web: bool = False
) -> Iterator[NotebookNode]:
    """Yield what the PDF shows as Markdown cells, and write the images into `folder`.

    Metadata: `where` (for messages), `kind`, `label` of a figure or table, whose caption is then the first
    paragraph, `last` number and `others`' labels where it has panels of several, `image` (a file in
    `folder`), `width`. Parameters, what was printed, code and findings are of the kinds `parameters`,
    `printed`, `code` and `findings`. For the web there is also the code of each cell, and an empty cell of
    the kind `explorer` where code is left out of the PDF. Raises ValueError where a cell was not executed or
    failed, or a caption lacks its anchor, image or table.
    """
    injected = [c.source for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])]
    for index, cell in enumerate(notebook.cells, start=1):
        where, tags = f"{name}, cell {index}", cell.metadata.get("tags", [])
        _check_executed(cell, where)
        if "no-pdf" in tags or cell.cell_type == "raw":
            if web and cell.cell_type == "code":
                yield new_markdown_cell("", metadata={"where": where, "kind": "explorer"})
            continue
        items = [*_source(cell, injected, web=web), *_outputs(cell)]
        for number, (kind, content, caption) in enumerate(_captioned(items, where), start=1):
            metadata = {"where": where, "kind": kind}
            if kind == "image":
                metadata |= {"image": f"{Path(name).stem}-{index}-{number}.png", "width": _width(*content)}
                (folder / metadata["image"]).write_bytes(content[0])
                content = ""
            if caption:
                word = caption["kind"].lower()
                metadata["label"] = f"{word}-{caption['number']}"
                if caption["last"]:
                    last = int(caption["last"])  # a text would reach pandoc's filter in quotes
                    others = [f"{word}-{n}" for n in range(int(caption["number"]) + 1, last + 1)]
                    metadata |= {"last": last, "others": " ".join(others)}
                content = f"{caption['text']}\n\n{content}"
            yield new_markdown_cell(content, metadata=metadata)


def _check_executed(cell: NotebookNode, where: str) -> None:
    """Raise ValueError where a cell of code was not executed or failed."""
    if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
        raise ValueError(f"{where} has not been executed; run the whole notebook, then export it")
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if errors:
        raise ValueError(f"{where} ended in {errors[0].ename}: {errors[0].evalue}; mend it, run it again")


def _source(cell: NotebookNode, injected: list[str], *, web: bool) -> Iterator[tuple]:
    """Yield what is shown of a cell's source: prose, parameters with the values `injected`, or code."""
    tags = cell.metadata.get("tags", [])
    if "parameters" in tags:
        yield "parameters", _parameters([cell.source, *injected])
    elif "show-code" in tags:
        yield "text", _fenced(cell.source, "python")
    elif web and cell.cell_type == "code" and cell.source.strip() and "injected-parameters" not in tags:
        yield "code", _fenced(cell.source, "python")
    if cell.cell_type == "markdown":
        yield from _markdown(cell.source)


def _markdown(text: str) -> Iterator[tuple]:
    anchor, caption = ANCHOR.match(text), CAPTION.match(text)
    if anchor:
        yield "anchor", anchor["label"]
        return
    if caption:
        yield "caption", caption
        text = caption["rest"] or ""
    if FENCED.match(text):
        yield "code", text
    elif text.strip():
        yield "table" if PIPE_TABLE.search(text) else "text", text


def _outputs(cell: NotebookNode) -> Iterator[tuple]:
    """Yield what a cell printed and displayed; printed text that comes in pieces is one."""
    quiet = "quiet" in cell.metadata.get("tags", [])
    printed = ""
    for output in [*cell.get("outputs", []), NotebookNode(output_type="end", data={})]:
        if output.output_type == "stream":
            printed += output.text if output.name == "stdout" and not quiet else ""
            continue
        if printed.strip():
            yield (
                "printed",
                _fenced(re.sub(r"[^\n]*\r(?!\n)", "", strip_ansi(printed)).rstrip("\n"), "stdout"),
            )
        printed = ""
        yield from _displayed(output, quiet=quiet)


def _displayed(output: NotebookNode, *, quiet: bool) -> Iterator[tuple]:
    data = output.data
    if "application/vnd.jupyter.widget-view+json" in data:
        return
    if "image/png" in data:
        yield "image", (base64.b64decode(data["image/png"]), output.metadata.get("image/png", {}))
    elif FINDINGS in output.get("metadata", {}):
        yield "findings", data["text/markdown"]
    elif "text/markdown" in data:
        yield from _markdown(data["text/markdown"])
    elif "text/html" in data:
        yield "table" if "<table" in data["text/html"] else "text", _fenced(data["text/html"], "{=html}")
    elif "text/plain" in data and not quiet:
        yield "text", _fenced(strip_ansi(data["text/plain"]), "stdout")


def _captioned(items: list[tuple], where: str) -> list[tuple]:
    """Give each caption to the image or table just before it, or else to the table just after it.

    The anchor is in the caption, or stands alone above the image.
    """
    items = [pair for pair in itertools.pairwise([("", ""), *items]) if pair[1][0] != "anchor"]
    above = [label if kind == "anchor" else "" for (kind, label), _ in items]
    items = [item for _, item in items]
    kinds, captions = dict(enumerate(kind for kind, _ in items)), {}
    for index, (kind, caption) in enumerate(items):
        if kind == "caption":
            word, number = caption["kind"], caption["number"]
            label, target = f"{word.lower()}-{number}", "image" if word == "Figure" else "table"
            if (caption["label"] or (index and above[index - 1])) != label:
                anchor = f'<a id="{label}"></a>'
                raise ValueError(f"{where}: the caption must begin with {anchor}**{word} {number}.**")
            sides = (index - 1, index + 1) if target == "table" else (index - 1,)
            free = [side for side in sides if kinds.get(side) == target and side not in captions]
            if not free:
                lacks = f"{word} {number} has a caption but no {target}"
                raise ValueError(f"{where}: {lacks}; display one just before it")
            captions[free[0]] = caption
    return [(*item, captions.get(index)) for index, item in enumerate(items) if item[0] != "caption"]


def _width(png: bytes, metadata: dict) -> str:
    width, height = struct.unpack(">II", png[16:24])
    natural = metadata["width"] / SCREEN_DPI if "width" in metadata else width / DPI
    return f"{min(natural, TEXT_WIDTH, TEXT_HEIGHT * width / height):.3f}in"


def _parameters(sources: list[str]) -> str:
    """Set parameters as a table of HTML; later sources override the values of the first, not its comments."""
    rows: dict[str, list[str]] = {}
    for source in sources:
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                comment = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().strip(" #")
                row = rows.setdefault(ast.unparse(target), ["", comment])
                row[0] = ast.get_source_segment(source, node.value)
    table = "<table><tr><th>parameter</th><th>value</th><th>meaning</th></tr>"
    for name, (value, meaning) in rows.items():
        name, value, meaning = map(html.escape, (name, value, meaning))
        table += f"<tr><td><code>{name}</code></td><td><code>{value}</code></td><td>{meaning}</td></tr>"
    return _fenced(table + "</table>", "{=html}")


def _fenced(text: str, kind: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{kind}\n{text}\n{fence}"
