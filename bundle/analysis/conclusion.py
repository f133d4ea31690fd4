"""What came of it: the predictions made before, and what a reader takes away, all read from the records."""

from collections.abc import Callable, Mapping, Sequence

from bundle.analysis.memory import CELLS, factorial, holds, span_of
from bundle.analysis.part1 import CORRECTED, ORIGINAL_METRIC, SHARED_METRIC, Groups, Robust
from bundle.analysis.verdicts import Table, Verdict
from bundle.study.records import Record

EARLIER = "At 5 the LSTM reaches 100 % before the RNN (§2.2)"
STEADIER = "At 5 the LSTM is more stable than the RNN (§2.2)"
BETTER = "The LSTM performs better than the RNN (§2.2)"


def found_of(verdicts: Sequence[Verdict], sentence: str, case: str) -> Verdict | None:
    return next((v for v in verdicts if (v.sentence, v.case) == (sentence, case)), None)


def said(verdict: Verdict | None) -> str:
    return f"{verdict.count} of {verdict.n} seeds, {verdict.word}" if verdict else "not measured"


def share(records: Sequence[Record]) -> str:
    return f"{sum(map(holds, records))} of {len(records)}"


def came_true(verdicts: Sequence[Verdict | None]) -> bool | None:
    """Return whether all these hold; None where none fails but some are undecided or not measured."""
    found = [verdict.holds if verdict else None for verdict in verdicts]
    return False if False in found else None if None in found else True


def prediction_table(groups: Groups, verdicts: Sequence[Verdict]) -> Table:
    """Return a row for each prediction of the notebook's head: what was measured, did it come true?"""
    memory = factorial(groups.get("memory", ()))
    one_hot = [r for key, runs in memory.items() if key[:2] == ("one-hot", "curriculum") for r in runs]
    bare = [r for key, runs in memory.items() if key[1] == "none" for r in runs]
    rnns = [r for r in groups.get("span", ()) if r.settings["cell"] == "RNN"]
    shortest = min((r.settings["seq_length"] for r in rnns), default=0)
    at_shortest = [r for r in rnns if r.settings["seq_length"] == shortest]
    earlier = [found_of(verdicts, EARLIER, case) for case in (ORIGINAL_METRIC, SHARED_METRIC, CORRECTED)]
    steady = [found_of(verdicts, STEADIER, case) for case in (ORIGINAL_METRIC, SHARED_METRIC)]
    true = {
        "1. LSTM first at 5, by either measure and recipe": (
            "; ".join(map(said, earlier)),
            came_true(earlier),
        ),
        "2. LSTM steadier at 5, by the shared metric too": (
            "; ".join(map(said, steady)),
            came_true(steady),
        ),
        "3. No cell remembers without a curriculum": (
            f"{share(bare)} runs hold it",
            bool(bare) and not any(map(holds, bare)),
        ),
        "4. One-hot input and a curriculum do for every cell": (
            f"{share(one_hot)} runs hold it",
            bool(one_hot) and all(map(holds, one_hot)),
        ),
        f"5. No vanilla RNN holds length {shortest or 'beyond'}": (
            f"{share(at_shortest)} runs hold it",
            bool(at_shortest) and not any(map(holds, at_shortest)),
        ),
    }
    words = {True: "yes", False: "no", None: "undecided"}
    rows = [[what, measured, words[came]] for what, (measured, came) in true.items()]
    return ["Prediction", "Measured", "Came true"], rows


def conclusion(groups: Groups, verdicts: Sequence[Verdict], robust: Sequence[Robust]) -> str:
    """Return what the key findings of Part 1 (`bundle.analysis.findings`) rest on, as a list in Markdown."""
    points = [_protocol(verdicts, robust), *_memory(groups)]
    return "\n".join(f"- {point}" for point in points if point)


def _protocol(verdicts: Sequence[Verdict], robust: Sequence[Robust]) -> str:
    """Say which of the original's sentences turn with the measure, and which with the recipe."""
    turn = [row.sentence for row in robust if (row.recipe, row.word) == ("as written", "depends")]
    words: dict[str, dict[str, str]] = {}
    for v in verdicts:
        words.setdefault(v.sentence, {})[v.case] = v.word
    by_measure = [
        s for s, of in words.items() if ORIGINAL_METRIC in of and of[ORIGINAL_METRIC] != of.get(SHARED_METRIC)
    ]
    by_recipe = [
        s
        for s, of in words.items()
        if {SHARED_METRIC, CORRECTED} <= of.keys() and of[SHARED_METRIC] != of[CORRECTED]
    ]
    stuck = {v.sentence for v in verdicts if v.note}
    points = [
        f"**What came from its protocol?** Of {len(words)} sentences, {len(turn)} depend on what is read",
        f"off the curves. {len(by_measure)} turn with how accuracy is sampled, the original's LSTM on fresh",
        f"palindromes, its RNN on one training batch{named(by_measure)}; {len(by_recipe)} turn with the",
        f"recipe{named(by_recipe)}; {len(stuck)} rest on a cell that is at chance in every run.",
    ]
    return " ".join(points)


def named(sentences: Sequence[str], *, most: int = 4) -> str:
    """Return " (a; b)", the sentences without their places, as many as a reader takes in."""
    short = [sentence.partition(" (§")[0] for sentence in sentences[:most]]
    more = ["…"] if len(sentences) > most else []
    return f" ({'; '.join(short + more)})" if short else ""


def _memory(groups: Groups) -> list[str]:
    points = []
    if records := groups.get("memory"):
        length = records[0].settings["seq_length"]
        told = ", ".join(f"{level} {share(of)}" for level, of in _by_curriculum(records).items())
        points.append(
            f"**What does memory need?** At length {length}, runs that end at 99 % or more: {told}."
        )
    if records := groups.get("span"):
        spans = [
            f"the {cell} {span_of(records, cell)}" for cell in CELLS if any(_of(cell)(r) for r in records)
        ]
        tried = max(r.settings["seq_length"] for r in records)
        points.append(
            "**How far does it reach?** With one-hot digits and the curriculum the longest length that every "
            f"seed holds is, for {', for '.join(spans)} (tried up to {tried})."
        )
    return points


def _of(cell: str) -> Callable[[Record], bool]:
    return lambda record: record.settings["cell"] == cell


def _by_curriculum(records: Sequence[Record]) -> Mapping[str, list[Record]]:
    """Return the runs by input and curriculum, of all cells."""
    levels: dict[str, list[Record]] = {}
    for (given, how, _), runs in factorial(records).items():
        name = f"{given} with a curriculum" if how == "curriculum" else f"{given} without"
        levels.setdefault(name, []).extend(runs)
    return levels
