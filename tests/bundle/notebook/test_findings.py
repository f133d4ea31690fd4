"""The findings of the three notebooks, as their cells word them, under each verdict."""

import re
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from bundle.analysis import part1, pictures, third_digits
from bundle.analysis.claims import Verdict, by_claim, decide
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
SHARES = [(0, *walk, "any", 0.5) for walk in WALK_FIGURES.values()]
WALK_COLUMNS = ["generator", "first", "second", "digit", "share"]
VALUES = {
    "runs": table(lstm_first(range(2), wins=2)),
    "seq_lengths": [5, 30],
    "tests": pd.DataFrame(TESTS, columns=COLUMNS),
    "first": {"clear": 0.8, "real_clear": 0.85},
    "shares": pd.DataFrame(SHARES, columns=WALK_COLUMNS),
}


def execute(notebook: str, call: str, **values) -> None:
    """Execute the imports of a notebook, and its cell that makes this call, where names have these values."""
    cells = nbformat.read(f"{notebook}.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    lines = "\n".join(sources).splitlines()
    names: dict = {}
    exec("\n".join(line for line in lines if line.startswith("from ")), names)
    (source,) = [source for source in sources if call in source]
    exec(source, names | VALUES | values)


@pytest.mark.parametrize("verdict", [*Verdict, None])
@pytest.mark.parametrize(("notebook", "count"), [("part1", 3), ("task2", 2), ("task3", 2)])
def test_a_finding_has_an_answer_a_sentence_and_a_link_and_there_is_none_of_what_was_not_run(
    notebook, count, verdict, monkeypatch
):
    answer = part1.Answer(verdict, 8, 10) if verdict else part1.Answer()
    walks = dict.fromkeys(third_digits.CLAIMS.values(), verdict) if verdict else {}
    monkeypatch.setattr(part1, "answer", lambda *_: answer)
    monkeypatch.setattr(part1, "predictions", lambda *_: [(verdict, (1, 2))] * 4)
    monkeypatch.setattr(pictures, "picture_verdicts", lambda _: dict.fromkeys(pictures.CLAIMS, verdict))
    monkeypatch.setattr(pictures, "prediction_outcomes", lambda _: [(verdict, [0.5])] * 3)
    monkeypatch.setattr(third_digits, "walk_verdicts", lambda _: walks)
    monkeypatch.setattr(third_digits, "norm_matters", lambda _: (verdict, [0.5] * 4))
    monkeypatch.setattr(third_digits, "named_digits", lambda _: (verdict, [0.5] * 2))
    shown: list[str] = []
    page = SimpleNamespace(findings=lambda sentences, _: shown.extend(filter(None, sentences)))
    others = dict.fromkeys(("decided", "verdicts", "rows", "generators"))
    execute(notebook, "page.findings(", page=page, show_text=str, **others)
    assert len(shown) == (count if verdict else 0)
    for text in shown:
        link = r"\(\[Figure S\d+\]\(#figure-S\d+\)\)"
        assert re.fullmatch(rf"\*\*[^*?]+\? {ANSWERS[verdict]}\.\*\* .+ {link}\.", text)
    if notebook == "part1" and verdict is Verdict.HOLDS:
        assert "8 of 10 seeds" in shown[0]
        assert "2 of 10 seeds" in shown[2]


def test_where_no_sentence_was_tested_no_verdict_is_drawn():
    shown = []
    page = SimpleNamespace(table=lambda name, table, *_, drawn, **__: shown.append((table[1], drawn)))
    page.leave = lambda _: None
    execute("part1", 'page.table("1"', page=page, verdicts=by_claim(decide(pd.DataFrame())))
    assert shown == [([], None)]
