"""What PDF and page have in common: front matter and notebooks in one document, converted by pandoc.

pandoc's filters (report.shared.lua) point references at what they name, in this document or the one beside
it, and list the works of report/references.bib whose addresses links lead to.
"""

import functools
import json
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
import pypandoc
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from bundle.notebook.markdown import as_text
from bundle.render.cells import shown_cell, shown_cells
from bundle.render.reading import labels_in, parameter_rows, title_of

BIBLIOGRAPHY = Path(__file__).parents[2] / "report" / "references.bib"
REFERENCES = """# References

```{=typst}
#set text(8pt)
#set par(spacing: .6em, leading: .5em)
```

::: {#refs}
:::
"""


class Document:
    """Front matter and the shown cells of notebooks."""

    def __init__(
        self,
        notebooks: Sequence[Path],
        *,
        front: str,
        folder: Path,
        beside: Sequence[Path] = (),
        beside_name: str = "",
        parameters_of: Sequence[Path] = (),
        web: bool = False,
    ):
        """Gather what is shown; images are written into `folder`, where pandoc will work.

        `front` is Markdown, with a YAML header that has a `title`, and may have `subtitle`, `abstract`
        and `findings`. `beside` are the notebooks of the document beside this one, and
        `beside_name` what that is called. `parameters_of` are the notebooks whose parameters stand in an
        appendix. Raises what `shown_cells` does.
        """
        _, header, body = re.split("^---\n", front, maxsplit=2, flags=re.MULTILINE)
        self.folder, self.about = folder, yaml.safe_load(header)
        self.cells = [shown_cell(body, part="front")]
        for path in notebooks:
            self.cells += shown_cells(path, folder=folder, web=web)
        if parameters_of:
            self.cells.append(shown_cell("# Appendix: parameters", part="appendix"))
            self.cells += [parameters(path) for path in parameters_of]
        self.cells.append(shown_cell(REFERENCES, part="references"))
        targets = {
            "here": _labels(notebooks),
            "beside": _labels(beside),
            "beside_name": beside_name,
            "parts": [path.stem for path in notebooks],
            "works": works(),
        }
        (folder / "targets.json").write_text(json.dumps(targets), encoding="utf-8")

    def convert(self, to: str, *, template: Path, lua: Path, options: Sequence[str] = ()) -> str:
        """Return the document in a format of pandoc's; raise ValueError where it cannot."""
        (self.folder / "about.yaml").write_text(yaml.safe_dump(self.about), encoding="utf-8")
        options = [
            "--standalone",
            "--metadata-file=about.yaml",
            f"--template={template}",
            f"--lua-filter={lua}",
            "--citeproc",
            f"--bibliography={BIBLIOGRAPHY}",
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


def _labels(notebooks: Sequence[Path]) -> list[str]:
    return [label for path in notebooks for label in labels_in(path)]


def parameters(path: Path) -> NotebookNode:
    """Return the parameters of a notebook as a cell of the appendix: a heading and a table."""
    lines = ["| parameter | value | meaning |", "| --- | --- | --- |"]
    for name, (value, meaning) in parameter_rows(path).items():
        lines.append(f"| `{name}` | `{value}` | {as_text(meaning)} |")
    table = "\n".join(lines)
    return shown_cell(f"## {title_of(path)}\n\n{table}", part="appendix")


@functools.cache
def works() -> dict[str, str]:
    """Return the keys of the bibliography's works by their addresses."""
    entries = json.loads(pypandoc.convert_file(str(BIBLIOGRAPHY), "csljson", format="bibtex"))
    keys = {}
    for entry in entries:
        address = f"https://doi.org/{entry['DOI']}" if "DOI" in entry else entry["URL"]
        keys[address] = entry["id"]
    return keys
