"""What becomes of each sentence of the original report.

A claim is tested seed by seed or path by path: in how many of n does it hold? Were it a toss of a coin, how
likely is a count as lopsided as that one? These p-values (exact binomial, two-sided) are corrected for
testing many claims at once (Benjamini and Hochberg 1995), so that at most one in twenty of the decided ones
is expected to be wrong.
"""

import textwrap
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache

import pandas as pd
import yaml
from scipy.stats import binomtest, false_discovery_control

from bundle.original import SENTENCES

NOT_RUN = "not run"  # shown in place of a verdict
LEVEL = 0.05  # largest corrected p of a claim that is decided
KEYS = ["claim", "case", "measure"]
NUMBERS = ["count", "n", "ties", "low", "high", "p", "p_corrected", "verdict"]
FIRST_WORDS = 60  # letters of a sentence, in the ledger
HOMES = {"2": "part1", "3.1": "task2", "3.2": "task2", "3.3": "task3"}  # notebook by the original's section


class Verdict(Enum):
    """What becomes of a claim."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    DEPENDS = "depends"  # on the measure or the run: two are decided in opposite directions


@cache
def ledger() -> list[dict]:
    """Return every sentence of the original, in its order, as report/original.yaml has them."""
    return yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))


def sentences() -> dict[str, dict]:
    """Return those that are tested by their ids."""
    return {entry["id"]: entry for entry in ledger() if entry["kind"] == "tested"}


def sentence_words() -> dict[str, str]:
    """Return by their ids what those that are tested say, in our words."""
    return {claim: entry["sentence"] for claim, entry in sentences().items()}


def link_to(name: str, notebook: str = "") -> str:
    """Return a link, in Markdown, to "Figure S1" or "Table 3" of a notebook, or of this one."""
    kind, number = name.split()
    return f"[{name}]({notebook}#{kind.lower()}-{number})"


def interval(count: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the share count / n; all of 0 to 1 where n is 0.

    Source: Clopper and Pearson 1934.
    """
    if not n:
        return 0.0, 1.0
    low, high = binomtest(int(count), int(n)).proportion_ci()
    return float(low), float(high)


def decide(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return what is found of each claim, in each case, by each measure, all decided together.

    `outcomes` has a row for each seed or path: claim, case, measure, and `holds` (True, False, or None for a
    tie). The result has a row for each (claim, case, measure), in the order in which they appear: how often
    it holds, of n that do not tie, the interval of that share, p, p corrected, and the verdict.
    """
    if outcomes.empty:
        return pd.DataFrame(columns=[*KEYS, *NUMBERS])
    holds = outcomes["holds"].astype("boolean")  # None is a value that is missing
    groups = outcomes.assign(holds=holds, ties=holds.isna()).groupby(KEYS, sort=False)
    table = groups.agg(count=("holds", "sum"), n=("holds", "count"), ties=("ties", "sum"))
    table = table.astype(int).reset_index()
    counts = list(zip(table["count"], table["n"], strict=True))
    table[["low", "high"]] = [interval(count, n) for count, n in counts]
    # nothing counted decides nothing
    table["p"] = [binomtest(int(count), int(n)).pvalue if n else 1.0 for count, n in counts]
    table["p_corrected"] = false_discovery_control(table["p"], method="bh")
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
    return Verdict.HOLDS


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
    rows = []
    for claim, pair in verdicts.items():
        sentence = sentences()[claim]
        words = [verdict.value if verdict else NOT_RUN for verdict in pair]
        rows.append([f"“{sentence['quote']}”", *words, link_to(sentence["shown_in"])])
    return rows


def ledger_table() -> pd.DataFrame:
    """Return a row for each sentence, in the original's order.

    What describes the original's code: is ours the same, and which test shows it? What explains: is it right?
    """
    rows = []
    for entry in ledger():
        row = {
            "Id": entry["id"],
            "Section": f"§ {entry['section']}",
            "First words": textwrap.shorten(entry["quote"], FIRST_WORDS, placeholder=" …"),
            "Kind": entry["kind"],
            "Found": entry.get("ours") or entry.get("right", ""),
            "Where, or why": " ".join([entry.get("note", ""), entry.get("shown_by", "")]).strip(),
        }
        if entry["kind"] == "tested":
            (home,) = {home for start, home in HOMES.items() if entry["section"].startswith(start)}
            row["Where, or why"] = link_to(entry["shown_in"], f"../{home}.ipynb")
        rows.append(row)
    return pd.DataFrame(rows)


def _verdict(row: tuple) -> Verdict:
    if row.p_corrected > LEVEL:
        return Verdict.UNDECIDED
    return Verdict.HOLDS if 2 * row.count > row.n else Verdict.FAILS
