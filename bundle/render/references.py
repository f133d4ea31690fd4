"""What PDF and page have in common: the shown cells of several notebooks, their references resolved.

A link to the address of a work in report/references.bib becomes a citation of it.
"""

import functools
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pypandoc
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from bundle.render.cells import shown_cells

BIBLIOGRAPHY = Path(__file__).parents[2] / "report" / "references.bib"
REFERENCE = re.compile(
    r"(?P<code>(?<![`\\])(`+)(?!`).*?(?<!`)\2(?!`))|"  # inline or a block: what stands in it is no reference
    r"\[(?P<text>[^\]]*)\]\((?P<file>[\w./-]+\.ipynb)?#(?P<label>(?:figure|table)-\w+)\)|"
    r"\[(?P<part>[^\]]*)\]\((?P<notebook>[\w./-]+\.ipynb)\)|"
    r"\[(?P<cited>[^\]]*)\]\((?P<address>https?://[^)\s]+)\)",
    re.DOTALL,
)

NOT_HERE = "not in this report"  # said of a figure or table that the parameters left out
APPENDIX = "appendix"  # the name under which it stands behind the notebooks


def title_of(notebook: NotebookNode) -> str:
    """Return a notebook's first heading of the first level, "" if it has none."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# +(.+)$", prose, re.MULTILINE)
    return heading[1] if heading else ""


def labels_in(notebook: NotebookNode) -> set[str]:
    """Return the labels of the figures and tables that a notebook shows, its cells' outputs among them."""
    return set(re.findall(r'<a id=\\?"((?:figure|table)-\w+)\\?"', json.dumps(notebook)))


def is_detail(cell: NotebookNode) -> bool:
    """Say whether a shown cell is parameters or printed text, which stand in an appendix."""
    return cell.metadata.kind in ("parameters", "printed")


def _appended(text: str) -> NotebookNode:
    return new_markdown_cell(text, metadata={"where": APPENDIX, "kind": "text"})


class Gathered:
    """The shown cells of notebooks, by the file's name, in one document with one set of labels.

    `elsewhere` has labels of another document, each with what a reference to it becomes: Markdown with places
    for its {text} and {label}.
    A reference to what is nowhere, since parameters left it out, is worded so: see `absent`.
    `detailed` are the notebooks whose parameters and printed text stand in an appendix, by default `parts`.
    Raises what `shown_cells` does, and ValueError where a label stands twice or a reference does not fit.
    """

    def __init__(
        self,
        parts: Sequence[tuple[str, NotebookNode]],
        folder: Path,
        *,
        elsewhere: Mapping[str, str] = MappingProxyType({}),
        detailed: Sequence[tuple[str, NotebookNode]] | None = None,
        web: bool = False,
    ):
        self.cells = {name: list(shown_cells(nb, name=name, folder=folder, web=web)) for name, nb in parts}
        self.elsewhere = elsewhere
        self.titled = {name for name, notebook in parts if title_of(notebook)}
        self.labels: dict[str, str] = {}  # of figures and tables, and where they stand
        self.absent: dict[str, str] = {}  # labels that are referred to and not there, and where
        self.cited: dict[str, str] = {}  # keys of works, and where each is cited first
        for cell in [cell for cells in self.cells.values() for cell in cells]:
            where, others = cell.metadata.where, cell.metadata.get("others", "").split()
            for label in filter(None, [cell.metadata.get("label"), *others]):
                if label in self.labels:
                    raise ValueError(
                        f"{where}: {label} is already in {self.labels[label]}; give it another number"
                    )
                self.labels[label] = where
        for name, cells in self.cells.items():
            for cell in cells:
                cell.source = self.resolve(cell.source, cell.metadata.where, name)
        for name, cells in self.cells.items():
            self.cells[name] = [cell for cell in cells if not is_detail(cell)]
        self._append_details(parts if detailed is None else detailed, folder)

    def _append_details(self, parts: Sequence[tuple[str, NotebookNode]], folder: Path) -> None:
        """Put parameters and what was printed into an appendix; pictures are not among them."""
        appendix, aside = [], folder / "aside"
        aside.mkdir()
        for name, notebook in parts:
            details = [cell for cell in shown_cells(notebook, name=name, folder=aside) if is_detail(cell)]
            appendix += [_appended(f"## {title_of(notebook) or name}"), *details] if details else []
        if appendix:
            self.cells[APPENDIX] = [_appended("# Appendix: parameters and runs"), *appendix]

    def resolve(self, text: str, where: str, name: str = "") -> str:
        """Point references between notebooks at their labels; front matter (no name) may refer to any."""

        def replacement(reference: re.Match) -> str:
            if reference["notebook"]:
                return self._link_to_part(reference)
            if reference["address"]:
                return self._citation(reference, where)
            return reference[0] if reference["code"] else self._link_to_label(reference, where, name)

        return REFERENCE.sub(replacement, text)

    def _link_to_part(self, reference: re.Match) -> str:
        notebook = reference["notebook"]
        known = notebook in self.titled
        return f"[{reference['part']}](#part-{Path(notebook).stem})" if known else reference[0]

    def _citation(self, reference: re.Match, where: str) -> str:
        key = works().get(reference["address"])
        if not key:
            return reference[0]
        self.cited.setdefault(key, where)
        return f"[{reference['cited']}](#ref-{key})"

    def _link_to_label(self, reference: re.Match, where: str, name: str) -> str:
        text, label, file = reference["text"], reference["label"], name
        if reference["file"]:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference["file"]))
        if label in self.elsewhere:
            return self.elsewhere[label].format(text=text, label=label)
        if file and file not in self.cells:
            return reference[0]
        if label not in self.labels:
            self.absent[label] = where
            return f"{text} ({NOT_HERE})"
        owner = self.labels[label].rpartition(", cell ")[0]
        if file and file != owner:
            raise ValueError(
                f"{where} refers to {label} in {file}, but it is in {owner}: write {owner}#{label}"
            )
        words = re.fullmatch(r"(Figure|Table)\s(\w+)", text)
        if words and f"{words[1].lower()}-{words[2]}" != label:
            raise ValueError(f"{where}: a reference says {text!r} but leads to {label}; make them agree")
        return f"[{text}](#{label})"

    def bibliography(self, to: str) -> str:
        """Return the list of the works cited, with its heading, in a format of pandoc's; "" if none is."""
        if not self.cited:
            return ""
        keys = ", ".join(f"@{key}" for key in self.cited)
        small = "```{=typst}\n#set text(8pt)\n#set par(spacing: .6em, leading: .5em)\n```"
        text = f"---\nnocite: '{keys}'\n---\n\n# References {{-}}\n\n{small}\n\n::: {{#refs}}\n:::\n"
        options = ["--citeproc", f"--bibliography={BIBLIOGRAPHY}", "--wrap=none", "--fail-if-warnings"]
        return pypandoc.convert_text(text, to, "markdown", extra_args=options)


@functools.cache
def works() -> dict[str, str]:
    """Return the keys of the bibliography's works by their addresses."""
    keys = {}
    for entry in BIBLIOGRAPHY.read_text(encoding="utf-8").split("\n@"):
        key = re.search(r"\{(\w+),", entry)[1]
        doi, url = (re.search(rf"^  {name} = {{(.+)}}", entry, re.MULTILINE) for name in ("doi", "url"))
        keys[f"https://doi.org/{doi[1]}" if doi else url[1]] = key
    return keys
