"""The findings of Task 2, rendered under each verdict."""

import nbformat
import pandas as pd
import pytest

from bundle.analysis import detectability, pictures
from bundle.analysis.claims import Verdict
from bundle.analysis.detectability import GENERATED
from bundle.analysis.formatting import pct
from bundle.notebook.markdown import finding

ANSWERS = {
    Verdict.HOLDS: "Yes.",
    Verdict.FAILS: "No",
    Verdict.UNDECIDED: "Undecided.",
    Verdict.DEPENDS: "It depends on the seed.",
}
FIRST = {"clear": 0.8, "real_clear": 0.85}


class Said:
    """A page that keeps its findings."""

    def findings(self, sentences, quoted):
        self.sentences = sentences


def findings(verdict: Verdict, *, learnt: bool, monkeypatch) -> list[str]:
    """Execute the cell of the findings with this verdict for everything."""
    cells = [cell.source for cell in nbformat.read("task2.ipynb", as_version=4).cells]
    (cell,) = [source for source in cells if "page.findings(" in source]
    names = {claim.id: verdict for claim in pictures.CLAIMS}
    monkeypatch.setattr(pictures, "picture_verdicts", lambda runs: names)
    rows = [("grey levels", 100, GENERATED, 1.0, 1.0)]
    rows.append(("black and white", 100, GENERATED, 0.58, 0.6 if learnt else 0.5))
    columns = ["test", "train_count", "against", "accuracy", "train_accuracy"]
    page = Said()
    space = {"pictures": pictures, "detectability": detectability, "pct": pct, "finding": finding}
    space |= {"page": page, "tests": pd.DataFrame(rows, columns=columns), "first": FIRST}
    space |= {"rows": [], "generators": None}
    exec(cell.partition("show_text(")[0], space)
    return page.sentences


@pytest.mark.parametrize("learnt", [True, False])
@pytest.mark.parametrize("verdict", Verdict)
def test_each_finding_has_its_answer_and_its_numbers(verdict, learnt, monkeypatch):
    hard_to_tell, clear = findings(verdict, learnt=learnt, monkeypatch=monkeypatch)
    for sentence in (hard_to_tell, clear):
        assert ANSWERS[verdict] in sentence
    assert "100 %" in hard_to_tell
    assert ("58 %" in hard_to_tell) == learnt
    assert "80 % of them clear, and 85 % of real digits" in clear
