"""The committed notebooks, bound into the report as `make report` binds them."""

import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from bundle.commands.binding import TEMPLATES
from bundle.render.front import front_matter
from bundle.render.pdf import bind
from bundle.render.reading import labels_in, read_notebook
from bundle.study.layout import REPORT, STUDIES
from tests.bundle.render.test_pdf import document, text_of

COMMITTED, BESIDE = ([Path(f"{name}.ipynb") for name in names] for names in (REPORT, STUDIES))
MOST_PAGES = 18


def test_the_report_is_short_and_has_all_its_fonts_and_all_that_it_refers_to(tmp_path):
    pdf = tmp_path / "report.pdf"
    front = front_matter(TEMPLATES / "front.md", COMMITTED, root=Path())
    bind(document(front, COMMITTED, supplement=BESIDE), pdf)
    assert "not in this report" not in text_of(pdf)
    reader = PdfReader(pdf)
    assert len(reader.pages) <= MOST_PAGES
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font["/DescendantFonts"]
            assert {"/FontFile2", "/FontFile3"} & inner.get_object()["/FontDescriptor"].keys()


@pytest.mark.parametrize(("call", "prefix"), [("show", "S"), ("table", "")])
def test_no_number_of_our_figures_and_of_tables_is_missing_or_given_twice(call, prefix):
    notebooks = [read_notebook(path) for path in (*COMMITTED, *BESIDE)]
    cells = [cell for notebook in notebooks for cell in notebook.cells if cell.cell_type == "code"]
    source = "\n".join(cell.source for cell in cells)
    pattern = rf'page\.{call}\((?:[^"\n]|"(?!{prefix}\d))*"{prefix}(\d+)"'
    numbers = [int(found) for found in re.findall(pattern, source)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 10


def test_a_reference_says_what_it_leads_to_and_names_the_notebook_that_has_it():
    reference = re.compile(r"\[(Figure|Table) (\w+)\]\(([\w./]*)#(\w+-\w+)\)")
    for path in (*COMMITTED, *BESIDE):
        for kind, number, file, label in reference.findall(json.dumps(read_notebook(path).cells)):
            assert label == f"{kind.lower()}-{number}"
            assert label in labels_in(path.parent / file if file else path), (path, label)
