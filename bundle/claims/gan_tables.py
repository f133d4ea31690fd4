"""The tables of Task 2."""

from collections.abc import Iterator, Mapping, Sequence

from bundle.runs.records import Record

GAN_QUALITY_HEADER = ["Measure", "Averaged (kept)", "As trained", "Real images"]


def gan_quality_rows(record: Record, measures: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield a row for each measure: of the averaged generator, of the one as trained, of real images.

    Args:
        record: of `digits.ready_gan`.
        measures: in words, by their names.
    """
    beyond = {
        "cas": "accuracy of a classifier that learns from samples",
        "c2st": "unseen images told apart by a fresh network",
        "discriminator_right": "told apart by the discriminator itself",
    }
    for name, words in (measures | beyond).items():
        numbers = [record.summary.get(prefix + name) for prefix in ("", "raw_", "real_")]
        yield [words, *("" if number is None else f"{number:.4f}" for number in numbers)]


def variant_rows(groups: Mapping[str, Sequence[Record]], cost: Mapping[str, float]) -> Iterator[list[str]]:
    """Yield a row for our recipe and one for it with each change: quality of every seed, cost of a batch.

    Args:
        groups: records by the change's name; "ours" is one of them.
        cost: seconds of a batch over those of ours, measured side by side; empty where it was not.
    """
    ours = [record.summary["frechet_distance"] for record in groups["ours"]]
    for name, records in groups.items():
        distances = [record.summary["frechet_distance"] for record in records]
        if name == "ours":
            word = ""
        elif min(distances) > max(ours):
            word = "worse"
        elif max(distances) < min(ours):
            word = "better"
        else:
            word = "undecided"
        mean = [
            sum(record.summary[key] for record in records) / len(records)
            for key in ("clear", "recall", "class_imbalance")
        ]
        yield [
            name,
            ", ".join(f"{distance:.2f}" for distance in distances),
            *(f"{value:.2f}" for value in mean),
            f"{cost[name]:.2f}" if name in cost else "",
            word,
        ]


VARIANTS_HEADER = [
    "Recipe",
    "Fréchet distance, each seed",
    "Clear",
    "Recall",
    "Class balance",
    "Cost",
    "Than ours",
]


STACKED_HEADER = [
    "Recipe",
    "Kinds, each seed",
    "Distance (nats), each seed",
    "Real stacks: kinds",
    "Real stacks: distance",
]


def stacked_rows(groups: Mapping[str, Sequence[Record]]) -> Iterator[list[str]]:
    """Yield a table row for each recipe's records."""
    for name, found in groups.items():
        cells = []
        for key, form in (
            ("modes", "d"),
            ("reverse_kl", ".3f"),
            ("real_modes", "d"),
            ("real_reverse_kl", ".3f"),
        ):
            values = [format(record.summary[key], form) for record in found]
            cells.append(", ".join(values if not key.startswith("real") else dict.fromkeys(values)))
        yield [name, *cells]


def quality_columns(record: Record) -> dict[str, list[float]]:
    """Return "batch", and what was measured at each checkpoint of a GAN's record."""
    return {name[len("quality_") :]: v for name, v in record.columns.items() if name.startswith("quality_")}


def quality_by_batch(record: Record) -> dict[int, dict[str, float]]:
    """Return what was measured at each checkpoint, by its batch."""
    columns = quality_columns(record)
    return {batch: {name: v[i] for name, v in columns.items()} for i, batch in enumerate(columns["batch"])}
