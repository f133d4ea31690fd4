"""What many walks from digit to digit show on the way, and what the original says of its three.

Each generator decides by its own paths. Of several the first one's verdict stands, unless two of them are
decided in opposite directions.
"""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pandas as pd

from bundle.analysis.claims import KEYS, Claim, Verdict, all_hold, decide, overall, sentences
from bundle.analysis.formatting import Table, pct
from bundle.analysis.intervals import interval

KINDS = ("line", "circle")  # of path
WALK = ["generator", "first", "second", "kind"]  # columns that name a walk; 0 is the first generator
DIGITS = list(range(10))
ANY = "any"


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
            walk = {"generator": generator, "first": first, "second": second, "kind": kind}
            tables.append(table.assign(**walk))
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


def any_on_lines(shares: pd.DataFrame, walk: tuple[int, int]) -> float:
    """Return the share of the first generator's straight walks that show any, nan if none was made."""
    rows = _first_on_lines(shares, walk)
    any_digit = rows.loc[rows["digit"] == ANY, "share"]
    return any_digit.item() if len(any_digit) else np.nan


def _first_on_lines(shares: pd.DataFrame, walk: tuple[int, int]) -> pd.DataFrame:
    """Return the shares of the first generator's straight walks from one digit to another."""
    is_walk = (shares["first"] == walk[0]) & (shares["second"] == walk[1])
    return shares[is_walk & (shares["generator"] == 0) & (shares["kind"] == "line")]


def no_third_digit(seen: pd.DataFrame) -> pd.DataFrame:
    """On the path no third digit is seen."""
    return pd.DataFrame({"holds": ~seen[DIGITS].any(axis=1)})


def shows_digit(seen: pd.DataFrame, *, third: int) -> pd.DataFrame:
    """On the path the named digit is seen."""
    return pd.DataFrame({"holds": seen[third]})


def shows_it_rather_than_its_rival(seen: pd.DataFrame, *, third: int) -> pd.DataFrame:
    """On the path the named digit is seen and not the other one that most paths show.

    A path that shows both or neither is a tie (McNemar 1947). A rival that leads is picked from eight.
    """
    rival = seen[DIGITS].drop(columns=third).sum().idxmax()
    leads = seen[rival].sum() >= seen[third].sum()
    holds = seen[third].astype(object).where(seen[third] != seen[rival], None)
    return pd.DataFrame({"holds": holds, "candidates": 8 if leads else 1})


CLAIMS = (
    Claim("walk-2-to-7", (no_third_digit,), runs=((2, 7),)),
    Claim("walk-2-to-6-shows-1", (shows_digit, shows_it_rather_than_its_rival), ((2, 6),), {"third": 1}),
    Claim("walk-6-to-7-shows-5", (shows_digit, shows_it_rather_than_its_rival), ((6, 7),), {"third": 5}),
)
NAMED = {claim.runs[0]: claim.options["third"] for claim in CLAIMS if claim.options}  # by walk


def decide_walks(seen: pd.DataFrame) -> pd.DataFrame:
    """Return what is found of each claim on each kind of path by each measure and `generator`; see `decide`.

    `seen` is from `seen_digits`. All tests are corrected together; walks that were not made have none.
    """
    claims = {claim.runs[0]: claim for claim in CLAIMS}
    tables = [pd.DataFrame({"candidates": []})]
    for (generator, first, second, kind), paths in seen.groupby(WALK, sort=False):
        claim = claims.get((first, second))
        for measure in claim.measures if claim else ():
            names = {"claim": claim.id, "case": kind, "measure": measure.__name__, "generator": generator}
            tables.append(measure(paths, **claim.options).assign(**names))
    outcomes = pd.concat(tables, ignore_index=True)
    return decide(outcomes.fillna({"candidates": 1}), keys=[*KEYS, "generator"])


def walk_verdicts(decided: pd.DataFrame, *, kind: str) -> dict[str, Verdict]:
    """Return by claim the verdict on paths of a kind: each generator's own, and of these the `overall` one.

    `decided` is from `decide_walks`.
    """
    verdicts = {}
    for claim, rows in decided[decided["case"] == kind].groupby("claim", sort=False):
        own = [overall(list(measures)) for _, measures in rows.groupby("generator")["verdict"]]
        verdicts[claim] = overall(own)
    return verdicts


def named_digits(decided: pd.DataFrame, measure: Callable) -> tuple[Verdict | None, list[float]]:
    """Return whether all claims that name a third digit hold of straight walks, by a measure, and shares.

    Each generator decides; the shares are the first one's. None, and nan, where a claim was not tested.
    """
    names = [claim.id for claim in CLAIMS if claim.options]
    is_named = (decided["case"] == "line") & decided["claim"].isin(names)
    named = decided[is_named & (decided["measure"] == measure.__name__)]
    first = named[named["generator"] == 0].set_index("claim").reindex(names)
    shares = list(first["count"] / first["n"].clip(lower=1))
    if first["n"].isna().any():
        return None, shares
    own = [all_hold(list(verdicts)) for _, verdicts in named.groupby("generator")["verdict"]]
    return overall(own), shares


def verdict_table(runs: pd.DataFrame, decided: pd.DataFrame, shares: pd.DataFrame) -> Table:
    """Return a row for each sentence: of how many straight walks it is true, and its verdicts.

    The shares of walks are of every generator; by the images of a strip alone, and of the most frequent third
    digit, of the first. `decided` is from `decide_walks`, `shares` from `third_digit_shares`, of the runs.
    """
    known, rows = sentences(), []
    decided_in_strips = decide_walks(seen_digits(runs[:1], reading="route of steps"))
    on_lines, on_circles = (walk_verdicts(decided, kind=kind) for kind in KINDS)
    for claim in CLAIMS:
        if claim.id in on_lines:
            every = ", ".join(map(pct, _shares_on_lines(decided, claim)))
            in_strips = pct(_shares_on_lines(decided_in_strips, claim)[0])
            verdicts = on_lines[claim.id].value, on_circles[claim.id].value
            quote = f"“{known[claim.id].quote}”"
            rows.append([quote, every, in_strips, _most_frequent(shares, claim), *verdicts])
    return ["The original's words", "True", "In strips", "Seen most", "Verdict", "On circles"], rows


def _shares_on_lines(decided: pd.DataFrame, claim: Claim) -> Sequence[float]:
    """Return the share of straight walks that a claim is true of by its main measure, by generator."""
    rows = decided[(decided["claim"] == claim.id) & (decided["case"] == "line")]
    main = rows[rows["measure"] == claim.measures[0].__name__]
    return list(main["count"] / main["n"])


def _most_frequent(shares: pd.DataFrame, claim: Claim) -> str:
    """Return the third digit that most of the first generator's straight walks show, and their share."""
    rows = _first_on_lines(shares, claim.runs[0])
    digits = rows[rows["digit"] != ANY].set_index("digit")["share"]
    return f"{digits.idxmax()}: {pct(digits.max())}" if digits.any() else "none"


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
    names = first["first"].astype(str) + "-" + first["second"].astype(str) + " " + first["kind"]
    return dict(zip(names + " shows " + first["digit"].astype(str), first["share"], strict=True))
