"""The tables of Task 3."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bundle.claims.walks import WALK_CLAIMS, WalkVerdict, against_half, judge_walks, routes_of
from bundle.runs.records import Record

WALKS_HEADER = ["Sentence", "Tested", "Path", "True", "Interval", "p", "Verdict"]


def walk_rows(verdicts: Iterable[WalkVerdict]) -> Iterator[list[str]]:
    """Yield a table row for each verdict; the sentence stands in the first row of its claim alone."""
    last = None
    for v in verdicts:
        first, last = v.claim is not last, v.claim
        share = f"{v.low:.3f} to {v.high:.3f}"
        sentence = v.claim.sentence if first else ""
        yield [sentence, v.test, v.kind, f"{v.count}/{v.n}", share, f"{v.corrected:.3f}", v.word]


READINGS_HEADER = [
    "Sentence",
    "Path",
    "As tested",
    "Steps shown",
    "Glimpsed",
    "Sure ends",
    "Pairs",
    "Some path",
]


def reading_rows(record: Record, *, sure: float) -> Iterator[list[str]]:
    """Yield for each sentence and kind the share of paths under other readings, with intervals.

    As tested: what the judge calls the image at any look; steps shown: only at the steps that are shown;
    glimpsed: a digit counts as seen where its probability reaches the record's `glimpse`; sure ends: only
    pairs whose ends the judge both gives a confidence of at least `sure`; pairs: how many these are; some
    path: one is enough.
    """
    for claim in WALK_CLAIMS:
        ends = record.columns[f"{claim.pair[0]}-{claim.pair[1]} confidence"]
        for kind in ("line", "circle"):
            routes, steps, glimpsed = (
                routes_of(record, kind, claim.pair, name) for name in ("route", "route of steps", "glimpsed")
            )
            certain = [route for route, least in zip(routes, ends, strict=True) if least >= sure]
            cells = []
            for read in (routes, steps, glimpsed, certain):
                count, n, low, high, _ = against_half(sum(map(claim.holds, read)), len(read))
                cells.append(f"{count / n:.0%} ({low:.0%} to {high:.0%})" if n else "no pairs")
            true = any(map(claim.holds, routes))
            sentence = claim.sentence if kind == "line" else ""
            yield [sentence, kind, *cells, f"{len(certain)}", "yes" if true else "not found"]


def change_shares(record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Return shares (10, 10) of paths that change digit once, and the digits (10, 10) most seen between.

    Above the diagonal on the line, below it on the circle; nan and -1 on it, -1 also where no third is seen.
    """
    shares, between = np.full((10, 10), np.nan), np.full((10, 10), -1)
    c = record.columns
    for i, (first, second, n) in enumerate(zip(c["first"], c["second"], c["paths"], strict=True)):
        for kind, place in (("line", (first, second)), ("circle", (second, first))):
            shares[place] = c[f"{kind} once"][i] / n
            visits = c[f"{kind} visits"][i]
            between[place] = np.argmax(visits) if any(visits) else -1
    return shares, between


SEEN_HEADER = ["Walk", "Line", "Third digits", "Circle", "Third digits"]


def seen_rows(lines: Sequence, circles: Sequence) -> Iterator[list[str]]:
    """Yield a row for each walk (see `walks.Strip`) on the line and its like on the circle: what is seen."""
    for both in zip(lines, circles, strict=True):
        cells = [
            (" ".join(map(str, walk.facts["digits"])), ", ".join(map(str, walk.between)) or "none")
            for walk in both
        ]
        yield [f"{both[0].first} → {both[0].second}", *cells[0], *cells[1]]


PATH_QUALITY_HEADER = [
    "Measure",
    "Random noises",
    "Middle of a line",
    "Middle of a circle",
    "Short noises",
    "Real digits",
]


def path_quality_rows(record: Record) -> Iterator[list[str]]:
    """Yield a row for each measure of images at the ends and in the middle of both kinds of path.

    The last row is the perceptual path length of whole paths, with its interval.
    """
    c, s = record.columns, record.summary
    middle = len(c["alpha"]) // 2
    words = {
        "norm": "norm of the noise",
        "frechet_distance": "Fréchet distance from the test digits",
        "confidence": "mean confidence of the judge",
        "nearest": "mean distance to the nearest test digit, in the judge's features",
    }
    for name, text in words.items():
        paths = [c[f"line {name}"][0], c[f"line {name}"][middle], c[f"circle {name}"][middle]]
        others = [s.get(f"short {name}"), s.get(f"real {name}")]
        yield [text, *("" if value is None else f"{value:.3f}" for value in (*paths, *others))]
    ends = [[s[f"{kind} path_length{end}"] for end in ("", " low", " high")] for kind in ("line", "circle")]
    lengths = [f"{mean:.0f} ({low:.0f} to {high:.0f})" for mean, low, high in ends]
    yield ["perceptual path length", "", *lengths, "", ""]


def smoother(record: Record) -> str:
    """Return in words which kind of path is perceptually shorter: the interval of the difference decides."""
    low, high = (record.summary[f"difference path_length {end}"] for end in ("low", "high"))
    by = f"line less circle {record.summary['difference path_length']:.0f} ({low:.0f} to {high:.0f})"
    if low <= 0 <= high:
        return f"which kind is the shorter on the whole is undecided: {by}"
    return f"the {'circle' if low > 0 else 'line'} is the shorter on the whole: {by}"


def walks_summary(record: Record) -> dict[str, float]:
    """Return the main numbers of a record of `walks.run_walks`, by short names."""
    shares = {}
    for v in judge_walks(record):
        name = f"{v.claim.pair[0]}-{v.claim.pair[1]} {v.kind}"
        shares[f"{name} against the other" if f"{name} true" in shares else f"{name} true"] = v.count / max(
            v.n, 1
        )
    return shares | {name: value for name, value in record.summary.items() if " " in name}
