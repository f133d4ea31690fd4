import math
import re

import numpy as np
import pytest

from bundle.claims.part1 import (
    PART1,
    Curve,
    ablation_table,
    decide_part1,
    final_accuracy,
    final_by_length,
    in_words,
    logged,
    span,
    statistics_table,
    tally,
    verdict_table,
)
from bundle.claims.verdicts import Verdict, interval, median_interval
from bundle.commands.tables import main
from bundle.original import LOG_EVERY
from bundle.runs import records
from bundle.runs.records import Record


def run(cell: str, length: int, accuracy: list[float], *, seed: int = 0, recipe: str = "corrected") -> Record:
    """A record whose logged accuracies, one every ten steps, are these."""
    settings = {"cell": cell, "seq_length": length, "seed": seed, "recipe": recipe}
    return Record(settings=settings, columns={"accuracy": list(np.repeat(accuracy, LOG_EVERY))})


@pytest.mark.parametrize(
    ("accuracy", "first", "held"),
    [
        ([0.1, 0.5, 1, 1], 20, 20),
        ([0.1, 1, 0.9, 1], 10, 30),
        ([0.1, 1, 1, 0.9], 10, np.inf),
        ([0.1, 0.2, 0.3, 0.4], np.inf, np.inf),
        ([1, 1, 1, 1], 0, 0),
    ],
)
def test_steps_to_full_accuracy(accuracy, first, held):
    assert Curve(np.array(accuracy)).first_full() == first
    assert Curve(np.array(accuracy)).held_full() == held


def test_the_deepest_drop_is_below_the_best_so_far():
    assert Curve(np.array([0.2, 0.9, 0.3, 1.0, 0.6])).deepest_drop() == pytest.approx(0.6)
    assert Curve(np.array([0.2, 0.4, 0.9])).deepest_drop() == 0


LSTM_FIRST = "At 5 the LSTM reaches 100 % before the RNN (§2.2)"


def judged(sentence: str, records: list[Record]) -> Verdict:
    (verdict,) = decide_part1(records, {sentence: PART1[sentence]})
    return verdict


def lstm_first(seeds: range, *, wins: int) -> list[Record]:
    """Runs at length 5 in which the LSTM is first for `wins` of the seeds."""
    records = []
    for seed in seeds:
        slow, fast = [0.1, 0.5, 0.8, 1], [0.1, 1, 1, 1]
        lstm, rnn = (fast, slow) if seed < wins else (slow, fast)
        records += [run("LSTM", 5, lstm, seed=seed), run("RNN", 5, rnn, seed=seed)]
    return records


@pytest.mark.parametrize(
    ("n", "wins", "word"),
    [
        (3, 3, "undecided"),
        (10, 10, "holds"),
        (10, 9, "holds"),
        (10, 7, "undecided"),
        (10, 1, "does not hold"),
    ],
)
def test_the_verdict_follows_the_interval_of_the_share(n, wins, word):
    verdict = judged(LSTM_FIRST, lstm_first(range(n), wins=wins))
    assert (verdict.count, verdict.n, verdict.word) == (wins, n, word)
    low, high = interval(verdict.count, verdict.n)
    assert low <= wins / n <= high


def test_the_interval_is_the_exact_one_of_clopper_and_pearson():
    low, high = interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert high == 1
    shown = judged(LSTM_FIRST, lstm_first(range(10), wins=10)).cells(".2f")
    assert shown[:2] == ["10/10", f"{low:.2f} to 1.00"]


def test_a_tie_does_not_make_the_claim_true():
    records = [run("LSTM", 5, [0.1, 1]), run("RNN", 5, [0.1, 1])]
    assert judged(LSTM_FIRST, records).count == 0


def test_runs_that_never_arrive_count_as_later_than_all_that_do():
    records = [run("LSTM", 5, [0.1, 0.5, 1]), run("RNN", 5, [0.1, 0.2, 0.3])]
    assert judged(LSTM_FIRST, records).count == 1


def test_each_recipe_has_its_own_verdict_and_claims_without_runs_have_none():
    records = [
        run(cell, 5, [0.1, 1], recipe=recipe)
        for cell in ("LSTM", "RNN")
        for recipe in ("as-written", "corrected")
    ]
    verdicts = decide_part1(records)
    assert {v.case for v in verdicts} == {"as-written", "corrected"}
    never = "At 30 the RNN does not reach 100 % in 1500 steps (§2.2)"
    assert never in PART1
    assert never not in {v.sentence for v in verdicts}
    header, rows = verdict_table(verdicts)
    assert all(len(row) == len(header) for row in rows)


def test_p_values_are_the_exact_binomial_ones_corrected_for_all_claims_by_the_step_up_rule():
    """By another route: binomial sums by hand, and Benjamini and Hochberg's rule written out."""
    records = [r for wins in (9,) for r in lstm_first(range(10), wins=wins)]
    verdicts = decide_part1(records)
    assert len(verdicts) >= 3
    for v in verdicts:
        tail = sum(math.comb(v.n, k) for k in range(v.n + 1) if math.comb(v.n, k) <= math.comb(v.n, v.count))
        assert v.p == pytest.approx(tail / 2**v.n)
    ordered = sorted(verdicts, key=lambda v: v.p)
    for place, v in enumerate(ordered):
        later = [other.p * len(ordered) / (k + 1) for k, other in enumerate(ordered) if k >= place]
        assert v.corrected == pytest.approx(min(1, *later))


def test_the_median_of_runs_that_may_never_arrive():
    never = math.inf
    assert median_interval([100, never, 300]) == (300, -math.inf, math.inf)
    median, low, high = median_interval([10, 20, 30, 40, 50, 60, 70, never, never, never])
    assert (median, low, high) == (55, 20, never)
    assert median_interval([never] * 10)[0] == never
    assert median_interval([math.nan, 1, -1])[0] == 0


@pytest.mark.parametrize("n", [10, 20, 31])
def test_the_interval_of_the_median_covers_at_least_95_percent_and_no_narrower_one_does(n):
    values = list(range(n))
    _, low, high = median_interval(values)
    rank = int(low) + 1
    assert high == n - rank
    outside = 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n
    narrower = 2 * sum(math.comb(n, k) for k in range(rank + 1)) / 2**n
    assert outside <= 0.05 < narrower


def test_collapses_and_unsteadiness_count_from_the_first_full_batch():
    curve = Curve(np.array([0.5, 0.2, 1, 0.95, 0.85, 0.8, 1, 0.3, 1, 1]))
    assert curve.collapses() == 2
    assert curve.unsteadiness() == pytest.approx(4 / 8)
    assert Curve(np.array([0.5, 0.9])).unsteadiness() == 1
    assert Curve(np.array([0.5, 0.9, 0.1])).collapses() == 0


def test_runs_without_the_schedule_count_only_for_the_claim_about_it():
    def scheduled(factor: float, accuracy: list[float], seed: int) -> Record:
        record = run("LSTM", 10, accuracy, seed=seed)
        record.settings["schedule_factor"] = factor
        return record

    records = [scheduled(0.96, [0.1, 1, 1], s) for s in range(10)] + [
        scheduled(1.0, [0.1, 1, 0.5], s) for s in range(10)
    ]
    verdict = judged("The learning-rate schedule gives better results (§2.1.2)", records)
    assert (verdict.count, verdict.n, verdict.word) == (10, 10, "holds")
    assert len(statistics_table(records)[1]) == 2


def test_a_recipe_of_ours_is_not_judged_by_the_originals_sentences():
    records = [run(cell, 5, [0.1, 1], recipe="ours") for cell in ("LSTM", "RNN")]
    assert decide_part1(records) == []
    assert statistics_table(records)[1][0][:4] == ["LSTM", "ours", "5", "1"]


def test_the_table_is_printed_again_from_stored_records(tmp_path, capsys):
    for record in lstm_first(range(10), wins=10):
        records.save(record, tmp_path)
    main([str(tmp_path)])
    out = capsys.readouterr().out
    assert "At 5 the LSTM reaches 100 % before the RNN" in out
    assert "10/10" in out
    with pytest.raises(SystemExit, match="usage"):
        main([str(tmp_path / "nothing")])


def test_there_are_thirteen_claims_and_each_says_how_it_is_measured():
    assert len(PART1) == 13
    assert all("; median: " in test for test, _ in PART1.values())


def curriculum_run(accuracy: list[float], lengths: list[int]) -> Record:
    settings = {"cell": "LSTM", "seq_length": 30, "seed": 0, "recipe": "ours"}
    return Record(settings=settings, columns={"accuracy": accuracy, "length": lengths})


def test_full_accuracy_at_a_shorter_length_is_not_yet_held():
    record = curriculum_run([1.0] * 40, [5] * 15 + [30] * 25)
    assert logged(record).held_full() == logged(record).first_full() == 20


def test_the_final_accuracy_is_that_of_the_batches_at_the_target():
    record = curriculum_run([0.2, 0.9, 0.1, 1.0], [30, 30, 7, 30])
    assert final_accuracy(record, last=3) == pytest.approx(0.95)
    assert final_accuracy(curriculum_run([1.0, 1.0], [7, 9]), last=2) == 0
    assert final_accuracy(run("LSTM", 5, [0.5, 1]), last=10) == 1
    assert final_by_length([record], last=1) == {30: [1.0]}


@pytest.mark.parametrize(
    ("finals", "expected"),
    [
        ({5: [1, 1], 10: [0.99, 1], 30: [1, 0.2]}, 10),
        ({5: [0.5, 1], 10: [1, 1]}, 0),
        ({10: [1, 1], 5: [1, 1]}, 10),
    ],
)
def test_the_span_ends_where_too_few_seeds_arrive(finals, expected):
    assert span(finals, accuracy=0.99, share=0.9) == expected


def test_the_ablation_compares_the_whole_recipe_with_one_part_less_each():
    whole = [run("LSTM", 100, [0.1, 1, 1], seed=s, recipe="ours") for s in range(2)]
    whole[0].summary["accuracy_at"] = {"3": 1.0, "100": 0.97}
    whole[1].summary["accuracy_at"] = {"3": 0.98, "100": 1.0}
    without_a = [run("LSTM", 100, [0.1, 0.2, 0.3], seed=s, recipe="ours") for s in range(2)]
    without_b = [run("LSTM", 100, [0.1, 0.2, 1], seed=s, recipe="ours") for s in range(2)]
    _, rows = ablation_table({"ours": whole, "without a": without_a, "without b": without_b})
    assert [row[:3] for row in rows] == [
        ["ours", "2/2", "10"],
        ["without a", "0/2", "never"],
        ["without b", "2/2", "20"],
    ]
    assert rows[0][-1] == "0.970"


def test_in_words_the_first_full_batch_is_a_step_or_never():
    records = [run("LSTM", 5, [0.1, 1], seed=s) for s in range(3)]
    records += [run("LSTM", 5, [0.1, 0.2], seed=s, recipe="as-written") for s in range(3)]
    assert (in_words(records, "corrected"), in_words(records, "as-written")) == ("10", "never")


def test_the_tally_counts_every_verdict_once():
    verdicts = decide_part1(lstm_first(range(10), wins=10))
    words = tally(verdicts)
    counts = [int(word) for word in re.findall(r"\d+", words)]
    assert counts[0] == sum(counts[1:]) == len(verdicts)
    assert "corrected" in words
