"""The page as a file: what it shows, what it names, and that it needs nothing else."""

import pytest
from bs4 import BeautifulSoup

from bundle.render.web.explorers import Explorer, curves, explorers
from bundle.render.web.page import build
from bundle.study import store
from bundle.study.layout import Output
from bundle.study.records import Record
from tests.bundle.render.test_pdf import FIGURE, FRONT, TITLE, code, document, part1, save, task2, task3

FINDINGS = ["The *first* [Figure 17](task3.ipynb#figure-17).", "The second, $x^2$."]


def text_of(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> BeautifulSoup:
    folder = tmp_path_factory.mktemp("page")
    paths = save(folder, part1=part1(), task2=task2(), task3=task3())
    findings = "".join(f"  - {sentence}\n" for sentence in FINDINGS)
    front = FRONT.replace("abstract:", f"findings: |\n{findings}abstract:")
    explored = {"part1": Explorer("Explore it", "<p id='explored'></p>")}
    for name in ("index", "again"):
        build(document(front, paths), folder / f"{name}.html", explorers=explored)
    assert (folder / "index.html").read_bytes() == (folder / "again.html").read_bytes()
    return BeautifulSoup((folder / "index.html").read_bytes(), "html.parser")


def test_figures_and_tables_have_the_numbers_and_captions_of_the_pdf(page):
    figures = [figure["id"] for figure in page.find_all("figure")]
    assert " ".join(figures) == "figure-3 figure-4 figure-S1 table-1 figure-7 table-2 figure-17"
    text = text_of(page)
    assert "Figure 3. Accuracy" in text
    assert "Table 2. Seeds. n of paper" in text  # which the PDF draws
    assert "Figure 17. From 2 to 7, α = 0, 1/8, …, 1." in text


def test_every_reference_leads_to_something_in_the_page(page):
    ids = [element["id"] for element in page.find_all(id=True)]
    inside = {link["href"][1:] for link in page.select('a[href^="#"]')}
    assert {"figure-3", "table-1", "figure-17", "part1", "task3-what-this-does-not-show"} <= inside
    assert inside <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_page_asks_no_host_for_anything(page):
    asked = [element["src"] for element in page.find_all(["img", "script", "iframe", "source"], src=True)]
    assert all(address.startswith("data:") for address in asked)
    assert page.find("link") is None
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data: blob:;")


def test_findings_and_abstract_stand_first(page):
    words = "The first Figure 17", "An abstract that mentions", "See Figure 3"
    places = [text_of(page).index(word) for word in words]
    assert places == sorted(places)
    assert len(page.select("#findings li")) == len(FINDINGS)  # a list, not one paragraph


def test_a_card_shows_a_figure_of_the_page_or_none(tmp_path):
    front = '---\ntitle: T\ncards: "![](#figure-1){alt=there}![](#figure-2){alt=gone}"\n---\n'
    build(document(front, save(tmp_path, part1=[code("a", FIGURE)])), tmp_path / "a.html", explorers={})
    page = BeautifulSoup((tmp_path / "a.html").read_bytes(), "html.parser")
    assert [image["alt"] for image in page.select("#cards img")] == ["there"]


def test_an_explorer_without_its_results_says_so_in_its_place(tmp_path, capsys):
    found = explorers(Output(tmp_path), tmp_path / "models")
    assert list(found) == ["part1", "task2", "task3"]
    assert "made without its explorer" in found["task3"].html
    assert not any(one.networks or one.toy for one in found.values())
    assert "explorer in task3" in capsys.readouterr().out
    paths = save(tmp_path, part1=[code("a", FIGURE), code("explore()", tags=("no-pdf",))])
    build(document(TITLE, paths), tmp_path / "a.html", explorers=found)
    assert 'id="palindromes">This page was made without its explorer' in (tmp_path / "a.html").read_text()


def looked(*right: int, seed: int) -> Record:
    settings = {"cell": "LSTM", "recipe": "ours", "seq_length": 4, "eval_count": 10, "seed": seed}
    return Record(settings, {"step": list(range(1, len(right) + 1)), "n_correct": list(right)})


def test_a_curve_is_mean_and_range_over_the_seeds_and_a_run_that_ended_keeps_its_last():
    (curve,) = curves(store.table([looked(1, 5, 9, seed=0), looked(3, 10, seed=1)]))
    assert (curve["cell"], curve["recipe"], curve["length"], curve["seeds"]) == ("LSTM", "ours", 4, 2)
    assert curve["steps"] == [1, 2, 3]
    assert curve["mean"] == [20, 75, 95]
    assert (curve["low"], curve["high"]) == ([10, 50, 90], [30, 100, 100])
