"""The pages of the report that the committed notebooks are bound into."""

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from bundle.commands.binding import bind_report
from bundle.render.front import build_of
from bundle.render.reading import read_notebook
from bundle.study.layout import REPORT
from tests.pdf_pages import ends_of_parts, marks

COMMITTED = [Path(f"{name}.ipynb") for name in REPORT]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> PdfReader:
    pdf = tmp_path_factory.mktemp("report") / "report.pdf"
    build = build_of(Path("results"))
    bind_report(COMMITTED, [], pdf=pdf, pictures=Path(), verified=None, build=build)
    return PdfReader(pdf)


def test_the_parts_are_the_front_and_the_notebooks(report):
    titles = [entry.title for entry in report.outline if not isinstance(entry, list)]
    assert any(title.endswith("Contents") for title in titles)
    assert len(ends_of_parts(report)) <= 9


def test_no_figure_stands_above_the_heading_of_its_part(report):
    first = [index + 1 for index in ends_of_parts(report) if index + 1 < len(report.pages)]
    highest = [max(marks(report.pages[index]), key=lambda mark: mark.high).what for index in first]
    assert "image" not in highest


@pytest.mark.parametrize(("call", "prefix"), [("show", "S"), ("table", "")])
def test_figures_of_ours_and_tables_are_numbered_in_order_and_none_is_missing(call, prefix):
    cells = [cell for path in COMMITTED for cell in read_notebook(path).cells if cell.cell_type == "code"]
    source = "\n".join(cell.source for cell in cells)
    pattern = rf'page\.{call}\((?:[^"\n]|"(?!{prefix}\d))*"{prefix}(\d+)"'
    numbers = [int(found) for found in re.findall(pattern, source)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 15
