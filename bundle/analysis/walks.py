"""What the original report says of its three walks, counted over many, and the tables of Task 3."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from bundle.analysis.verdicts import Table, Verdict, decide, interval, number, once, with_interval
from bundle.original import WALK_FIGURES
from bundle.study.records import Record

KINDS = ("line", "circle")  # of path

PATH_MEASURES = {
    "norm": "norm of the noise",
    "frechet_distance": "Fréchet distance from the test digits",
    "confidence": "mean confidence of the judge",
    "nearest": "mean distance to the nearest test digit, in the judge's features",
}


class WalkClaim(NamedTuple):
    pair: tuple[int, int]  # the digits at the ends of a walk
    third: int | None  # the digit that is seen between; None: no third digit is
    sentence: str  # what the original says, in our words

    def holds(self, seen: str) -> bool:
        others = set(seen) - set(map(str, self.pair))
        return not others if self.third is None else str(self.third) in others


WALK_CLAIMS = [
    WalkClaim(WALK_FIGURES[17], None, "From 2 to 7 the number changes from 2 to 7 (Figure 17)"),
    WalkClaim(WALK_FIGURES[18], 1, "From 2 to 6 the figure between looks like 1 (Figure 18)"),
    WalkClaim(WALK_FIGURES[19], 5, "From 6 to 7 the figure between looks like 5 (Figure 19)"),
]


def decide_walks(record: Record, claims: Sequence[WalkClaim] = WALK_CLAIMS) -> list[Verdict]:
    """Return verdicts from a record of walks: is each sentence true of most paths?

    A third digit that is named is also set against the other one seen most often: of the paths with just one
    of the two, how many show the named one (McNemar 1947, exact)? A rival that leads is picked from eight.
    """
    found = []
    for claim, kind in product(claims, KINDS):
        routes = routes_of(record, kind, claim.pair)
        test = f"most paths: {'no third digit' if claim.third is None else claim.third} is seen"
        found.append(Verdict(claim.sentence, test, kind, count=sum(map(claim.holds, routes)), n=len(routes)))
        if claim.third is not None:
            shares = np.array(third_digits(record, kind, claim.pair))[:, 0]
            shares[[claim.third, *claim.pair]] = -1
            rival = str(shares.argmax())
            ours = sum(claim.holds(r) and rival not in r for r in routes)
            theirs = sum(rival in r and not claim.holds(r) for r in routes)
            test = f"{claim.third} is seen more often than {rival}, the other that is seen most"
            counts = {"count": ours, "n": ours + theirs, "picked_from": 1 if ours > theirs else 8}
            found.append(Verdict(claim.sentence, test, kind, **counts))
    return decide(found)


def routes_of(record: Record, kind: str, pair: tuple[int, int], name: str = "route") -> list[str]:
    return record.columns[f"{kind} {pair[0]}-{pair[1]} {name}"]


def third_digits(record: Record, kind: str, pair: tuple[int, int]) -> list[tuple[float, float, float]]:
    """Return for each digit the share of paths that show it between two others, with its 95 % interval."""
    routes = routes_of(record, kind, pair)
    counts = [sum(str(d) in route for route in routes) if d not in pair else 0 for d in range(10)]
    return [(count / len(routes), *interval(count, len(routes))) for count in counts]


def verdict_table(found: Sequence[Verdict]) -> Table:
    """Return a row for each verdict; the sentence stands in the first row of its claim alone."""
    sentences = once([v.sentence for v in found])
    rows = [[words, v.test, v.case, *v.cells(".3f")] for words, v in zip(sentences, found, strict=True)]
    return ["Sentence", "Tested", "Path", "True", "Interval", "p", "Verdict"], rows


def reading_table(record: Record, *, sure: float) -> Table:
    """Return for each sentence and kind the share of paths under four readings, with intervals.

    The last are of the pairs alone that have a confidence of `sure` at both ends.
    """
    rows = []
    for claim, kind in product(WALK_CLAIMS, KINDS):
        names = ("route", "route of steps", "glimpsed")
        true = [list(map(claim.holds, routes_of(record, kind, claim.pair, name))) for name in names]
        ends = record.columns["{}-{} confidence".format(*claim.pair)]
        certain = [holds for holds, least in zip(true[0], ends, strict=True) if least >= sure]
        shares = [
            with_interval(sum(one) / len(one), *interval(sum(one), len(one)), ".0%") if one else "no pairs"
            for one in (*true, certain)
        ]
        some = "yes" if any(true[0]) else "not found"
        rows.append([claim.sentence if kind == KINDS[0] else "", kind, *shares, f"{len(certain)}", some])
    header = ["Sentence", "Path", "As tested", "Steps shown", "Glimpsed", "Sure ends", "Pairs", "Some path"]
    return header, rows


def change_shares(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (10, 10) of paths that change digit once, and the digits (10, 10) most seen between."""
    c, shares, between = record.columns, np.full((10, 10), np.nan), np.full((10, 10), -1)
    # above the diagonal on the line, below it on the circle; nan and -1 on it, -1 also where no third is seen
    for kind, place in zip(KINDS, ((c["first"], c["second"]), (c["second"], c["first"])), strict=True):
        visits = np.array(c[f"{kind} visits"])  # (pairs, 10)
        shares[place] = np.divide(c[f"{kind} once"], c["paths"])
        between[place] = np.where(visits.any(axis=1), visits.argmax(axis=1), -1)
    return shares, between


def seen_table(lines: Sequence, circles: Sequence) -> Table:
    """Return a row for each walk (a `Strip`) on the line and its like on the circle."""
    rows = []
    for walks in zip(lines, circles, strict=True):
        rows.append([f"{walks[0].first} → {walks[0].second}"])
        for walk in walks:
            third = ", ".join(map(str, walk.between)) or "none"
            rows[-1] += [" ".join(map(str, walk.facts["digits"])), third]
    return ["Walk", "Line", "Third digits", "Circle", "Third digits"], rows


def path_table(record: Record) -> Table:
    """Return rows of measures at the ends and in the middle of paths; the last is of whole paths."""
    c, s, middle = record.columns, record.summary, len(record.columns["alpha"]) // 2
    rows = []
    for name, words in PATH_MEASURES.items():
        paths = [c[f"line {name}"][0], *(c[f"{kind} {name}"][middle] for kind in KINDS)]
        values = [*paths, s.get(f"short {name}"), s.get(f"real {name}")]
        rows.append([words, *(number(value, ".3f") for value in values)])
    rows.append(["perceptual path length", "", *(_path_length(record, kind) for kind in KINDS), "", ""])
    middles = ["Middle of a line", "Middle of a circle"]
    return ["Measure", "Random noises", *middles, "Short noises", "Real digits"], rows


def smoother(record: Record) -> str:
    """Return in words which kind of path is perceptually shorter: the interval of the difference decides."""
    low, high = (record.summary[f"difference path_length {end}"] for end in ("low", "high"))
    shorter = f"the {'circle' if low > 0 else 'line'} is the shorter on the whole"
    if low <= 0 <= high:
        shorter = "which kind is the shorter on the whole is undecided"
    return f"{shorter}: line less circle {_path_length(record, 'difference')}"


def summary(record: Record) -> dict[str, float]:
    names = {claim.sentence: "{}-{}".format(*claim.pair) for claim in WALK_CLAIMS}
    shares = {}
    for v in decide_walks(record):
        what = "true" if v.test.startswith("most paths") else "against the other"
        shares[f"{names[v.sentence]} {v.case} {what}"] = v.count / max(v.n, 1)
    return shares | {name: value for name, value in record.summary.items() if " " in name}


def _path_length(record: Record, of: str) -> str:
    mean, low, high = (record.summary[f"{of} path_length{end}"] for end in ("", " low", " high"))
    return with_interval(mean, low, high, ".0f")


def distances_in_words(record: Record) -> str:
    """Return between what the Fréchet distance lies along each kind of path."""
    ends = {kind: [f(record.columns[f"{kind} frechet_distance"]) for f in (min, max)] for kind in KINDS}
    circle, line = (f"between {ends[kind][0]:.2f} and {ends[kind][1]:.2f}" for kind in ("circle", "line"))
    return f"On the circle the distance lies {circle}, on the line {line}."


def real_captions(record: Record) -> list[str]:
    """Return what stands below ten real digits and below those found for them."""
    seen, residuals = record.columns["real seen"], record.columns["real residual"]
    return [""] * 10 + [f"{digit}\n{residual:.2f}" for digit, residual in zip(seen, residuals, strict=True)]


def residuals_in_words(record: Record) -> str:
    """Return how far the digits found are from the real ones, and how far the searches' starts were."""
    after, before = (np.mean(record.columns[f"real {name}"]) for name in ("residual", "before"))
    searched = f"of the best random noises, from which the searches began, {before:.3f}"
    return f"Their mean is {after:.3f}; {searched}."
