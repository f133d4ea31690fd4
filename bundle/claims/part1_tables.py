"""The tables of Part 1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from bundle.claims.accuracy import collapses, final_accuracy, first_full, held_full, logged
from bundle.claims.verdicts import Verdict, median_interval
from bundle.runs.records import Record

VERDICT_HEADER = ["Sentence", "True for a seed if", "Recipe", "Median", "True", "Interval", "p", "Verdict"]


def verdict_rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """Yield a table row for each verdict; the sentence stands in the first row of its claim alone."""
    last = None
    for v in verdicts:
        first, last = v.claim is not last, v.claim
        interval = f" [{number(v.median_low)}, {number(v.median_high)}]" if v.n > 5 else ""
        yield [
            f"{v.claim.sentence} (§{v.claim.section})" if first else "",
            f"{v.claim.test}; median: {v.claim.unit}" if first else "",
            v.recipe.replace("-", " "),
            number(v.median) + interval,
            f"{v.count}/{v.n}",
            f"{v.low:.2f} to {v.high:.2f}",
            f"{v.corrected:.3f}",
            v.word,
        ]


def tally(verdicts: Sequence[Verdict]) -> str:
    """Return how many sentences hold, do not, or are undecided under each recipe, in words."""
    parts = []
    for recipe in dict.fromkeys(v.recipe for v in verdicts):
        words = [v.word for v in verdicts if v.recipe == recipe]
        counts = [f"{words.count(w)} {v}" for w, v in (("holds", "hold"), ("does not hold", "do not hold"))]
        counts.append(f"{words.count('undecided')} are undecided")
        parts.append(f"{recipe.replace('-', ' ')}, {', '.join(counts)}")
    return f"Of {len({v.claim.id for v in verdicts})} sentences: " + "; ".join(parts) + "."


STATISTICS = {
    "first 100 %": first_full,
    "held 100 %": held_full,
    "final": lambda accuracy: accuracy[-1],
    "best less final": lambda accuracy: accuracy.max() - accuracy[-1],
    "collapses": collapses,
    "mean": lambda accuracy: accuracy.mean(),
}


STATISTICS_HEADER = ["Cell", "Recipe", "Length", "Seeds", *STATISTICS]


def statistics(records: Sequence[Record]) -> dict[tuple, dict[str, tuple]]:
    """Return by (cell, recipe, length, number of seeds) each statistic's median and interval over seeds."""
    groups: dict[tuple, list[np.ndarray]] = {}
    for record in records:
        s = record.settings
        recipe = s["recipe"] + (", no schedule" if s.get("schedule_factor") == 1 else "")
        groups.setdefault((s["cell"], recipe, s["seq_length"]), []).append(logged(record))
    return {
        (*group, len(runs)): {
            name: median_interval([statistic(run) for run in runs]) for name, statistic in STATISTICS.items()
        }
        for group, runs in groups.items()
    }


def statistics_rows(records: Sequence[Record]) -> Iterator[list[str]]:
    """Yield a table row for each cell, recipe and length: medians over seeds, steps with intervals."""
    for (cell, recipe, length, n), found in statistics(records).items():
        cells = []
        for name, (median, low, high) in found.items():
            wide = n > 5 and name in ("first 100 %", "held 100 %") and np.isfinite(low)
            cells.append(number(median) + (f" [{number(low)}, {number(high)}]" if wide else ""))
        yield [cell, recipe.replace("-", " "), str(length), str(n), *cells]


def part1_summary(records: Sequence[Record]) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    return {
        f"{cell} {recipe} {length} {name}": round(median, 6) if np.isfinite(median) else -1
        for (cell, recipe, length, _), found in statistics(records).items()
        for name, (median, _, _) in found.items()
    }


def number(value: float) -> str:
    if np.isinf(value):
        return "never" if value > 0 else "−∞"
    if float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}"


def in_words(records: Sequence[Record], recipe: str) -> str:
    """Return the median step of the first logged 100 % under a recipe, or "never"."""
    return number(
        median_interval([first_full(logged(r)) for r in records if r.settings["recipe"] == recipe])[0]
    )


def ablation_rows(
    whole: Sequence[Record], others: Sequence[Record], changes: Mapping[str, dict]
) -> Iterator[list[str]]:
    """Yield a row for our whole recipe and one for it without each part.

    Args:
        whole: runs of the whole recipe.
        others: runs of the changed ones, as many for each change, in the order of `changes`.
        changes: what is changed, by its name.
    """
    size = len(others) // len(changes)
    groups = {"ours": whole} | {name: others[i * size : (i + 1) * size] for i, name in enumerate(changes)}
    for name, records in groups.items():
        held = [held_full(logged(record)) for record in records]
        finals = [final_accuracy(record, last=100) for record in records]
        lowest = [
            min(record.summary["accuracy_at"].values())
            for record in records
            if "accuracy_at" in record.summary
        ]
        yield [
            name,
            f"{int(np.isfinite(held).sum())}/{len(held)}",
            number(median_interval(held)[0]),
            f"{np.median(finals):.3f}",
            f"{min(lowest):.3f}" if lowest else "",
        ]
