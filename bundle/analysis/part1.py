"""The original's claims on its LSTM and RNN, tested seed by seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict, all_hold, decide, quoted, sentence_words
from bundle.analysis.formatting import number, p_value
from bundle.analysis.memory import memory_runs, predicted

AS_WRITTEN, CORRECTED, OURS = "as written", "corrected", "ours"
ORIGINAL_METRIC = "original metric"  # of the recipe as written; the other cases have the shared one
CASES = (AS_WRITTEN, CORRECTED, OURS, ORIGINAL_METRIC)
MENDED = "corrected, or ours"
RECIPES = {AS_WRITTEN: "as-written", CORRECTED: "corrected", OURS: "ours"}  # of each case, as in settings
NAMED_BY_LENGTH = ("as written", "corrected")  # groups whose runs CLAIMS names "LSTM 10"
NAMED_BY_GROUP = ("unscheduled", "longer", "ours")  # and those named "LSTM 10 unscheduled"
WORDS = {  # by `Curve.measures`
    "first": "steps to 100 %",
    "first_95": "steps to 95 %",
    "held": "step since which it holds 100 %",
    "mean": "mean accuracy",
    "final": "accuracy at the end",
    "best": "best accuracy",
    "late_lowest": "lowest accuracy of the last third",
    "late_deviation": "standard deviation over the last third",
    "relapses": "share of evaluations below 100 % again",
    "drop": "deepest drop below the best so far",
    "drop_of_best": "deepest drop over the best accuracy",
}
Outcome = tuple[float, bool | None]  # a number, and whether the claim holds by it; None is a tie

# Tests: each takes the same measure of the runs that a claim names, in their order.


def lower(values: Sequence[float]) -> Outcome:
    """Is the first run's below that of the best other run? Two that are infinite tie."""
    first, other = values[0], min(values[1:])
    return (0.0, None) if first == other else (first - other, first < other)


def higher(values: Sequence[float]) -> Outcome:
    """Is the first run's above that of the best other run?"""
    first, other = values[0], max(values[1:])
    return (0.0, None) if first == other else (first - other, first > other)


def higher_in_both_pairs(values: Sequence[float]) -> Outcome:
    (difference, holds), (other_difference, other_holds) = higher(values[:2]), higher(values[2:])
    return min(difference, other_difference), all_true([holds, other_holds])


def falls_at_each(values: Sequence[float]) -> Outcome:
    return higher([values[0], values[-1]])[0], all_true([higher(pair)[1] for pair in pairwise(values)])


def rises_at_each(values: Sequence[float]) -> Outcome:
    return lower([values[0], values[-1]])[0], all_true([lower(pair)[1] for pair in pairwise(values)])


def never(values: Sequence[float]) -> Outcome:
    return values[0], values[0] == np.inf


def within(values: Sequence[float], low: float, high: float) -> Outcome:
    return values[0], low <= values[0] <= high


def at_least(values: Sequence[float], limit: float) -> Outcome:
    return values[0], values[0] >= limit


def last_at_least(values: Sequence[float], limit: float) -> Outcome:
    """Is the last run's, where a claim needs the others to be there?"""
    return at_least(values[-1:], limit)


def all_below(values: Sequence[float], limit: float) -> Outcome:
    return max(values), max(values) < limit


def only_first_at_least(values: Sequence[float], limit: float) -> Outcome:
    return values[0], values[0] >= limit and max(values[1:]) < limit


def all_true(values: Sequence[bool | None]) -> bool | None:
    """Return whether all are true: False where one is, None where some tie and none is."""
    if False in values:
        return False
    return None if None in values else True


def by_each(measures: Sequence[str], test: Callable, *limits: float) -> list[tuple]:
    """Return one test of several measures."""
    return [(measure, test, *limits) for measure in measures]


ARRIVAL = ("first", "held", "first_95")
# By the id of a sentence: the runs that it is about, and by what it is tested, the main measure first.
CLAIMS = {
    "schedule-helps": (
        ["LSTM 10", "LSTM 10 unscheduled"],
        [("held", lower), ("first", lower), ("mean", higher)],
    ),
    "best-at-5": (
        ["LSTM 5", "LSTM 3", "LSTM 10", "LSTM 30"],
        [("held", lower), ("first", lower), ("mean", higher)],
    ),
    "longer-is-worse": (
        ["LSTM 5", "LSTM 10", "LSTM 30"],
        [("mean", falls_at_each), ("held", rises_at_each), ("first", rises_at_each)],
    ),
    "better-at-3-than-10": (["LSTM 3", "LSTM 10"], [("mean", higher), ("first", lower), ("held", lower)]),
    "limited-by-memory": (["LSTM 30 ours"], [("held", never), ("final", all_below, 0.99)]),
    "lstm-at-5-in-400-steps": (["LSTM 5"], by_each(ARRIVAL, within, 300, 500)),
    "rnn-at-5-after-600-steps": (["RNN 5"], by_each(ARRIVAL, at_least, 601)),
    "lstm-first-at-5": (["LSTM 5", "RNN 5"], [("first", lower), ("first_95", lower), ("mean", higher)]),
    "lstm-steadier-at-5": (["LSTM 5", "RNN 5"], by_each(("relapses", "late_deviation", "drop"), lower)),
    "unstable-at-30": (["LSTM 30", "RNN 30"], by_each(("final", "late_lowest"), all_below, 1)),
    "too-few-steps-at-30": (
        ["LSTM 30 longer", "RNN 30 longer"],
        [("final", at_least, 1), ("final", last_at_least, 1)],
    ),
    "lstm-at-30-after-1400-steps": (["LSTM 30"], by_each(ARRIVAL, within, 1400, 1500)),
    "rnn-not-at-30": (
        ["RNN 30"],
        [("best", all_below, 1), ("best", all_below, 0.95), ("best", all_below, 0.5)],
    ),
    "only-lstm-at-30": (
        ["LSTM 30", "RNN 30"],
        [("best", only_first_at_least, 1), ("best", only_first_at_least, 0.95)],
    ),
    "lstm-steadier-at-30": (["LSTM 30", "RNN 30"], by_each(("late_deviation", "drop", "relapses"), lower)),
    "rnn-fluctuates-at-30": (
        ["RNN 30"],
        [("drop", at_least, 0.2), ("late_deviation", at_least, 0.05), ("drop_of_best", at_least, 1 / 3)],
    ),
    "lstm-better": (
        ["LSTM 5", "RNN 5", "LSTM 30", "RNN 30"],
        by_each(("mean", "final"), higher_in_both_pairs),
    ),
}


def measures_by_run(runs: pd.DataFrame, case: str) -> pd.DataFrame:
    """Return what is measured in a case: a row a seed, columns (measure, name of the run)."""
    if case == ORIGINAL_METRIC:
        chosen, column = runs[runs["group"] == AS_WRITTEN], "original_curve"
    else:
        known = runs["group"].isin(NAMED_BY_LENGTH + NAMED_BY_GROUP)
        chosen, column = runs[known & (runs["recipe"] == RECIPES[case])], "curve"
    rows = []
    for run in chosen[chosen[column].notna()].to_dict("records"):
        name = f"{run['cell']} {run['seq_length']}"
        if run["group"] in NAMED_BY_GROUP:
            name += f" {run['group']}"
        rows.append({"seed": run["seed"], "run": name} | run[column].measures())
    return pd.DataFrame(rows, columns=["seed", "run", *WORDS]).pivot(index="seed", columns="run")


def outcomes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each measure of each claim finds in each case and seed that has the runs it names."""
    tables = {case: measures_by_run(runs, case) for case in CASES}
    rows = []
    for claim, (names, tests) in CLAIMS.items():
        for case, table in tables.items():
            if not set(names) <= set(table.columns.get_level_values("run")):
                continue
            for measure, test, *limits in tests:
                words = [f"{WORDS[measure]}:", test.__name__.replace("_", " "), *map(number, limits)]
                row = {"claim": claim, "case": case, "measure": " ".join(words)}
                for values in table[measure][names].dropna().to_numpy().tolist():
                    value, holds = test(values, *limits)
                    rows.append(row | {"value": value, "holds": holds})
    return pd.DataFrame(rows)


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
        """Return in how many seeds it holds: "all 50 seeds", "all but 1 of 50 seeds", "12 of 50 seeds"."""
        others = self.n - self.count
        if not others:
            return f"all {self.n} seeds" if self.n > 1 else "the only seed"
        if 10 * others <= self.n:
            return f"all but {others} of {self.n} seeds"
        return f"{self.count} of {self.n} seeds"


def answer(verdicts: pd.DataFrame, claim: str, case: str = AS_WRITTEN) -> Answer:
    """Return what was found of a claim in a case.

    `verdicts` is `claims.by_claim`'s, or for the main measure alone `decide_part1`'s.
    """
    rows = verdicts[(verdicts["claim"] == claim) & (verdicts["case"] == case)]
    return Answer(*rows[["verdict", "count", "n"]].iloc[0]) if len(rows) else Answer()


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
    return [
        (verdict_in(decided, "lstm-first-at-5", [*cases, CORRECTED]), ()),
        (verdict_in(decided, "lstm-steadier-at-5", cases), ()),
        predicted(memory[~grown], 0),
        predicted(memory[grown & (memory["encoding"] == "one-hot")], 1),
    ]


def front_rows(verdicts: pd.DataFrame) -> list[list[str]]:
    """Return a row for each sentence: see `claims.quoted`."""
    pairs = {}
    for claim in verdicts["claim"].unique():
        mended = answer(verdicts, claim, CORRECTED).verdict or answer(verdicts, claim, OURS).verdict
        pairs[claim] = answer(verdicts, claim).verdict, mended
    return quoted(pairs)


def shares(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return in which share of the seeds each claim holds in each case that the report shows.

    `verdicts` is `claims.by_claim`'s. A claim on our recipe stands beside the corrected ones.
    """
    shown = verdicts[verdicts["case"] != ORIGINAL_METRIC]
    cases = shown["case"].replace({CORRECTED: MENDED, OURS: MENDED})
    return shown.assign(case=cases, share=shown["count"] / shown["n"])


def measure_table(decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim, measure and case, with the evidence.

    The sentence stands in the row of its main measure, a measure in that of its first case.
    """
    groups = decided.groupby(["claim", "measure"], sort=False)
    rows = pd.concat([group for _, group in groups])
    sentence = rows["claim"].map(sentence_words())
    words = rows["measure"].mask(rows.duplicated(["claim", "measure"]), "")
    words = words.mask(~rows.duplicated("claim"), sentence + ": " + words)
    table = {
        "Sentence: measure": words,
        "Case": rows["case"],
        "Median": rows["value"].map(number),
        "True": [f"{row.count}/{row.n}" for row in rows.itertuples()],
        "Interval": [f"{row.low:.2f} to {row.high:.2f}" for row in rows.itertuples()],
        "p": rows["p_corrected"].map(p_value),
        "Verdict": [verdict.value for verdict in rows["verdict"]],
    }
    return pd.DataFrame(table)
