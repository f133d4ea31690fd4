import re
import shutil
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_output
from pypdf import PdfReader

from bundle.commands.binding import README, TEMPLATES, bound
from bundle.render import front
from bundle.render.pdf import bind
from bundle.study.layout import NOTEBOOKS
from tests.bundle.render.test_pdf import FIGURE, code, document, save, text_of
from tests.notebooks import page_of

SENTENCES = ["**Is *a* better?** In 9 of 10 ([Figure 1](#figure-1)).", "**And *b*?** No."]
QUOTED = ["“a | b”", "holds", "not run", "[Figure 1](#figure-1)"]
COMMITTED = [Path(f"{name}.ipynb") for name in NOTEBOOKS]


def plain(text: str) -> str:
    """Return words alone, without links, emphasis and line breaks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*]", "", text).split())


def test_what_a_notebook_leaves_stands_on_the_front_and_its_links_lead_into_it(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr("bundle.notebook.page.display", lambda *what, **how: shown.append((what, how)))
    page_of("part1", tmp_path, note="Rough numbers.").findings(SENTENCES, [QUOTED])
    ((markdown,), how) = shown[0]
    assert markdown.data == f"**Rough numbers.**\n\n- {SENTENCES[0]}\n- {SENTENCES[1]}"
    output = new_output("display_data", {"text/markdown": markdown.data}, **how)
    cells = [new_markdown_cell("# A"), code("draw()", FIGURE), code("page.findings()", output)]
    paths = save(tmp_path, part1=cells)
    (tmp_path / "figures").mkdir()
    shutil.copy(Path("figures", "figure-17.png"), tmp_path / "figures")
    text = front.front_matter(TEMPLATES / "front.md", paths, root=tmp_path)
    counts = front.counted_verdicts(front.verdict_rows(paths))
    assert counts["all"] == counts["holds"] == 1
    assert "**Rough numbers.**" in text
    assert "  - **Is *a* better?** In 9 of 10 ([Figure 1](part1.ipynb#figure-1)).\n" in text
    assert "| “a \\| b” | holds | not run | [Figure 1](#figure-1) |" in text
    bind(document(text, paths, root=tmp_path), tmp_path / "out.pdf")
    first = PdfReader(tmp_path / "out.pdf").pages[0].extract_text()
    for words in ("Key findings", "Is a better?", "And b? No."):
        assert words in first
    assert "a | b” holds not run Figure 1" in text_of(tmp_path / "out.pdf")


def test_the_readme_has_the_findings_in_their_place_and_nothing_else_changes(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("# A\n<!-- key findings -->\nold\n<!-- end of key findings -->\nB \\1\n")
    front.update_readme(readme, ["one \\1", "two"])
    after = "# A\n<!-- key findings -->\n- one \\1\n- two\n<!-- end of key findings -->\nB \\1\n"
    assert readme.read_text() == after


def test_page_pdf_readme_and_notebooks_say_the_same_findings():
    sentences = front.findings(COMMITTED)
    assert 6 <= len(sentences) <= 9
    readme, pdf = README.read_text(), "".join(text_of(Path("report", "report.pdf")).split())
    pdf = pdf.replace("’", "'")  # on the first page pandoc sets apostrophes
    listed = "".join(f"- {sentence}\n" for sentence in sentences)
    assert f"<!-- key findings -->\n{listed}<!-- end of key findings -->" in readme
    for sentence in sentences:
        assert "".join(plain(sentence).replace("\u00a0", " ").replace("’", "'").split()) in pdf


def test_what_is_bound_is_made_again_when_a_result_is_another(tmp_path):
    paths = {"output": tmp_path, "notebooks": tmp_path, "pdf": tmp_path / "x.pdf"}
    stage = bound({**paths, "parameters": {}, "studies": True})
    before = stage.inputs()
    assert stage.inputs() == before
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.jsonl").write_text("1\n")
    assert stage.inputs() != before
