"""The findings of the three notebooks, as their cells word them, under each verdict."""

import re
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from bundle.analysis import curves, detectability, part1, pictures, third_digits
from bundle.analysis.claims import Verdict, by_claim, decide, quoted, sentence_words
from bundle.analysis.formatting import pct
from bundle.figures import verdicts as verdict_plots
from bundle.notebook.markdown import finding, prediction_list
from bundle.original import WALK_FIGURES
from tests.part1_records import lstm_first, table

ANSWERS = {
    Verdict.HOLDS: "(Yes|Usually)",
    Verdict.FAILS: "(No|Not for a program)",
    Verdict.UNDECIDED: "Undecided",
    Verdict.DEPENDS: "It depends on the (measure|seed|generator)",
}
TESTS = [("grey levels", 100, "generated", 1.0, 1.0), ("black and white", 100, "generated", 0.58, 0.6)]
COLUMNS = ["test", "train_count", "against", "accuracy", "train_accuracy"]
SHARES = [(0, *walk, "line", "any", 0.5) for walk in WALK_FIGURES.values()]
WALK_COLUMNS = ["generator", "first", "second", "kind", "digit", "share"]


def findings(notebook: str, verdict: Verdict | None, monkeypatch) -> list[str]:
    """Execute the cell of the findings where every sentence has this verdict."""
    cells = nbformat.read(f"{notebook}.ipynb", as_version=4).cells
    (source,) = [cell.source for cell in cells if "page.findings(" in cell.source]
    answer = part1.Answer(verdict, 8, 10) if verdict else part1.Answer()
    walks = dict.fromkeys(third_digits.CLAIMS.values(), verdict) if verdict else {}
    monkeypatch.setattr(part1, "answer", lambda *_: answer)
    monkeypatch.setattr(part1, "predictions", lambda *_: [(verdict, (1, 2))] * 4)
    monkeypatch.setattr(pictures, "picture_verdicts", lambda _: dict.fromkeys(pictures.CLAIMS, verdict))
    monkeypatch.setattr(pictures, "prediction_outcomes", lambda _: [(verdict, [0.5])] * 3)
    monkeypatch.setattr(third_digits, "walk_verdicts", lambda *_, **__: walks)
    monkeypatch.setattr(third_digits, "prediction_outcomes", lambda *_: [(verdict, [0.5] * 4)] * 3)
    monkeypatch.setattr(third_digits, "named_shares", lambda *_: [0.5] * 2)
    shown: list[str] = []
    code = {module.__name__.rpartition(".")[2]: module for module in (curves, detectability, part1, pictures)}
    code |= {"third_digits": third_digits, "WALK_FIGURES": WALK_FIGURES, "quoted": quoted, "pct": pct}
    code |= {"finding": finding, "prediction_list": prediction_list, "show_text": str}
    values = {
        "page": SimpleNamespace(findings=lambda sentences, _: shown.extend(sentences)),
        "runs": table(lstm_first(range(2), wins=2)),
        "seq_lengths": [5, 30],
        "tests": pd.DataFrame(TESTS, columns=COLUMNS),
        "first": {"clear": 0.8, "real_clear": 0.85},
        "shares": pd.DataFrame(SHARES, columns=WALK_COLUMNS),
    }
    exec(source, code | dict.fromkeys(("decided", "verdicts", "rows", "generators")) | values)
    return shown


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(("notebook", "count"), [("part1", 3), ("task2", 2), ("task3", 2)])
def test_each_finding_has_an_answer_a_sentence_and_a_link_under_each_verdict(
    notebook, count, verdict, monkeypatch
):
    shown = findings(notebook, verdict, monkeypatch)
    assert len(shown) == count
    link = r"\(\[Figure S\d+\]\(#figure-S\d+\)\)"
    for text in shown:
        assert re.fullmatch(rf"\*\*[^*?]+\? {ANSWERS[verdict]}\.\*\* .+ {link}\.", text)
    if notebook == "part1" and verdict is Verdict.HOLDS:
        assert "8 of 10 seeds" in shown[0]
        assert "2 of 10 seeds" in shown[2]


@pytest.mark.parametrize("notebook", ["part1", "task2", "task3"])
def test_what_was_not_run_has_no_finding(notebook, monkeypatch):
    assert not any(findings(notebook, None, monkeypatch))


def test_where_no_sentence_was_tested_no_verdict_is_drawn():
    cells = nbformat.read("part1.ipynb", as_version=4).cells
    (source,) = [cell.source for cell in cells if 'page.table("1"' in cell.source]
    shown = []
    page = SimpleNamespace(table=lambda name, table, *_, drawn, **__: shown.append((table[1], drawn)))
    page.leave = lambda _: None
    code = {
        "part1": part1,
        "curves": curves,
        "verdict_plots": verdict_plots,
        "sentence_words": sentence_words,
    }
    exec(
        source,
        code
        | {
            "page": page,
            "runs": table(lstm_first(range(2), wins=2)),
            "verdicts": by_claim(decide(pd.DataFrame())),
        },
    )
    assert shown == [([], None)]
