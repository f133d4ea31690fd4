"""What the original report says of its three walks, counted over many, and the tables of Task 3."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, false_discovery_control

from bundle.claims.verdicts import Verdict
from bundle.runs.records import Record


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


WALK_CLAIMS = [
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


def judge_walks(record: Record, claims: Sequence[WalkClaim] = WALK_CLAIMS) -> list[WalkVerdict]:
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
            found.append((claim, kind, f"most paths: {test}", *against_half(true, len(routes))))
            if claim.third is None:
                continue
            visits = np.array([share[0] for share in third_digits(record, kind, claim.pair)])
            visits[[claim.third, *claim.pair]] = -1
            rival = str(visits.argmax())
            ours = sum(claim.holds(r) and rival not in r for r in routes)
            theirs = sum(rival in r and not claim.holds(r) for r in routes)
            row = against_half(ours, ours + theirs)
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


def against_half(count: int, n: int) -> tuple[int, int, float, float, float]:
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
    rows = [against_half(count, len(routes)) for count in counts]
    return [(count / n, low, high) for count, n, low, high, _ in rows]
