"""What a sentence of the original report is found to be, the statistics behind it, and how tables write it.

A sentence is tested seed by seed or path by path: of how many of the n is it true? If it were a toss of a
coin, how likely is a count as lopsided as this one? These p-values (exact binomial, two-sided) are corrected
for testing many sentences at once (Benjamini and Hochberg 1995), so that at most one in twenty of the decided
ones is expected to be wrong: p at most 0.05, a sentence *holds* or *does not hold*; else it is *undecided*.
Sentences that are read from the same runs depend on one another; the correction of Benjamini and Yekutieli
(2001), which allows for any dependence and is stricter, stands beside it. A seed that ties does not count.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from scipy.stats import binomtest, false_discovery_control

from bundle.analysis.formatting import Table as Table
from bundle.analysis.formatting import number as number
from bundle.analysis.formatting import once as once
from bundle.analysis.formatting import p_value as p_value
from bundle.analysis.formatting import with_interval as with_interval
from bundle.analysis.intervals import interval as interval
from bundle.analysis.intervals import mean_interval as mean_interval
from bundle.analysis.intervals import median_interval as median_interval


@dataclass(frozen=True)
class Verdict:
    sentence: str  # what the original says, in our words
    test: str  # what makes it true, in words
    case: str  # the recipe, kind of path or group of runs that was looked at
    _: KW_ONLY
    count: int  # of how many it is true
    n: int  # seeds, paths or runs
    numbers: str = ""  # what was measured, in words
    picked_from: int = 1  # tests, by which p is multiplied (Bonferroni)
    corrected: float = 1.0  # p, for all that are decided together
    dependent: float = 1.0  # p, the same under any dependence between them
    ties: int = 0  # seeds that count for neither, and are not among the n
    note: str = ""  # what the reader has to know of it
    holds: bool | None = None  # None: undecided

    @property
    def word(self) -> str:
        return {True: "holds", False: "does not hold", None: "undecided"}[self.holds]

    @property
    def p(self) -> float:
        """Of the count against one half; nothing counted decides nothing."""
        return min(1.0, self.picked_from * float(binomtest(self.count, self.n).pvalue)) if self.n else 1.0

    def cells(self, form: str) -> list[str]:
        low, high = interval(self.count, self.n)
        share = f"{low:{form}} to {high:{form}}"
        return [f"{self.count}/{self.n}", share, p_value(self.corrected), self.word]


def decide(verdicts: Sequence[Verdict]) -> list[Verdict]:
    if not verdicts:
        return []
    found = [v.p for v in verdicts]
    corrected, dependent = (false_discovery_control(found, method=method).tolist() for method in ("bh", "by"))
    return [
        replace(v, corrected=p, dependent=strict, holds=None if p > 0.05 else 2 * v.count > v.n)
        for v, p, strict in zip(verdicts, corrected, dependent, strict=True)
    ]
