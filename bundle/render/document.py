"""What PDF and page have in common: front matter and notebooks in one document, converted by pandoc.

pandoc's filters (report.shared.lua) point references at what they name, here or in the document beside this
one, and list the works of report/references.bib whose addresses links lead to.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pypandoc
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from bundle.render.cells import shown_cell, shown_cells
from bundle.render.reading import labels_in

BIBLIOGRAPHY = Path(__file__).parents[2] / "report" / "references.bib"
NOTEBOOKS_HERE = "<!-- notebooks -->\n"  # a line of a template


@dataclass(frozen=True, kw_only=True)
class Document:
    """Front matter and executed notebooks, of which a PDF and a page are made."""

    name: str
    notebooks: Mapping[str, Sequence[Path]]  # of this document and of the one beside it, by their names
    front: str  # Markdown, whose YAML header has a title; from NOTEBOOKS_HERE on it follows the notebooks
    root: Path = Path()  # below it stand the pictures of the front matter

    def cells(self, folder: Path, *, web: bool = False) -> list[NotebookNode]:
        """Return all that is shown as Markdown cells, and write their images into `folder`.

        Raises what `shown_cells` does.
        """
        before, _, after = self._front()[1].partition(NOTEBOOKS_HERE)
        cells = [shown_cell(before, part="front")]
        for path in self.notebooks[self.name]:
            cells += shown_cells(path, folder=folder, web=web)
        return [*cells, shown_cell(after, part="back")]

    def convert(
        self, cells: Sequence[NotebookNode], to: str, *, folder: Path, template: Path, options: Sequence[str]
    ) -> str:
        """Return cells in a format of pandoc's, which works in `folder`.

        The filter is named like the template. Raises ValueError where pandoc cannot.
        """
        (folder / "about.yaml").write_text(self._front()[0], encoding="utf-8")
        (folder / "targets.json").write_text(json.dumps(self._targets()), encoding="utf-8")
        options = [
            "--standalone",
            "--metadata-file=about.yaml",
            f"--template={template}",
            f"--lua-filter={template.with_suffix('.lua')}",
            "--citeproc",
            f"--bibliography={BIBLIOGRAPHY}",
            f"--resource-path={folder}:{self.root.resolve()}:{template.parent}",
            "--wrap=none",
            "--fail-if-warnings",
            *options,
        ]
        text = nbformat.writes(new_notebook(cells=cells))
        source = "ipynb+raw_attribute+fenced_divs+smart"
        try:
            return pypandoc.convert_text(text, to, source, extra_args=options, cworkdir=str(folder))
        except RuntimeError as error:
            raise ValueError(f"pandoc cannot read the notebooks: {error}") from error

    def _front(self) -> tuple[str, str]:
        """Return the YAML header of the front matter and what follows it."""
        _, header, body = re.split("^---\n", self.front, maxsplit=2, flags=re.MULTILINE)
        return header, body

    def _targets(self) -> dict:
        """Return what the filters need: in which document figures, tables and notebooks are."""
        places = {}
        for document, paths in self.notebooks.items():
            for path in paths:
                for target in (path.stem, *labels_in(path)):
                    places[target] = document
        return {"document": self.name, "places": places}
