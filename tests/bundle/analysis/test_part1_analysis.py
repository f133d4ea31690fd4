import numpy as np
import pandas as pd

from bundle.analysis import part1
from bundle.analysis.claims import Verdict, by_claim, sentences
from bundle.analysis.curves import run_table
from bundle.analysis.part1 import AS_WRITTEN, CORRECTED, ORIGINAL_METRIC, OURS, answer, decide_part1
from tests.part1_records import lstm_first, run

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
FIRST = "lstm-first-at-5"


def counts(groups: dict, claim: str) -> dict[str, tuple]:
    """By case, in how many of how many seeds a claim holds by its main measure, and how many tie."""
    decided = by_claim(decide_part1(run_table(groups)))
    rows = decided[decided["claim"] == claim]
    return {row.case: (row.count, row.n, row.ties) for row in rows.itertuples(name="Row")}


def test_the_corrected_recipe_has_the_shared_metric_alone_and_the_front_each_recipe():
    groups = {"as written": lstm_first(range(10), wins=0)}
    groups["corrected"] = lstm_first(range(10), wins=10, recipe="corrected")
    never, always = (0, 10, 0), (10, 10, 0)
    assert counts(groups, FIRST) == {AS_WRITTEN: never, CORRECTED: always, ORIGINAL_METRIC: never}
    verdicts = by_claim(decide_part1(run_table(groups)))
    (row,) = [row for row in part1.front_rows(verdicts) if row[0] == f"“{sentences()[FIRST]['quote']}”"]
    assert row[1:3] == ["fails", "holds"]
    found = answer(verdicts, FIRST, CORRECTED)
    assert (found.count, found.n) == (10, 10)
    assert answer(verdicts, FIRST, OURS).verdict is None


def test_a_tie_is_left_out_and_who_never_arrives_is_later_than_all_who_do():
    same = [run(cell, 5, [0.1, 0.5, 1], seed=s) for cell in ("LSTM", "RNN") for s in range(3)]
    never = [run(cell, 5, [0.1, 0.5, 0.5], seed=s) for cell in ("LSTM", "RNN") for s in range(3, 5)]
    found = counts({"as written": lstm_first(range(5, 8), wins=8) + same + never}, FIRST)
    assert found[AS_WRITTEN] == (3, 3, 5)
    one = [run("LSTM", 5, [0.1, 0.5, 1]), run("RNN", 5, [0.1, 0.2, 0.3])]
    assert counts({"as written": one}, FIRST)[AS_WRITTEN] == (1, 1, 0)
    values = pd.DataFrame({"a": [1, np.inf, 5, 2], "b": [2, np.inf, 6, 2], "c": [3, np.inf, 4, 3]})
    assert [*part1.first_is_better(values, [("a", "b"), ("a", "c")], more=False)] == [True, None, False, None]


def test_a_limit_counts_as_within_only_where_it_is_said_to():
    values = pd.DataFrame({"a": [0.5, 1.0, 0.6], "b": [0.9, 0.9, 1.0]})
    limits = {"a": part1.between(0.5, 1), "b": part1.below(1)}
    assert [*part1.is_within(values, limits)] == [True, True, False]


def of_memory(*, one_hot: list[float], bare: list[float]) -> dict:
    both = ("RNN", "LSTM")
    memory = [run(cell, 100, one_hot, recipe="ours", encoding="one-hot", first_length=1) for cell in both]
    memory += [run(cell, 100, bare, recipe="ours", encoding="one-hot") for cell in both]
    return {
        "as written": lstm_first(range(20), wins=20),
        "corrected": lstm_first(range(20), wins=20, recipe="corrected"),
        "memory": memory,
    }


def found(groups: dict) -> list[Verdict | None]:
    runs = run_table(groups)
    return [verdict for verdict, _ in part1.predictions(runs, decide_part1(runs))]


def test_predictions_come_true_or_not_by_what_the_records_say():
    expected = of_memory(one_hot=[0.1, 1], bare=[0.1, 0.2])
    assert found(expected) == [HOLDS, UNDECIDED, HOLDS, HOLDS]  # as steady: a tie in every seed
    other = of_memory(one_hot=[0.1, 0.9], bare=[0.1, 1])
    other["corrected"] = lstm_first(range(20), wins=0, recipe="corrected")
    assert found(other) == [FAILS, UNDECIDED, FAILS, FAILS]
    assert found({"as written": [run("LSTM", 3, [0.1])]}) == [None] * 4
