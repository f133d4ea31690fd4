"""The tables of Part 1."""

from collections.abc import Mapping, Sequence

import numpy as np

from bundle.claims.accuracy import collapses, final_accuracy, first_full, held_full, logged
from bundle.claims.formats import Table, number, once
from bundle.claims.verdicts import Verdict, median_interval
from bundle.runs.records import Record

STATISTICS = {
    "first 100 %": first_full,
    "held 100 %": held_full,
    "final": lambda accuracy: accuracy[-1],
    "best less final": lambda accuracy: accuracy.max() - accuracy[-1],
    "collapses": collapses,
    "mean": np.mean,
}


def statistics(records: Sequence[Record]) -> Table:
    """Return a row for each cell, recipe and length: medians over seeds, steps with intervals."""
    rows = []
    for (cell, recipe, length, n), found in _medians(records).items():
        cells = []
        for name, (median, low, high) in found.items():
            wide = n > 5 and name in ("first 100 %", "held 100 %") and np.isfinite(low)
            cells.append(number(median) + (f" [{number(low)}, {number(high)}]" if wide else ""))
        rows.append([cell, recipe.replace("-", " "), str(length), str(n), *cells])
    return ["Cell", "Recipe", "Length", "Seeds", *STATISTICS], rows


def verdicts(found: Sequence[Verdict]) -> Table:
    """Return a row for each verdict; sentence and test stand in the first row of their claim alone."""
    words = zip(once(v.sentence for v in found), once(v.test for v in found), found, strict=True)
    rows = [[*first, v.case.replace("-", " "), v.numbers, *v.cells(".2f")] for *first, v in words]
    return ["Sentence", "True for a seed if", "Recipe", "Median", "True", "Interval", "p", "Verdict"], rows


def tally(found: Sequence[Verdict]) -> str:
    """Return how many sentences hold, do not, or are undecided under each recipe, in words."""
    parts = []
    for recipe in dict.fromkeys(v.case for v in found):
        holds = [v.holds for v in found if v.case == recipe]
        counts = (
            f"{holds.count(True)} hold, {holds.count(False)} do not hold, {holds.count(None)} are undecided"
        )
        parts.append(f"{recipe.replace('-', ' ')}, {counts}")
    return f"Of {len({v.sentence for v in found})} sentences: " + "; ".join(parts) + "."


def ablation(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each group of runs by its name: our whole recipe, and the same without a part."""
    rows = []
    for name, records in groups.items():
        held = [held_full(logged(record)) for record in records]
        final = np.median([final_accuracy(record, last=100) for record in records])
        checks = [r.summary["accuracy_at"].values() for r in records if "accuracy_at" in r.summary]
        lowest = min(map(min, checks), default=None)
        cells = [f"{np.isfinite(held).sum()}/{len(held)}", number(median_interval(held)[0])]
        rows.append([name, *cells, number(final, ".3f"), number(lowest, ".3f")])
    header = [
        "Recipe",
        "Seeds that hold 100 %",
        "Median step held",
        "Median final accuracy",
        "At all lengths",
    ]
    return header, rows


def summary(records: Sequence[Record]) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    return {
        f"{cell} {recipe} {length} {name}": round(median, 6) if np.isfinite(median) else -1
        for (cell, recipe, length, _), found in _medians(records).items()
        for name, (median, _, _) in found.items()
    }


def in_words(records: Sequence[Record], recipe: str) -> str:
    """Return the median step of the first logged 100 % under a recipe, or "never"."""
    steps = [first_full(logged(record)) for record in records if record.settings["recipe"] == recipe]
    return number(median_interval(steps)[0])


def _medians(records: Sequence[Record]) -> dict[tuple, dict[str, tuple[float, float, float]]]:
    """Return by (cell, recipe, length, number of seeds) each statistic's median and interval over seeds."""
    runs: dict[tuple, list[np.ndarray]] = {}
    for record in records:
        s = record.settings
        recipe = s["recipe"] + (", no schedule" if s.get("schedule_factor") == 1 else "")
        runs.setdefault((s["cell"], recipe, s["seq_length"]), []).append(logged(record))
    return {
        (*key, len(group)): {name: median_interval(list(map(of, group))) for name, of in STATISTICS.items()}
        for key, group in runs.items()
    }
