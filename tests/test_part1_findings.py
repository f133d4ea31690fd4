"""The findings of Part 1, as its notebook words them, under each verdict."""

import re
from types import SimpleNamespace

import nbformat
import pytest

from bundle.analysis import part1, statistics
from bundle.analysis.claims import Verdict
from bundle.analysis.curves import share_at_chance
from bundle.analysis.formatting import pct
from bundle.notebook.markdown import finding, prediction_list
from tests.part1_records import lstm_first, table

ANSWERS = {
    Verdict.HOLDS: "Yes.",
    Verdict.FAILS: "No.",
    Verdict.UNDECIDED: "Undecided.",
    Verdict.DEPENDS: "It depends on the measure.",
}


def findings(monkeypatch, answer: part1.Answer) -> list[str]:
    """Execute the cell of the findings where every claim has this answer."""
    notebook = nbformat.read("part1.ipynb", as_version=4)
    (source,) = [cell.source for cell in notebook.cells if "page.findings(" in cell.source]
    monkeypatch.setattr(part1, "answer", lambda *_: answer)
    shown: list[str] = []
    runs = table(lstm_first(range(2), wins=2))
    space = {"part1": part1, "statistics": statistics, "share_at_chance": share_at_chance, "pct": pct}
    space |= {"finding": finding, "prediction_list": prediction_list, "show_text": print, "rows": []}
    space |= {"page": SimpleNamespace(findings=lambda sentences, _: shown.extend(sentences))}
    exec(source, space | {"runs": runs, "decided": None, "verdicts": None, "seq_lengths": [5, 30]})
    return shown


@pytest.mark.parametrize("verdict", Verdict)
def test_each_finding_has_an_answer_a_sentence_and_a_link_under_each_verdict(monkeypatch, verdict):
    shown = findings(monkeypatch, part1.Answer(verdict, 8, 10))
    assert len(shown) == 3
    link = r"\(\[Figure S\d\]\(#figure-S\d\)\)"
    for text in shown:
        assert re.fullmatch(rf"\*\*[^*?]+\? {ANSWERS[verdict]}\*\* [A-Z].+ {link}\.", text)


def test_what_was_not_run_has_no_finding(monkeypatch):
    assert findings(monkeypatch, part1.Answer()) == ["", "", ""]
