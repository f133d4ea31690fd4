import re

import pytest
import tqdm
import tqdm.auto
import yaml

from bundle.analysis.claims import Verdict
from bundle.figures.part1 import draw_softmax_twice
from bundle.notebook import page as notebook
from bundle.notebook.markdown import prediction_list
from tests.notebooks import page_of


def test_progress_is_one_line_of_text_that_is_wiped_out_at_the_end(monkeypatch, capfd):
    monkeypatch.setenv("TQDM_MININTERVAL", "1")  # a command executes the notebook, and passes stderr on
    with notebook.progress("Counting") as move:
        for done in range(11):
            move(done, 10)
    shown = capfd.readouterr()
    first, *_, last, end = shown.err.split("\r")[1:]
    assert re.match(r"Counting:   0% .* about \?", first)
    assert (last.strip(), end, shown.out) == ("", "", "")


def test_in_a_front_end_the_bar_is_its_own_and_work_of_an_earlier_run_took_no_time(monkeypatch):
    monkeypatch.delenv("TQDM_MININTERVAL", raising=False)
    bars = []

    def make_bar(**settings) -> tqdm.tqdm:
        bars.append(tqdm.tqdm(**settings))
        return bars[-1]

    monkeypatch.setattr(tqdm.auto, "tqdm", make_bar)
    with notebook.progress("Nothing to do") as move:
        move(10, 10)
    assert not bars
    with notebook.progress("Going on") as move:
        move(900, 1000)
        move(950, 1000)
    (bar,) = bars
    assert (bar.initial, bar.n, bar.total) == (900, 950, 1000)


@pytest.mark.parametrize(
    ("made", "words"),
    [
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
    monkeypatch.setattr(notebook, "display", lambda output, metadata=None: shown.append((output, metadata)))
    page = page_of("part1", tmp_path)
    page._note(["", ""])
    assert not shown
    judge = {"test_accuracy": 0.99, "other_code": "lib/x.py changed"}
    page.cached("Judge", lambda **_: (object(), judge, None))
    (output, metadata), *_ = shown
    assert output.data.endswith("1: lib/x.py changed.")
    assert metadata == {notebook.OTHER_CODE: {"lib/x.py changed": 1}}
    figure = draw_softmax_twice()
    page.show(figure, "S2", {}, "Two curves.")
    page.table("1", (["a"], [["b"]]), "A table.")
    assert figure.get_suptitle() == notebook.OTHER_CODE
    captions = [output.data for output, _ in shown[1:] if ".**" in str(output.data)]
    assert [caption.endswith(f"*{notebook.OTHER_CODE}.*") for caption in captions] == [True, True]


def test_models_that_are_missing_are_made_by_the_quick_profile(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr("papermill.execute_notebook", lambda *arguments, **_: calls.append(arguments))
    needed = tmp_path / "generator.safetensors"
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    quick = yaml.safe_load(notebook.QUICK.read_text())["parameters"]["task2"]
    ((source, _, parameters),) = calls
    assert source == "task2.ipynb"
    assert parameters == quick | {"output_dir": str(tmp_path)}
    needed.touch()
    notebook.make_first("task2.ipynb", needed, output_dir=str(tmp_path))
    assert len(calls) == 1


def test_predictions_are_listed_with_their_numbers_and_what_became_of_them():
    outcomes = [(Verdict.HOLDS, [0.97]), (None, []), (Verdict.UNDECIDED, [1, 2])]
    assert prediction_list("It rises ({:.0%})\nNobody looked\nIt falls ({} to {})", outcomes) == (
        "1. It rises (97%): *came true*.\n2. It falls (1 to 2): *undecided*."
    )
