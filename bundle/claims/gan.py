"""What the original report says of its GAN's pictures, put to the test on the records of runs.

A picture is called clear where its features lie among those of real images and the judge is at least as sure
of it as of all but one in a hundred real ones. A share is judged by its 95 % interval: a sentence holds, or
does not, where the whole interval says so; otherwise it is undecided.
"""

from collections.abc import Callable, Sequence

from scipy.stats import kendalltau

from bundle.claims.verdicts import Claim, Verdict, interval
from bundle.original import PRINTED_BATCHES, scaled_batch
from bundle.runs.records import Record

Outcome = (
    tuple[str, bool | None] | None
)  # what is measured of a run, and whether it is true; None: not looked at


def decide_pictures(records: Sequence[Record], *, case: str = "") -> list[Verdict]:
    """Return what runs that differ by their seed say of each sentence: decided where they agree."""
    found = []
    for claim in PICTURES:
        outcomes = [outcome for outcome in map(claim.find, records) if outcome]
        numbers, holds = "; ".join(measured for measured, _ in outcomes), [true for _, true in outcomes]
        words = {"sentence": claim.sentence, "test": claim.test, "case": case, "numbers": numbers}
        agreed = holds[0] if len(set(holds)) == 1 else None
        found.append(Verdict(**words, count=holds.count(True), n=len(holds), holds=agreed))
    return found


def quality_columns(record: Record) -> dict[str, list[float]]:
    """Return "batch", and what was measured at each checkpoint of a GAN's record."""
    return {name[len("quality_") :]: v for name, v in record.columns.items() if name.startswith("quality_")}


def quality_by_batch(record: Record) -> dict[int, dict[str, float]]:
    """Return what was measured at each checkpoint, by its batch."""
    columns = quality_columns(record)
    moments = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return {moment["batch"]: moment for moment in moments}


def _clear(record: Record, figure: int) -> float | None:
    """Return the share of clear images at the moment of the original's figure."""
    batch = scaled_batch(PRINTED_BATCHES[figure], record.settings["batches"])
    return quality_by_batch(record).get(batch, {}).get("clear")


def _at_most(limit: float, share: float | None, n: int, word: str) -> Outcome:
    if share is None:
        return None
    low, high = interval(round(share * n), n)
    return f"{share:.1%} {word}", True if high <= limit else False if low > limit else None


def _beside_real(record: Record, share: float | None, rule: Callable[..., bool | None]) -> Outcome:
    """Compare the interval of a share of clear images with the low end of that of real ones."""
    real, n = record.summary.get("real_clear"), record.settings["samples"]
    if share is None or real is None:
        return None
    ends = (*interval(round(share * n), n), interval(round(real * n), n)[0])
    return f"{share:.1%} clear; real {real:.1%}", rule(*ends)


def _some_in_between(record: Record) -> Outcome:
    shares, n = [_clear(record, figure) for figure in range(8, 14)], record.settings["samples"]
    if None in shares:
        return None
    end, _ = interval(round(record.summary["clear"] * n), n)
    below = sum(interval(round(share * n), n)[1] < end for share in shares)
    numbers = f"{min(shares):.0%} to {max(shares):.0%} clear, {below} of {len(shares)} moments below the end"
    return numbers, below == len(shares) and min(shares) > 0.05


def _clearer_and_clearer(record: Record) -> Outcome:
    quality = quality_by_batch(record)
    if len(quality) < 5:
        return None
    found = kendalltau(list(quality), [moment["clear"] for moment in quality.values()])
    p = f"p = {found.pvalue:.3f}" if found.pvalue >= 0.001 else "p < 0.001"
    return f"Kendall's τ = {found.statistic:.2f}, {p}", None if found.pvalue > 0.05 else bool(
        found.statistic > 0
    )


PICTURES = [  # section 3.2.3 of the original, but for the last
    Claim(
        "At the very beginning the images are like noise; no figure can be told",
        "before the first batch at most 5 % of the samples are clear",
        lambda run: _at_most(0.05, _clear(run, 7), run.settings["samples"], "clear"),
    ),
    Claim(
        "During the process some figures can be told, not very clear or consistent",
        "at each of the moments 2000 to 50 000 more than 5 % are clear, and fewer than at the end",
        _some_in_between,
    ),
    Claim(
        "At batch 79 500 most figures are clear, but some are not",
        "at that moment more than half are clear, and fewer than among real images",
        lambda run: _beside_real(run, _clear(run, 14), lambda low, high, real: low > 0.5 and high < real),
    ),
    Claim(
        "After training all figures are clear and consistent",
        "at the end no smaller share is clear than among real images",
        lambda run: _beside_real(
            run, run.summary["clear"], lambda low, high, real: low >= real or (False if high < real else None)
        ),
    ),
    Claim(
        "The generated images are more and more clear",
        "the share of clear ones rises with the batch over all moments (Kendall's rank test)",
        _clearer_and_clearer,
    ),
    Claim(
        "They are hard to tell from MNIST",
        "a fresh network is right on fewer than three in four unseen images, half of them real",
        lambda run: _at_most(0.75, run.summary["c2st"], run.summary["c2st_of"], "right"),
    ),
    Claim(
        "The discriminator is unable to find differences (§3.1.1)",
        "at the end it is right on at most 55 % of samples and test images",
        lambda run: _at_most(0.55, run.summary["discriminator_right"], 2 * run.settings["samples"], "right"),
    ),
]
