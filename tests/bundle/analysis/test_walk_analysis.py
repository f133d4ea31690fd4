"""What is made of the run of many walks: of invented routes, and of the committed run by another route."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bundle.analysis import third_digits
from bundle.analysis.claims import Verdict
from bundle.original import WALK_FIGURES
from bundle.study.store import load, table
from lib.weights import about_network

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
COMMITTED = Path("results/task3/walks.jsonl")
DIGEST = about_network(Path("models"), "generator")["weights"]
RUNS = table(load(COMMITTED)).query("generator == @DIGEST")
RUN = RUNS.iloc[0]
ROUTES = {
    (2, 7): ["27"] * 80 + ["217"] * 20,
    (2, 6): ["216"] * 30 + ["286"] * 10 + ["2186"] * 20 + ["26"] * 40,
    (6, 7): ["657"] * 1 + ["647"] * 19 + ["6767"] * 80,
}


def counted(routes: dict[tuple[int, int], list[str]]) -> pd.Series:
    """A run of these routes."""
    columns = {f"line {first}-{second} route": seen for (first, second), seen in routes.items()}
    return pd.Series({"walks": tuple(routes), **columns})


def generators(*runs: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(runs).reset_index(drop=True)


def verdicts(*runs: pd.Series) -> dict[str, Verdict]:
    return third_digits.walk_verdicts(third_digits.decide_walks(generators(*runs)))


FIRST = counted(ROUTES)
NEVER = counted({**ROUTES, (2, 7): ["217"] * 100})  # all walks from 2 to 7 show a third digit


def test_a_sentence_is_decided_by_the_walks_that_show_its_digit_or_no_third_one():
    rows = third_digits.decide_walks(generators(FIRST)).set_index("claim")
    for claim, count in {"walk-2-to-7": 80, "walk-2-to-6-shows-1": 50, "walk-6-to-7-shows-5": 1}.items():
        assert (rows["count"][claim], rows["n"][claim]) == (count, 100)
        assert rows["p"][claim] == pytest.approx(stats.binomtest(count, 100).pvalue)
    assert list(rows["verdict"]) == [HOLDS, UNDECIDED, FAILS]


def test_opposite_verdicts_of_generators_depend_and_else_the_first_decides():
    claim = "walk-2-to-7"
    unclear = counted({**ROUTES, (2, 7): ["27"] * 50 + ["217"] * 50})
    assert verdicts(FIRST)[claim] is HOLDS
    assert verdicts(NEVER)[claim] is FAILS
    assert verdicts(FIRST, FIRST, NEVER)[claim] is DEPENDS
    assert verdicts(FIRST, unclear, unclear)[claim] is HOLDS
    assert verdicts(unclear, FIRST, FIRST)[claim] is UNDECIDED


def test_the_table_has_every_generators_shares_and_one_verdict():
    runs = generators(FIRST, NEVER)
    shares = third_digits.third_digit_shares(runs)
    table = third_digits.verdict_table(third_digits.decide_walks(runs), shares)
    rows = table.to_numpy().tolist()
    assert rows[0][1:] == ["80 %, 0 %", "1: 20 %", "depends"]
    assert rows[1][1:] == ["50 %, 50 %", "1: 50 %", "undecided"]


def test_both_named_digits_have_to_be_seen_and_none_is_judged_where_a_walk_was_not_made():
    often = {**ROUTES, (2, 6): ["216"] * 90 + ["26"] * 10}
    for routes, verdict in ((ROUTES, FAILS), (often, FAILS), ({**often, (6, 7): ["657"] * 100}, HOLDS)):
        decided = third_digits.decide_walks(generators(counted(routes)))
        assert third_digits.named_digits(decided)[0] is verdict
    runs = generators(FIRST, counted(often))
    assert third_digits.named_digits(third_digits.decide_walks(runs))[1] == [0.5, 0.01, 0.9, 0.01]
    other_way_round = counted({**ROUTES, (2, 6): ["26"] * 100, (6, 7): ["657"] * 100})
    runs = generators(counted(often), other_way_round)  # each shows one of the digits, and none shows both
    assert third_digits.named_digits(third_digits.decide_walks(runs))[0] is FAILS
    one_walk = generators(counted({(2, 6): often[2, 6]}))
    assert third_digits.named_digits(third_digits.decide_walks(one_walk)) == (None, [])


def test_the_committed_shares_are_those_of_its_lines():
    table = third_digits.third_digit_shares(generators(RUN))
    shares = table.set_index(["first", "second", "digit"])["share"].to_dict()
    for first, second in WALK_FIGURES.values():
        routes = RUN[f"line {first}-{second} route"]
        thirds = [set(route) - {str(first), str(second)} for route in routes]
        assert shares[first, second, third_digits.ANY] == pytest.approx(sum(map(bool, thirds)) / len(routes))
        for digit in set(range(10)) - {first, second}:
            count = sum(str(digit) in seen for seen in thirds)
            assert shares[first, second, digit] == pytest.approx(count / len(routes))


def test_the_change_table_has_lines_above_the_diagonal_and_circles_below():
    shares, between = third_digits.change_shares(RUN)
    assert np.isnan(np.diag(shares)).all()
    place = list(zip(RUN["first"], RUN["second"], strict=True)).index((3, 5))
    for cell, kind in (((3, 5), "line"), ((5, 3), "circle")):
        assert shares[cell] == RUN[f"{kind} once"][place] / RUN["paths"][place]
        visits = RUN[f"{kind} visits"][place]
        assert between[cell] == -1 if not any(visits) else visits[between[cell]] == max(visits)


@pytest.mark.parametrize(
    ("line", "circle", "short", "verdict"),
    [(1.0, 0.1, 0.9, HOLDS), (0.1, 0.1, 0.9, FAILS), (1.0, 0.5, 0.9, FAILS), (1.0, 0.1, 0.1, FAILS)],
)
def test_the_norm_decides_where_lines_and_short_noises_are_worse_and_circles_are_not(
    line, circle, short, verdict
):
    distances = {"line": [0.1, line, 0.15], "circle": [0.1, circle, 0.1]}  # 0.05 is chance
    columns = {f"{kind} nearest": values for kind, values in distances.items()}
    run = pd.Series({**columns, "short nearest": short})
    assert third_digits.norm_decides(run, "nearest") is verdict


def test_two_distances_that_contradict_each_other_depend():
    """Once one of the two that the figure draws decided alone."""
    verdict, numbers = third_digits.norm_matters(generators(RUN))
    assert numbers[0] > 0 > numbers[2]  # on lines: of a set of images, and of each alone
    assert verdict is DEPENDS
