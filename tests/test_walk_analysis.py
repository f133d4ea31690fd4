"""What is made of a record of many walks: of invented routes, and of the committed record."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bundle.analysis.verdicts import Verdict, interval
from bundle.analysis.walks import (
    KINDS,
    WALK_CLAIMS,
    change_shares,
    decide_walks,
    path_table,
    reading_table,
    seen_table,
    smoother,
    summary,
    verdict_table,
)
from bundle.experiments.strips import Strip
from bundle.original import WALK_FIGURES
from bundle.study.records import Record
from bundle.study.store import load
from lib.latent.interpolation import INTERPOLATIONS

(RECORD,) = load(Path("results/task3/walks.jsonl"))
PAIRS = {claim.sentence: claim.pair for claim in WALK_CLAIMS}


def test_the_kinds_of_path_are_those_that_can_be_walked():
    assert KINDS == INTERPOLATIONS


def counted(routes: dict[str, list[str]]) -> Record:
    """A record of these routes, the same on line and circle, for all three walks."""
    columns = {"first": [], "second": [], "paths": []} | {
        f"{kind} {n}": [] for kind in KINDS for n in ("once", "visits")
    }
    for ends, kind in itertools.product(WALK_FIGURES.values(), KINDS):
        name = f"{ends[0]}-{ends[1]}"
        for column in ("route", "route of steps", "glimpsed"):
            columns[f"{kind} {name} {column}"] = routes[name]
        columns[f"{name} confidence"] = [0.95] * (len(routes[name]) - 1) + [0.5]
    return Record(settings={"seed": 0}, columns=columns, summary={"latent_dim": 4})


ROUTES = {
    "2-7": ["27"] * 80 + ["217"] * 20,
    "2-6": ["216"] * 30 + ["286"] * 10 + ["2186"] * 20 + ["26"] * 40,
    "6-7": ["657"] * 1 + ["647"] * 19 + ["6767"] * 80,
}


def verdicts() -> dict[tuple, Verdict]:
    found = decide_walks(counted(ROUTES))
    return {(PAIRS[v.sentence], v.test.startswith("most")): v for v in found if v.case == "line"}


def test_a_claim_is_counted_over_paths_with_the_interval_of_clopper_and_pearson():
    v = verdicts()[(2, 7), True]
    assert (v.count, v.n) == (80, 100)
    low, high = interval(v.count, v.n)
    assert low == pytest.approx(stats.beta.ppf(0.025, 80, 21))
    assert high == pytest.approx(stats.beta.ppf(0.975, 81, 20))
    assert v.cells(".3f")[:2] == ["80/100", f"{low:.3f} to {high:.3f}"]
    assert v.p == pytest.approx(2 * stats.binom.sf(79, 100, 0.5))
    assert v.word == "holds"


def test_half_of_the_paths_leave_a_claim_undecided():
    v = verdicts()[(2, 6), True]
    assert (v.count, v.n, v.word) == (50, 100, "undecided")


def test_a_third_digit_is_set_against_the_one_seen_most_path_by_path():
    v = verdicts()[(2, 6), False]  # 1 on 50 paths, 8 on 30, both on 20
    assert (v.count, v.n) == (30, 40)
    assert "1 is seen more often than 8" in v.test
    assert v.p == pytest.approx(2 * stats.binom.sf(29, 40, 0.5))
    assert v.word == "holds"


def test_a_rival_picked_from_eight_has_to_lead_by_more():
    v = verdicts()[(6, 7), False]
    assert (v.count, v.n) == (1, 20)
    assert v.p == pytest.approx(8 * 2 * stats.binom.cdf(1, 20, 0.5))
    assert v.word == "does not hold"


def test_the_p_values_are_corrected_together():
    found = decide_walks(counted(ROUTES))
    assert len(found) == 10
    ordered = sorted(v.p for v in found)
    for v in found:
        at_least = [p * 10 / rank for rank, p in enumerate(ordered, 1) if p >= v.p]
        assert v.corrected == pytest.approx(min(1, *at_least))


def test_no_third_digit_on_any_path_decides_nothing_about_which_is_seen_most():
    found = decide_walks(counted(ROUTES | {"2-6": ["26"] * 9}))
    v = next(v for v in found if PAIRS[v.sentence] == (2, 6) and not v.test.startswith("most"))
    assert (v.count, v.n, v.word) == (0, 0, "undecided")


def test_other_readings_count_steps_glimpses_and_sure_ends():
    record = counted(ROUTES)
    record.columns["line 2-7 route of steps"] = ["27"] * 100
    record.columns["line 2-7 glimpsed"] = ["127"] * 100
    line, *_ = reading_table(record, sure=0.9)[1]
    assert [cell.split()[0] for cell in line[2:]] == ["80%", "100%", "0%", "81%", "99", "yes"]
    assert [row[-1] for row in reading_table(record, sure=0.99)[1]] == ["yes"] * 6
    assert {tuple(row[-3:-1]) for row in reading_table(record, sure=0.99)[1]} == {("no pairs", "0")}


def test_the_change_table_has_lines_above_the_diagonal_and_circles_below():
    shares, between = change_shares(RECORD)
    assert np.isnan(np.diag(shares)).all()
    i = list(zip(RECORD.columns["first"], RECORD.columns["second"], strict=True)).index((3, 5))
    assert shares[3, 5] == RECORD.columns["line once"][i] / RECORD.columns["paths"][i]
    assert shares[5, 3] == RECORD.columns["circle once"][i] / RECORD.columns["paths"][i]
    for place, kind in (((3, 5), "line"), ((5, 3), "circle")):
        visits = RECORD.columns[f"{kind} visits"][i]
        assert between[place] == -1 if not any(visits) else visits[between[place]] == max(visits)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(-1, 1, "undecided"), (1, 2, "the circle is the shorter"), (-2, -1, "the line is the shorter")],
)
def test_the_interval_of_the_difference_says_which_path_is_shorter(low, high, words):
    name = "difference path_length"
    summary = {name: (low + high) / 2, f"{name} low": low, f"{name} high": high}
    assert words in smoother(Record(settings={}, summary=summary))


def test_the_tables_of_a_record_have_as_many_cells_as_their_headers():
    for header, rows in (
        verdict_table(decide_walks(RECORD)),
        reading_table(RECORD, sure=0.9),
        path_table(RECORD),
    ):
        assert {len(row) for row in rows} == {len(header)}


def test_the_short_names_of_the_main_numbers_do_not_depend_on_what_is_found():
    names = set(summary(RECORD))
    assert names == set(summary(counted(ROUTES))) | set(RECORD.summary) - {"latent_dim"}
    assert {"2-7 line true", "2-6 line true", "2-6 line against the other", "6-7 circle true"} <= names


def test_what_is_seen_on_single_walks_is_set_side_by_side():
    about = {"first": 2, "second": 7, "images": np.zeros((4, 28, 28), np.uint8), "captions": []}
    line = Strip(name="line", facts={"digits": [2, 1, 8, 7]}, **about)
    circle = Strip(name="circle", facts={"digits": [2, 2, 7, 7]}, **about)
    header, (row,) = seen_table([line], [circle])
    assert row == ["2 → 7", "2 1 8 7", "1, 8", "2 2 7 7", "none"]
    assert len(row) == len(header)
