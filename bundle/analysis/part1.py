"""The original's claims on its LSTM and RNN, tested seed by seed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict, all_hold, decide, quoted, sentence_words, sentences
from bundle.analysis.formatting import number, p_value
from bundle.analysis.memory import memory_runs, predicted

AS_WRITTEN, CORRECTED, OURS = "as written", "corrected", "ours"  # cases: recipes, by the shared metric
ORIGINAL_METRIC = "original metric"  # of the recipe as written
CASES = (AS_WRITTEN, CORRECTED, OURS, ORIGINAL_METRIC)
COMMON = (AS_WRITTEN, CORRECTED)  # groups with the same runs, named "LSTM 10" below
NAMED = ("unscheduled", "longer", "ours")  # groups whose runs are named "LSTM 10 unscheduled"
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
MORE_IS_BETTER = ("mean", "final")  # of all others less is
ARRIVAL = ("first", "held", "first_95")

# By the id of a sentence: pairs of runs, the first of which is better if it is true, and by which measures,
# the main one first.
COMPARISONS = {
    "schedule-helps": ([("LSTM 10", "LSTM 10 unscheduled")], ["held", "first", "mean"]),
    "best-at-5": (
        [("LSTM 5", "LSTM 3"), ("LSTM 5", "LSTM 10"), ("LSTM 5", "LSTM 30")],
        ["held", "first", "mean"],
    ),
    "longer-is-worse": ([("LSTM 5", "LSTM 10"), ("LSTM 10", "LSTM 30")], ["mean", "held", "first"]),
    "better-at-3-than-10": ([("LSTM 3", "LSTM 10")], ["mean", "first", "held"]),
    "lstm-first-at-5": ([("LSTM 5", "RNN 5")], ["first", "first_95", "mean"]),
    "lstm-steadier-at-5": ([("LSTM 5", "RNN 5")], ["relapses", "late_deviation", "drop"]),
    "lstm-steadier-at-30": ([("LSTM 30", "RNN 30")], ["late_deviation", "drop", "relapses"]),
    "lstm-better": ([("LSTM 5", "RNN 5"), ("LSTM 30", "RNN 30")], ["mean", "final"]),
}


def between(low: float, high: float) -> pd.Interval:
    return pd.Interval(low, high, closed="both")


def below(limit: float) -> pd.Interval:
    return pd.Interval(0, limit, closed="left")


def in_words(interval: pd.Interval) -> str:
    """Return "300 to 500", or "0 to below 1"."""
    below_it = "below " if interval.open_right else ""
    return f"{number(interval.left)} to {below_it}{number(interval.right)}"


# By the id of a sentence: measures, the main one first, and where that of each run is if it is true.
LIMITS = {
    "limited-by-memory": [("final", {"LSTM 30 ours": below(limit)}) for limit in (1, 0.99)],
    "lstm-at-5-in-400-steps": [(measure, {"LSTM 5": between(300, 500)}) for measure in ARRIVAL],
    "rnn-at-5-after-600-steps": [(measure, {"RNN 5": between(601, np.inf)}) for measure in ARRIVAL],
    "unstable-at-30": [
        (measure, {"LSTM 30": below(1), "RNN 30": below(1)}) for measure in ("final", "late_lowest")
    ],
    "too-few-steps-at-30": [("final", {f"{cell} 30 longer": between(1, 1)}) for cell in ("LSTM", "RNN")],
    "lstm-at-30-after-1400-steps": [(measure, {"LSTM 30": between(1400, 1500)}) for measure in ARRIVAL],
    "rnn-not-at-30": [("best", {"RNN 30": below(limit)}) for limit in (1, 0.95, 0.5)],
    "only-lstm-at-30": [
        ("best", {"LSTM 30": between(limit, 1), "RNN 30": below(limit)}) for limit in (1, 0.95)
    ],
    "rnn-fluctuates-at-30": [
        ("drop", {"RNN 30": between(0.2, 1)}),
        ("late_deviation", {"RNN 30": between(0.05, 1)}),
        ("drop_of_best", {"RNN 30": between(1 / 3, 1)}),
    ],
}


def measures_by_run(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what is measured: a row a case and seed, columns (measure, name of the run)."""
    tested = runs[runs["group"].isin(COMMON + NAMED)].copy()
    tested["case"] = tested["recipe"]
    tested["run"] = tested["cell"] + " " + tested["seq_length"].astype(str)
    tested["run"] += (" " + tested["group"]).where(tested["group"].isin(NAMED), "")
    by_original = tested[(tested["group"] == AS_WRITTEN) & tested["original_curve"].notna()]
    by_original = by_original.assign(case=ORIGINAL_METRIC, curve=by_original["original_curve"])
    table = pd.concat([tested, by_original], ignore_index=True)
    measures = pd.DataFrame([curve.measures() for curve in table["curve"]])
    return table[["case", "seed", "run"]].join(measures).pivot(index=["case", "seed"], columns="run")


def seeds_with(values: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the rows of values (a row a seed, a column a run) that have all these runs."""
    return values.reindex(columns=list(names)).dropna()


def first_is_better(values: pd.DataFrame, pairs: Sequence[tuple[str, str]], *, more: bool) -> pd.Series:
    """Say of each seed whether the first run of every pair has more, or less; None is a tie.

    It is a tie where some pair ties and in none the first is worse. Two runs that never arrive tie.
    """
    values = seeds_with(values, {run for pair in pairs for run in pair})
    differences = pd.concat([values[first] - values[other] for first, other in pairs], axis=1).fillna(0)
    least = differences.min(axis=1) if more else -differences.max(axis=1)
    return (least > 0).astype(object).mask(least == 0, None)


def is_within(values: pd.DataFrame, limits: Mapping[str, pd.Interval]) -> pd.Series:
    """Say of each seed whether every run is in its interval."""
    values = seeds_with(values, limits)
    holds = pd.Series(True, index=values.index)
    for run, interval in limits.items():
        holds &= np.array([value in interval for value in values[run]], dtype=bool)
    return holds


def outcomes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return whether each claim holds by each measure, in each case and seed that has the runs it names."""
    measured = measures_by_run(runs)
    tables = []
    for claim, (pairs, measures) in COMPARISONS.items():
        for measure in measures:
            holds = first_is_better(measured[measure], pairs, more=measure in MORE_IS_BETTER)
            tables.append(pd.DataFrame({"holds": holds, "claim": claim, "measure": WORDS[measure]}))
    for claim, tests in LIMITS.items():
        for measure, limits in tests:
            holds = is_within(measured[measure], limits)
            conditions = ", ".join(f"{run} {in_words(interval)}" for run, interval in limits.items())
            words = f"{WORDS[measure]}: {conditions}"
            tables.append(pd.DataFrame({"holds": holds, "claim": claim, "measure": words}))
    table = pd.concat(tables).reset_index()
    table["claim"] = pd.Categorical(table["claim"], sentences())
    return table.sort_values("claim", kind="stable").astype({"claim": object})


def decide_part1(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the verdict on each claim, in each case, by each measure: see `claims.decide`."""
    return decide(outcomes(runs))


class Answer(NamedTuple):
    """What was found of a claim; no verdict where it was not tested."""

    verdict: Verdict | None = None
    count: int = 0  # seeds in which it holds by the main measure
    n: int = 0  # seeds that are no tie

    @property
    def seeds(self) -> str:
        """Return in how many seeds it holds: "all 50", "all but 1 of 50", "12 of 50", "1 of 1"."""
        others = self.n - self.count
        if not others and self.n > 1:
            return f"all {self.n}"
        return f"all but {others} of {self.n}" if 0 < 10 * others <= self.n else f"{self.count} of {self.n}"


def answer(verdicts: pd.DataFrame, claim: str, case: str = AS_WRITTEN) -> Answer:
    """Return what was found of a claim in a case.

    `verdicts` is `claims.by_claim`'s, or for the main measure alone `decide_part1`'s.
    """
    rows = verdicts[(verdicts["claim"] == claim) & (verdicts["case"] == case)]
    return Answer(*rows[["verdict", "count", "n"]].iloc[0]) if len(rows) else Answer()


def verdict_in(decided: pd.DataFrame, claim: str, cases: Sequence[str]) -> Verdict | None:
    """Return whether a claim holds by its main measure in all of some cases, if it was tested in any."""
    main = decided[decided["case"].isin(cases) & (decided["claim"] == claim)].groupby("case").head(1)
    return all_hold(list(main["verdict"])) if len(main) else None


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
    cases = shown["case"].mask(shown["case"] != AS_WRITTEN, "corrected, or ours")
    return shown.assign(case=cases, share=shown["count"] / shown["n"])


def measure_table(decided: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim, measure and case, with the evidence.

    The sentence stands in the row of its main measure, a measure in that of its first case.
    """
    words = decided["measure"].mask(decided.duplicated(["claim", "measure"]), "")
    sentence = decided["claim"].map(sentence_words())
    table = {
        "Sentence: measure": words.mask(~decided.duplicated("claim"), sentence + ": " + words),
        "Case": decided["case"],
        "True": [f"{row.count}/{row.n}" for row in decided.itertuples()],
        "Interval": [f"{row.low:.2f} to {row.high:.2f}" for row in decided.itertuples()],
        "p": decided["p_corrected"].map(p_value),
        "Verdict": [verdict.value for verdict in decided["verdict"]],
    }
    return pd.DataFrame(table)
