"""The original's claims on Part 1, tested seed by seed."""

import pandas as pd

from bundle.analysis.claims import Claim, Verdict, by_claim, decide, measured, quoted, sentences
from bundle.analysis.curves import Curve, at_chance
from bundle.analysis.formatting import number, p_value
from bundle.analysis.part1_claims import CLAIMS, MEASURES, Run

AS_WRITTEN, CORRECTED, OURS = "as written", "corrected", "ours"
ORIGINAL_METRIC = "original metric"  # of the recipe as written; the other cases have the shared one
CASES = (AS_WRITTEN, CORRECTED, OURS, ORIGINAL_METRIC)
GROUPS = ("as written", "corrected", "unscheduled", "longer", "ours")  # whose runs claims are about
VERDICT_COLUMNS = ["Sentence", "As written", "Corrected, or ours", "By the original metric"]
VERDICT_COLUMNS += ["At chance", "Shown in"]
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


def result(verdicts: pd.DataFrame, claim: str, case: str = AS_WRITTEN) -> pd.Series | None:
    """Return the first row on a claim in a case, None where it was not tested there."""
    rows = verdicts[(verdicts["claim"] == claim) & (verdicts["case"] == case)]
    return None if rows.empty else rows.iloc[0]


def runs_at_chance(runs: pd.DataFrame) -> set[Run]:
    """Return which of the original's runs are at chance in every seed, whatever the recipe."""
    groups = runs[runs["group"].isin(["as written", "corrected"])].groupby(["cell", "seq_length"])
    return {Run(*names) for names, group in groups if at_chance(list(group["curve"]))}


def verdict_table(runs: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each sentence of the original: what becomes of it in each case."""
    verdicts, known, chance = by_claim(decided), sentences(), runs_at_chance(runs)
    rows = []
    for claim in CLAIMS:
        cells = {case: _verdict_cell(result(verdicts, claim.id, case)) for case in CASES}
        if any(cells.values()):
            at_chance_here = [f"{run.cell} at {run.seq_length}" for run in claim.runs if run in chance]
            rows.append(
                (
                    known[claim.id].sentence,
                    cells[AS_WRITTEN],
                    cells[CORRECTED] or cells[OURS],
                    cells[ORIGINAL_METRIC],
                    ", ".join(at_chance_here),
                    known[claim.id].link,
                )
            )
    return pd.DataFrame(rows, columns=VERDICT_COLUMNS)


def _verdict_cell(row: pd.Series | None) -> str:
    return "" if row is None else f"{row['verdict'].value}, {row['count']}/{row['n']}"


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


def answers(verdicts: pd.DataFrame, case: str) -> tuple[dict[str, Verdict], dict[str, str]]:
    """Return by claim its verdict in a case, and in how many seeds it holds: "41 of 49 seeds".

    `verdicts` is `claims.by_claim`'s.
    """
    words, seeds = {}, {}
    for _, row in verdicts[verdicts["case"] == case].iterrows():
        words[row["claim"]] = row["verdict"]
        seeds[row["claim"]] = f"{row['count']} of {row['n']} seeds"
    return words, seeds


def seeds_against(verdicts: pd.DataFrame, claim: str, case: str) -> str:
    """Return in how many seeds a claim does not hold, "9 of 10 seeds"; "" where it was not tested."""
    row = result(verdicts, claim, case)
    return "" if row is None else f"{row['n'] - row['count']} of {row['n']} seeds"


def front_rows(verdicts: pd.DataFrame) -> list[list[str]]:
    """Return the rows of the report's first table: see `claims.quoted`."""
    by_case = {case: answers(verdicts, case)[0] for case in CASES}
    pairs = {}
    for claim in dict.fromkeys(verdicts["claim"]):
        mended = by_case[CORRECTED].get(claim) or by_case[OURS].get(claim)
        pairs[claim] = by_case[AS_WRITTEN].get(claim), mended
    return quoted(pairs)
