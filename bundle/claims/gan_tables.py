"""The tables of Task 2."""

from collections.abc import Mapping, Sequence

import numpy as np

from bundle.claims.formats import Table, number
from bundle.claims.gan import PICTURES, decide_pictures
from bundle.runs.records import Record

BEYOND = {  # measures of a finished run, beside those at each checkpoint
    "cas": "accuracy of a classifier that learns from samples",
    "c2st": "unseen images told apart by a fresh network",
    "discriminator_right": "told apart by the discriminator itself",
}


def quality(record: Record, measures: Mapping[str, str]) -> Table:
    """Return a row for each measure (in words by its name): of the kept generator, the raw one, real images."""
    rows = [
        [words, *(number(record.summary.get(of + name), ".4f") for of in ("", "raw_", "real_"))]
        for name, words in (measures | BEYOND).items()
    ]
    return ["Measure", "Averaged (kept)", "As trained", "Real images"], rows


def variants(groups: Mapping[str, Sequence[Record]], cost: Mapping[str, float]) -> Table:
    """Return a row for our recipe and one for it with each change: quality of every seed, cost of a batch.

    Args:
        groups: records by the change's name; "ours" is one of them.
        cost: seconds of a batch over those of ours, measured side by side; empty where it was not.
    """
    distances = {name: [r.summary["frechet_distance"] for r in records] for name, records in groups.items()}
    rows, ours = [], distances["ours"]
    for name, records in groups.items():
        worse, better = min(distances[name]) > max(ours), max(distances[name]) < min(ours)
        word = "worse" if worse else "better" if better else "" if name == "ours" else "undecided"
        means = [np.mean([r.summary[key] for r in records]) for key in ("clear", "recall", "class_imbalance")]
        cells = [number(value, ".2f") for value in (*means, cost.get(name))]
        rows.append([name, _each(records, "frechet_distance", ".2f"), *cells, word])
    measures = ["Fréchet distance, each seed", "Clear", "Recall", "Class balance"]
    return ["Recipe", *measures, "Cost", "Than ours"], rows


def pictures(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each sentence: its test, and what each group of runs says."""
    columns = []
    for name, records in groups.items():
        found = decide_pictures(records, case=name)
        columns.append([f"**{v.word}**: {v.numbers}" if v.n else "not looked at" for v in found])
    rows = [[c.sentence, c.test, *cells] for c, *cells in zip(PICTURES, *columns, strict=True)]
    return ["Sentence", "True of a run if", *groups], rows


def stacked(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each recipe's records: every seed's, and what real stacks measure."""
    forms = {"modes": "d", "reverse_kl": ".3f", "real_modes": "d", "real_reverse_kl": ".3f"}
    rows = [
        [name, *(_each(found, key, form) for key, form in forms.items())] for name, found in groups.items()
    ]
    seeds = ["Kinds, each seed", "Distance (nats), each seed"]
    return ["Recipe", *seeds, "Real stacks: kinds", "Real stacks: distance"], rows


def _each(records: Sequence[Record], key: str, form: str) -> str:
    """Return a number of each seed in one cell, of real images each once."""
    cells = [format(record.summary[key], form) for record in records]
    return ", ".join(dict.fromkeys(cells) if key.startswith("real_") else cells)
