"""What the original report says of its three walks, counted over many, and the tables of Task 3."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, false_discovery_control

from lib.ledger import Verdict
from lib.records import Record


@dataclass(frozen=True)
class WalkClaim:
    """One sentence of the original about a walk between two digits, true or not for a path.

    Attributes:
        pair: the digits at the ends.
        third: the digit that is seen between, or None: no third digit is.
        sentence: what the original says, in our words.
    """

    pair: tuple[int, int]
    third: int | None
    sentence: str

    def holds(self, seen: str) -> bool:
        """Return whether it is true for a path on which these digits are seen."""
        others = set(seen) - set(map(str, self.pair))
        return not others if self.third is None else str(self.third) in others


WALKS = [
    WalkClaim((2, 7), None, "From 2 to 7 the number changes from 2 to 7 (Figure 17)"),
    WalkClaim((2, 6), 1, "From 2 to 6 the figure between looks like 1 (Figure 18)"),
    WalkClaim((6, 7), 5, "From 6 to 7 the figure between looks like 5 (Figure 19)"),
]


@dataclass(frozen=True)
class WalkVerdict:
    """What the paths between many pairs of noises say about a sentence.

    Attributes:
        kind: of path, "line" or "circle".
        test: what is counted, in words.
        count, n: it is true for `count` of `n` paths.
        low, high: 95 % interval of that share (Clopper and Pearson 1934).
        p: of the count against one half (exact binomial, two-sided); `corrected` for all judged together.
    """

    claim: WalkClaim
    kind: str
    test: str
    count: int
    n: int
    low: float
    high: float
    p: float
    corrected: float

    word = Verdict.word  # holds, does not hold or undecided, by the same rule


def judge_walks(record: Record, claims: Sequence[WalkClaim] = WALKS) -> list[WalkVerdict]:
    """Return verdicts from a record of `walks.run_walks`: is each sentence true of most paths?

    Where the sentence names a third digit there is a second test: is it seen on more paths than any other
    third digit? It is set against the one seen most often, path by path: of those that show one of the two
    and not the other, how many show the named one (McNemar 1947, exact). Where the other leads, it was
    picked from eight, and p is multiplied by eight (Bonferroni).
    """
    found = []
    for claim in claims:
        for kind in ("line", "circle"):
            routes = routes_of(record, kind, claim.pair)
            true = sum(map(claim.holds, routes))
            test = "no third digit is seen" if claim.third is None else f"{claim.third} is seen"
            found.append((claim, kind, f"most paths: {test}", *_against_half(true, len(routes))))
            if claim.third is None:
                continue
            visits = np.array([share[0] for share in third_digits(record, kind, claim.pair)])
            visits[[claim.third, *claim.pair]] = -1
            rival = str(visits.argmax())
            ours = sum(claim.holds(r) and rival not in r for r in routes)
            theirs = sum(rival in r and not claim.holds(r) for r in routes)
            row = _against_half(ours, ours + theirs)
            p = row[-1] if ours > theirs else min(1.0, 8 * row[-1])
            found.append(
                (
                    claim,
                    kind,
                    f"{claim.third} is seen more often than {rival}, the other that is seen most",
                    *row[:-1],
                    p,
                )
            )
    corrected = false_discovery_control([row[-1] for row in found])
    return [WalkVerdict(*row, float(p)) for row, p in zip(found, corrected, strict=True)]


def _against_half(count: int, n: int) -> tuple[int, int, float, float, float]:
    """Return count, n, the interval of the share, and p against one half; nothing counted decides nothing."""
    if n == 0:
        return 0, 0, 0.0, 1.0, 1.0
    test = binomtest(count, n)
    interval = test.proportion_ci()
    return count, n, float(interval.low), float(interval.high), float(test.pvalue)


def routes_of(record: Record, kind: str, pair: tuple[int, int], name: str = "route") -> list[str]:
    """Return for each path the digits seen on it: a column of a record of `walks.run_walks`."""
    return record.columns[f"{kind} {pair[0]}-{pair[1]} {name}"]


def third_digits(record: Record, kind: str, pair: tuple[int, int]) -> list[tuple[float, float, float]]:
    """Return for each digit the share of paths that show it between two others, with its 95 % interval."""
    routes = routes_of(record, kind, pair)
    counts = [sum(str(d) in route for route in routes) if d not in pair else 0 for d in range(10)]
    rows = [_against_half(count, len(routes)) for count in counts]
    return [(count / n, low, high) for count, n, low, high, _ in rows]


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
    for claim in WALKS:
        ends = record.columns[f"{claim.pair[0]}-{claim.pair[1]} confidence"]
        for kind in ("line", "circle"):
            routes, steps, glimpsed = (
                routes_of(record, kind, claim.pair, name) for name in ("route", "route of steps", "glimpsed")
            )
            certain = [route for route, least in zip(routes, ends, strict=True) if least >= sure]
            cells = []
            for read in (routes, steps, glimpsed, certain):
                count, n, low, high, _ = _against_half(sum(map(claim.holds, read)), len(read))
                cells.append(f"{count / n:.0%} ({low:.0%} to {high:.0%})" if n else "no pairs")
            true = any(map(claim.holds, routes))
            sentence = claim.sentence if kind == "line" else ""
            yield [sentence, kind, *cells, f"{len(certain)}", "yes" if true else "not found"]


def change_table(record: Record) -> tuple[np.ndarray, np.ndarray]:
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


QUALITY_HEADER = [
    "Measure",
    "Random noises",
    "Middle of a line",
    "Middle of a circle",
    "Short noises",
    "Real digits",
]


def quality_rows(record: Record) -> Iterator[list[str]]:
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
