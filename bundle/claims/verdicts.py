"""Each testable sentence of the original report, what would make it true for one seed, and the verdict.

A sentence is tested seed by seed, both cells on the same batches: for how many of the n seeds does it come
true? If it were a toss of a coin, how likely is a count as lopsided as this one? These p-values (exact
binomial, two-sided) are corrected for testing many sentences at once, so that among those called decided at
most one in twenty is expected to be wrong (Benjamini and Hochberg 1995). Corrected p at most 0.05: the
sentence *holds* or *does not hold*; otherwise it is *undecided*.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

LEVEL = 0.05  # share of wrong verdicts that is tolerated among the decided ones

Runs = Callable[..., np.ndarray]  # cell, length, schedule=True -> logged accuracy of this seed's run


@dataclass(frozen=True)
class Claim:
    """One sentence of the original report.

    Attributes:
        id: short name.
        section: where the original says it.
        sentence: what it says, in our words.
        test: what makes it true for one seed, in words.
        measure: the number behind the test for one seed.
        unit: of the measure.
        holds: whether the sentence is true for one seed.
    """

    id: str
    section: str
    sentence: str
    test: str
    measure: Callable[[Runs], float]
    unit: str
    holds: Callable[[Runs], bool]


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about a claim.

    Attributes:
        count, n: the claim is true for `count` of `n` seeds.
        low, high: 95 % interval of that share (Clopper and Pearson 1934).
        median, median_low, median_high: of the claim's measure, with an interval of at least 95 % from order
            statistics (infinite where there are too few seeds for one).
        p: of the count under a fair coin; `corrected` for all claims judged together.
    """

    claim: Claim
    recipe: str
    count: int
    n: int
    low: float
    high: float
    median: float
    median_low: float
    median_high: float
    p: float
    corrected: float

    @property
    def word(self) -> str:
        if self.corrected > LEVEL:
            return "undecided"
        return "holds" if 2 * self.count > self.n else "does not hold"


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and its distribution-free interval of at least 95 %.

    Values may be infinite: a run that never arrives is later than all that do. Where both of two runs that
    are compared never arrive their difference is not a number; it counts as no difference.

    Source: the interval between two order statistics whose binomial probability is at least 95 %.
    """
    ordered = np.sort(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf))
    n = len(ordered)
    rank = int(binom.ppf(0.025, n, 0.5))  # P(fewer than `rank` values below the median) <= 2.5 %
    middle = ordered[[(n - 1) // 2, n // 2]]
    median = float(middle[0] if middle[0] == middle[1] else middle.mean())
    if rank == 0:
        return median, -np.inf, np.inf
    return median, float(ordered[rank - 1]), float(ordered[n - rank])
