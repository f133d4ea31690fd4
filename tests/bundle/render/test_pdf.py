"""Notebooks bound into a PDF: numbers, links, fonts, what is hidden, and what stops the report.

The committed notebooks are bound in test_pages.
"""

import io
import re
from base64 import b64encode
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from pypdf import PdfReader

from bundle.commands.binding import TEMPLATES
from bundle.figures.style import SCREEN_DPI
from bundle.notebook.page import CAPTION, DRAWN, FOR_JUPYTER
from bundle.render.document import NOTEBOOKS_HERE, Document
from bundle.render.front import front_matter
from bundle.render.pdf import bind

CONTENTS = 1  # the index of their page
FRONT = """---
title: Palindromes & digits, *again*
subtitle: From α to Ω
abstract: |
  An abstract that mentions [Figure 17](task3.ipynb#figure-17) and $x^2$.
---

# How to read

See [Figure 3](#figure-3).
"""


def picture(*, inches: float = 6.3, height: float = 2.4) -> str:
    file = io.BytesIO()
    Image.new("L", (round(100 * inches), round(100 * height)), 200).save(file, "png")
    return b64encode(file.getvalue()).decode()


def markdown(text: str, **metadata):
    return new_output("display_data", {"text/markdown": text}, metadata=metadata)


def about(kind: str, number: str, caption: str) -> dict:
    """What `Page` leaves in the metadata of an output that is a figure or a table."""
    label, title = f"{kind.lower()}-{number}", f"{kind} {number}"
    return {CAPTION: {"kind": kind.lower(), "label": label, "others": "", "title": title, "caption": caption}}


def figure(number: str, caption: str, *, inches: float = 6.3, height: float = 2.4):
    metadata = about("Figure", number, caption) | {"image/png": {"width": round(inches * SCREEN_DPI)}}
    data = {"image/png": picture(inches=inches, height=height), "text/plain": "<IPython.core.display.Image>"}
    return new_output("display_data", data, metadata=metadata)


def table(number: str, caption: str, text: str, *, drawn: str = ""):
    """Return a table; where `drawn` is the caption of a picture, the PDF shows that."""
    output = markdown(text, **about("Table", number, caption))
    if drawn:
        output.data["image/png"], output.metadata[DRAWN] = picture(), drawn
        output.metadata["image/png"] = {"width": 300}
    return output


def code(source: str = "draw()", *outputs, tags: tuple[str, ...] = (), count: int | None = 1):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata=metadata)


PARAMETERS = """lengths: list = [10, 3]  # digits, what the network reads
name: str = "a"  # the "why" | of <it>"""
VERDICTS = """\
| claim | measured | n | verdict |
|---|---|---|---|
| Full accuracy is reached within fewer steps | 260 against 805 steps | 10 | holds |
| Length 5 is the best | 290 steps at 5, 140 at 3 | 10 | **fails** |
"""
STEP = "```python\ndef step(x, h):\n    return torch.tanh(x @ w_x)\n```"
PRINTED = new_output("stream", name="stdout", text="reusing stored results\n")
IN_JUPYTER = markdown("Jupyter's", **{FOR_JUPYTER: True})


def part1() -> list:
    return [
        new_markdown_cell("# Palindromes: LSTM beside RNN\n\nWhich of the two *remembers* longer?"),
        code(PARAMETERS, tags=("parameters",)),
        code("# Parameters\nlengths = [5, 30]\n", tags=("injected-parameters",)),
        new_markdown_cell(
            "## What you will see\n\nThe loss is $\\ell = -\\frac{1}{N}\\sum_i \\log p_i$, and "
            "[Figure 3](#figure-3) shows it; [Table 1](#table-1) judges it; [Task 3](task3.ipynb) goes on, "
            "[Figure 17](task3.ipynb#figure-17) too.\n\n- one [link](https://example.org/a_b)"
        ),
        code("hidden_code()", PRINTED),
        code("plot(a)", figure("3", "Accuracy, see [Table 1](#table-1)."), IN_JUPYTER),
        code("plot(b)", figure("4", "*Left*.", inches=3.1), figure("S1", "Right.", inches=3.1)),
        code("verdicts()", table("1", "Verdicts on `claims`.", VERDICTS)),
        code("source(step)", markdown(STEP)),
        code("explorer()", PRINTED, tags=("no-pdf",)),
    ]


def task2() -> list:
    return [
        new_markdown_cell("# A GAN on MNIST\n\nText before.\n\n## Pictures"),
        code("grid()", figure("7", "Samples.")),
        code("rows()", table("2", "Seeds.", "| n |\n|---|\n| of paper |", drawn="Seeds, drawn.")),
    ]


def task3() -> list:
    return [
        new_markdown_cell("# Between two digits\n\n[Figure 17](#figure-17) is the strip."),
        code("strip()", figure("17", "From 2 to 7, α = 0, 1/8, …, 1.", height=1.0)),
        new_markdown_cell("## What this does not show\n\n> Nothing."),
    ]


def save(folder: Path, **notebooks: list) -> list[Path]:
    for name, cells in notebooks.items():
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    return [folder / f"{name}.ipynb" for name in notebooks]


def document(front: str, report: list[Path], *, supplement=(), root: Path = Path()) -> Document:
    notebooks = {"report": report, "supplement": supplement}
    return Document(name="report", notebooks=notebooks, front=front, root=root)


TITLE = "---\ntitle: T\n---\n"


def build(folder: Path, *cells) -> str:
    bind(document(TITLE, save(folder, part1=list(cells))), folder / "out.pdf")
    return text_of(folder / "out.pdf")


def text_of(pdf: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())


@pytest.fixture(scope="module")
def pdf(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bound")
    paths = save(folder, part1=part1(), task2=task2(), task3=task3())
    supplement = front_matter(TEMPLATES / "supplement.md", paths, root=folder)
    whole = document(FRONT + supplement[supplement.index(NOTEBOOKS_HERE) :], paths)
    for name in ("report", "again"):
        bind(whole, folder / f"{name}.pdf")
    return folder / "report.pdf"


@pytest.fixture(scope="module")
def pages(pdf) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages]


def test_the_same_notebooks_give_the_same_bytes(pdf):
    assert pdf.read_bytes() == pdf.with_name("again.pdf").read_bytes()
    assert "CreationDate" not in str(PdfReader(pdf).metadata)


def test_figures_and_tables_keep_the_numbers_of_their_captions(pdf):
    text = text_of(pdf)
    figures = (
        "Figure 3. Accuracy, see Table 1.",
        "Figure 4. Left.",
        "Figure S1. Right.",
        "Figure 17. From 2 to 7",
    )
    for words in (*figures, "Table 1. Verdicts on claims.", "Table 2. Seeds, drawn."):
        assert words in text
    assert "of paper" not in text  # the table that is drawn


def test_after_title_and_contents_a_link_leads_to_the_figure_table_or_part_that_it_names(pdf, pages):
    def page_of(words: str) -> int:
        return next(index for index, page in enumerate(pages) if index != CONTENTS and words in page)

    figure_3, figure_17, table_1 = map(page_of, ("Figure 3. ", "Figure 17. ", "Table 1. Verdicts"))
    parts = [page_of(title) for title in ("1 Palindromes", "2 A GAN", "3 Between", "Appendix", "References")]
    front, body = [figure_17, figure_3], [figure_3, table_1, parts[2], figure_17, table_1, figure_17]
    assert figure_3 != figure_17
    assert "From α to Ω" in pages[0]
    assert "Contents 1 Palindromes: LSTM beside RNN" in pages[CONTENTS]
    reader = PdfReader(pdf)
    inside, outside = [], []
    for page in reader.pages:
        for note in page.get("/Annots", []):
            link = note.get_object()
            if "/A" in link:
                outside.append(link["/A"]["/URI"])
                continue
            target = link["/Dest"]
            if isinstance(target, str):
                target = reader.named_destinations[target].dest_array
            inside.append(reader.get_page_number(target[0].get_object()))
    assert inside == front + parts + body
    assert outside == ["https://example.org/a_b"]


def test_the_injected_value_of_a_parameter_wins_and_stands_in_an_appendix(pdf):
    _, _, appendix = text_of(pdf).rpartition("Appendix: parameters")
    assert "lengths [5, 30] digits, what the network reads" in appendix
    assert "the “why” | of <it>" in appendix


def test_code_is_hidden_unless_it_teaches_and_what_is_printed_and_explorers_are(pdf):
    text = text_of(pdf)
    assert "return torch.tanh(x @ w_x)" in text
    for hidden in ("hidden_code", "plot(a)", "explorer", "stored results", "Jupyter's", "IPython"):
        assert hidden not in text


FIGURE = figure("1", "One.", height=1.0)
FAILED = new_output("error", ename="KeyError", evalue="'x'", traceback=[])
REFERENCE = new_markdown_cell("[Figure 1](#figure-1)")
ERRORS = {
    "part1.ipynb, cell 1 has not been executed; run the whole notebook": [code("train()", count=None)],
    "part1.ipynb, cell 1 ended in KeyError: 'x'; mend it": [code("a", FAILED)],
    "Could not convert TeX math": [new_markdown_cell("$\\nosuchcommand$")],
    "label `<figure-1>` occurs multiple times": [REFERENCE, code("a", FIGURE), code("b", FIGURE)],
}


@pytest.mark.parametrize("message", ERRORS)
def test_what_cannot_be_right_stops_the_report_and_says_where(tmp_path, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build(tmp_path, *ERRORS[message])


def test_a_reference_to_what_parameters_left_out_is_worded_so(tmp_path):
    """Once `seq_lengths: [3, 5, 10]` trained everything, and then no PDF was made for want of Figure 5."""
    text = build(tmp_path, new_markdown_cell("# A\n\nSee [Figure 5](#figure-5) and `[x](#figure-6)`."))
    assert "See Figure 5 (not in this report) and [x](#figure-6)." in text
