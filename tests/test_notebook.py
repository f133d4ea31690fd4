import pytest

from bundle.pages import notebook


def test_progress_goes_to_the_file_that_the_caller_names(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PROGRESS_FILE", str(tmp_path / "progress"))
    with notebook.progress("Counting") as bar:
        move = notebook.moving(bar)
        for done in range(1, 11):
            move(done, 10)
    assert bar.n == 10
    assert "Counting" in (tmp_path / "progress").read_text()
    assert capfd.readouterr().err == ""


def test_work_of_an_earlier_run_does_not_enter_the_estimate(tmp_path, monkeypatch):
    monkeypatch.setenv("PROGRESS_FILE", str(tmp_path / "progress"))
    with notebook.progress("Going on") as bar:
        notebook.moving(bar)(900, 1000)
    assert bar.initial == bar.n == 900


@pytest.mark.parametrize(
    ("ran", "words"),
    [(3, "3 made now"), (1, "2 of 3 taken from .*; 1 made now"), (0, "3 of 3 taken from")],
)
def test_the_notebook_says_what_was_stored_and_what_is_new(ran, words):
    import re

    assert re.match(words, notebook.said(ran, 3, "results"))
