import math
from pathlib import Path

import pandas as pd
import pytest

from bundle.analysis import part1_claims, pictures, third_digits
from bundle.analysis.claims import (
    Claim,
    Verdict,
    by_claim,
    decide,
    ledger,
    measured,
    overall,
    quoted,
    sentences,
)
from bundle.analysis.intervals import interval, median_interval
from bundle.notebook.markdown import finding

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
    """By another route: the step-up rules of 1995 and 2001 written out."""
    counts = {"b": (9, 1), "a": (6, 4), "d": (40, 10), "c": (2, 2)}
    outcomes = [row for name, (holds, fails) in counts.items() for row in seeds(holds, fails, claim=name)]
    table = decide(pd.DataFrame(outcomes))
    assert list(table["claim"]) == list(counts)
    ordered = table.sort_values("p").reset_index()
    harmonic = sum(1 / k for k in range(1, len(ordered) + 1))
    for place, row in ordered.iterrows():
        later = [p * len(ordered) / (k + 1) for k, p in enumerate(ordered["p"]) if k >= place]
        assert row["p_corrected"] == pytest.approx(min(1, *later))
        assert row["p_dependent"] == pytest.approx(min(1, *(harmonic * p for p in later)))


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


def test_the_ledger_has_every_sentence_once_and_a_claim_for_each_that_is_tested():
    entries = ledger()
    names = [entry["id"] for entry in entries]
    assert len(set(names)) == len(names) == 89
    claims = {claim.id for module in (part1_claims, pictures, third_digits) for claim in module.CLAIMS}
    assert claims == set(sentences())
    answers = {"describes": ("ours", {"same", "other"}), "explains": ("right", {"yes", "partly", "no"})}
    for entry in entries:
        assert entry["quote"]
        assert entry["section"]
        assert entry["kind"] in {"tested", "housekeeping", *answers}
        if entry["kind"] in answers:
            field, allowed = answers[entry["kind"]]
            assert entry[field] in allowed
            assert entry[field] in {"same", "yes"} or entry["note"]  # what is different says how
        if "shown_by" in entry:
            assert Path(entry["shown_by"].partition(":")[0]).is_file()


def test_the_front_table_has_two_verdicts_or_says_that_it_was_not_run():
    (row,) = quoted({"walk-2-to-7": (None, HOLDS)})
    assert row == ["“the number changes from 2 to 7”", "not run", "holds", "[Figure 17](#figure-17)"]


def test_a_finding_has_the_words_of_its_verdict():
    words = {"holds": "It is.", "words": "Look."}
    found = {verdict: finding("Is it?", verdict, link="Figure S1", **words) for verdict in Verdict}
    assert found[HOLDS] == "**Is it? Yes.** It is ([Figure S1](#figure-S1))."
    assert found[FAILS] == "**Is it? No.** Look ([Figure S1](#figure-S1))."
    assert found[UNDECIDED].startswith("**Is it? Undecided.**")
    assert found[DEPENDS].startswith("**Is it? It depends on the measure.**")
    assert finding("Is it?", None, link="Figure S1", **words) == ""


def test_a_claim_has_at_most_three_measures_which_say_what_they_are():
    assert (
        measured(interval) == "Return the exact interval of the share count / n; all of 0 to 1 where n is 0"
    )
    with pytest.raises(ValueError, match="a claim has from 1 to 3"):
        Claim("a", (interval,) * 4)


def test_the_interval_of_a_share_is_the_exact_one_of_clopper_and_pearson():
    low, high = interval(10, 10)
    assert low == pytest.approx(0.025 ** (1 / 10))  # closed form for n of n
    assert high == 1
    assert interval(0, 0) == (0, 1)


def test_the_median_of_runs_that_may_never_arrive():
    never = math.inf
    assert median_interval([100, never, 300]) == (300, -math.inf, math.inf)
    assert median_interval([10, 20, 30, 40, 50, 60, 70, never, never, never]) == (55, 20, never)
    assert median_interval([never] * 10)[0] == never
    assert median_interval([math.nan, 1, -1])[0] == 0


@pytest.mark.parametrize("n", [6, 10, 50])
def test_the_interval_of_a_median_covers_at_least_95_percent_and_no_narrower_one_does(n):
    _, low, high = median_interval(range(1, n + 1))
    outside = 2 * sum(math.comb(n, k) for k in range(int(low))) / 2**n
    narrower = 2 * sum(math.comb(n, k) for k in range(int(low) + 1)) / 2**n
    assert high == n + 1 - low
    assert outside <= 0.05 < narrower
