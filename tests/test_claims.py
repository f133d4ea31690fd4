import math

import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from bundle.analysis.claims import Claim, Verdict, by_claim, decide, measured, overall, quoted, sentences
from bundle.analysis.intervals import interval, median_interval
from bundle.notebook.page import finding

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
    counts = {"b": (10, 0), "a": (9, 1), "c": (5, 5)}
    outcomes = [row for name, (holds, fails) in counts.items() for row in seeds(holds, fails, claim=name)]
    table = decide(pd.DataFrame(outcomes))
    assert list(table["claim"]) == ["b", "a", "c"]
    for column, method in (("p_corrected", "bh"), ("p_dependent", "by")):
        assert list(table[column]) == pytest.approx(false_discovery_control(table["p"], method=method))


def test_a_test_that_was_picked_from_rivals_has_to_lead_by_more():
    (row,) = decide(pd.DataFrame(seeds(10, 0, candidates=8))).itertuples()
    assert row.p == pytest.approx(8 * tail(10, 10))


def test_values_have_a_median_with_its_interval():
    outcomes = seeds(4, 0)
    for value, row in zip([1, 3, math.inf, 5], outcomes, strict=True):
        row["value"] = value
    assert decide(pd.DataFrame(outcomes))["value"].item() == 4


def test_without_outcomes_nothing_is_decided():
    assert decide(pd.DataFrame()).empty


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ([HOLDS, UNDECIDED], HOLDS),
        ([UNDECIDED, HOLDS, HOLDS], UNDECIDED),
        ([HOLDS, UNDECIDED, FAILS], DEPENDS),
        ([UNDECIDED, FAILS, HOLDS], DEPENDS),
        ([FAILS], FAILS),
    ],
)
def test_the_main_measure_decides_unless_two_contradict_each_other(verdicts, found):
    assert overall(verdicts) is found
    outcomes = []
    for name, verdict in zip("xyz", verdicts, strict=False):
        holds = {HOLDS: 20, FAILS: 0, UNDECIDED: 10}[verdict]
        outcomes += seeds(holds, 20 - holds, measure=name)
    (row,) = by_claim(decide(pd.DataFrame(outcomes))).itertuples()
    assert (row.measure, row.verdict) == ("x", found)


def test_every_sentence_of_the_original_has_its_words_and_a_place():
    known = sentences()
    assert len(known) == 27
    for sentence in known.values():
        assert sentence.quote
        assert sentence.sentence
        assert sentence.link.startswith("[Figure ") or sentence.link.startswith("[Table ")


def test_the_front_table_has_two_verdicts_or_says_that_it_was_not_run():
    (row,) = quoted({"walk-2-to-7": (None, HOLDS)})
    assert row == ["“the number changes from 2 to 7”", "not run", "holds", "[Figure 17](#figure-17)"]


def test_a_finding_has_the_words_of_its_verdict():
    words = {"holds": "It is.", "fails": "It is not.", "undecided": "Who knows.", "depends": "On it."}
    for verdict, start in {HOLDS: "Yes.** It is", FAILS: "No.** It is not"}.items():
        text = finding("Is it?", verdict, link="Figure S1", **words)
        assert text == f"**Is it? {start} ([Figure S1](#figure-S1))."


def test_a_claim_has_at_most_three_measures_which_say_what_they_are():
    assert (
        measured(interval) == "Return the exact interval of the share count / n; all of 0 to 1 where n is 0"
    )
    with pytest.raises(ValueError, match="a claim has from 1 to 3"):
        Claim("a", (interval,) * 4)


def test_the_interval_of_a_median_leaves_out_at_most_one_in_twenty():
    for n in (6, 10, 50):
        _, low, high = median_interval(range(1, n + 1))
        outside = 2 * sum(math.comb(n, k) for k in range(int(low))) / 2**n
        narrower = 2 * sum(math.comb(n, k) for k in range(int(low) + 1)) / 2**n
        assert high == n + 1 - low
        assert outside <= 0.05 < narrower
    assert median_interval([1, 2]) == (1.5, -math.inf, math.inf)
