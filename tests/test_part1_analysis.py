import numpy as np
import pytest

from bundle.analysis.claims import Verdict, by_claim, measured, sentences
from bundle.analysis.curves import run_table
from bundle.analysis.part1 import (
    AS_WRITTEN,
    CORRECTED,
    ORIGINAL_METRIC,
    OURS,
    answers,
    decide_part1,
    front_rows,
    measure_table,
    result,
    seeds_against,
    verdict_table,
)
from bundle.analysis.part1_claims import CLAIMS, MEASURES, all_hold, lower
from bundle.analysis.part1_tables import part1_tables, prediction_table
from bundle.analysis.statistics import median_arrival, medians, statistics_table, summary
from tests.part1_records import lstm_first, run, table

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
FIRST = "lstm-first-at-5"


def counts(groups: dict, claim: str) -> dict[str, tuple]:
    """By case, what the main measure of a claim finds."""
    decided = decide_part1(run_table(groups))
    rows = {case: result(decided, claim, case) for case in (AS_WRITTEN, CORRECTED, OURS, ORIGINAL_METRIC)}
    return {
        case: (row["count"], row["n"], row["ties"], row["verdict"])
        for case, row in rows.items()
        if row is not None
    }


@pytest.mark.parametrize(("wins", "verdict"), [(10, HOLDS), (5, UNDECIDED), (0, FAILS)])
def test_a_claim_is_counted_over_seeds_by_both_metrics(wins, verdict):
    found = counts({"as written": lstm_first(range(10), wins=wins)}, FIRST)
    assert found == dict.fromkeys((AS_WRITTEN, ORIGINAL_METRIC), (wins, 10, 0, verdict))


def test_the_corrected_recipe_has_the_shared_metric_alone():
    groups = {"as written": lstm_first(range(10), wins=0)}
    groups["corrected"] = lstm_first(range(10), wins=10, recipe="corrected")
    found = counts(groups, FIRST)
    assert {case: count for case, (count, *_) in found.items()} == {
        AS_WRITTEN: 0,
        CORRECTED: 10,
        ORIGINAL_METRIC: 0,
    }


def test_the_two_metrics_may_disagree():
    lstm, rnn = (run(cell, 5, [0.1, 0.5, 1]) for cell in ("LSTM", "RNN"))
    rnn.columns["n_correct_batch"] = [100, 100, 100]
    found = counts({"as written": [lstm, rnn]}, FIRST)
    assert found[ORIGINAL_METRIC][:3] == (0, 1, 0)
    assert found[AS_WRITTEN][:3] == (0, 0, 1)


def test_a_tie_is_left_out_and_who_never_arrives_is_later_than_all_who_do():
    same = [run(cell, 5, [0.1, 0.5, 1], seed=s) for cell in ("LSTM", "RNN") for s in range(3)]
    never = [run(cell, 5, [0.1, 0.5, 0.5], seed=s) for cell in ("LSTM", "RNN") for s in range(3, 5)]
    found = counts({"as written": lstm_first(range(5, 8), wins=8) + same + never}, FIRST)
    assert found[AS_WRITTEN][:3] == (3, 3, 5)
    one = [run("LSTM", 5, [0.1, 0.5, 1]), run("RNN", 5, [0.1, 0.2, 0.3])]
    assert counts({"as written": one}, FIRST)[AS_WRITTEN][:2] == (1, 1)
    assert lower(np.inf, np.inf) == (0, None)


def test_all_have_to_hold_and_ties_decide_nothing():
    assert [all_hold(values) for values in ([True, True], [True, None], [None, False])] == [True, None, False]


def test_runs_without_the_schedule_count_only_for_the_claim_about_it():
    groups = {
        "as written": [run("LSTM", 10, [0.1, 1, 1], seed=s) for s in range(10)],
        "unscheduled": [run("LSTM", 10, [0.1, 1, 0.5], seed=s, schedule_factor=1.0) for s in range(10)],
    }
    assert counts(groups, "schedule-helps") == {AS_WRITTEN: (10, 10, 0, HOLDS)}


def test_longer_training_and_our_recipe_test_the_original_s_reasons():
    longer = [
        run(cell, 30, [0.1, 1], seed=s, schedule_factor=factor)
        for s in range(20)
        for cell, factor in (("LSTM", 0.96), ("RNN", 1))
    ]
    longer[0].columns["n_correct"][-1] = 99
    ours = [run("LSTM", 30, [0.1, 1], seed=s, recipe="ours") for s in range(10)]
    groups = {"as written": [run("LSTM", 30, [0.1, 0.1])], "longer": longer, "ours": ours}
    assert counts(groups, "too-few-steps-at-30") == {AS_WRITTEN: (19, 20, 0, HOLDS)}
    assert counts(groups, "limited-by-memory") == {OURS: (0, 10, 0, FAILS)}


def test_measures_that_contradict_each_other_make_it_depend():
    lstm, rnn = [0.1, 1, 0.2, 0.2, 1], [0.1, 0.9, 0.9, 1, 1]  # first at 100 %, but lower on the whole
    records = [run(c, 5, curve, seed=s) for c, curve in (("LSTM", lstm), ("RNN", rnn)) for s in range(20)]
    decided = decide_part1(table(records))
    row = result(by_claim(decided), FIRST)
    assert (row["count"], row["verdict"]) == (20, DEPENDS)
    assert result(decided, FIRST)["verdict"] is HOLDS


def test_every_claim_is_a_sentence_of_the_original_and_every_measure_says_what_it_measures():
    assert {claim.id for claim in CLAIMS} <= set(sentences())
    words = [measured(measure) for measure in MEASURES.values()]
    assert all(len(text.split()) > 2 for text in words)


def test_the_verdict_table_has_a_row_for_each_sentence_and_names_who_is_at_chance():
    low = [run("RNN", 30, [0.1, 0.2, 0.1], seed=s) for s in range(10)]
    runs = table(lstm_first(range(10), wins=10) + low)
    decided = decide_part1(runs)
    rows = verdict_table(runs, decided).set_index("Sentence")
    assert rows.index.is_unique
    first = rows.loc[sentences()[FIRST].sentence]
    assert (first["As written"], first["Corrected, or ours"]) == ("holds, 10/10", "")
    assert first["Shown in"] == "[Figure S2](#figure-S2)"
    assert rows.loc[sentences()["rnn-not-at-30"].sentence, "At chance"] == "RNN at 30"
    assert len(measure_table(decided)) == len(decided)


def test_the_front_has_the_verdict_of_each_recipe():
    groups = {"as written": lstm_first(range(10), wins=0)}
    groups["corrected"] = lstm_first(range(10), wins=10, recipe="corrected")
    verdicts = by_claim(decide_part1(run_table(groups)))
    (row,) = [row for row in front_rows(verdicts) if row[0] == f"“{sentences()[FIRST].quote}”"]
    assert row[1:3] == ["fails", "holds"]
    assert seeds_against(verdicts, FIRST, CORRECTED) == "0 of 10 seeds"
    assert answers(verdicts, CORRECTED)[1][FIRST] == "10 of 10 seeds"


def test_statistics_are_medians_over_seeds():
    groups = {"as written": [run("LSTM", 5, [0.1, 1, 1], seed=0), run("LSTM", 5, [0.1, 0.5, 1], seed=1)]}
    groups["unscheduled"] = [run("LSTM", 10, [0.1, 0.2], schedule_factor=1)]
    runs = run_table(groups)
    rows = medians(runs).set_index(["recipe", "statistic"])["median"]
    assert rows["as written", "first 100 %"] == 37.5
    assert rows["as written, no schedule", "first 100 %"] == np.inf
    assert summary(runs)["LSTM as written, no schedule 10 first 100 %"] == -1
    assert [*statistics_table(runs).iloc[0, :5]] == ["LSTM", "as written", 5, 2, "38"]
    assert median_arrival(runs[runs["group"] == "unscheduled"]) == "never"


def of_memory(*, one_hot: list[float], bare: list[float], rnn: list[float]) -> dict:
    both = ("RNN", "LSTM")
    memory = [run(cell, 100, one_hot, recipe="ours", encoding="one-hot", first_length=1) for cell in both]
    memory += [run(cell, 100, bare, recipe="ours", encoding="one-hot") for cell in both]
    return {
        "as written": lstm_first(range(20), wins=20),
        "corrected": lstm_first(range(20), wins=20, recipe="corrected"),
        "memory": memory,
        "span": [run("RNN", 300, rnn, recipe="ours", accuracy_at={"300": 1.0, "600": 1.0}, lengths=[1, 300])],
    }


def came_true(groups: dict) -> list[str]:
    runs = run_table(groups)
    return list(prediction_table(runs, decide_part1(runs))["Came true"])


def test_predictions_come_true_or_not_by_what_the_records_say():
    expected = of_memory(one_hot=[0.1, 1], bare=[0.1, 0.2], rnn=[0.1, 0.5])
    assert came_true(expected) == ["yes", "undecided", "yes", "yes", "yes"]  # as steady: a tie in every seed
    other = of_memory(one_hot=[0.1, 0.9], bare=[0.1, 1], rnn=[0.1, 1])
    other["corrected"] = lstm_first(range(20), wins=0, recipe="corrected")
    assert came_true(other) == ["no", "undecided", "no", "no", "no"]
    assert came_true({"as written": [run("LSTM", 3, [0.1])]}) == ["undecided"] * 5


@pytest.mark.parametrize(("length", "empty"), [(5, ["5", "6", "7"]), (4, ["3", "4", "5", "6", "7"])])
def test_what_was_not_run_is_a_table_with_a_header_alone(length, empty):
    runs = table([run(cell, length, [0.1, 0.5, 1]) for cell in ("LSTM", "RNN")])
    tables = part1_tables(runs, decide_part1(runs))
    assert [number for number, (_, rows) in tables.items() if not rows] == empty
    assert all(header for header, _ in tables.values())
