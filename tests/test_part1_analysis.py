import re

import numpy as np
import pytest

from bundle.analysis.part1 import (
    CORRECTED,
    ORIGINAL_METRIC,
    SHARED_METRIC,
    decide_part1,
    robust_part1,
    robust_table,
    tally,
    verdict_table,
)
from bundle.analysis.sentences import SENTENCES, lower, rising
from bundle.analysis.statistics import arrival, statistics_table, summary, survival_table
from tests.part1_records import lstm_first, run

FIRST = "At 5 the LSTM reaches 100 % before the RNN (§2.2)"
SCHEDULE = "The learning-rate schedule gives better results (§2.1.2)"
LONGER = "At 30 it is worse because training ends at 1500 steps (§2.2)"
LIMITED = "Length 30 is worse because the memory is limited (§2.2)"
FLUCTUATES = "At 30 the RNN fluctuates dramatically (§2.2)"


def verdicts(groups: dict, sentence: str) -> dict:
    return {v.case: v for v in decide_part1(groups) if v.sentence == sentence}


@pytest.mark.parametrize(("wins", "word"), [(10, "holds"), (5, "undecided"), (0, "does not hold")])
def test_a_sentence_is_counted_over_seeds_under_both_measures(wins, word):
    found = verdicts({"as written": lstm_first(range(10), wins=wins)}, FIRST)
    assert set(found) == {ORIGINAL_METRIC, SHARED_METRIC}
    assert [(v.count, v.n, v.word) for v in found.values()] == [(wins, 10, word)] * 2


def test_the_corrected_recipe_has_the_common_measure_alone():
    groups = {"as written": lstm_first(range(10), wins=0)}
    groups["corrected"] = lstm_first(range(10), wins=10, recipe="corrected")
    found = verdicts(groups, FIRST)
    assert {case: v.count for case, v in found.items()} == {
        ORIGINAL_METRIC: 0,
        SHARED_METRIC: 0,
        CORRECTED: 10,
    }


def test_the_two_measures_may_disagree():
    lstm, rnn = (run(cell, 5, [0.1, 0.5, 1]) for cell in ("LSTM", "RNN"))
    rnn.columns["n_correct_batch"] = [100, 100, 100]
    found = verdicts({"as written": [lstm, rnn]}, FIRST)
    assert (found[ORIGINAL_METRIC].count, found[ORIGINAL_METRIC].n) == (0, 1)
    assert (found[SHARED_METRIC].n, found[SHARED_METRIC].ties) == (0, 1)


def test_a_tie_is_no_seed():
    same = [run(cell, 5, [0.1, 1], seed=s) for cell in ("LSTM", "RNN") for s in range(3)]
    never = [run(cell, 5, [0.1, 0.5], seed=s) for cell in ("LSTM", "RNN") for s in range(3, 5)]
    found = verdicts({"as written": lstm_first(range(5, 8), wins=8) + same + never}, FIRST)[SHARED_METRIC]
    assert (found.count, found.n, found.ties) == (3, 3, 5)
    assert lower(np.inf, np.inf) == (0, None)
    assert (rising(1, 2, 3), rising(1, 2, 2), rising(1, 2, 1)) == (True, None, False)


def test_runs_that_never_arrive_count_as_later_than_all_that_do():
    groups = {"as written": [run("LSTM", 5, [0.1, 0.5, 1]), run("RNN", 5, [0.1, 0.2, 0.3])]}
    assert verdicts(groups, FIRST)[SHARED_METRIC].count == 1


def test_runs_without_the_schedule_count_only_for_the_sentence_about_it():
    groups = {
        "as written": [run("LSTM", 10, [0.1, 1, 1], seed=s) for s in range(10)],
        "unscheduled": [run("LSTM", 10, [0.1, 1, 0.5], seed=s, schedule_factor=1.0) for s in range(10)],
    }
    found = verdicts(groups, SCHEDULE)
    assert set(found) == {SHARED_METRIC}  # there they have no metric of the original's
    assert (found[SHARED_METRIC].count, found[SHARED_METRIC].n, found[SHARED_METRIC].word) == (
        10,
        10,
        "holds",
    )


def test_what_longer_training_and_our_recipe_say_of_the_original_s_reasons():
    groups = {
        "as written": [run("LSTM", 30, [0.1, 0.1])],
        "longer": [
            run("LSTM", 30, [0.1, 1], seed=s, schedule_factor=factor)
            for s in range(10)
            for factor in (0.96, 1)
        ],
        "ours": [run("LSTM", 30, [0.1, 1], seed=s, recipe="ours") for s in range(10)],
    }
    groups["longer"][0].columns["n_correct"][-1] = 99
    assert (verdicts(groups, LONGER)[SHARED_METRIC].count, verdicts(groups, LONGER)[SHARED_METRIC].n) == (
        9,
        10,
    )
    assert verdicts(groups, LIMITED)[SHARED_METRIC].word == "does not hold"


def test_what_is_fixed_by_a_cell_at_chance_is_named():
    low = [run("RNN", 30, [0.1, 0.2, 0.1], seed=s) for s in range(10)]
    found = verdicts({"as written": low}, FLUCTUATES)[SHARED_METRIC]
    assert found.note == "RNN at 30"
    low[0].columns["n_correct"][1] = 60
    assert not verdicts({"as written": low}, FLUCTUATES)[SHARED_METRIC].note


def test_where_measures_disagree_the_word_is_depends_and_the_row_says_on_what():
    lstm, rnn = [0.1, 1, 0.2, 0.2, 1], [0.1, 0.9, 0.9, 1, 1]  # first at 100 %, but lower on the whole
    groups = {
        "as written": [run(c, 5, of, seed=s) for c, of in (("LSTM", lstm), ("RNN", rnn)) for s in range(20)]
    }
    (row,) = [row for row in robust_part1(groups) if row.sentence == FIRST]
    assert (row.recipe, row.word) == ("as written", "depends")
    assert "holds by first 100 % (original) 20/20" in row.by_word()
    assert "does not hold by mean accuracy (original) 0/20, held 100 % 0/20" in row.by_word()
    assert "a tie in every seed by held 100 % (original)" in row.by_word()  # the RNN's is every 50 steps
    header, rows = robust_table([row])
    assert len(header) == len(rows[0])


def test_where_they_agree_it_is_their_word():
    groups = {"as written": lstm_first(range(20), wins=20)}
    (row,) = [row for row in robust_part1(groups) if row.sentence == FIRST]
    assert row.word == "holds"


def test_every_sentence_has_measures_with_names_of_their_own():
    assert len(SENTENCES) == 17
    for measures in SENTENCES.values():
        assert len({measure.name for measure in measures}) == len(measures) >= 2


def test_the_verdict_table_has_a_cell_for_each_column_and_the_sentence_once():
    header, rows = verdict_table(decide_part1({"as written": lstm_first(range(10), wins=10)}))
    assert all(len(row) == len(header) for row in rows)
    assert [row[0].startswith(FIRST) for row in rows].count(True) == 1


def test_the_tally_counts_every_verdict_once():
    found = decide_part1({"as written": lstm_first(range(10), wins=10)})
    counts = [int(word) for word in re.findall(r"\b\d+\b", tally(found))]
    assert sum(counts[1:]) == len(found)


def test_statistics_are_medians_over_seeds():
    groups = {"as written": [run("LSTM", 5, [0.1, 1, 1], seed=0), run("LSTM", 5, [0.1, 0.5, 1], seed=1)]}
    groups["unscheduled"] = [run("LSTM", 10, [0.1, 0.2], schedule_factor=1)]
    _, rows = statistics_table(groups)
    assert [row[:5] for row in rows] == [
        ["LSTM", "as written", "5", "2", "38"],
        ["LSTM", "as written, no schedule", "10", "1", "never"],
    ]
    assert summary(groups)["LSTM as written 5 first 100 %"] == 37.5
    assert summary(groups)["LSTM as written, no schedule 10 first 100 %"] == -1
    assert arrival(groups["unscheduled"]) == "never"


def test_the_survival_table_has_a_row_for_each_case_and_length():
    _, rows = survival_table({"as written": lstm_first(range(10), wins=10)})
    assert [row[:3] for row in rows] == [[ORIGINAL_METRIC, "5", "10/10"], [SHARED_METRIC, "5", "10/10"]]
    assert rows[0][-1] == "< 0.001"
