import re
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import nbformat
import pytest
import tqdm
import tqdm.auto
import yaml

from bundle.analysis.claims import Verdict
from bundle.figures.part1 import draw_softmax_twice
from bundle.notebook import page as notebook
from tests.notebooks import page_of


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
    page_of("part1", tmp_path)._say(made, 3, "r")
    assert capsys.readouterr().out.strip() == words


def test_what_other_code_made_is_counted_on_the_page_and_marked_in_figures_and_captions(
    tmp_path, monkeypatch
):
    shown = []
    monkeypatch.setattr(notebook, "display", lambda one, metadata=None: shown.append((one, metadata)))
    page = page_of("part1", tmp_path)
    page._note(["", ""])
    assert not shown
    page._note(["lib/x.py changed", "", "lib/__init__.py changed", "lib/x.py changed"])
    ((said, about),) = shown
    assert said.data.endswith(r"2: lib/x.py changed; 1: lib/\_\_init\_\_.py changed.")
    assert about == {notebook.OTHER_CODE: {"lib/x.py changed": 2, "lib/__init__.py changed": 1}}
    figure = draw_softmax_twice()
    page.show(figure, "S2", {}, "Two curves.")
    page.table("1", (["a"], [["b"]]), "A table.")
    assert figure.get_suptitle() == notebook.OTHER_CODE
    captions = [one.data for one, _ in shown[1:] if ".**" in str(one.data)]
    assert [caption.endswith(f"*{notebook.OTHER_CODE}.*") for caption in captions] == [True, True]


def test_a_judge_that_other_code_made_is_counted_too(capsys, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(notebook, "display", lambda one, metadata: shown.append(metadata))
    judge = {"test_accuracy": 0.99, "other_code": "lib/x.py changed"}
    page_of("task2", tmp_path).cached("Judge", lambda **_: (object(), judge, None))
    assert shown == [{notebook.OTHER_CODE: {"lib/x.py changed": 1}}]


def test_models_that_are_missing_are_made_by_the_quick_profile_and_said_beforehand(
    capsys, tmp_path, monkeypatch
):
    asked = {}

    def execute(source, target, parameters, **_):
        asked.update(source=source, parameters=parameters, said=capsys.readouterr().out)

    monkeypatch.setattr("papermill.execute_notebook", execute)
    needed = tmp_path / "models" / "generator.safetensors"
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    quick = yaml.safe_load(Path("profiles/quick.yaml").read_text())["parameters"]["task2"]
    assert asked["source"] == "task2.ipynb"
    assert asked["parameters"] == quick | {"output_dir": str(tmp_path)}
    assert f"{needed} is missing: running task2.ipynb to make it" in asked["said"]
    assert f"profiles/quick.yaml has it (batches {quick['batches']}, learning_rate" in asked["said"]
    assert notebook.QUICK_TIME in asked["said"]

    needed.parent.mkdir()
    needed.touch()
    asked.clear()
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    assert not asked
    assert capsys.readouterr().out == f"Using {needed}.\n"


def test_task_3_makes_models_only_where_no_folder_of_them_is_named():
    (cell,) = [c for c in nbformat.read("task3.ipynb", as_version=4).cells if "make_first(" in c.source]
    calls = []
    space = {"make_first": lambda *_, **__: calls.append(1), "Path": Path, "output_dir": "o"}
    begin = cell.source.partition("generator, classifier")[0]
    for named in ("", "mine"):
        page = SimpleNamespace(output=SimpleNamespace(models=Path("o")))
        exec(begin, space | {"models_dir": named, "page": page, "torch": Mock(), "threads": 1})
        assert len(calls) == 1


def test_predictions_are_listed_with_their_numbers_and_what_became_of_them():
    outcomes = [(Verdict.HOLDS, [0.97]), (None, []), (Verdict.UNDECIDED, [1, 2])]
    assert notebook.prediction_list("It rises ({:.0%})\nNobody looked\nIt falls ({} to {})", outcomes) == (
        "1. It rises (97%): *came true*.\n2. It falls (1 to 2): *undecided*."
    )
