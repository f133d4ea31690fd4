"""What many walks from digit to digit show on the way, and what the original says of its three.

Each generator decides by its own paths. Of several the first one's verdict stands, unless two of them are
decided in opposite directions.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product

import numpy as np
import pandas as pd

from bundle.analysis.claims import KEYS, Claim, Verdict, all_hold, decide, overall
from bundle.analysis.formatting import Table, with_interval
from bundle.analysis.intervals import interval

KINDS = ("line", "circle")  # of path
WALK = ["first", "second", "kind"]  # columns that name a walk
READINGS = ("route", "route of steps", "glimpsed")  # which digits count as seen on a path


def walk_paths(run: pd.Series) -> pd.DataFrame:
    """Return a row for each path of a run of `run_walks`: its walk, its READINGS, its confidence."""
    tables = []
    for (first, second), kind in product(run["walks"], KINDS):
        name = f"{first}-{second}"
        columns = {reading: run[f"{kind} {name} {reading}"] for reading in READINGS}
        columns["confidence"] = run[f"{name} confidence"]  # of the less certain end
        tables.append(pd.DataFrame(columns).assign(first=first, second=second, kind=kind))
    return pd.concat(tables, ignore_index=True)


def third_digits(paths: pd.DataFrame, reading: str = "route") -> pd.DataFrame:
    """Return of each path (row) and digit 0 to 9 (column) whether it is seen and not at an end."""
    shown = {}
    for digit in range(10):
        at_an_end = (paths["first"] == digit) | (paths["second"] == digit)
        shown[digit] = paths[reading].str.contains(str(digit)) & ~at_an_end
    return pd.DataFrame(shown)


def third_digit_shares(run: pd.Series) -> pd.DataFrame:
    """Return the share of paths that show each third digit: a row for each walk, kind and digit."""
    paths = walk_paths(run)
    seen = paths[WALK].join(third_digits(paths)).melt(id_vars=WALK, var_name="digit", value_name="seen")
    third = (seen["digit"] != seen["first"]) & (seen["digit"] != seen["second"])
    return _shares(seen[third], [*WALK, "digit"])


def any_third_digit(run: pd.Series) -> pd.DataFrame:
    """Return the share of paths that show any third digit: a row for each walk and kind.

    `most_frequent` is the third digit that most of them show, `most_frequent_share` on how many.
    """
    paths = walk_paths(run)
    paths["seen"] = third_digits(paths).any(axis=1)
    digits = third_digit_shares(run)
    most = digits.loc[digits.groupby(WALK, sort=False)["share"].idxmax(), [*WALK, "digit", "share"]]
    most = most.rename(columns={"digit": "most_frequent", "share": "most_frequent_share"})
    return _shares(paths, WALK).merge(most, on=WALK)


def any_on_lines(run: pd.Series, walks: Iterable[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Return the share of straight walks that show any third digit, nan for walks that were not made."""
    table = any_third_digit(run)
    shares = table[table["kind"] == "line"].set_index(["first", "second"])["share"]
    return {walk: float(shares.get(walk, np.nan)) for walk in walks}


def _shares(paths: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return by these columns the share of rows that are `seen`, with its 95 % interval."""
    table = paths.groupby(names, sort=False)["seen"].agg(count="sum", n="count").reset_index()
    table["share"] = table["count"] / table["n"]
    bounds = [interval(row.count, row.n) for row in table.itertuples()]
    table[["low", "high"]] = bounds
    return table


def no_third_digit(paths: pd.DataFrame) -> pd.DataFrame:
    """On the path no third digit is seen."""
    return pd.DataFrame({"holds": ~third_digits(paths).any(axis=1)})


def shows_digit(paths: pd.DataFrame, *, third: int) -> pd.DataFrame:
    """On the path the named digit is seen."""
    return pd.DataFrame({"holds": third_digits(paths)[third]})


def shows_it_rather_than_its_rival(paths: pd.DataFrame, *, third: int) -> pd.DataFrame:
    """On the path the named digit is seen and not its strongest rival.

    A path that shows both or neither is a tie (McNemar 1947). A rival that leads is picked from eight.
    """
    shown = third_digits(paths)
    rival = strongest_rival(paths, third=third)
    leads = shown[rival].sum() >= shown[third].sum()
    holds = shown[third].astype(object).where(shown[third] != shown[rival], None)
    return pd.DataFrame({"holds": holds, "candidates": 8 if leads else 1})


def strongest_rival(paths: pd.DataFrame, *, third: int) -> int:
    """Return the third digit, other than the named one, that most paths show."""
    return int(third_digits(paths).drop(columns=third).sum().idxmax())


CLAIMS = (
    Claim("walk-2-to-7", (no_third_digit,), runs=((2, 7),)),
    Claim("walk-2-to-6-shows-1", (shows_digit, shows_it_rather_than_its_rival), ((2, 6),), {"third": 1}),
    Claim("walk-6-to-7-shows-5", (shows_digit, shows_it_rather_than_its_rival), ((6, 7),), {"third": 5}),
)


def walk_outcomes(runs: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """Return what each path shows by each measure of each claim; see `decide`. Walks not made: none.

    `runs` has a run of `run_walks` for each generator; `generator` is its place, 0 of the first.
    """
    tables = [pd.DataFrame({"candidates": []})]
    for generator, (_, run) in enumerate(runs.iterrows()):
        paths = walk_paths(run)
        for claim, kind in product(claims, KINDS):
            outcomes = _claim_outcomes(paths, claim, kind)
            tables += [table.assign(generator=generator) for table in outcomes]
    outcomes = pd.concat(tables, ignore_index=True)
    return outcomes.fillna({"candidates": 1})


def _claim_outcomes(paths: pd.DataFrame, claim: Claim, kind: str) -> list[pd.DataFrame]:
    """Return a table for each measure of a claim, of the paths of this kind that it is about."""
    ((first, second),) = claim.runs
    here = paths[(paths["first"] == first) & (paths["second"] == second) & (paths["kind"] == kind)]
    if here.empty:
        return []
    tables = []
    for measure in claim.measures:
        outcomes = measure(here, **claim.options)
        tables.append(outcomes.assign(claim=claim.id, case=kind, measure=measure.__name__))
    return tables


def decide_walks(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what is found of each claim on each kind of path by each measure and `generator`; see `decide`.

    `runs` has a run of `run_walks` for each generator; all tests are corrected together.
    """
    return decide(walk_outcomes(runs), keys=[*KEYS, "generator"])


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


def walk_table(runs: pd.DataFrame, decided: pd.DataFrame) -> Table:
    """Return a row for each walk and kind: third digits, and what becomes of the original's sentence on it.

    Each cell has a number of each generator, the first one's with its interval. `decided` is from
    `decide_walks`, of the same runs.
    """
    tables = [any_third_digit(run) for _, run in runs.iterrows()]
    rows = []
    for place, walk in tables[0].iterrows():
        first, second, kind = walk[WALK]
        walks = pd.DataFrame([table.loc[place] for table in tables])
        most = ", ".join(_most_frequent(own) for _, own in walks.iterrows())
        cells = [f"{first} → {second}", kind, _share_of_each(walks), most]
        rows.append([*cells, *_claim_cells(_claim_on(first, second), kind, decided)])
    header = ["Walk", "Path", "Any third digit", "Most frequent", "The original's", "Against its rival"]
    return [*header, "Verdict"], rows


def _most_frequent(walk: pd.Series) -> str:
    return f"{walk['most_frequent']}: {walk['most_frequent_share']:.0%}" if walk["count"] else "none"


def _share_of_each(counts: pd.DataFrame) -> str:
    """Return count / n of each row, the first with its interval."""
    shares = list(counts["count"] / counts["n"])
    first = counts.iloc[0]
    cells = [with_interval(shares[0], first["low"], first["high"], ".0%")]
    return ", ".join([*cells, *(f"{share:.0%}" for share in shares[1:])])


def _claim_on(first: int, second: int) -> Claim | None:
    return next((claim for claim in CLAIMS if claim.runs == ((first, second),)), None)


def _claim_cells(claim: Claim | None, kind: str, decided: pd.DataFrame) -> list[str]:
    """Return how often a claim is true of each generator, how often against its rival, and its verdict."""
    if claim is None:
        return ["", "", ""]
    rows = decided[(decided["claim"] == claim.id) & (decided["case"] == kind)]
    main, *others = (rows[rows["measure"] == measure.__name__] for measure in claim.measures)
    against = [_count_of_each(other) for other in others] or [""]
    verdict = walk_verdicts(decided, kind=kind)[claim.id]
    return [f"{claim.options.get('third', 'none')}: {_share_of_each(main)}", *against, verdict.value]


def _count_of_each(counts: pd.DataFrame) -> str:
    return ", ".join(f"{count} of {n}" for count, n in zip(counts["count"], counts["n"], strict=True))


def reading_table(run: pd.Series, *, sure: float) -> Table:
    """Return for each sentence and kind the share of paths that it is true of, by what counts as seen.

    The last share is of the pairs alone that have a confidence of `sure` at both ends.
    """
    paths = walk_paths(run)
    rows = []
    for (first, second, kind), here in paths.groupby(WALK, sort=False):
        claim = _claim_on(first, second)
        if claim is not None:
            true = [_is_true(claim, here, reading) for reading in READINGS]
            certain = true[0][here["confidence"] >= sure]
            shares = [_share_cell(holds) for holds in (*true, certain)]
            rows.append([f"{first} → {second}", kind, *shares, f"{len(certain)}"])
    header = ["Walk", "Path", "As tested", "Steps shown", "Glimpsed", "Sure ends", "Sure pairs"]
    return header, rows


def _is_true(claim: Claim, paths: pd.DataFrame, reading: str) -> pd.Series:
    """Return of each path whether a claim's main measure is true under a reading."""
    read = paths.assign(route=paths[reading])
    return claim.measures[0](read, **claim.options)["holds"]


def _share_cell(holds: pd.Series) -> str:
    if holds.empty:
        return "no pairs"
    return with_interval(holds.mean(), *interval(holds.sum(), len(holds)), ".0%")


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


def seen_table(lines: Sequence, circles: Sequence) -> Table:
    """Return a row for each walk (a `Strip`) on the line and its like on the circle."""
    rows = []
    for walks in zip(lines, circles, strict=True):
        row = [f"{walks[0].first} → {walks[0].second}"]
        for walk in walks:
            row.append(" ".join(map(str, walk.facts["digits"])))
            row.append(", ".join(map(str, walk.between)) or "none")
        rows.append(row)
    return ["Walk", "Line", "Third digits", "Circle", "Third digits"], rows


def main_numbers(run: pd.Series, decided: pd.DataFrame) -> dict[str, float]:
    """Return the first generator's shares by short names, for whoever compares many reports."""
    numbers = {}
    for walk in any_third_digit(run).itertuples():
        name = f"{walk.first}-{walk.second} {walk.kind}"
        numbers[f"{name} any third digit"] = walk.share
        numbers[f"{name} most frequent third digit"] = walk.most_frequent
    for row in decided[decided["generator"] == 0].itertuples():
        numbers[f"{row.claim} {row.case} {row.measure.replace('_', ' ')}"] = row.count / max(row.n, 1)
    return numbers
