"""What the measures along a GAN's training say: where they lead, and what happens while the rate falls."""

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType

import numpy as np

from bundle.runs.records import Record


def quality_columns(record: Record) -> dict[str, list[float]]:
    """Return "batch", and the measures at each checkpoint of a GAN's record."""
    return {name[len("quality_") :]: v for name, v in record.columns.items() if name.startswith("quality_")}


def extrapolated(record: Record, batch: int) -> float:
    """Return a Fréchet distance at a later batch: log distance is a line in log batch through the looks."""
    columns = quality_columns(record)
    looks = [(b, d) for b, d in zip(columns["batch"], columns["frechet_distance"], strict=True) if b]
    slope, height = np.polyfit(*np.log(looks).T, 1)
    return float(np.exp(height + slope * np.log(batch)))


def lead_to(records: Sequence[Record], batch: int) -> str:
    """Return the least and the largest distance that runs are extrapolated to."""
    found = [extrapolated(record, batch) for record in records]
    return f"{min(found):.2f} to {max(found):.2f}"


def decay_told(records: Sequence[Record]) -> str:
    """Say what precision and recall do, averaged and as trained, while the learning rate falls.

    Numbers are the first run's; the others are counted. Nothing where fewer than two looks were taken then.
    """
    columns, settings = [quality_columns(record) for record in records], records[0].settings
    first, begin = columns[0], settings["decay_from"] * settings["batches"]
    late = [look for look, batch in enumerate(first["batch"]) if batch >= begin]
    if len(late) < 2:
        return ""
    here, end = late[0], late[-1]
    said = []
    for name, look in product(("precision", "recall"), (here, end)):
        both = f"{first[name][look]:.3f} and {first['raw_' + name][look]:.3f}"
        said.append(f"{name} is {both} at batch {first['batch'][look]}")
    traded = [
        c["precision"][end] < c["precision"][here] and c["recall"][end] > c["recall"][here] for c in columns
    ]
    return (
        "While the generator's learning rate falls, the average and the generator as trained come together: "
        f"{', '.join(said)}. The average loses precision and gains recall in {sum(traded)} of {len(traded)} "
        "trainings."
    )


FULL_WIDTH = "the original's recipe and width"  # of runs that only a GPU makes
RATES = {"steady": "both rates stay", "falling": "both rates fall"}  # as `generator_runs` names them
NONE: Mapping[str, Sequence[Record]] = MappingProxyType({})
ENDS = {  # measures of a training's end
    "precision": "precision",
    "recall": "recall",
    "clear": "clear samples",
    "frechet_distance": "Fréchet distance",
}


def apart(
    record: Record, found: Mapping[str, Sequence[Record]]
) -> tuple[list[Record], Sequence[Record], dict[str, Sequence[Record]]]:
    """Return ours, the one kept first, wide ones, other rates: of "generators" in `Comparisons.runs`."""
    return [record, *found["generators"]], found["wide"], {name: found[name] for name in RATES}


def rates_told(record: Record, rates: Mapping[str, Sequence[Record]]) -> str:
    """Say where the average ends with other learning rates, by their names in RATES, beside a record of ours.

    All are of the same seed.
    """
    if not any(rates.values()):
        return ""
    said = []
    for name, words in ENDS.items():
        ends = [
            f"{', '.join(f'{run.summary[name]:.3f}' for run in runs)} where {RATES[kind]}"
            for kind, runs in rates.items()
            if runs
        ]
        said.append(f"{words} {record.summary[name]:.3f} with ours, {', '.join(ends)}")
    seed = f"Of the training with seed {record.settings['seed']}"
    return f"{seed}, the average ends with our and with other learning rates at: {'; '.join(said)}."


def learnt_by_heart(record: Record, rates: Mapping[str, Sequence[Record]]) -> str:
    """Say how often a discriminator is right on images that it has learnt from, and on others.

    As in `rates_told`.
    """
    kinds = {"with our rates": [record]}
    kinds |= {f"where {RATES[name]}": runs for name, runs in rates.items() if runs}
    said = [
        f"{words} {', '.join(_right(run, '_training') for run in runs)} and {', '.join(map(_right, runs))}"
        for words, runs in kinds.items()
    ]
    seed = f"the training with seed {record.settings['seed']}"
    return (
        f"At the end of {seed} the discriminator tells training images, which it has learnt from, and test "
        f"images from samples so often: {'; '.join(said)}."
    )


def came_true(record: Record, rates: Mapping[str, Sequence[Record]]) -> str:
    """Say which predictions on other learning rates are seen at the end of one training, and which are not.

    As in `rates_told`. Values are compared as they are, without an interval: it is one training of each.
    """

    def lead(summary: Mapping[str, float]) -> float:
        return summary["discriminator_right_training"] - summary["discriminator_right"]

    ours, found = record.summary, {}
    for run in rates.get("steady", ()):
        other = run.summary
        found["where both rates stay, more precision"] = other["precision"] > ours["precision"]
        found["there, a generator as trained below its average"] = other["raw_precision"] < other["precision"]
    for run in rates.get("falling", ()):
        other = run.summary
        ahead = lead(other) > lead(ours)
        farther = other["frechet_sampled"] > ours["frechet_sampled"]
        easier = other["right_binarised"] > ours["right_binarised"]
        found["where both fall, a discriminator further ahead on its training images"] = ahead
        found["there, samples that are farther from real digits"] = farther
        found["there, samples that are easier to tell by shape"] = easier
    words = {"Seen in this training, as predicted": True, "Predicted and not seen": False}
    said = {name: [what for what, true in found.items() if true == wanted] for name, wanted in words.items()}
    return " ".join(f"{name}: {'; '.join(whats)}." for name, whats in said.items() if whats)


def _right(run: Record, on: str = "") -> str:
    return f"{run.summary[f'discriminator_right{on}']:.1%}"
