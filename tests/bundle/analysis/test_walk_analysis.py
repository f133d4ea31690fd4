"""What is made of the run of many walks: of invented routes, and of the committed run by another route."""

from itertools import product
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
    """A run of these routes, the same on line and circle."""
    run = {"walks": tuple(routes)}
    for (first, second), kind in product(routes, third_digits.KINDS):
        name, seen = f"{first}-{second}", routes[first, second]
        run.update({f"{kind} {name} {reading}": seen for reading in ("route", "route of steps")})
    return pd.Series(run)


def generators(*runs: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(runs).reset_index(drop=True)


def seen(*runs: pd.Series) -> pd.DataFrame:
    return third_digits.seen_digits(generators(*runs))


def decide(*runs: pd.Series) -> pd.DataFrame:
    return third_digits.decide_walks(seen(*runs))


def test_a_third_digit_is_set_against_the_one_seen_most_path_by_path():
    rows = decide(counted(ROUTES)).set_index(["claim", "case", "measure"])
    row = rows.loc["walk-2-to-6-shows-1", "line", third_digits.BEFORE_RIVAL]  # 1 on 50, 8 on 30, both on 20
    assert (row["count"], row["n"], row["ties"], row["verdict"]) == (30, 40, 60, HOLDS)
    assert row["p"] == pytest.approx(2 * stats.binom.sf(29, 40, 0.5))
    row = rows.loc["walk-6-to-7-shows-5", "line", third_digits.BEFORE_RIVAL]
    assert (row["count"], row["n"], row["verdict"]) == (1, 20, FAILS)
    assert row["p"] == pytest.approx(8 * 2 * stats.binom.cdf(1, 20, 0.5))  # a rival picked from eight


NEVER = counted({**ROUTES, (2, 7): ["217"] * 100})  # all walks from 2 to 7 show a third digit


def on_lines(*runs: pd.Series) -> dict[str, Verdict]:
    return third_digits.walk_verdicts(decide(*runs), kind="line")


def test_opposite_verdicts_of_generators_depend_and_else_the_first_decides():
    claim, first = "walk-2-to-7", counted(ROUTES)
    unclear = counted({**ROUTES, (2, 7): ["27"] * 50 + ["217"] * 50})
    assert on_lines(first)[claim] is HOLDS
    assert on_lines(NEVER)[claim] is FAILS
    assert on_lines(first, first, NEVER)[claim] is DEPENDS
    assert on_lines(first, unclear, unclear)[claim] is HOLDS
    assert on_lines(unclear, first, first)[claim] is UNDECIDED


def test_the_table_has_every_generators_shares_and_one_verdict():
    in_strips = {f"{kind} 2-7 route of steps": ["27"] * 100 for kind in third_digits.KINDS}
    first = pd.Series({**counted(ROUTES), **in_strips})
    runs = (first, NEVER)
    shares = third_digits.third_digit_shares(seen(*runs))
    rows = third_digits.verdict_table(generators(*runs), decide(*runs), shares).to_numpy().tolist()
    assert rows[0][1:] == ["80 %, 0 %", "100 %", "1: 20 %", "depends", "depends"]
    assert rows[1][1:4] == ["50 %, 50 %", "50 %", "1: 50 %"]


def test_the_committed_shares_are_those_of_its_lines():
    table = third_digits.third_digit_shares(seen(RUN))
    shares = table.set_index(["first", "second", "kind", "digit"])["share"].to_dict()
    for (first, second), kind in product(WALK_FIGURES.values(), third_digits.KINDS):
        routes = RUN[f"{kind} {first}-{second} route"]
        thirds = [set(route) - {str(first), str(second)} for route in routes]
        walk = (first, second, kind)
        assert shares[*walk, third_digits.ANY] == pytest.approx(sum(map(bool, thirds)) / len(routes))
        for digit in set(range(10)) - {first, second}:
            count = sum(str(digit) in seen for seen in thirds)
            assert shares[*walk, digit] == pytest.approx(count / len(routes))


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
    distances = {"line": [0.1, line, 0.15], "circle": [0.1, circle, 0.1]}
    columns = {f"{kind} nearest": values for kind, values in distances.items()}
    run = pd.Series({**columns, "short nearest": short})
    assert third_digits.middles(run, "nearest")["chance"] == pytest.approx(0.05)
    assert third_digits.norm_decides(run, "nearest") is verdict


def test_two_distances_that_contradict_each_other_depend():
    """Once one of the two that the figure draws decided alone."""
    _, _, (verdict, numbers) = third_digits.prediction_outcomes(generators(RUN), decide(RUN))
    assert numbers[0] > 0 > numbers[2]  # on lines: of a set of images, and of each alone
    assert verdict is DEPENDS
