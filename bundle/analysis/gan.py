"""What the original report says of its GAN's pictures, put to the test, and the tables of Task 2.

A share of clear images (lib/evaluation/judge.py) decides where all of its 95 % interval says the same.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, product

import numpy as np

from bundle.analysis.gan_training import quality_columns
from bundle.analysis.verdicts import Table, Verdict, interval, number
from bundle.original import PRINTED_BATCHES, scaled_batch
from bundle.study.records import Record

Outcome = tuple[str, bool | None] | None  # numbers, and whether the sentence is true; None: nobody looked
BEYOND = {  # measures of a finished run, beside those at each checkpoint
    "cas": "accuracy of a classifier that learns from samples",
    "c2st": "unseen images told apart by a fresh network",
    "discriminator_right": "told apart by the discriminator itself",
    "discriminator_right_training": "the same, samples from training images",
    "told_grey_levels": "unseen images told apart by their grey levels",
    "told_features": "the same by the judge's features",
    "nearest_training_1pct": "nearest training image, relative, of the nearest 1 %",
}


def quality_by_batch(record: Record) -> dict[int, dict[str, float]]:
    c = quality_columns(record)
    return {batch: {name: v[i] for name, v in c.items()} for i, batch in enumerate(c.get("batch", []))}


def _clear(record: Record, figure: int) -> float | None:
    batch = scaled_batch(PRINTED_BATCHES[figure], record.settings["batches"])
    return quality_by_batch(record).get(batch, {}).get("clear")


def _at_most(limit: float, share: float | None, n: int, word: str) -> Outcome:
    if share is None:
        return None
    low, high = interval(round(share * n), n)
    return f"{share:.1%} {word}", None if low <= limit < high else high <= limit


def _beside_real(record: Record, share: float | None, rule: Callable[..., bool | None]) -> Outcome:
    """Compare the interval of a share of clear images with the low end of that of real ones."""
    real, n = record.summary.get("real_clear"), record.settings["samples"]
    if share is None or real is None:
        return None
    least, _ = interval(round(real * n), n)
    return f"{share:.1%} clear; real {real:.1%}", rule(*interval(round(share * n), n), least)


def _some_in_between(record: Record) -> Outcome:
    shares, n = [_clear(record, figure) for figure in range(8, 14)], record.settings["samples"]
    if None in shares:
        return None
    end, _ = interval(round(record.summary["clear"] * n), n)
    below = sum(interval(round(share * n), n)[1] < end for share in shares)
    numbers = f"{min(shares):.0%} to {max(shares):.0%} clear, {below} of {len(shares)} moments below the end"
    return numbers, below == len(shares) and min(shares) > 0.05


def _clearer_and_clearer(record: Record) -> Outcome:
    """Ask whether the share rises in all, and at no moment is surely below what it was: one run has no p."""
    quality, n = quality_by_batch(record), record.settings["samples"]
    if len(quality) < 5:
        return None
    shares = {batch: moment["clear"] for batch, moment in quality.items()}
    low, high = zip(*(interval(round(share * n), n) for share in shares.values()), strict=True)
    fallen = any(now < best for now, best in zip(high[1:], accumulate(low, max), strict=False))
    best, *_, last = max(shares, key=shares.get), *shares
    words = f"{shares[best]:.1%} clear at best, at batch {best}, {shares[last]:.1%} at batch {last}"
    return words, high[0] < low[-1] and not fallen


def _clear_and_consistent(record: Record) -> Outcome:
    """Ask for as many clear ones as among real images, and for noises that keep their digit."""
    clear = _beside_real(
        record,
        record.summary["clear"],
        lambda low, high, real: None if low < real <= high else low >= real,
    )
    if not (clear and record.columns.get("class_kept")):
        return None
    kept, n = record.columns["class_kept"][-1], 25 * record.settings["noise_sets"]
    low, high = interval(round(kept * n), n)
    both = clear[1], None if low < 0.95 <= high else low >= 0.95
    true = False if False in both else None if None in both else True
    return f"{clear[0]}; {kept:.1%} of {n} noises keep their digit", true


def _hard_to_tell(summary: dict) -> Outcome:
    """Ask whether none of three tests is right on three in four, by the one that is right most often."""
    if "told_grey_levels" not in summary:
        return None
    right = {"network": summary["c2st"], "grey levels": summary["told_grey_levels"]}
    right |= {"features": summary["told_features"]}
    _, true = _at_most(0.75, max(right.values()), summary["c2st_of"], "right")
    return ", ".join(f"{name} {share:.1%}" for name, share in right.items()) + " right", true


PICTURES = {  # what makes each sentence true, in words, and what a run shows of it
    "At the very beginning the images are like noise; no figure can be told": (
        "before the first batch at most 5 % of the samples are clear",
        lambda run: _at_most(0.05, _clear(run, 7), run.settings["samples"], "clear"),
    ),
    "During the process some figures can be told, not very clear or consistent": (
        "at each of the moments 2000 to 50 000 more than 5 % are clear, and fewer than at the end",
        _some_in_between,
    ),
    "At batch 79 500 most figures are clear, but some are not": (
        "at that moment more than half are clear, and fewer than among real images",
        lambda run: _beside_real(run, _clear(run, 14), lambda low, high, real: low > 0.5 and high < real),
    ),
    "After training all figures are clear and consistent": (
        "at the end no smaller share is clear than among real images, and at least 95 % of the fixed noises "
        "keep the digit of the moment before",
        _clear_and_consistent,
    ),
    "The generated images are more and more clear": (
        "the share of clear ones is larger at the end than at the beginning, and at no moment surely smaller "
        "than at an earlier one (95 % intervals)",
        _clearer_and_clearer,
    ),
    "They are hard to tell from MNIST": (
        "a fresh network, twelve shares of grey levels and the judge's features are each right on fewer than "
        "three in four unseen images, half of them real",
        lambda run: _hard_to_tell(run.summary),
    ),
    "The discriminator is unable to find differences (§3.1.1)": (
        "at the end it is right on at most 55 % of samples and test images",
        lambda run: _at_most(0.55, run.summary["discriminator_right"], 2 * run.settings["samples"], "right"),
    ),
}


def decide_pictures(groups: Mapping[str, Sequence[Record]]) -> list[Verdict]:
    """Return what groups of runs that differ by their seed say of each sentence: decided where they agree."""
    found = []
    for (sentence, (test, find)), (case, records) in product(PICTURES.items(), groups.items()):
        shown = [outcome for outcome in map(find, records) if outcome]
        numbers, holds = "; ".join(measured for measured, _ in shown), [true for _, true in shown]
        count = {"count": holds.count(True), "n": len(holds), "numbers": numbers}
        agreed = holds[0] if len(set(holds)) == 1 else None
        found.append(Verdict(sentence, test, case, holds=agreed, **count))
    return found


def picture_table(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each sentence: its test, and what each group of runs says."""
    rows = {sentence: [sentence, test] for sentence, (test, _) in PICTURES.items()}
    for v in decide_pictures(groups):
        rows[v.sentence].append(f"{v.word}: {v.numbers}" if v.n else "not looked at")
    return ["Sentence", "True of a run if", *groups], list(rows.values())


def quality_table(measures: Mapping[str, str], record: Record, *others: Record) -> Table:
    """Return a row for each measure, in words by its name: of both generators, others, and real images."""
    rows = []
    for name, words in (measures | BEYOND).items():
        ours, raw, real = (number(record.summary.get(of + name), ".4f") for of in ("", "raw_", "real_"))
        seeds = ", ".join(number(run.summary.get(name), ".3f") for run in others)
        cells = [seeds] if others else []
        rows.append([words, ours, *cells, raw, real])
    beside = ["Other seeds"] if others else []
    return ["Measure", "Averaged (kept)", *beside, "As trained", "Real images"], rows


def variant_table(groups: Mapping[str, Sequence[Record]], cost: Mapping[str, float]) -> Table:
    """Return a row for our recipe ("ours") and each change of it; `cost` is a batch's over that of ours.

    Told apart: by a fresh network, the share of right answers.
    """
    keys = ("frechet_distance", "clear", "recall", "class_imbalance", "c2st")
    rows, ours = [], [record.summary[keys[0]] for record in groups["ours"]]
    for name, records in groups.items():
        distances, *others = ([record.summary[key] for record in records] for key in keys)
        worse, better = min(distances) > max(ours), max(distances) < min(ours)
        word = "worse" if worse else "better" if better else "" if name == "ours" else "undecided"
        cells = [number(value, ".2f") for value in (*map(np.mean, others), cost.get(name))]
        rows.append([name, _each(records, keys[0], ".2f"), *cells, word])
    measures = ["Fréchet distance, each seed", "Clear", "Recall", "Class balance", "Told apart"]
    return ["Recipe", *measures, "Cost", "Than ours"], rows


def stacked_table(groups: Mapping[str, Sequence[Record]]) -> Table:
    """Return a row for each recipe's records: every seed's, and what real stacks measure."""
    forms = {"modes": "d", "reverse_kl": ".3f", "real_modes": "d", "real_reverse_kl": ".3f"}
    rows = [[name, *(_each(runs, *column) for column in forms.items())] for name, runs in groups.items()]
    seeds = ["Modes, each seed", "KL (nats), each seed"]
    return ["Recipe", *seeds, "Real stacks: modes", "Real stacks: KL"], rows


def _each(records: Sequence[Record], key: str, form: str) -> str:
    cells = [format(record.summary[key], form) for record in records]
    return ", ".join(dict.fromkeys(cells) if key.startswith("real_") else cells)
