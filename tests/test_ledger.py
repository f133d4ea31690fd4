import numpy as np
import pytest

from lib import ledger
from lib.records import Record


def run(cell: str, length: int, accuracy: list[float], *, seed: int = 0, recipe: str = "corrected") -> Record:
    """A record whose logged accuracies, one every ten steps, are these."""
    settings = {"cell": cell, "seq_length": length, "seed": seed, "recipe": recipe}
    return Record(settings=settings, columns={"accuracy": list(np.repeat(accuracy, ledger.EVERY))})


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
    assert ledger.first_full(np.array(accuracy)) == first
    assert ledger.held_full(np.array(accuracy)) == held


def test_the_deepest_drop_is_below_the_best_so_far():
    assert ledger.deepest_drop(np.array([0.2, 0.9, 0.3, 1.0, 0.6])) == pytest.approx(0.6)
    assert ledger.deepest_drop(np.array([0.2, 0.4, 0.9])) == 0


def judged(claim_id: str, records: list[Record]) -> ledger.Verdict:
    (verdict,) = ledger.judge([c for c in ledger.PART1 if c.id == claim_id], records)
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
    verdict = judged("lstm-first-at-5", lstm_first(range(n), wins=wins))
    assert (verdict.count, verdict.n, verdict.word) == (wins, n, word)
    assert verdict.low <= wins / n <= verdict.high


def test_the_interval_is_the_exact_one_of_clopper_and_pearson():
    verdict = judged("lstm-first-at-5", lstm_first(range(10), wins=10))
    assert verdict.low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert verdict.high == 1


def test_a_tie_does_not_make_the_claim_true():
    records = [run("LSTM", 5, [0.1, 1]), run("RNN", 5, [0.1, 1])]
    assert judged("lstm-first-at-5", records).count == 0


def test_runs_that_never_arrive_count_as_later_than_all_that_do():
    records = [run("LSTM", 5, [0.1, 0.5, 1]), run("RNN", 5, [0.1, 0.2, 0.3])]
    assert judged("lstm-first-at-5", records).count == 1


def test_each_recipe_has_its_own_verdict_and_claims_without_runs_have_none():
    records = [
        run(cell, 5, [0.1, 1], recipe=recipe)
        for cell in ("LSTM", "RNN")
        for recipe in ("as-written", "corrected")
    ]
    verdicts = list(ledger.judge(ledger.PART1, records))
    assert {v.recipe for v in verdicts} == {"as-written", "corrected"}
    assert "rnn-never-30" not in {v.claim.id for v in verdicts}
    assert all(len(row) == len(ledger.HEADER) for row in ledger.rows(verdicts))


def test_claims_have_ids_of_their_own():
    assert len({claim.id for claim in ledger.PART1}) == len(ledger.PART1) >= 9


def curriculum_run(accuracy: list[float], lengths: list[int]) -> Record:
    settings = {"cell": "LSTM", "seq_length": 30, "seed": 0, "recipe": "ours"}
    return Record(settings=settings, columns={"accuracy": accuracy, "length": lengths})


def test_full_accuracy_at_a_shorter_length_is_not_yet_held():
    record = curriculum_run([1.0] * 40, [5] * 15 + [30] * 25)
    assert ledger.held_full(ledger.logged(record)) == ledger.first_full(ledger.logged(record)) == 20


def test_the_final_accuracy_is_that_of_the_batches_at_the_target():
    record = curriculum_run([0.2, 0.9, 0.1, 1.0], [30, 30, 7, 30])
    assert ledger.final_accuracy(record, last=3) == pytest.approx(0.95)
    assert ledger.final_accuracy(curriculum_run([1.0, 1.0], [7, 9]), last=2) == 0
    assert ledger.final_accuracy(run("LSTM", 5, [0.5, 1]), last=10) == 1
    assert ledger.final_by_length([record], last=1) == {30: [1.0]}


@pytest.mark.parametrize(
    ("finals", "expected"),
    [
        ({5: [1, 1], 10: [0.99, 1], 30: [1, 0.2]}, 10),
        ({5: [0.5, 1], 10: [1, 1]}, 0),
        ({10: [1, 1], 5: [1, 1]}, 10),
    ],
)
def test_the_span_ends_where_too_few_seeds_arrive(finals, expected):
    assert ledger.span(finals, accuracy=0.99, share=0.9) == expected
