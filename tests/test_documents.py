"""README, CONTRIBUTING and docs/: what they name is there, and what they show runs."""

import re
import textwrap
from functools import cache
from pathlib import Path

import pytest

from bundle.render.reading import labels_in

DOCUMENTS = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([\w-]+))?\)")


@cache
def anchors(document: Path) -> set[str]:
    """Return where links into a document may lead: figures and tables, or headings as GitHub names them."""
    if document.suffix == ".ipynb":
        return set(labels_in(document))
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_to_files_headings_figures_and_tables(document):
    for name, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = Path(document.parent, name) if name else document
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), anchor


def test_the_lines_of_pandas_in_the_readme_run(capsys):
    readme = Path("README.md").read_text(encoding="utf-8")
    block = re.search(r"(    from bundle.study import store\n(?:    .*\n)*)", readme)
    exec(textwrap.dedent(block[1]))
    assert "as-written" in capsys.readouterr().out
