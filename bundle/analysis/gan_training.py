"""What the measures along a GAN's training say: where they lead, and what happens while the rate falls."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from bundle.study.records import Record


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


def decay_in_words(records: Sequence[Record]) -> str:
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
