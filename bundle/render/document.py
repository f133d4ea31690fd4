"""What PDF and page have in common: front matter and notebooks in one document, converted by pandoc.

pandoc's filters (report.shared.lua) point references at what they name, here or in the document beside this
one, and list the works of report/references.bib whose addresses links lead to.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
import pypandoc
import yaml
from nbformat.v4 import new_notebook

from bundle.render.cells import shown_cell, shown_cells
from bundle.render.reading import labels_in

BIBLIOGRAPHY = Path(__file__).parents[2] / "report" / "references.bib"
NOTEBOOKS_HERE = "<!-- notebooks -->\n"  # a line of a template


class Document:
    """Front matter and the shown cells of notebooks."""

    def __init__(
        self,
        name: str,
        notebooks: Mapping[str, Sequence[Path]],
        *,
        front: str,
        folder: Path,
        web: bool = False,
    ):
        """Gather what is shown; images are written into `folder`, where pandoc will work.

        `name` is that of the document, `notebooks` are those of each document by its name. `front` is
        Markdown, with a YAML header that has a `title`, and may have what the templates of PDF and page show.
        What follows its line NOTEBOOKS_HERE stands after the notebooks. Raises what `shown_cells` does.
        """
        _, header, body = re.split("^---\n", front, maxsplit=2, flags=re.MULTILINE)
        before, _, after = body.partition(NOTEBOOKS_HERE)
        self.folder, self.about = folder, yaml.safe_load(header)
        self.cells = [shown_cell(before, part="front")]
        for path in notebooks[name]:
            self.cells += shown_cells(path, folder=folder, web=web)
        self.cells.append(shown_cell(after, part="back"))
        places = {}
        for document, paths in notebooks.items():
            for path in paths:
                for target in (path.stem, *labels_in(path)):
                    places[target] = document
        targets = {"document": name, "places": places}
        (folder / "targets.json").write_text(json.dumps(targets), encoding="utf-8")

    def convert(self, to: str, *, template: Path, lua: Path, root: Path, options: Sequence[str]) -> str:
        """Return the document in a format of pandoc's; raise ValueError where it cannot.

        The pictures of the front matter stand below the folder `root`.
        """
        (self.folder / "about.yaml").write_text(yaml.safe_dump(self.about), encoding="utf-8")
        options = [
            "--standalone",
            "--metadata-file=about.yaml",
            f"--template={template}",
            f"--lua-filter={lua}",
            "--citeproc",
            f"--bibliography={BIBLIOGRAPHY}",
            f"--resource-path={self.folder}:{root.resolve()}:{template.parent}",
            "--wrap=none",
            "--fail-if-warnings",
            *options,
        ]
        text = nbformat.writes(new_notebook(cells=self.cells))
        source = "ipynb+raw_attribute+fenced_divs+smart"
        try:
            return pypandoc.convert_text(text, to, source, extra_args=options, cworkdir=str(self.folder))
        except RuntimeError as error:
            raise ValueError(f"pandoc cannot read the notebooks: {error}") from error
