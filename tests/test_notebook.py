import re

import pytest
import tqdm
import tqdm.auto

from bundle.pages import notebook
from bundle.plots.part1 import draw_softmax_twice
from bundle.runs.records import Record


@pytest.fixture
def passed_on(monkeypatch) -> None:
    """A notebook that is executed by a command, which passes on what goes to stderr."""
    monkeypatch.setenv("TQDM_MININTERVAL", "1")


@pytest.mark.usefixtures("passed_on")
def test_progress_is_one_line_of_text_that_is_wiped_out_at_the_end(capfd):
    with notebook.progress("Counting") as move:
        for done in range(11):
            move(done, 10)
    said = capfd.readouterr()
    first, *_, last, end = said.err.split("\r")[1:]
    assert re.match(r"Counting:   0% .* about \?", first)
    assert (last.strip(), end, said.out) == ("", "", "")


@pytest.mark.usefixtures("passed_on")
def test_work_of_an_earlier_run_does_not_enter_the_estimate(monkeypatch):
    bars = []

    class Watched(tqdm.tqdm):
        def __init__(self, **settings):
            super().__init__(**settings)
            bars.append(self)

    monkeypatch.setattr(tqdm, "tqdm", Watched)
    with notebook.progress("Going on") as move:
        move(900, 1000)
        move(950, 1000)
        (bar,) = bars
        assert (bar.initial, bar.n, bar.total) == (900, 950, 1000)


def test_where_nobody_passes_text_on_the_bar_is_the_front_ends_own(monkeypatch):
    monkeypatch.delenv("TQDM_MININTERVAL", raising=False)
    made = []
    monkeypatch.setattr(tqdm.auto, "tqdm", lambda **settings: made.append(settings) or tqdm.tqdm(**settings))
    with notebook.progress("In a front end") as move:
        move(1, 2)
    assert [settings["desc"] for settings in made] == ["In a front end"]


def test_a_study_with_nothing_to_do_has_a_bar_as_well():
    with notebook.progress("Nothing") as move:
        move(0, 0)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"": 3}, "3 made now."),
        ({"": 1, "lib/x.py changed": 1}, "1 of 3 taken from r; 1 made now; 1 made now: lib/x.py changed."),
        ({}, "3 of 3 taken from r (fresh = True makes them again)."),
    ],
)
def test_the_notebook_says_what_was_stored_and_what_is_new_and_why(capsys, tmp_path, made, words):
    notebook.Page("part1", str(tmp_path))._say(made, 3, "r")
    assert capsys.readouterr().out.strip() == words


def test_what_other_code_made_is_named_on_the_page_in_figures_and_captions(capsys, tmp_path):
    page = notebook.Page("part1", str(tmp_path))
    page._note(Record(settings={}, other_code="lib/x.py changed"))
    page._note(Record(settings={}, other_code="lib/x.py changed"))
    figure = draw_softmax_twice()
    page.show(figure, "S2", {}, "Two curves.")
    page.table("1", (["a"], [["b"]]), "A table.")
    assert page.other_code == ["lib/x.py changed"]
    assert figure.get_suptitle() == notebook.OTHER_CODE
