"""What the original report says of its GAN's pictures, put to the test on the records of runs.

A picture is called clear where its features lie among those of real images and the judge is at least as sure
of it as of all but one in a hundred real ones. A share is judged by its 95 % interval (Clopper and Pearson
1934): a sentence holds, or does not, where the whole interval says so; otherwise it is undecided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest, kendalltau

from bundle.original import GAN_BATCHES
from bundle.runs.records import Record

WORDS = {True: "holds", False: "does not hold", None: "undecided"}


@dataclass(frozen=True)
class Finding:
    """Whether a sentence is true of one run (None: undecided), and the numbers that say so."""

    holds: bool | None
    numbers: str


@dataclass(frozen=True)
class PictureClaim:
    """One sentence of the original report's section 3.2.3 (or 3.1.1).

    Attributes:
        sentence: what it says, in our words.
        test: what makes it true for one run, in words.
        find: the finding in one record of `digits.run_gan`; None where the record cannot tell.
    """

    sentence: str
    test: str
    find: Callable[[Record], Finding | None]


def interval(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of n."""
    found = binomtest(round(share * n), n).proportion_ci()
    return float(found.low), float(found.high)


def at(record: Record, original_batch: int) -> float | None:
    """Return the share of clear images at the moment of the original's batch, None if nobody looked."""
    batches = record.columns.get("quality_batch", [])
    batch = round(original_batch * record.settings["batches"] / GAN_BATCHES)
    return record.columns["quality_clear"][batches.index(batch)] if batch in batches else None


def _noise_at_the_start(record: Record) -> Finding | None:
    share = at(record, 0)
    if share is None:
        return None
    low, high = interval(share, record.settings["samples"])
    return Finding(True if high <= 0.05 else False if low > 0.05 else None, f"{share:.1%} clear")


def _some_in_between(record: Record) -> Finding | None:
    moments = [at(record, batch) for batch in (2000, 5000, 7500, 11500, 13500, 50000)]
    if None in moments:
        return None
    samples, end = record.settings["samples"], interval(record.summary["clear"], record.settings["samples"])
    below = [interval(share, samples)[1] < end[0] for share in moments]
    numbers = (
        f"{min(moments):.0%} to {max(moments):.0%} clear, {sum(below)} of {len(below)} moments below the end"
    )
    return Finding(all(below) and min(moments) > 0.05, numbers)


def _most_at_79500(record: Record) -> Finding | None:
    share = at(record, 79500)
    if share is None or "real_clear" not in record.summary:
        return None
    samples = record.settings["samples"]
    low, high = interval(share, samples)
    real = interval(record.summary["real_clear"], samples)
    most, fewer = low > 0.5, high < real[0]
    return Finding(most and fewer, f"{share:.1%} clear; real {record.summary['real_clear']:.1%}")


def _all_clear_at_the_end(record: Record) -> Finding | None:
    if "real_clear" not in record.summary:
        return None
    share, real = record.summary["clear"], record.summary["real_clear"]
    samples = record.settings["samples"]
    (low, high), (least, _) = interval(share, samples), interval(real, samples)
    holds = True if low >= least else False if high < least else None
    return Finding(holds, f"{share:.1%} clear; real {real:.1%}")


def _clearer_and_clearer(record: Record) -> Finding | None:
    batches = record.columns.get("quality_batch", [])
    if len(batches) < 5:
        return None
    found = kendalltau(batches, record.columns["quality_clear"])
    holds = None if found.pvalue > 0.05 else bool(found.statistic > 0)
    p = f"p = {found.pvalue:.3f}" if found.pvalue >= 0.001 else "p < 0.001"
    return Finding(holds, f"Kendall's τ = {found.statistic:.2f}, {p}")


def _hard_to_tell(record: Record) -> Finding:
    right, n = record.summary["c2st"], record.summary["c2st_of"]
    low, high = interval(right, n)
    return Finding(True if high < 0.75 else False if low > 0.75 else None, f"{right:.1%} right")


def _discriminator_lost(record: Record) -> Finding:
    right = record.summary["discriminator_right"]
    low, high = interval(right, 2 * record.settings["samples"])
    return Finding(True if high <= 0.55 else False if low > 0.55 else None, f"{right:.1%} right")


PICTURES = [
    PictureClaim(
        "At the very beginning the images are like noise; no figure can be told",
        "before the first batch at most 5 % of the samples are clear",
        _noise_at_the_start,
    ),
    PictureClaim(
        "During the process some figures can be told, not very clear or consistent",
        "at each of the moments 2000 to 50 000 more than 5 % are clear, and fewer than at the end",
        _some_in_between,
    ),
    PictureClaim(
        "At batch 79 500 most figures are clear, but some are not",
        "at that moment more than half are clear, and fewer than among real images",
        _most_at_79500,
    ),
    PictureClaim(
        "After training all figures are clear and consistent",
        "at the end no smaller share is clear than among real images",
        _all_clear_at_the_end,
    ),
    PictureClaim(
        "The generated images are more and more clear",
        "the share of clear ones rises with the batch over all moments (Kendall's rank test)",
        _clearer_and_clearer,
    ),
    PictureClaim(
        "They are hard to tell from MNIST",
        "a fresh network is right on fewer than three in four unseen images, half of them real",
        _hard_to_tell,
    ),
    PictureClaim(
        "The discriminator is unable to find differences (§3.1.1)",
        "at the end it is right on at most 55 % of samples and test images",
        _discriminator_lost,
    ),
]


def judge_pictures(groups: Mapping[str, Sequence[Record]]) -> tuple[list[str], list[list[str]]]:
    """Return a table, header and rows: each sentence, its test, and what each group of runs says.

    A group's runs differ by their seed. Its word is theirs where they agree, else "undecided".
    """
    rows = []
    for claim in PICTURES:
        cells = []
        for records in groups.values():
            findings = [finding for finding in map(claim.find, records) if finding is not None]
            words = {finding.holds for finding in findings}
            word = WORDS[words.pop() if len(words) == 1 else None]
            cells.append(
                f"**{word}**: " + "; ".join(f.numbers for f in findings) if findings else "not looked at"
            )
        rows.append([claim.sentence, claim.test, *cells])
    return ["Sentence", "True of a run if", *groups], rows
