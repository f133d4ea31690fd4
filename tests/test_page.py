"""The page as a file: what it shows, what it names, and that it needs nothing else."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_output

from bundle.commands import report as command
from bundle.notebook.page import FINDINGS as FINDINGS_LEFT
from bundle.render.web.explorers import Explorer, explorers
from bundle.render.web.page import build
from bundle.study.layout import Output
from tests.test_pdf import FIGURE, FRONT, code, part1, save, task2, task3

FINDINGS = ["The *first* [Figure 17](task3.ipynb#figure-17).", "The second, $x^2$."]


class Parsed(HTMLParser):
    """A page's elements as (tag, attributes), and its words."""

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


def made(folder: Path, *cells, front="---\ntitle: T\n---\n", **settings) -> str:
    paths = save(folder, part1=list(cells))
    build(paths, front=front, output=folder / "index.html", **settings)
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("page")
    paths = save(folder, part1=part1(), task2=task2(), task3=task3())
    findings = "".join(f"  - {sentence}\n" for sentence in FINDINGS)
    front = FRONT.replace("abstract:", f"findings: |\n{findings}abstract:")
    explored = {"part1": Explorer("Explore it", "<p id='explored'></p>", "<i id='data'></i>", ())}
    for name in ("index", "again"):
        build(paths, front=front, explorers=explored, output=folder / f"{name}.html")
    assert (folder / "index.html").read_bytes() == (folder / "again.html").read_bytes()
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html) -> Parsed:
    return Parsed(html)


def test_figures_and_tables_have_the_numbers_and_captions_of_the_pdf(page):
    figures = {one["id"]: one["class"] for one in page.all("figure")}
    assert list(figures) == [
        *("figure-3", "figure-4", "figure-S1", "table-1", "figure-7", "table-2", "figure-17"),
    ]
    assert "Figure 3. Accuracy" in page.text
    assert "Table 2. Seeds. n of paper" in page.text  # which the PDF draws
    assert "Figure 17. From 2 to 7, α = 0, 1/8, …, 1." in page.text


def test_every_reference_leads_to_something_in_the_page(page):
    there = {attributes.get("id") for _, attributes in page.elements}
    inside = [link["href"][1:] for link in page.all("a") if link.get("href", "").startswith("#")]
    assert {"figure-3", "table-1", "figure-17", "part1", "task3-what-this-does-not-show"} <= set(inside)
    assert set(inside) <= there
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))


def test_the_page_asks_no_host_for_anything(page):
    asked = [one.get("src", "") for tag in ("img", "script", "iframe", "source") for one in page.all(tag)]
    assert all(address.startswith("data:") for address in asked if address)
    assert page.all("link") == []
    (policy,) = (one["content"] for one in page.all("meta") if "http-equiv" in one)
    assert policy.startswith("default-src 'none'; img-src data: blob:;")


def test_findings_and_abstract_stand_first(page, html):
    words = "The first Figure 17", "An abstract that mentions", "See Figure 3"
    places = [page.text.index(word) for word in words]
    assert places == sorted(places)
    section = html[html.index('id="findings"') :].partition("</section>")[0]
    assert section.count("<li>") == len(FINDINGS)  # a list, not one paragraph


def test_a_notebook_without_an_explorer_of_its_own_has_a_card(tmp_path):
    """Once a main notebook that was added stopped the page."""
    found = {FINDINGS_LEFT: {"note": "", "sentences": FINDINGS[1:], "quoted": []}}
    output = new_output("display_data", {"text/markdown": FINDINGS[1]}, metadata=found)
    build(save(tmp_path, added=[code("a", output)]), front="---\ntitle: T\n---\n", output=tmp_path / "a.html")
    assert 'class="card"' in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_picture_that_is_lost_stops_the_page(tmp_path):
    with pytest.raises(ValueError, match="lost.png"):
        made(tmp_path, new_markdown_cell("![](lost.png)"))


def test_an_explorer_without_its_results_says_so_in_its_place(tmp_path, capsys):
    found = explorers(Output(tmp_path), tmp_path / "models")
    assert list(found) == ["part1", "task2", "task3"]
    assert "made without its explorer" in found["task3"].html
    assert not any(one.data or one.scripts for one in found.values())
    assert "explorer in task3" in capsys.readouterr().out
    text = made(tmp_path, code("a", FIGURE), code("explore()", tags=("no-pdf",)), explorers=found)
    assert "made without its explorer" in text


def test_make_page_reads_executed_notebooks_and_prints_where_the_page_is(tmp_path, monkeypatch, capsys):
    save(tmp_path, part1=part1(), task2=task2(), task3=task3())
    profile = {"output": tmp_path / "out", "notebooks": tmp_path, "pdf": tmp_path / "out" / "report.pdf"}
    monkeypatch.setattr(command, "load_profile", lambda _: profile | {"parameters": {}, "studies": False})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "front.md").write_text(FRONT, encoding="utf-8")
    command.make_only("page", Path("p.yaml"))
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "out" / "index.html")
    assert "Figure 17" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
