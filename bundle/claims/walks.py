"""What the original report says of its three walks, counted over many."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bundle.claims.verdicts import Verdict, counted, decide, interval
from bundle.original import WALK_FIGURES
from bundle.runs.records import Record

KINDS = ("line", "circle")  # of path


@dataclass(frozen=True)
class WalkClaim:
    """One sentence of the original about a walk between two digits, true or not for a path."""

    pair: tuple[int, int]  # the digits at the ends
    third: int | None  # the digit that is seen between; None: no third digit is
    sentence: str  # what the original says, in our words

    def holds(self, seen: str) -> bool:
        """Return whether it is true for a path on which these digits are seen."""
        others = set(seen) - set(map(str, self.pair))
        return not others if self.third is None else str(self.third) in others


WALK_CLAIMS = [
    WalkClaim(WALK_FIGURES[17], None, "From 2 to 7 the number changes from 2 to 7 (Figure 17)"),
    WalkClaim(WALK_FIGURES[18], 1, "From 2 to 6 the figure between looks like 1 (Figure 18)"),
    WalkClaim(WALK_FIGURES[19], 5, "From 6 to 7 the figure between looks like 5 (Figure 19)"),
]


def decide_walks(record: Record, claims: Sequence[WalkClaim] = WALK_CLAIMS) -> list[Verdict]:
    """Return verdicts from a record of `bundle.runs.walks.run_walks`: is each sentence true of most paths?

    Where the sentence names a third digit there is a second test: is it seen on more paths than any other
    third digit? It is set against the one seen most often, path by path: of those that show one of the two
    and not the other, how many show the named one (McNemar 1947, exact). Where the other leads, it was
    picked from eight, and p is multiplied by eight (Bonferroni).
    """
    found = []
    for claim, kind in product(claims, KINDS):
        routes, words = routes_of(record, kind, claim.pair), {"sentence": claim.sentence, "case": kind}
        test = f"most paths: {'no third digit' if claim.third is None else claim.third} is seen"
        found.append(counted(sum(map(claim.holds, routes)), len(routes), test=test, **words))
        if claim.third is not None:
            visits = np.array([share for share, _, _ in third_digits(record, kind, claim.pair)])
            visits[[claim.third, *claim.pair]] = -1
            rival = str(visits.argmax())
            ours = sum(claim.holds(r) and rival not in r for r in routes)
            theirs = sum(rival in r and not claim.holds(r) for r in routes)
            test = f"{claim.third} is seen more often than {rival}, the other that is seen most"
            times = 1 if ours > theirs else 8
            found.append(counted(ours, ours + theirs, test=test, times=times, **words))
    return decide(found)


def routes_of(record: Record, kind: str, pair: tuple[int, int], name: str = "route") -> list[str]:
    """Return for each path the digits seen on it: a column of a record of `bundle.runs.walks.run_walks`."""
    return record.columns[f"{kind} {pair[0]}-{pair[1]} {name}"]


def third_digits(record: Record, kind: str, pair: tuple[int, int]) -> list[tuple[float, float, float]]:
    """Return for each digit the share of paths that show it between two others, with its 95 % interval."""
    routes = routes_of(record, kind, pair)
    counts = [sum(str(d) in route for route in routes) if d not in pair else 0 for d in range(10)]
    return [(count / len(routes), *interval(count, len(routes))) for count in counts]
