"""What many straight walks from digit to digit show on the way, and what the original says of its three.

Each generator decides by its own walks. Of several the first one's verdict stands, unless two of them are
decided in opposite directions.
"""

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict, all_hold, by_claim, decide, interval, overall, sentences
from bundle.analysis.formatting import pct

ANY = "any"
CLAIMS = {(2, 7): "walk-2-to-7", (2, 6): "walk-2-to-6-shows-1", (6, 7): "walk-6-to-7-shows-5"}
NAMED = {(2, 6): 1, (6, 7): 5}  # the third digit that the original saw; on the other walk it saw none
CASE = "straight line"  # the one kind of path on which the claims are tested
DISTANCES = ("frechet_distance", "nearest")  # from real digits: of a set of images, and of each alone


def third_digits_seen(run: pd.Series, walk: tuple[int, int]) -> pd.DataFrame:
    """Return a row for each straight path between two digits: whether it shows ANY third digit, and each one.

    `run` is a run of `run_walks`.
    """
    routes = pd.Series(run[f"line {walk[0]}-{walk[1]} route"])
    seen = pd.DataFrame({digit: routes.str.contains(str(digit)) for digit in range(10) if digit not in walk})
    seen.insert(0, ANY, seen.any(axis=1))
    return seen


def third_digit_shares(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each generator, walk and `digit`, a third one or ANY: the share of paths that show it.

    `runs` has a run of `run_walks` for each generator; 0 is the first.
    """
    rows = []
    for generator, (_, run) in enumerate(runs.iterrows()):
        for first, second in run["walks"]:
            seen = third_digits_seen(run, (first, second))
            for digit, count in seen.sum().items():
                low, high = interval(count, len(seen))
                row = {"generator": generator, "first": first, "second": second, "digit": digit}
                row.update(share=count / len(seen), low=low, high=high)
                rows.append(row)
    return pd.DataFrame(rows)


def shares_of_walk(shares: pd.DataFrame, walk: tuple[int, int]) -> pd.Series:
    """Return the first generator's shares of walks between two digits, by the third one."""
    is_walk = (shares["first"] == walk[0]) & (shares["second"] == walk[1])
    return shares[is_walk & (shares["generator"] == 0)].set_index("digit")["share"]


def decide_walks(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what is found of each claim with each generator, the `measure`; see `decide`.

    All tests are corrected together; walks that were not made have none.
    """
    tables = [pd.DataFrame()]
    for generator, (_, run) in enumerate(runs.iterrows()):
        for first, second in run["walks"]:
            walk = (first, second)
            if walk in CLAIMS:
                seen = third_digits_seen(run, walk)
                holds = seen[NAMED[walk]] if walk in NAMED else ~seen[ANY]
                names = {"claim": CLAIMS[walk], "case": CASE, "measure": generator}
                tables.append(pd.DataFrame({**names, "holds": holds}))
    return decide(pd.concat(tables, ignore_index=True))


def walk_verdicts(decided: pd.DataFrame) -> dict[str, Verdict]:
    """Return the verdict of all generators on each claim that was tested, of what `decide_walks` returns."""
    table = by_claim(decided)
    return dict(zip(table["claim"], table["verdict"], strict=True))


def named_digits(decided: pd.DataFrame) -> tuple[Verdict | None, list[float]]:
    """Return whether both claims that name a third digit hold, and the shares of walks that show it.

    Each generator decides, the first one's verdict stands. The shares are of every generator, the first one's
    first. None where a claim was not tested.
    """
    claims = [CLAIMS[walk] for walk in NAMED]
    named = decided[decided["claim"].isin(claims)].sort_values(["measure", "claim"])
    if named["claim"].nunique() < len(claims):
        return None, []
    by_generator = [all_hold(list(verdicts)) for _, verdicts in named.groupby("measure")["verdict"]]
    return overall(by_generator), list(named["count"] / named["n"])


def verdict_table(decided: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each sentence: of how many walks it is true, by generator, and its verdict.

    The most frequent third digit is the first generator's. `decided` is from `decide_walks`, `shares` from
    `third_digit_shares`.
    """
    verdicts = walk_verdicts(decided)
    rows = []
    for walk, claim in CLAIMS.items():
        if claim in verdicts:
            by_generator = decided[decided["claim"] == claim]
            thirds = shares_of_walk(shares, walk).drop(ANY)
            row = {
                "The original's words": f"“{sentences()[claim]['quote']}”",
                "True": ", ".join(map(pct, by_generator["count"] / by_generator["n"])),
                "Seen most": f"{thirds.idxmax()}: {pct(thirds.max())}" if thirds.any() else "none",
                "Verdict": verdicts[claim].value,
            }
            rows.append(row)
    return pd.DataFrame(rows)


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
    return {f"{row.first}-{row.second} shows {row.digit}": row.share for row in first.itertuples()}


def further_from_real(run: pd.Series, distance: str) -> dict[str, float]:
    """Return how much larger one of DISTANCES is in the middle of a line and of a circle than at their start.

    "short": of noises that are as short as the middle of a line and lie on no path.
    """
    line, circle = run[f"line {distance}"], run[f"circle {distance}"]
    middle, at_start = len(line) // 2, line[0]
    return {
        "line": line[middle] - at_start,
        "circle": circle[middle] - at_start,
        "short": run[f"short {distance}"] - at_start,
    }


def norm_decides(run: pd.Series, distance: str) -> Verdict:
    """Say whether images are further from real digits on lines and from short noises, and not on circles.

    Only what is more than chance counts: the largest difference between two places, at alpha and 1 - alpha,
    that measure the same on other noises.
    """
    along = np.array([run[f"line {distance}"], run[f"circle {distance}"]])
    chance = np.abs(along - along[:, ::-1]).max()
    further = further_from_real(run, distance)
    short_is_worse = min(further["line"], further["short"]) > chance
    return Verdict.HOLDS if short_is_worse and further["circle"] <= chance else Verdict.FAILS


def norm_matters(runs: pd.DataFrame) -> tuple[Verdict, list[float]]:
    """Return whether the norm decides by both DISTANCES with all generators, and the first one's numbers.

    The numbers are of the middle of the line and of the circle, by each distance.
    """
    verdicts = [norm_decides(run, distance) for distance in DISTANCES for _, run in runs.iterrows()]
    further = [further_from_real(runs.iloc[0], distance) for distance in DISTANCES]
    return overall(verdicts), [numbers[kind] for numbers in further for kind in ("line", "circle")]
