"""README, CONTRIBUTING, docs/ and the notebooks: what they name is there, and what they show runs."""

import re
import textwrap
from pathlib import Path

import nbformat
import pytest

from bundle.render.reading import labels_in
from bundle.study.layout import NOTEBOOKS

DOCUMENTS = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").glob("*.md"))]
REFERENCE = re.compile(r"\]\(([\w./]*\.ipynb)?#((?:figure|table)-\w+)\)")
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([\w-]+))?\)")


def anchors(document: Path) -> set[str]:
    """Return where links into a Markdown document may lead, as GitHub names its headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_to_files_and_headings(document):
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = Path(document.parent, name) if name else document
        assert target.exists(), name
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target)


@pytest.mark.parametrize("document", ["README.md", *(f"{name}.ipynb" for name in NOTEBOOKS)])
def test_references_lead_to_figures_and_tables(document):
    path = Path(document)
    texts = [path.read_text(encoding="utf-8")]
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
        texts += [output.get("data", {}).get("text/markdown", "") for output in outputs]
    found = [reference for text in texts for reference in REFERENCE.findall(text)]
    assert found
    for notebook, label in found:
        assert label in labels_in(path.parent / notebook if notebook else path)


def test_the_lines_of_pandas_in_the_readme_run(capsys):
    readme = Path("README.md").read_text(encoding="utf-8")
    block = re.search(r"(    from bundle.study import store\n(?:    .*\n)*)", readme)
    exec(textwrap.dedent(block[1]))
    assert "as-written" in capsys.readouterr().out
