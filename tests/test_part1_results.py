"""The committed results, read by another route than the one that made the tables."""

import math
from itertools import product
from pathlib import Path

import nbformat
import pytest

from bundle.claims.part1 import decide_part1, final_accuracy, verdict_table
from bundle.runs import records

FILES = sorted(Path("results/part1").glob("*.json"))
RECORDS = [records.load(path) for path in FILES]
PLAIN = {
    (s["cell"], s["recipe"], s["seq_length"], s["seed"]): record
    for record in RECORDS
    if (s := record.settings)["recipe"] != "ours" and s["schedule_factor"] == 0.96
}


def first_full_step(accuracy: list[float]) -> float:
    """The step of the first of every tenth batches at 100 %, written out once more."""
    for step in range(0, len(accuracy), 10):
        if accuracy[step] == 1:
            return step
    return math.inf


@pytest.mark.parametrize("recipe", ["as-written", "corrected"])
def test_a_verdict_follows_from_the_stored_records_by_another_route(recipe):
    wins = sum(
        first_full_step(PLAIN["LSTM", recipe, 5, seed].columns["accuracy"])
        < first_full_step(PLAIN["RNN", recipe, 5, seed].columns["accuracy"])
        for seed in range(10)
    )
    tail = sum(math.comb(10, k) for k in range(11) if math.comb(10, k) <= math.comb(10, wins)) / 2**10
    sentence = "At 5 the LSTM reaches 100 % before the RNN (§2.2)"
    (verdict,) = [v for v in decide_part1(RECORDS) if (v.sentence, v.case) == (sentence, recipe)]
    assert (verdict.count, verdict.n) == (wins, 10)
    assert verdict.p == pytest.approx(tail)
    assert verdict.corrected >= tail


def test_every_run_of_the_originals_is_there_with_ten_seeds_and_every_step():
    for key in product(("LSTM", "RNN"), ("as-written", "corrected"), (3, 5, 10, 30), range(10)):
        columns = PLAIN[key].columns
        assert len(columns["accuracy"]) == len(columns["loss"]) == 1500
        assert {"seconds", "device", "torch", "commit"} <= set(PLAIN[key].provenance)


def test_the_doubled_softmax_never_falls_below_its_floor():
    floor = math.log(math.e + 9) - 1
    losses = [min(r.columns["loss"]) for r in PLAIN.values() if r.settings["recipe"] == "as-written"]
    assert floor - 1e-5 <= min(losses) < floor + 0.01


def test_the_committed_notebook_shows_the_verdicts_of_the_stored_records():
    cells = nbformat.read("part1.ipynb", as_version=4).cells
    shown = "\n".join(
        o.data.get("text/markdown", "") for c in cells for o in c.get("outputs", []) if "data" in o
    )
    settings = [r for r in RECORDS if r.settings["recipe"] != "ours"]
    _, rows = verdict_table(decide_part1([r for r in settings if r.settings["seq_length"] <= 30]))
    for row in rows:
        assert "| " + " | ".join(row) + " |" in shown


def test_our_recipe_holds_every_length_that_the_report_says_it_does():
    far = [r for r in RECORDS if r.settings["recipe"] == "ours" and "forget_bias" in r.settings]
    whole = [r for r in far if r.settings["clip_norm"] == 0.1 and r.settings.get("rehearsal")]
    at_300 = [r for r in whole if r.settings["seq_length"] == 300]
    assert len(at_300) == 10
    good = sum(final_accuracy(r, last=100) >= 0.99 for r in at_300)
    assert good >= 9
    checked = [min(r.summary["accuracy_at"].values()) for r in whole if "accuracy_at" in r.summary]
    assert len(checked) == 10
    assert max(checked) >= 0.99
