import io
import json
import re
import subprocess
import sys
from base64 import b64encode
from html import unescape
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.translators import PythonTranslator
from pypdf import PdfReader

from bundle.notebook import page as notebook
from bundle.notebook.markdown import as_text
from bundle.render.front import front_matter
from bundle.render.pdf import bind
from bundle.render.reading import read_notebook
from bundle.render.references import Gathered
from bundle.study.layout import NOTEBOOKS
from tests.notebooks import page_of
from tests.pdf_pages import destinations, marks

ROOT = Path(__file__).parents[1]
BUILD = {"version": "1.2", "code": "0123456789ab", "results": "ba9876543210"}
FRONT = """---
title: Palindromes & digits, *again*
subtitle: From α to Ω
abstract: |
  An abstract that mentions [Figure 17](task3.ipynb#figure-17) and $x^2$.
---

# How to read

See [Figure 3](#figure-3).
"""


def picture(*, inches: float = 6.3, height: float = 2.4, dpi: int = 200) -> str:
    figure = Figure(figsize=(inches, height), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 500, 1000, 1500], [0.1, 0.6, 0.9, 1.0], color="#0072B2", label="LSTM, n = 3")
    axes.set(xlabel="step", ylabel="accuracy")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, dpi=dpi)
    return b64encode(file.getvalue()).decode()


def image(**size):
    return new_output("display_data", {"image/png": picture(**size), "text/plain": "<Figure size 1260x480>"})


def markdown(text: str):
    return new_output(
        "display_data", {"text/markdown": text, "text/plain": "<IPython.core.display.Markdown>"}
    )


def caption(kind: str, number: str, text: str):
    return markdown(f'<a id="{kind.lower()}-{number}"></a>**{kind} {number}.** {text}')


def code(source: str = "draw()", *outputs, tags: tuple[str, ...] = (), count: int | None = 1):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata=metadata)


PARAMETERS = """lengths: list = [10, 3]  # digits, what the network reads
name: str = "a#b"  # the "why" | of <it>
# end"""
SPECIAL = (
    "Special: snake_case, a # hash, 5 \\$ and 6 \\$, user @host, 1 < 2, 2 \\* 3, "
    "`a_b*c#d@e$f<g>`, [x], ~ and \\\\."
)
UNICODE = "Unicode: 2→7, T ≥ 5, 3 × 4, α – ω, ± 0.5, ≤ 1, 20 %, …, “quoted”."
CLAIM = "With the LSTM, full accuracy is reached within fewer steps"
MEASURED = "first batch at 100 %: 260 against 805 steps, medians over the seeds"
WIDE = f"""\
| claim | measured | n | verdict |
|---|---|---|---|
| {CLAIM} than with the plain recurrent network | {MEASURED}, interquartile range 230–290 | 10 | holds |
| Length 5 is the best, because the memory is limited | 290 steps at 5, 140 at 3 | 10 | **fails** |
| At length 30 the LSTM is more stable | no run of either holds 100 % | 10 | undecided |
"""


def part1() -> list:
    return [
        new_markdown_cell("# Palindromes: LSTM beside RNN\n\nWhich of the two *remembers* longer?"),
        code(PARAMETERS, tags=("parameters",)),
        code("# Parameters\nlengths = [5, 30]\n", tags=("injected-parameters",)),
        new_markdown_cell(
            "## What you will see\n\nThe loss is $\\ell = -\\frac{1}{N}\\sum_i \\log p_i$, and "
            "[Figure 3](#figure-3) shows it; [Table 1](#table-1) judges it; [Task 3](task3.ipynb) goes on, "
            "[Figure 17](task3.ipynb#figure-17) too.\n\n"
            "$$c_t = f_t \\odot c_{t-1} + i_t \\odot g_t, \\quad h_t = o_t \\odot \\tanh c_t, A \\cap B$$"
            "\n\n- one [link](https://example.org/a_b)\n- a [file](lib/lstm.py)\n\n1. first\n2. second"
        ),
        new_markdown_cell(SPECIAL + "\n\n" + UNICODE),
        code(
            "hidden_code()",
            new_output("stream", name="stdout", text="step   0\rstep 100\nreusing stored results\n"),
            new_output("stream", name="stderr", text="a warning nobody wants\n"),
            new_output(
                "display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox(1)"}
            ),
        ),
        code("quiet()", new_output("stream", name="stdout", text="whispered\n"), tags=("quiet",)),
        code(
            "plot(a)",
            image(),
            caption(
                "Figure",
                "3",
                "Accuracy of the LSTM at $T = 5$, 3 seeds: mean and band, see [Table 1](#table-1).",
            ),
        ),
        code(
            "plot(b)",
            image(inches=3.1, height=2.2),
            caption("Figure", "4", "Left, *narrow*."),
            image(inches=3.1, height=2.2),
            caption("Figure", "S1", "Right, of ours; a longer caption that takes more than one line here."),
        ),
        code("verdicts()", caption("Table", "1", "Verdicts on `claims`."), markdown(WIDE)),
        new_markdown_cell("## The cell\n\nThe code that teaches:"),
        code(
            "def step(x, h):\n    return torch.tanh(x @ w_x + h @ w_h)  # (batch, hidden)" + ", wide" * 20,
            tags=("show-code",),
        ),
        code("explorer()", new_output("stream", name="stdout", text="widget text\n"), tags=("no-pdf",)),
    ]


def task2() -> list:
    frame = "<table><tr><th>batch</th><th>loss_g</th></tr><tr><td>1000</td><td>0.69 &lt; 1</td></tr></table>"
    long = "| run | step | accuracy |\n|---:|---:|---:|\n" + "".join(
        f"| {i} | {i * 10} | 0.{i:02d} |\n" for i in range(70)
    )
    return [
        new_markdown_cell("# A GAN on MNIST\n\nText before.\n\n## Pictures"),
        code("show()", image(inches=3.1, height=2.0)),
        code(
            "frame",
            new_output("execute_result", {"text/html": frame, "text/plain": "batch"}, execution_count=1),
            caption("Table", "S1", "After the table."),
        ),
        code("x", new_output("execute_result", {"text/plain": "0.9951"}, execution_count=1)),
        *(
            code("grid()", image(height=3.0), caption("Figure", str(i), f"Samples at checkpoint {i}."))
            for i in (7, 8, 9)
        ),
        new_markdown_cell("## A long table"),
        code("long()", caption("Table", "2", "A table longer than a page."), markdown(long)),
    ]


def task3() -> list:
    return [
        new_markdown_cell("# Between two digits\n\n[Figure 17](#figure-17) is the strip."),
        code("strip()", image(height=1.0), caption("Figure", "17", "From 2 to 7, α = 0, 1/8, …, 1.")),
        new_markdown_cell("## What this does not show\n\n> Nothing."),
    ]


def save(folder: Path, **notebooks: list) -> list[Path]:
    (folder / "front.md").write_text(FRONT, encoding="utf-8")
    for name, cells in notebooks.items():
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    return [folder / f"{name}.ipynb" for name in notebooks]


def build(folder: Path, *cells, name: str = "part1", front: str | None = None) -> str:
    paths = save(folder, **{name: list(cells)})
    (folder / "front.md").write_text(front or "---\ntitle: T\n---\n", encoding="utf-8")
    bind(paths, front=(folder / "front.md").read_text(), output=folder / "out.pdf")
    return text_of(folder / "out.pdf")


def text_of(pdf: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bound")
    paths = save(folder, part1=part1(), task2=task2(), task3=task3())
    bind(paths, front=(folder / "front.md").read_text(), output=folder / "build" / "report.pdf")
    bind(paths, front=(folder / "front.md").read_text(), output=folder / "build" / "again.pdf")
    return folder


@pytest.fixture(scope="module")
def text(folder) -> str:
    return text_of(folder / "build" / "report.pdf")


def test_the_same_notebooks_give_the_same_bytes(folder):
    pdf = folder / "build" / "report.pdf"
    assert pdf.read_bytes() == (folder / "build" / "again.pdf").read_bytes()


def test_the_front_page_comes_first_then_contents_then_numbered_sections(folder):
    reader = PdfReader(folder / "build" / "report.pdf")
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert reader.metadata.title == "Palindromes & digits, again"
    assert "CreationDate" not in str(reader.metadata)
    assert "From α to Ω" in pages[0]
    assert "An abstract that mentions Figure 17" in pages[0]
    assert "How to read" in pages[1]
    assert "Contents 1 Palindromes: LSTM beside RNN" in pages[2]
    assert "1.1 What you will see" in pages[2]
    assert "3.1 What this does not show" in pages[2]
    assert "How to read" not in pages[2]


def test_pages_are_numbered_and_carry_the_title(folder):
    pages = [page.extract_text().split() for page in PdfReader(folder / "build" / "report.pdf").pages]
    assert [page[-1] for page in pages] == [str(number) for number in range(1, len(pages) + 1)]
    assert all(page[:2] == ["Palindromes", "&"] for page in pages)


def test_figures_and_tables_keep_the_numbers_of_their_captions(text):
    for words in (
        "Figure 3. Accuracy of the LSTM at 𝑇=5, 3 seeds: mean and band, see Table 1.",
        "Figure 4. Left, narrow.",
        "Figure S1. Right, of ours;",
        "Figure 17. From 2 to 7, α = 0, 1/8, …, 1.",
        "Table 1. Verdicts on claims.",
        "Table S1. After the table.",
    ):
        assert words.replace(" ", "") in text.replace(" ", "")
    assert "figure-3" not in text
    assert "**" not in text


def test_a_reference_shows_the_picture_from_its_upper_edge_the_table_with_its_caption_or_the_part(folder):
    reader = PdfReader(folder / "build" / "report.pdf")
    contents = next(index for index, page in enumerate(reader.pages) if "Contents" in page.extract_text())
    shown = {}
    for index, top in destinations(reader, first=contents + 1):
        below = [mark for mark in marks(reader.pages[index]) if top - 25 < mark.high < top]
        word = max(below, key=lambda mark: mark.high).what
        down = sorted(marks(reader.pages[index]), key=lambda mark: -mark.high)
        under = " ".join(mark.what for mark in down if mark.high < top)
        shown.setdefault(word, set()).add(re.search(r"(Figure|Table) \d+|Between two digits", under)[0])
    assert shown.pop("image") == {"Figure 3", "Figure 17"}
    assert [*shown.values()] == [{"Table 1"}, {"Between two digits"}]
    links = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    assert [link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})] == [
        "https://example.org/a_b"
    ]


def test_parameters_and_what_was_printed_stand_in_an_appendix(text):
    body, _, appendix = text.rpartition("Appendix: parameters and runs")
    assert "lengths [5, 30]" in appendix
    assert "step 100 reusing stored results" in appendix
    assert "What this does not show" in body
    assert "reusing stored results" not in body


def test_an_anchor_may_stand_above_its_picture(tmp_path):
    above, below = markdown('<a id="figure-1"></a>'), markdown("**Figure 1.** One.")
    text = build(tmp_path, code("a", above, image(height=1.0), below), new_markdown_cell("[x](#figure-1)"))
    assert "Figure 1. One." in text


def rows(name: str, groups: list[int]) -> str:
    lines = [f"| {name}.{i} " if not k else "| " for i, of in enumerate(groups) for k in range(of)]
    body = "".join(f"{line} | {name}:{place} |\n" for place, line in enumerate(lines))
    return f"| group | row of {name} |\n| --- | --- |\n{body}"


@pytest.mark.parametrize("groups", [[1] * 12, [3] * 5, [1, 2, 1, 1, 4, 1, 1]])
def test_a_table_breaks_between_groups_of_rows_and_repeats_its_header(tmp_path, groups):
    cells, ends = [], [sum(groups[: k + 1]) for k in range(len(groups))]
    for above in range(34, 44):  # lines of text: the page ends somewhere in the table
        cells.append(new_markdown_cell(f"# Part {above}\n\n" + "\n\n".join(["line"] * above)))
        cells.append(code("t", markdown(rows(f"t{above}", groups))))
    build(tmp_path, *cells)
    pages = [page.extract_text() for page in PdfReader(tmp_path / "out.pdf").pages]
    broken = 0
    for above in range(34, 44):
        on = [re.findall(rf"\bt{above}:(\d+)", page) for page in pages]
        on = [list(map(int, found)) for found in on if found]
        assert all(found[-1] + 1 in ends for found in on)
        headers = sum(f"row of t{above}" in page for page in pages)
        assert headers == len(on)
        broken += len(on) > 1
    assert broken >= 3


def test_special_characters_and_unicode_reach_the_page(text):
    assert (
        "snake_case, a # hash, 5 $ and 6 $, user @host, 1 < 2, 2 * 3, a_b*c#d@e$f<g>, [x], ~ and \\." in text
    )
    assert "2→7, T ≥ 5, 3 × 4, α – ω, ± 0.5, ≤ 1, 20 %, …, “quoted”." in text


def test_the_injected_value_of_a_parameter_wins(text):
    assert "lengths [5, 30] digits, what the network reads" in text
    assert '"a#b" the "why" | of <it>' in text
    assert "[10, 3]" not in text


def test_code_is_hidden_unless_it_teaches(text):
    assert "return torch.tanh(x @ w_x + h @ w_h) # (batch, hidden)" in text
    for hidden in ("hidden_code", "plot(a)", "explorer", "widget text", "HBox", "<Figure", "IPython"):
        assert hidden not in text


def test_only_what_was_printed_last_on_a_line_is_shown_and_never_stderr(text):
    assert "step 100 reusing stored results" in text
    assert "0.9951" in text
    for hidden in ("step 0", "nobody wants", "whispered"):
        assert hidden not in text


def test_tables_of_markdown_and_of_html_show_their_cells(text):
    assert "batch loss_g 1000 0.69 < 1" in text
    assert "medians over the seeds, interquartile range" in text
    assert "69 690 0.69" in text


def test_a_long_table_repeats_its_header(folder):
    pages = [page.extract_text() for page in PdfReader(folder / "build" / "report.pdf").pages]
    assert sum("run" in page and "accuracy" in page for page in pages[2:]) >= 3


@pytest.mark.parametrize("shown", [None, 302])
def test_a_figure_is_as_wide_as_its_pixels_or_its_metadata_say(tmp_path, shown):
    output = image(inches=3.1 if shown is None else 6.3)
    output.metadata = {"image/png": {"width": shown}} if shown else {}
    build(tmp_path, new_markdown_cell("# A"), code("a", output))
    matrix = []
    PdfReader(tmp_path / "out.pdf").pages[-1].extract_text(
        visitor_operand_before=lambda op, args, cm, tm: matrix.append(cm[0]) if op == b"Do" else None
    )
    assert [width / 72 for width in matrix] == [pytest.approx(3.1, abs=0.06)]


def test_a_fixed_timestamp_becomes_the_date_of_the_pdf(tmp_path):
    paths = save(tmp_path, task3=task3())
    (tmp_path / "front.md").write_text("---\ntitle: T\n---\n")
    bind(paths, front=(tmp_path / "front.md").read_text(), output=tmp_path / "out.pdf", timestamp=946_684_800)
    assert PdfReader(tmp_path / "out.pdf").metadata.creation_date.year == 2000


FIGURE = (image(height=1.0), caption("Figure", "1", "One."))
ERRORS = {
    "part1.ipynb, cell 1 has not been executed; run the whole notebook": [code("train()", count=None)],
    "part1.ipynb, cell 1 ended in KeyError: 'x'; mend it": [
        code("a", new_output("error", ename="KeyError", evalue="'x'", traceback=[]))
    ],
    "part1.ipynb, cell 1: a reference says 'Figure 2' but leads to figure-1": [
        new_markdown_cell("[Figure 2](#figure-1)"), code("a", *FIGURE)
    ],
    "part1.ipynb, cell 2: figure-1 is already in part1.ipynb, cell 1": [
        code("a", *FIGURE), code("b", *FIGURE)
    ],
    "part1.ipynb, cell 1: Figure 1 has a caption but no image": [code("a", FIGURE[1])],
    "part1.ipynb, cell 1: Table 1 has a caption but no table": [code("a", caption("Table", "1", "One."))],
    "pandoc cannot read part1.ipynb": [new_markdown_cell("$\\nosuchcommand$")],
    "pandoc cannot read part1.ipynb: Pandoc died": [new_markdown_cell("![](lost.png)")],
    'the caption must begin with <a id="figure-2"></a>': [
        code("a", FIGURE[0], markdown('<a id="figure-1"></a>**Figure 2.** Two.'))
    ],
    "must begin with": [code("a", FIGURE[0], markdown("**Figure 2.** No anchor."))],
}  # fmt: skip


@pytest.mark.parametrize("message", ERRORS)
def test_what_cannot_be_right_stops_the_report_and_says_where(tmp_path, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build(tmp_path, *ERRORS[message])


def test_a_reference_into_another_notebook_must_name_it(tmp_path):
    paths = save(tmp_path, part1=[new_markdown_cell("[Figure 1](#figure-1)")], task2=[code("a", *FIGURE)])
    with pytest.raises(
        ValueError,
        match="refers to figure-1 in part1.ipynb, but it is in task2.ipynb: write task2.ipynb#figure-1",
    ):
        bind(paths, front=(tmp_path / "front.md").read_text(), output=tmp_path / "out.pdf")


def test_a_reference_to_what_parameters_left_out_is_worded_so(tmp_path, capsys):
    """Once `seq_lengths: [3, 5, 10]` trained everything, and then no PDF was made for want of Figure 5."""
    text = build(tmp_path, new_markdown_cell("# A\n\nSee [Figure 5](#figure-5)."), front=FRONT)
    assert "See Figure 5 (not in this report)." in text
    assert "Referred to, and not in this report: figure-3, figure-5." in capsys.readouterr().out


def test_the_committed_report_refers_to_nothing_that_is_not_there(tmp_path):
    parts = [(f"{name}.ipynb", read_notebook(ROOT / f"{name}.ipynb")) for name in NOTEBOOKS]
    gathered = Gathered(parts, tmp_path)
    gathered.resolve(front_matter(ROOT / "report" / "front.md", [], build=BUILD), "front.md")
    assert gathered.absent == {}


def test_a_missing_notebook_is_named(tmp_path):
    (tmp_path / "front.md").write_text(FRONT)
    with pytest.raises(ValueError, match="part1.ipynb does not exist; `make report`"):
        bind(
            [tmp_path / "part1.ipynb"], front=(tmp_path / "front.md").read_text(), output=tmp_path / "out.pdf"
        )


def test_the_front_matter_of_the_repository_can_be_bound(tmp_path):
    paths = save(tmp_path, task3=task3())
    bind(
        paths, front=front_matter(ROOT / "report" / "front.md", [], build=BUILD), output=tmp_path / "out.pdf"
    )
    assert "How to read this document" in text_of(tmp_path / "out.pdf")


def test_nbconvert_exports_one_notebook(tmp_path):
    save(tmp_path, part1=part1())
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "report-pdf",
        str(tmp_path / "part1.ipynb"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    text = text_of(tmp_path / "part1.pdf")
    assert "1 Palindromes: LSTM beside RNN" in text
    assert "Figure 3. Accuracy" in text
    assert "Contents" not in text


MARKUP = [  # what a parameter's value might hold, none of which may be obeyed
    '#panic("a")',
    "`b` ```c``` `",
    "```{=typst}\n#panic()\n```",
    "<b>d</b><script>alert(1)</script>",
    "e | f",
    "$x^2$ and $y$",
    "@label <label> *g* _h_ ~i~ __init__",
    "[x](#figure-9) [x](part1.ipynb#figure-9) [x](http://y)",
    "\\textbf{j} \\",
    ":smile: &amp; &#65; # k",
]


@pytest.fixture(scope="module")
def held(tmp_path_factory) -> tuple[str, str]:
    """The PDF's text without spaces and the HTML of a notebook with MARKUP everywhere that values land."""
    folder, shown = tmp_path_factory.mktemp("held"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebook, "display", lambda one: shown.append(markdown(one.data)))
        page = page_of("part1", folder)
        page.table(
            "1", (["a | b", "c"], [[number, value] for number, value in enumerate(MARKUP)]), "A table."
        )
    said = new_output("stream", name="stdout", text="".join(f"{value}\n" for value in MARKUP))
    plain = f"A table of {' and '.join(map(as_text, MARKUP))} ends."
    shown += [caption("Table", "2", plain), markdown("| a |\n| --- |\n| 1 |")]
    declared = "output_dir: str = '.'  # of $x$ | <i> `y` [z](#figure-9)\nwords: list[str] = []  # many"
    injected = PythonTranslator().codify({"output_dir": MARKUP[2], "words": MARKUP})
    cells = [
        code(declared, tags=("parameters",)),
        code(injected, tags=("injected-parameters",)),
        code("run()", said, *shown),
    ]
    html = HTMLExporter(template_name="basic").from_notebook_node(new_notebook(cells=cells))[0]
    return build(folder, *cells).replace(" ", ""), html


@pytest.mark.parametrize("value", MARKUP)
def test_a_value_is_text_in_the_pdf_wherever_it_lands(held, value):
    in_parameters, in_text = json.dumps(value), " ".join(value.split())
    assert in_parameters.replace(" ", "") in held[0]
    assert held[0].count(in_text.replace(" ", "")) >= 3  # printed, in a table, in a caption


def test_a_value_is_text_on_the_page_of_the_notebook(held):
    text = held[1]
    assert "<script>alert" not in text
    assert not re.search(r"<(b|em|strong|code)>[a-z]|href=.http://y|#figure-9\">x<", text)
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in rows[: 1 + len(MARKUP)]} == {2}
    cells = [" ".join(unescape(cell).split()) for cell in re.findall(r"<td[^>]*>(.*?)</td>", text, re.DOTALL)]
    assert cells[1 : 2 * len(MARKUP) : 2] == [" ".join(value.split()) for value in MARKUP]
