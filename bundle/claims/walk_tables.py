"""The tables of Task 3."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from bundle.claims.formats import Table, number, once, with_interval
from bundle.claims.verdicts import Verdict, interval
from bundle.claims.walks import KINDS, WALK_CLAIMS, decide_walks, routes_of
from bundle.runs.records import Record

PATH_MEASURES = {
    "norm": "norm of the noise",
    "frechet_distance": "Fréchet distance from the test digits",
    "confidence": "mean confidence of the judge",
    "nearest": "mean distance to the nearest test digit, in the judge's features",
}


def verdicts(found: Sequence[Verdict]) -> Table:
    """Return a row for each verdict; the sentence stands in the first row of its claim alone."""
    sentences = once(v.sentence for v in found)
    rows = [[words, v.test, v.case, *v.cells(".3f")] for words, v in zip(sentences, found, strict=True)]
    return ["Sentence", "Tested", "Path", "True", "Interval", "p", "Verdict"], rows


def readings(record: Record, *, sure: float) -> Table:
    """Return for each sentence and kind the share of paths under other readings, with intervals.

    As tested: what the judge calls the image at any look; steps shown: only at the steps that are shown;
    glimpsed: a digit counts as seen where its probability reaches the record's `glimpse`; sure ends: only
    pairs whose ends the judge both gives a confidence of at least `sure`; pairs: how many these are; some
    path: one is enough.
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
    """Return shares (10, 10) of paths that change digit once, and the digits (10, 10) most seen between.

    Above the diagonal on the line, below it on the circle; nan and -1 on it, -1 also where no third is seen.
    """
    shares, between = np.full((10, 10), np.nan), np.full((10, 10), -1)
    c = record.columns
    for i, (first, second, n) in enumerate(zip(c["first"], c["second"], c["paths"], strict=True)):
        for kind, place in zip(KINDS, ((first, second), (second, first)), strict=True):
            shares[place] = c[f"{kind} once"][i] / n
            visits = c[f"{kind} visits"][i]
            between[place] = np.argmax(visits) if any(visits) else -1
    return shares, between


def seen(lines: Sequence, circles: Sequence) -> Table:
    """Return a row for each walk (a `bundle.runs.strips.Strip`) on the line and its like on the circle."""
    rows = []
    for both in zip(lines, circles, strict=True):
        rows.append([f"{both[0].first} → {both[0].second}"])
        for walk in both:
            third = ", ".join(map(str, walk.between)) or "none"
            rows[-1] += [" ".join(map(str, walk.facts["digits"])), third]
    return ["Walk", "Line", "Third digits", "Circle", "Third digits"], rows


def path_quality(record: Record) -> Table:
    """Return a row for each measure of images at the ends and in the middle of both kinds of path.

    The last row is the perceptual path length of whole paths, with its interval.
    """
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
    """Return the main numbers of a record of `bundle.runs.walks.run_walks`, by short names."""
    names = {claim.sentence: "{}-{}".format(*claim.pair) for claim in WALK_CLAIMS}
    shares = {}
    for v in decide_walks(record):
        what = "true" if v.test.startswith("most paths") else "against the other"
        shares[f"{names[v.sentence]} {v.case} {what}"] = v.count / max(v.n, 1)
    return shares | {name: value for name, value in record.summary.items() if " " in name}


def _path_length(record: Record, of: str) -> str:
    mean, low, high = (record.summary[f"{of} path_length{end}"] for end in ("", " low", " high"))
    return with_interval(mean, low, high, ".0f")
