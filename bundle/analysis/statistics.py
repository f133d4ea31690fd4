"""The numbers of Part 1's curves: statistics by cell, recipe and length, and how long until 100 %."""

from collections.abc import Callable, Sequence

import numpy as np

from bundle.analysis.curves import Curve, shared_metric
from bundle.analysis.part1 import CASES, Groups, curves_of
from bundle.analysis.survival import log_rank, times
from bundle.analysis.verdicts import Table, median_interval, number, p_value
from bundle.study.records import Record

STATISTICS: dict[str, Callable[[Curve], float]] = {
    "first 100 %": Curve.first,
    "held 100 %": Curve.held,
    "final": Curve.final,
    "best less final": lambda curve: curve.best() - curve.final(),
    "collapses": Curve.collapses,
    "mean": Curve.mean,
}


def medians(groups: Groups) -> dict[tuple, dict[str, tuple[float, float, float]]]:
    """Return by (cell, recipe, length, seeds) each statistic's median and interval, shared metric."""
    runs: dict[tuple, list[Curve]] = {}
    for name in ("as written", "corrected", "unscheduled", "ours"):
        for record in groups.get(name, ()):
            s = record.settings
            recipe = s["recipe"].replace("-", " ") + (", no schedule" if name == "unscheduled" else "")
            runs.setdefault((s["cell"], recipe, s["seq_length"]), []).append(shared_metric(record))
    return {
        (*key, len(of)): {name: median_interval([*map(find, of)]) for name, find in STATISTICS.items()}
        for key, of in runs.items()
    }


def statistics_table(groups: Groups) -> Table:
    """Return a row for each cell, recipe and length: medians over seeds, steps with intervals."""
    rows = []
    for (cell, recipe, length, n), found in medians(groups).items():
        cells = []
        for name, (median, low, high) in found.items():
            steps = "100 %" in name
            wide = n > 5 and steps and np.isfinite(low)
            form = "" if steps or name == "collapses" else ".3f"
            cells.append(number(median, form) + (f" [{number(low)}, {number(high)}]" if wide else ""))
        rows.append([cell, recipe, str(length), str(n), *cells])
    names = [f"{name} (step)" if "100 %" in name else name for name in STATISTICS]
    return ["Cell", "Recipe", "Length", "Seeds", *names], rows


def survival_table(groups: Groups) -> Table:
    """Return a row for each case and length: how many arrive at 100 %, after how long, log-rank between."""
    rows = []
    for case in CASES:
        seeds = curves_of(groups, case).values()
        lengths = sorted(
            {key for cells in seeds for of in cells.values() for key in of if isinstance(key, int)}
        )
        for length in lengths:
            both = [
                times([c[cell][length] for c in seeds if length in c[cell]] or []) for cell in ("LSTM", "RNN")
            ]
            row = [case if length == lengths[0] else "", str(length)]
            for of in both:
                mean, low, high = of.restricted_mean()
                row += [f"{of.arrived}/{len(of.first)}", f"{mean:.0f} [{low:.0f}, {high:.0f}]"]
            rows.append([*row, p_value(log_rank(*both))])
    return [
        "Recipe",
        "Length",
        "LSTM arrives",
        "Steps below 100 %",
        "RNN arrives",
        "Steps below 100 %",
        "Log-rank p",
    ], rows


def summary(groups: Groups) -> dict[str, float]:
    """Return medians over seeds by "cell recipe length statistic"; -1 stands for never."""
    return {
        f"{cell} {recipe} {length} {name}": round(median, 6) if np.isfinite(median) else -1
        for (cell, recipe, length, _), found in medians(groups).items()
        for name, (median, _, _) in found.items()
    }


def arrival(records: Sequence[Record]) -> str:
    """Return the median step of the first look at 100 %, or "never"."""
    return number(median_interval([shared_metric(record).first() for record in records])[0])
