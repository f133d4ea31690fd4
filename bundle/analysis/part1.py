"""The original's claims on Part 1, tested seed by seed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bundle.analysis.claims import Claim, Verdict, all_hold, decide, measured, quoted, sentences
from bundle.analysis.curves import Curve
from bundle.analysis.formatting import number, p_value
from bundle.analysis.memory import memory_runs, predicted
from bundle.analysis.part1_claims import CLAIMS, MEASURES, Run

AS_WRITTEN, CORRECTED, OURS = "as written", "corrected", "ours"
ORIGINAL_METRIC = "original metric"  # of the recipe as written; the other cases have the shared one
CASES = (AS_WRITTEN, CORRECTED, OURS, ORIGINAL_METRIC)
GROUPS = ("as written", "corrected", "unscheduled", "longer", "ours")  # whose runs claims are about
MEASURE_COLUMNS = ["Sentence: measure", "Case", "Median", "True", "Interval", "p (BH, BY)", "Verdict"]
Curves = dict[Run, Curve]


def variant(run: pd.Series) -> str:
    """Return in what a run differs from the original's runs, or from the corrected ones."""
    if run["group"] == "ours":
        return "ours"
    if run["group"] == "unscheduled":
        return "no schedule"
    return "longer" if run["group"] == "longer" else ""


def curves_by_seed(runs: pd.DataFrame, case: str) -> dict[int, Curves]:
    """Return the curves of a case by seed and run."""
    if case == ORIGINAL_METRIC:
        chosen, column = runs[runs["group"] == "as written"], "original_curve"
    else:
        same_recipe = runs["recipe"] == case.replace(" ", "-")
        chosen, column = runs[same_recipe & runs["group"].isin(GROUPS)], "curve"
    seeds: dict[int, Curves] = {}
    for _, run in chosen[chosen[column].notna()].iterrows():
        name = Run(run["cell"], run["seq_length"], variant(run))
        seeds.setdefault(run["seed"], {})[name] = run[column]
    return seeds


def outcomes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each measure of each claim finds in each case and seed that has the curves it takes."""
    seeds = {case: curves_by_seed(runs, case) for case in CASES}
    rows = []
    for claim in CLAIMS:
        for case in CASES:
            for seed, curves in seeds[case].items():
                rows += [row | {"case": case, "seed": seed} for row in _outcomes_of_seed(claim, curves)]
    return pd.DataFrame(rows)


def _outcomes_of_seed(claim: Claim, curves: Curves) -> list[dict]:
    if not all(run in curves for run in claim.runs):
        return []
    needed = [curves[run] for run in claim.runs]
    rows = []
    for measure in claim.measures:
        value, holds = measure(*needed, **claim.options)
        rows.append({"claim": claim.id, "measure": measure.__name__, "value": value, "holds": holds})
    return rows


def decide_part1(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on each claim, in each case, by each measure: see `claims.decide`."""
    return decide(outcomes(runs))


@dataclass(frozen=True)
class Answer:
    """What was found of a claim; no verdict where it was not tested."""

    verdict: Verdict | None = None
    count: int = 0  # seeds in which it holds by the main measure
    n: int = 0  # seeds that are no tie

    @property
    def seeds(self) -> str:
        return f"{self.count} of {self.n} seeds"

    @property
    def other_seeds(self) -> str:
        """Return in how many seeds it does not hold."""
        return f"{self.n - self.count} of {self.n} seeds"


def answer(verdicts: pd.DataFrame, claim: str, case: str = AS_WRITTEN) -> Answer:
    """Return what was found of a claim in a case.

    `verdicts` is `claims.by_claim`'s, or for the main measure alone `decide_part1`'s.
    """
    rows = verdicts[(verdicts["claim"] == claim) & (verdicts["case"] == case)]
    if rows.empty:
        return Answer()
    row = rows.iloc[0]
    return Answer(row["verdict"], row["count"], row["n"])


def verdict_in(decided: pd.DataFrame, claim: str, cases: Sequence[str]) -> Verdict | None:
    """Return whether a claim holds by its main measure in all of some cases, if it was tested in any."""
    found = [answer(decided, claim, case).verdict for case in cases]
    tested = [verdict for verdict in found if verdict]
    return all_hold(tested) if tested else None


def predictions(runs: pd.DataFrame, decided: pd.DataFrame) -> list[tuple[Verdict | None, Sequence[int]]]:
    """Return what became of the notebook's predictions, in their order, and the numbers of each."""
    cases = [AS_WRITTEN, ORIGINAL_METRIC]
    memory = memory_runs(runs, "memory")
    grown = memory["first_length"] > 0
    alone, helped = memory[~grown], memory[grown & (memory["encoding"] == "one-hot")]
    return [
        (verdict_in(decided, "lstm-first-at-5", [*cases, CORRECTED]), ()),
        (verdict_in(decided, "lstm-steadier-at-5", cases), ()),
        predicted(alone, 0),
        predicted(helped, 1),
    ]


def as_written(runs: pd.DataFrame, cell: str, length: int) -> pd.DataFrame:
    """Return the original's runs of a cell and length."""
    same = (runs["cell"] == cell) & (runs["seq_length"] == length)
    return runs[same & (runs["group"] == "as written")]


def front_rows(verdicts: pd.DataFrame) -> list[list[str]]:
    """Return a row for each sentence: see `claims.quoted`."""
    pairs = {}
    for claim in dict.fromkeys(verdicts["claim"]):
        mended = answer(verdicts, claim, CORRECTED).verdict or answer(verdicts, claim, OURS).verdict
        pairs[claim] = answer(verdicts, claim).verdict, mended
    return quoted(pairs)


def measure_table(decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim, measure and case, with the evidence.

    The sentence stands in the row of its main measure, a measure in that of its first case.
    """
    known = sentences()
    rows, previous_claim = [], None
    for (claim, measure), group in decided.groupby(["claim", "measure"], sort=False):
        words = measured(MEASURES[measure])
        if claim != previous_claim:
            words = f"{known[claim].sentence}: {words[0].lower()}{words[1:]}"
        previous_claim = claim
        for _, row in group.iterrows():
            true, interval = f"{row['count']}/{row['n']}", f"{row['low']:.2f} to {row['high']:.2f}"
            p = f"{p_value(row['p_corrected'])}, {p_value(row['p_dependent'])}"
            median = number(row["value"])
            rows.append((words, row["case"], median, true, interval, p, row["verdict"].value))
            words = ""
    return pd.DataFrame(rows, columns=MEASURE_COLUMNS)
