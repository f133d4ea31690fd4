import math
from pathlib import Path

import pandas as pd
import pytest

from bundle.analysis import part1, pictures, third_digits
from bundle.analysis.claims import Verdict, by_claim, decide, interval, ledger, sentences

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict


def seeds(holds: int, fails: int, *, ties=0, claim="a", measure="first", **more) -> list[dict]:
    values = [True] * holds + [False] * fails + [None] * ties
    return [{"claim": claim, "case": "as written", "measure": measure, "holds": v, **more} for v in values]


def tail(count: int, n: int) -> float:
    """Two-sided exact p against one half, written out."""
    return sum(math.comb(n, k) for k in range(n + 1) if math.comb(n, k) <= math.comb(n, count)) / 2**n


@pytest.mark.parametrize(
    ("holds", "fails", "verdict"),
    [(3, 0, UNDECIDED), (10, 0, HOLDS), (9, 1, HOLDS), (8, 2, UNDECIDED), (0, 10, FAILS), (0, 0, UNDECIDED)],
)
def test_a_claim_is_decided_where_a_coin_would_hardly_do_it(holds, fails, verdict):
    (row,) = decide(pd.DataFrame(seeds(holds, fails, ties=2))).itertuples()
    assert (row.count, row.n, row.ties) == (holds, holds + fails, 2)
    assert row.p == pytest.approx(tail(holds, holds + fails))
    assert (row.low, row.high) == interval(holds, holds + fails)
    assert row.verdict is verdict


def test_all_are_corrected_together_in_the_order_of_their_first_appearance():
    """By another route: the step-up rule of 1995 written out."""
    counts = {"b": (9, 1), "a": (6, 4), "d": (40, 10), "c": (2, 2)}
    outcomes = [row for name, (holds, fails) in counts.items() for row in seeds(holds, fails, claim=name)]
    table = decide(pd.DataFrame(outcomes))
    assert list(table["claim"]) == list(counts)
    ordered = table.sort_values("p").reset_index()
    for place, row in ordered.iterrows():
        later = [p * len(ordered) / (k + 1) for k, p in enumerate(ordered["p"]) if k >= place]
        assert row["p_corrected"] == pytest.approx(min(1, *later))


def test_the_interval_of_a_share_is_the_exact_one_of_clopper_and_pearson():
    low, high = interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert high == 1
    assert interval(0, 0) == (0, 1)


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ([HOLDS, UNDECIDED], HOLDS),
        ([UNDECIDED, HOLDS, HOLDS], UNDECIDED),
        ([HOLDS, UNDECIDED, FAILS], DEPENDS),
        ([FAILS], FAILS),
    ],
)
def test_the_main_measure_decides_unless_two_contradict_each_other(verdicts, found):
    outcomes = []
    for name, verdict in zip("xyz", verdicts, strict=False):
        holds = {HOLDS: 20, FAILS: 0, UNDECIDED: 10}[verdict]
        outcomes += seeds(holds, 20 - holds, measure=name)
    (row,) = by_claim(decide(pd.DataFrame(outcomes))).itertuples()
    assert (row.measure, row.verdict) == ("x", found)


def test_the_ledger_has_every_sentence_once_and_a_claim_for_each_that_is_tested():
    entries = ledger()
    assert len({entry["id"] for entry in entries}) == len(entries) == 89
    tested = [*part1.COMPARISONS, *part1.LIMITS, *pictures.CLAIMS, *third_digits.CLAIMS.values()]
    assert sorted(tested) == sorted(sentences())
    answers = {"describes": ("ours", {"same", "other"}), "explains": ("right", {"yes", "partly", "no"})}
    for entry in entries:
        assert entry["quote"]
        if entry["kind"] in answers:
            field, allowed = answers[entry["kind"]]
            assert entry[field] in allowed
            assert entry[field] in {"same", "yes"} or entry["note"]  # what is different says how
        if "shown_by" in entry:
            path, words = entry["shown_by"].split(": ")
            assert f"def test_{words.replace(' ', '_')}(" in Path(path).read_text()
