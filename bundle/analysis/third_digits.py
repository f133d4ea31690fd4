"""What many walks from digit to digit show on the way, and what the original says of its three.

Each generator decides by its own paths. Of several the first one's verdict stands, unless two of them are
decided in opposite directions.
"""

from itertools import product

import numpy as np
import pandas as pd

from bundle.analysis.claims import KEYS, Verdict, all_hold, decide, interval, overall, sentences
from bundle.analysis.formatting import pct

KINDS = ("line", "circle")  # of path
WALK = ["generator", "first", "second", "kind"]  # columns that name a walk; 0 is the first generator
DIGITS = list(range(10))
THIRD_DIGITS = 8  # all but those at the ends
ANY = "any"
CLAIMS = {(2, 7): "walk-2-to-7", (2, 6): "walk-2-to-6-shows-1", (6, 7): "walk-6-to-7-shows-5"}
NAMED = {(2, 6): 1, (6, 7): 5}  # the third digit that the original saw; on the other walk it saw none
DISTANCES = ("frechet_distance", "nearest")  # from real digits: of a set of images, and of each alone
NO_THIRD, SHOWS, BEFORE_RIVAL = "no third digit", "shows it", "shows it before its rival"  # measures


def seen_digits(runs: pd.DataFrame, *, reading: str = "route") -> pd.DataFrame:
    """Return a row for each path: its WALK, and of each of the DIGITS whether it is seen and not at an end.

    `runs` has a run of `run_walks` for each generator. The reading is "route", of all images looked at, or
    "route of steps", of those that a strip shows.
    """
    tables = []
    for generator, (_, run) in enumerate(runs.iterrows()):
        for (first, second), kind in product(run["walks"], KINDS):
            routes = pd.Series(run[f"{kind} {first}-{second} {reading}"])
            table = pd.DataFrame({digit: routes.str.contains(str(digit)) for digit in DIGITS})
            table[[first, second]] = False
            tables.append(table.assign(generator=generator, first=first, second=second, kind=kind))
    return pd.concat(tables, ignore_index=True)


def third_digit_shares(seen: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each WALK and `digit`, a third one or ANY of them: the share of paths that show it."""
    with_any = seen.assign(**{ANY: seen[DIGITS].any(axis=1)})
    long = with_any.melt(id_vars=WALK, value_vars=[ANY, *DIGITS], var_name="digit", value_name="seen")
    is_third = (long["digit"] != long["first"]) & (long["digit"] != long["second"])
    groups = long[is_third].groupby([*WALK, "digit"], sort=False)["seen"]
    table = groups.agg(count="sum", n="count").reset_index()
    table["share"] = table["count"] / table["n"]
    table[["low", "high"]] = [interval(row.count, row.n) for row in table.itertuples()]
    return table


def shares_on_lines(shares: pd.DataFrame, walk: tuple[int, int]) -> pd.Series:
    """Return the shares of the first generator's straight walks between two digits, by the third one."""
    is_walk = (shares["first"] == walk[0]) & (shares["second"] == walk[1]) & (shares["kind"] == "line")
    return shares[is_walk & (shares["generator"] == 0)].set_index("digit")["share"]


def outcomes(paths: pd.DataFrame, third: int | None) -> dict[str, pd.DataFrame]:
    """Return by each measure whether the original's sentence `holds` of each path; the first is the main one.

    A path that shows the third digit and its rival, the other one that most paths show, or neither, is a tie
    (McNemar 1947). A rival that leads is picked from so many `candidates`, which counts when p is
    corrected.
    """
    if third is None:
        return {NO_THIRD: pd.DataFrame({"holds": ~paths[DIGITS].any(axis=1), "candidates": 1})}
    rival = paths[DIGITS].drop(columns=third).sum().idxmax()
    leads = paths[rival].sum() >= paths[third].sum()
    shows_one_of_both = paths[third] != paths[rival]
    before_rival = paths[third].astype(object).where(shows_one_of_both, None)
    return {
        SHOWS: pd.DataFrame({"holds": paths[third], "candidates": 1}),
        BEFORE_RIVAL: pd.DataFrame({"holds": before_rival, "candidates": THIRD_DIGITS if leads else 1}),
    }


def decide_walks(seen: pd.DataFrame) -> pd.DataFrame:
    """Return what is found of each claim on each kind of path by each measure and `generator`; see `decide`.

    `seen` is from `seen_digits`. All tests are corrected together; walks that were not made have none.
    """
    tables = [pd.DataFrame()]
    for (generator, *walk, kind), paths in seen.groupby(WALK, sort=False):
        claim = CLAIMS.get(tuple(walk))
        if claim:
            names = {"claim": claim, "case": kind, "generator": generator}
            for measure, table in outcomes(paths, NAMED.get(tuple(walk))).items():
                tables.append(table.assign(measure=measure, **names))
    return decide(pd.concat(tables, ignore_index=True), keys=[*KEYS, "generator"])


def verdicts_by_generator(decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim, `case` (a kind of path) and generator: the `verdict` of its measures.

    `decided` is from `decide_walks`.
    """
    groups = decided.groupby(["claim", "case", "generator"], sort=False)["verdict"]
    return groups.agg(lambda verdicts: overall(list(verdicts))).reset_index()


def walk_verdicts(decided: pd.DataFrame, *, kind: str) -> dict[str, Verdict]:
    """Return by claim the verdict on paths of a kind: of its generators' the `overall` one."""
    table = verdicts_by_generator(decided)
    by_claim = table[table["case"] == kind].groupby("claim", sort=False)["verdict"]
    return {claim: overall(list(verdicts)) for claim, verdicts in by_claim}


def named_shares(decided: pd.DataFrame) -> list[float]:
    """Return the shares of straight walks that show the digit that a claim names, of all generators."""
    return list(named_walks(decided, SHOWS)["share"])


def named_walks(decided: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of straight walks by a measure of the claims that name a digit, with their `share`."""
    named = decided[(decided["case"] == "line") & (decided["measure"] == measure)]
    return named.assign(share=named["count"] / named["n"].clip(lower=1))


def named_digits(decided: pd.DataFrame, measure: str) -> tuple[Verdict | None, list[float]]:
    """Return whether all claims that name a third digit hold of straight walks, by a measure, and shares.

    Each generator decides; the shares are the first one's. None where a claim was not tested.
    """
    named = named_walks(decided, measure)
    first = named[named["generator"] == 0].set_index("claim")
    claims = [CLAIMS[walk] for walk in NAMED]
    if not set(claims) <= set(first.index):
        return None, []
    own = [all_hold(list(verdicts)) for _, verdicts in named.groupby("generator")["verdict"]]
    return overall(own), list(first["share"][claims])


def verdict_table(runs: pd.DataFrame, decided: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each sentence: of how many straight walks it is true, and its verdicts.

    The shares of walks are of every generator; by the images of a strip alone, and of the most frequent third
    digit, of the first. `decided` is from `decide_walks`, `shares` from `third_digit_shares`, of the runs.
    """
    decided_in_strips = decide_walks(seen_digits(runs[:1], reading="route of steps"))
    on_lines, on_circles = (walk_verdicts(decided, kind=kind) for kind in KINDS)
    rows = []
    for walk, claim in CLAIMS.items():
        if claim not in on_lines:
            continue
        thirds = shares_on_lines(shares, walk).drop(ANY)
        row = {
            "The original's words": f"“{sentences()[claim]['quote']}”",
            "True": true_shares(decided, claim),
            "In strips": true_shares(decided_in_strips, claim),
            "Seen most": f"{thirds.idxmax()}: {pct(thirds.max())}" if thirds.any() else "none",
            "Verdict": on_lines[claim].value,
            "On circles": on_circles[claim].value,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def true_shares(decided: pd.DataFrame, claim: str) -> str:
    """Return the share of straight walks that a claim is true of by its main measure, by generator."""
    main = decided[decided["measure"].isin([NO_THIRD, SHOWS])]
    rows = main[(main["claim"] == claim) & (main["case"] == "line")]
    return ", ".join(map(pct, rows["count"] / rows["n"]))


def change_shares(run: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (10, 10) of paths that change digit once, and the digits (10, 10) most seen between.

    Above the diagonal they are of lines, below it of circles; nan and -1 on it, -1 also where no third digit
    is seen.
    """
    shares, between = np.full((10, 10), np.nan), np.full((10, 10), -1)
    ends = (run["first"], run["second"])
    for kind, place in (("line", ends), ("circle", ends[::-1])):
        visits = np.array(run[f"{kind} visits"])  # (pairs, 10)
        shares[place] = np.divide(run[f"{kind} once"], run["paths"])
        between[place] = np.where(visits.any(axis=1), visits.argmax(axis=1), -1)
    return shares, between


def main_numbers(shares: pd.DataFrame) -> dict[str, float]:
    """Return the first generator's shares by short names, for whoever compares many reports."""
    first = shares[shares["generator"] == 0]
    return {f"{row.first}-{row.second} {row.kind} shows {row.digit}": row.share for row in first.itertuples()}


def middles(run: pd.Series, distance: str) -> dict[str, float]:
    """Return how much larger one of DISTANCES is in the middle of each kind of path than at its start.

    `short noises` are as short as the middle of a line and lie on no path. `chance` is the largest difference
    between two places that measure the same on other noises.
    """
    further, chance = {}, 0.0
    for kind in KINDS:
        distances = np.array(run[f"{kind} {distance}"])
        further[kind] = distances[len(distances) // 2] - distances[0]
        chance = max(chance, np.abs(distances - distances[::-1]).max())
    short = run[f"short {distance}"] - run[f"line {distance}"][0]
    return {**further, "short noises": short, "chance": chance}


def norm_decides(run: pd.Series, distance: str) -> Verdict:
    """Say whether images are further from real digits on lines and from short noises, and not on circles."""
    further = middles(run, distance)
    worse = {name for name, distance in further.items() if distance > further["chance"]}
    return Verdict.HOLDS if worse == {"line", "short noises"} else Verdict.FAILS


def prediction_outcomes(
    runs: pd.DataFrame, decided: pd.DataFrame
) -> list[tuple[Verdict | None, list[float]]]:
    """Return what became of each prediction of Task 3 with all generators, and the numbers of the first one.

    None: it was not tested. `runs` has a run of `run_walks` for each generator, `decided` is from
    `decide_walks`.
    """
    norm = overall([norm_decides(run, name) for name in DISTANCES for _, run in runs.iterrows()])
    numbers = [middles(runs.iloc[0], name)[kind] for name in DISTANCES for kind in KINDS]
    return [
        named_digits(decided, SHOWS),
        named_digits(decided, BEFORE_RIVAL),
        (norm, numbers),
    ]
