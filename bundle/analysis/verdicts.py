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

import numpy as np
from scipy.stats import binom, binomtest, false_discovery_control
from scipy.stats import t as student

Table = tuple[list[str], list[list[str]]]  # header and rows


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


def p_value(p: float) -> str:
    """Return a p-value as a cell shows it: never as if it were zero."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def interval(count: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the share count / n. Source: Clopper and Pearson 1934."""
    found = binomtest(count, n).proportion_ci() if n else (0, 1)
    return float(found[0]), float(found[1])


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval by Student's t; infinite for a single value."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return mean, -np.inf, np.inf
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median and its interval of at least 95 %, between order statistics; infinite for few values.

    An infinite value is a run that never arrives; nan, the difference of two that do not, counts as 0.
    """
    ordered = np.sort(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf))
    n = len(ordered)
    rank = int(binom.ppf(0.025, n, 0.5))  # P(fewer than `rank` values below the median) <= 2.5 %
    low, high = (ordered[rank - 1], ordered[n - rank]) if rank else (-np.inf, np.inf)
    middle = ordered[[(n - 1) // 2, n // 2]]
    median = middle[0] if middle[0] == middle[1] else middle.mean()
    return float(median), float(low), float(high)


def number(value: float | None, form: str = "") -> str:
    """Return a number as a cell shows it: None leaves it empty, infinity is a step that never comes."""
    if value is None:
        return ""
    if not form and np.isinf(value):
        return "never" if value > 0 else "−∞"
    whole = abs(value) >= 10 or float(value).is_integer()
    return format(value, form or (".0f" if whole else ".3f"))


def with_interval(value: float, low: float, high: float, form: str) -> str:
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


def once(words: Sequence[str]) -> list[str]:
    """Return the words of a column without those that repeat the row above."""
    return ["" if word == above else word for above, word in zip([None, *words], words, strict=False)]
