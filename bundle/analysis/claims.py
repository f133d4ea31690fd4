"""What the original report claims, and what becomes of each claim.

A claim is tested seed by seed or path by path: in how many of n does it hold? Were it a toss of a coin, how
likely is a count as lopsided as that one? These p-values (exact binomial, two-sided) are corrected for
testing many claims at once (Benjamini and Hochberg 1995), so that at most one in twenty of the decided ones
is expected to be wrong. Claims that are read from the same runs depend on one another; the correction of
Benjamini and Yekutieli (2001) allows for any dependence, is stricter, and stands beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

import pandas as pd
import yaml
from scipy.stats import binomtest, false_discovery_control

from bundle.analysis.intervals import interval, median_interval
from bundle.original import SENTENCES

NOT_RUN = "not run"  # shown in place of a verdict
LEVEL = 0.05  # largest corrected p of a claim that is decided
KEYS = ["claim", "case", "measure"]
COUNTS = ["count", "n", "ties", "low", "high", "p"]
VALUES = ["value", "value_low", "value_high"]
DECISION = ["p_corrected", "p_dependent", "verdict"]


class Verdict(Enum):
    """What becomes of a claim."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    DEPENDS = "depends"  # on the measure or the run: two are decided in opposite directions


@dataclass(frozen=True)
class Sentence:
    """A sentence of the original report that is tested."""

    id: str
    section: str
    shown_in: str  # the figure or table of this report to look at
    quote: str  # the original's words
    sentence: str  # ours
    kind: str

    @property
    def link(self) -> str:
        """Return a link, in Markdown, to where it is shown."""
        return link_to(self.shown_in)


@dataclass(frozen=True)
class Claim:
    """A sentence of the original and the measures that test it; the first is the main one.

    A measure is a function of `runs`, looked up one by one, and of `options`; the first line of its docstring
    says what it measures.
    """

    id: str  # as in report/original.yaml
    measures: tuple[Callable, ...]
    runs: tuple = ()
    options: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.measures) <= 3:
            raise ValueError(f"{self.id} has {len(self.measures)} measures; a claim has from 1 to 3")


@cache
def sentences() -> dict[str, Sentence]:
    """Return the sentences of report/original.yaml that are tested, by their ids, in the original's order."""
    return {entry["id"]: Sentence(**entry) for entry in ledger() if entry["kind"] == "tested"}


@cache
def ledger() -> list[dict]:
    """Return every sentence of the original, in its order, as report/original.yaml has them."""
    return yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))


def link_to(name: str) -> str:
    """Return a link, in Markdown, to "Figure S1" or "Table 3"."""
    kind, number = name.split()
    return f"[{name}](#{kind.lower()}-{number})"


def measured(measure: Callable) -> str:
    """Return in words what a measure measures."""
    return (measure.__doc__ or measure.__name__).strip().splitlines()[0].rstrip(".")


def decide(outcomes: pd.DataFrame, *, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Return what is found of each claim, in each case, by each measure, all decided together.

    `outcomes` has a row for each seed or path: claim, case, measure, `holds` (True, False, or None for a tie)
    and maybe `value`, a number, and `candidates`: of how many rivals a test was picked, by which p is
    multiplied (Bonferroni). The result has a row for each (claim, case, measure), or what `keys` names, in
    the order in which they appear: how often it holds, of n that do not tie, with the interval of that share,
    p, p corrected, the median value with its interval, and the verdict.
    """
    if outcomes.empty:
        return pd.DataFrame(columns=[*keys, *COUNTS, *VALUES, *DECISION])
    rows = []
    for names, group in outcomes.groupby(list(keys), sort=False):
        row = dict(zip(keys, names, strict=True))
        row.update(_counts(group))
        row.update(_median(group))
        rows.append(row)
    table = pd.DataFrame(rows, columns=[*keys, *COUNTS, *VALUES])
    table["p_corrected"] = false_discovery_control(table["p"], method="bh")
    table["p_dependent"] = false_discovery_control(table["p"], method="by")
    table["verdict"] = [_verdict(row) for row in table.itertuples()]
    return table


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict of several measures, or runs: the first one's, unless two contradict each other.

    One that is undecided, or ties in every seed, contradicts nothing.
    """
    if Verdict.HOLDS in verdicts and Verdict.FAILS in verdicts:
        return Verdict.DEPENDS
    return verdicts[0]


def all_hold(verdicts: Sequence[Verdict]) -> Verdict:
    """Say whether all hold: one that fails is enough to fail, else one that is undecided to be undecided."""
    for verdict in (Verdict.FAILS, Verdict.DEPENDS, Verdict.UNDECIDED):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS if verdicts else Verdict.UNDECIDED


def by_claim(decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim and case: its main measure's, with the verdict of all its measures."""
    groups = decided.groupby(["claim", "case"], sort=False)
    table = groups.head(1).copy()
    table["verdict"] = [overall(list(group["verdict"])) for _, group in groups]
    return table.reset_index(drop=True)


def quoted(verdicts: Mapping[str, tuple[Verdict | None, Verdict | None]]) -> list[list[str]]:
    """Return rows of the report's first table: the original's words, two verdicts, where to look.

    `verdicts` has, by the id of each sentence, the verdict of the original's recipe and that of the corrected
    one or ours; None: not run.
    """
    known, rows = sentences(), []
    for claim, pair in verdicts.items():
        words = [verdict.value if verdict else NOT_RUN for verdict in pair]
        rows.append([f"“{known[claim].quote}”", *words, known[claim].link])
    return rows


def _counts(outcomes: pd.DataFrame) -> dict[str, float]:
    holds = outcomes["holds"].dropna().astype(bool)
    count, n = int(holds.sum()), len(holds)
    low, high = interval(count, n)
    p = float(binomtest(count, n).pvalue) if n else 1.0  # nothing counted decides nothing
    if "candidates" in outcomes:
        p = min(1.0, p * float(outcomes["candidates"].max()))
    return {"count": count, "n": n, "ties": len(outcomes) - n, "low": low, "high": high, "p": p}


def _median(outcomes: pd.DataFrame) -> dict[str, float]:
    values = outcomes["value"].dropna() if "value" in outcomes else ()
    if not len(values):
        return {}
    return dict(zip(VALUES, median_interval(values), strict=True))


def _verdict(row: tuple) -> Verdict:
    if row.p_corrected > LEVEL:
        return Verdict.UNDECIDED
    return Verdict.HOLDS if 2 * row.count > row.n else Verdict.FAILS
