"""What is made of the run of many walks: of invented routes, and of the committed run by another route."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bundle.analysis import latent_paths, third_digits
from bundle.analysis.claims import Verdict, sentences
from bundle.experiments.strips import Strip
from bundle.original import WALK_FIGURES
from bundle.study.store import read
from lib.latent.interpolation import INTERPOLATIONS
from lib.weights import about_network

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
COMMITTED = Path("results/task3/walks.jsonl")
DIGEST = about_network(Path("models"), "generator")["weights"]
RUNS = read(COMMITTED).query("generator == @DIGEST")
RUN = RUNS.iloc[0]
LINES = [json.loads(line) for line in COMMITTED.read_text(encoding="utf-8").splitlines()]
(LINE,) = (line for line in LINES if line["settings"]["generator"] == DIGEST)
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
        run.update({f"{kind} {name} {reading}": seen for reading in third_digits.READINGS})
        run[f"{name} confidence"] = [0.95] * (len(seen) - 1) + [0.5]
    return pd.Series(run)


def generators(*runs: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(runs).reset_index(drop=True)


def decided(run: pd.Series) -> pd.DataFrame:
    rows = third_digits.decide_walks(generators(run))
    assert set(rows["generator"]) == {0}
    return rows.set_index(["claim", "case", "measure"])


def on_line(claim: str, measure: str, routes=ROUTES) -> pd.Series:
    return decided(counted(routes)).loc[(claim, "line", measure)]


def test_the_kinds_of_path_and_the_claims_are_those_that_there_are():
    assert third_digits.KINDS == INTERPOLATIONS
    assert [claim.runs[0] for claim in third_digits.CLAIMS] == list(WALK_FIGURES.values())
    assert {claim.id for claim in third_digits.CLAIMS} <= set(sentences())


def test_a_claim_is_counted_over_paths():
    row = on_line("walk-2-to-7", "no_third_digit")
    assert (row["count"], row["n"], row["verdict"]) == (80, 100, HOLDS)
    assert row["low"] == pytest.approx(stats.beta.ppf(0.025, 80, 21))
    assert row["p"] == pytest.approx(2 * stats.binom.sf(79, 100, 0.5))


def test_half_of_the_paths_leave_a_claim_undecided():
    row = on_line("walk-2-to-6-shows-1", "shows_digit")
    assert (row["count"], row["n"], row["verdict"]) == (50, 100, UNDECIDED)


def test_a_third_digit_is_set_against_the_one_seen_most_path_by_path():
    row = on_line(
        "walk-2-to-6-shows-1", "shows_it_rather_than_its_rival"
    )  # 1 on 50 paths, 8 on 30, both on 20
    assert (row["count"], row["n"], row["ties"], row["verdict"]) == (30, 40, 60, HOLDS)
    assert row["p"] == pytest.approx(2 * stats.binom.sf(29, 40, 0.5))


def test_a_rival_picked_from_eight_has_to_lead_by_more():
    row = on_line("walk-6-to-7-shows-5", "shows_it_rather_than_its_rival")
    assert (row["count"], row["n"], row["verdict"]) == (1, 20, FAILS)
    assert row["p"] == pytest.approx(8 * 2 * stats.binom.cdf(1, 20, 0.5))


def test_no_third_digit_on_any_path_decides_nothing_about_which_is_seen_most():
    row = on_line("walk-2-to-6-shows-1", "shows_it_rather_than_its_rival", {**ROUTES, (2, 6): ["26"] * 9})
    assert (row["count"], row["n"], row["verdict"]) == (0, 0, UNDECIDED)


def test_a_claim_that_most_paths_deny_depends_where_its_digit_beats_its_rival():
    run = counted({(6, 7): ["657"] * 40 + ["67"] * 160})
    runs = generators(run)
    (line, _), table = (
        third_digits.walk_table(runs, third_digits.decide_walks(runs))[1],
        third_digits.any_third_digit(run),
    )
    assert line[2:] == ["20% (15% to 26%)", "5: 20%", "5: 20% (15% to 26%)", "40 of 40", "depends"]
    assert list(table["most_frequent"]) == [5, 5]


def test_any_walk_is_counted_and_those_of_the_original_alone_are_tested():
    runs = generators(counted({(3, 5): ["385", "35"], (2, 7): ["27"] * 9}))
    verdicts = third_digits.decide_walks(runs)
    assert set(verdicts["claim"]) == {"walk-2-to-7"}
    _, rows = third_digits.walk_table(runs, verdicts)
    assert [row[-1] for row in rows] == ["", "", "holds", "holds"]
    assert rows[0][3] == "8: 50%"
    assert rows[2][3] == "none"
    other = counted({(3, 5): ["35"]})
    none = third_digits.decide_walks(generators(other))
    verdict, shares = third_digits.named_digits(none, third_digits.shows_digit)
    assert verdict is None
    assert np.isnan([*shares, *third_digits.any_on_lines(other, [(2, 7)]).values()]).all()
    assert third_digits.walk_verdicts(none, kind="line") == {}


def never(routes: dict = ROUTES) -> pd.Series:
    """A generator whose walks from 2 to 7 all show a third digit."""
    return counted({**routes, (2, 7): ["217"] * 100})


def on_lines(*runs: pd.Series) -> dict[str, Verdict]:
    return third_digits.walk_verdicts(third_digits.decide_walks(generators(*runs)), kind="line")


def test_opposite_verdicts_of_generators_depend_and_else_the_first_decides():
    claim, first = "walk-2-to-7", counted(ROUTES)
    unclear = counted({**ROUTES, (2, 7): ["27"] * 50 + ["217"] * 50})
    assert on_lines(first)[claim] is HOLDS
    assert on_lines(never())[claim] is FAILS
    assert on_lines(first, first, never())[claim] is DEPENDS
    assert on_lines(first, unclear, unclear)[claim] is HOLDS
    assert on_lines(unclear, first, first)[claim] is UNDECIDED


def test_paths_of_one_generator_are_not_counted_with_those_of_another():
    rows = third_digits.decide_walks(generators(counted(ROUTES), never()))
    own = rows[(rows["claim"] == "walk-2-to-7") & (rows["case"] == "line")].set_index("generator")
    assert own["count"].to_dict() == {0: 80, 1: 0}
    assert set(own["n"]) == {100}


def test_measures_that_contradict_each_other_with_a_further_generator_alone_change_nothing():
    """That generator's own verdict is that it depends, which is not the opposite of the first one's."""
    claim = "walk-6-to-7-shows-5"
    both = counted({**ROUTES, (6, 7): ["657"] * 40 + ["67"] * 160})
    assert on_lines(both)[claim] is DEPENDS
    assert on_lines(counted(ROUTES), both)[claim] is FAILS


def test_the_table_has_every_generators_shares_and_one_verdict():
    runs = generators(counted(ROUTES), never())
    header, rows = third_digits.walk_table(runs, third_digits.decide_walks(runs))
    assert len(header) == 7
    assert rows[0][2:] == [
        "20% (13% to 29%), 100%",
        "1: 20%, 1: 100%",
        "none: 80% (71% to 87%), 0%",
        "",
        "depends",
    ]
    assert rows[2][4:6] == ["1: 50% (40% to 60%), 50%", "30 of 40, 30 of 40"]
    alone = third_digits.walk_table(runs[:1], third_digits.decide_walks(runs[:1]))[1]
    assert alone[0][2] == "20% (13% to 29%)"


def test_every_generator_decides_the_rule_by_both_of_its_walks():
    rule = counted({**ROUTES, (2, 6): ["216"] * 100, (6, 7): ["657"] * 100})

    def verdict(*runs: pd.Series) -> Verdict | None:
        rows = third_digits.decide_walks(generators(*runs))
        return third_digits.named_digits(rows, third_digits.shows_digit)[0]

    assert verdict(rule, rule) is HOLDS
    assert verdict(counted(ROUTES), rule) is DEPENDS
    half = counted({**ROUTES, (2, 6): ["216"] * 100})
    other = counted({**ROUTES, (2, 6): ["26"] * 100, (6, 7): ["657"] * 100})
    assert verdict(half, other) is FAILS  # each of them alone, by another walk


def test_predictions_of_generators_that_contradict_each_other_depend_on_the_training():
    longer, shorter = measured(difference=(1, 2)), measured(difference=(-2, -1))

    def last(*runs: pd.Series) -> Verdict:
        table = generators(*runs)
        return latent_paths.prediction_outcomes(table, third_digits.decide_walks(table))[-1][0]

    assert last(longer) is HOLDS
    assert last(longer, shorter) is DEPENDS
    table = generators(longer, shorter)
    outcomes = latent_paths.prediction_outcomes(table, third_digits.decide_walks(table))
    assert outcomes[-1][1] == [1, 2]  # the first one's


def measured(*, difference: tuple[float, float]) -> pd.Series:
    """A run whose walks are ROUTES, with distances and path lengths."""
    low, high = difference
    lengths = {"difference path_length low": low, "difference path_length high": high}
    distances = {f"{kind} frechet_distance": [0.1, 0.1, 0.1] for kind in third_digits.KINDS}
    return pd.concat([counted(ROUTES), pd.Series({**lengths, **distances, "short frechet_distance": 0.1})])


def test_the_committed_shares_are_those_of_its_lines():
    shares = third_digits.any_third_digit(RUN).set_index(third_digits.WALK)
    digits = third_digits.third_digit_shares(RUN).set_index([*third_digits.WALK, "digit"])["share"]
    for (first, second), kind in product(WALK_FIGURES.values(), third_digits.KINDS):
        routes = LINE["columns"][f"{kind} {first}-{second} route"]
        thirds = [set(route) - {str(first), str(second)} for route in routes]
        row = shares.loc[first, second, kind]
        assert row["share"] == pytest.approx(sum(map(bool, thirds)) / len(routes))
        counts = {digit: sum(str(digit) in seen for seen in thirds) for digit in range(10)}
        assert counts[row["most_frequent"]] == max(counts.values())
        for digit in set(range(10)) - {first, second}:
            assert digits[first, second, kind, digit] == pytest.approx(counts[digit] / len(routes))


def test_the_committed_verdicts_are_those_of_a_normal_approximation():
    """Far from the limit, as the committed counts are, a z-test says the same as the exact one."""
    for row in third_digits.decide_walks(RUNS).itertuples():
        z = (2 * row.count - row.n) / row.n**0.5
        assert row.verdict is (UNDECIDED if abs(z) < 2 else HOLDS if z > 0 else FAILS)


def test_other_readings_count_steps_glimpses_and_sure_ends():
    run = counted(ROUTES)
    run["line 2-7 route of steps"] = ["27"] * 100
    run["line 2-7 glimpsed"] = ["127"] * 100
    line, *_ = third_digits.reading_table(run, sure=0.9)[1]
    assert [cell.split()[0] for cell in line[2:]] == ["80%", "100%", "0%", "81%", "99"]
    assert {tuple(row[-2:]) for row in third_digits.reading_table(run, sure=0.99)[1]} == {("no pairs", "0")}


def test_the_change_table_has_lines_above_the_diagonal_and_circles_below():
    shares, between = third_digits.change_shares(RUN)
    assert np.isnan(np.diag(shares)).all()
    place = list(zip(RUN["first"], RUN["second"], strict=True)).index((3, 5))
    for cell, kind in (((3, 5), "line"), ((5, 3), "circle")):
        assert shares[cell] == RUN[f"{kind} once"][place] / RUN["paths"][place]
        visits = RUN[f"{kind} visits"][place]
        assert between[cell] == -1 if not any(visits) else visits[between[cell]] == max(visits)


@pytest.mark.parametrize(("low", "high", "verdict"), [(-1, 1, UNDECIDED), (1, 2, HOLDS), (-2, -1, FAILS)])
def test_the_interval_of_the_difference_says_which_path_is_shorter(low, high, verdict):
    name = "difference path_length"
    assert latent_paths.circle_is_shorter(pd.Series({f"{name} low": low, f"{name} high": high})) is verdict


@pytest.mark.parametrize(
    ("line", "circle", "short", "verdict"),
    [(1.0, 0.1, 0.9, HOLDS), (0.1, 0.1, 0.9, FAILS), (1.0, 0.5, 0.9, FAILS), (1.0, 0.1, 0.1, FAILS)],
)
def test_the_norm_decides_where_lines_and_short_noises_are_worse_and_circles_are_not(
    line, circle, short, verdict
):
    distances = {"line": [0.1, line, 0.15], "circle": [0.1, circle, 0.1]}
    columns = {f"{kind} frechet_distance": values for kind, values in distances.items()}
    run = pd.Series({**columns, "short frechet_distance": short})
    assert latent_paths.middles(run)["chance"] == pytest.approx(0.05)
    assert latent_paths.norm_decides(run) is verdict


def test_the_path_table_has_the_middles_and_the_whole_paths():
    header, rows = latent_paths.path_table(RUN)
    assert {len(row) for row in rows} == {len(header)}
    assert rows[1][1:] == ["0.062", "1.022", "0.067", "0.943", "0.051"]
    assert [bool(row[3]) for row in rows] == [True] * 5 + [False]


def test_the_short_names_of_the_main_numbers_do_not_depend_on_what_is_seen():
    committed, invented = (
        third_digits.main_numbers(run, third_digits.decide_walks(generators(run, run)))
        for run in (RUN, counted(ROUTES))
    )
    assert committed.keys() == invented.keys()
    assert invented["2-7 line any third digit"] == 0.2
    assert invented["walk-2-to-6-shows-1 circle shows digit"] == 0.5


def test_what_is_seen_on_single_walks_is_set_side_by_side():
    about = {"first": 2, "second": 7, "images": np.zeros((4, 28, 28), np.uint8), "captions": []}
    line = Strip(name="line", facts={"digits": [2, 1, 8, 7]}, **about)
    circle = Strip(name="circle", facts={"digits": [2, 2, 7, 7]}, **about)
    header, (row,) = third_digits.seen_table([line], [circle])
    assert row == ["2 → 7", "2 1 8 7", "1, 8", "2 2 7 7", "none"]
    assert len(row) == len(header)
