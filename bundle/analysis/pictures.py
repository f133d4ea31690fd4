"""What the original says of its GAN's pictures, and what was predicted of ours, judged run by run.

A share of images decides where all of its 95 % interval says the same; else a sentence is undecided. Of
several generators the first decides, unless two of them are decided in opposite directions.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from bundle.analysis.claims import Claim, Verdict, all_hold, measured, overall, quoted
from bundle.analysis.formatting import pct
from bundle.analysis.intervals import interval
from bundle.analysis.quality import by_batch
from bundle.original import PRINTED_BATCHES, scaled_batch

COIN = 0.52  # a network that is right on no more of the images that it has learnt from has learnt nothing
NEAR_HALF = 0.55  # right answers, at most, of what cannot tell samples from real digits
EASY = 0.75  # right answers, at least, of what tells them apart easily
LAST = 0.05  # of a training, over which the discriminator's loss at the end is averaged
OPPOSITE = {Verdict.HOLDS: Verdict.FAILS, Verdict.FAILS: Verdict.HOLDS, Verdict.UNDECIDED: Verdict.UNDECIDED}


class Outcome(NamedTuple):
    value: float  # the number that decides
    verdict: Verdict


class Share(NamedTuple):
    """A share of n images with its interval."""

    value: float
    low: float
    high: float


def share_of(value: float, n: int) -> Share:
    return Share(value, *interval(round(value * n), n))


def separation(accuracy: float) -> float:
    """Return the larger share, of right or of wrong answers: turned round, wrong ones are right."""
    return max(accuracy, 1 - accuracy)


def above(share: Share, limit: float) -> Verdict:
    """Say whether a share is above a limit."""
    if share.low > limit:
        return Verdict.HOLDS
    return Verdict.FAILS if share.high <= limit else Verdict.UNDECIDED


def at_most(share: Share, limit: float) -> Verdict:
    return OPPOSITE[above(share, limit)]


def fewer(share: Share, other: Share) -> Verdict:
    """Say whether a share is below all that another may be."""
    if share.high < other.low:
        return Verdict.HOLDS
    return Verdict.FAILS if share.low >= other.low else Verdict.UNDECIDED


def clear_at(run: pd.Series, figure: int) -> Share | None:
    """Return the share of clear samples at the moment of a figure of the original, None if not measured."""
    moments = by_batch(run)
    batch = scaled_batch(PRINTED_BATCHES[figure], run["batches"])
    return share_of(moments["clear"][batch], run["samples"]) if batch in moments.index else None


def real_clear(run: pd.Series) -> Share | None:
    return share_of(run["real_clear"], run["samples"]) if "real_clear" in run else None


def noise_at_first(run: pd.Series) -> Outcome | None:
    """Before the first batch at most 5 % of samples are clear."""
    clear = clear_at(run, 7)
    return Outcome(clear.value, at_most(clear, 0.05)) if clear else None


def some_figures_during(run: pd.Series) -> Outcome | None:
    """At six moments more than 5 % are clear, and fewer than at the end."""
    moments = [clear_at(run, figure) for figure in range(8, 14)]
    if None in moments:
        return None
    end = share_of(run["clear"], run["samples"])
    some = [above(clear, 0.05) for clear in moments]
    not_yet_all = [fewer(clear, end) for clear in moments]
    return Outcome(max(clear.value for clear in moments), all_hold([*some, *not_yet_all]))


def most_clear(run: pd.Series) -> Outcome | None:
    """At batch 79 500 more than half are clear, and fewer than of real images."""
    clear, real = clear_at(run, 14), real_clear(run)
    if clear is None or real is None:
        return None
    return Outcome(clear.value, all_hold([above(clear, 0.5), fewer(clear, real)]))


def all_clear_at_end(run: pd.Series) -> Outcome | None:
    """At the end as many are clear as of real images, and 95 % of noises keep their digit."""
    real, same_digit = real_clear(run), run["class_kept"]
    if real is None or not same_digit:
        return None
    clear = share_of(run["clear"], run["samples"])
    consistent = above(share_of(same_digit[-1], 25 * run["noise_sets"]), 0.95)
    return Outcome(clear.value, all_hold([OPPOSITE[fewer(clear, real)], consistent]))


def clearer_and_clearer(run: pd.Series) -> Outcome | None:
    """The share of clear ones rises, and never surely falls."""
    shares = [share_of(value, run["samples"]) for value in by_batch(run).get("clear", ())]
    if len(shares) < 5:
        return None
    best = np.maximum.accumulate([share.low for share in shares])
    falls = any(now.high < before for now, before in zip(shares[1:], best, strict=False))
    loss = max(share.value for share in shares) - shares[-1].value
    return Outcome(loss, Verdict.FAILS if falls else fewer(shares[0], shares[-1]))


def hard_to_tell(run: pd.Series) -> Outcome:
    """A fresh network and grey levels are each right on at most 75 % of unseen images."""
    return two_sample_tests_at_most(run, EASY)


def two_sample_tests_at_most(run: pd.Series, limit: float) -> Outcome:
    """Say whether two tests tell at most this share of samples from real images; the better one's share.

    A network that has learnt nothing says nothing.
    """
    accuracies = [separation(run["c2st"]), separation(run["grey_level_accuracy"])]
    verdict = all_hold([at_most(share_of(accuracy, run["c2st_count"]), limit) for accuracy in accuracies])
    learnt = max(accuracies[0], run.get("c2st_train_accuracy", 0.0)) > COIN
    if verdict is Verdict.HOLDS and not learnt:
        verdict = Verdict.UNDECIDED
    return Outcome(max(accuracies), verdict)


def discriminator_finds_no_difference(run: pd.Series) -> Outcome:
    """At the end the discriminator is right on 45 % to 55 % of images.

    Where a fresh network tells them apart easily, it is its own failure that it does not.
    """
    accuracy = run["discriminator_accuracy"]
    verdict = at_most(share_of(separation(accuracy), 2 * run["samples"]), NEAR_HALF)
    fresh_network = share_of(separation(run["c2st"]), run["c2st_count"])
    if verdict is Verdict.HOLDS and above(fresh_network, EASY) is Verdict.HOLDS:
        verdict = Verdict.UNDECIDED
    return Outcome(accuracy, verdict)


CLAIMS = (
    Claim("noise-at-first", (noise_at_first,)),
    Claim("some-figures-during", (some_figures_during,)),
    Claim("most-clear-at-79500", (most_clear,)),
    Claim("all-clear-at-end", (all_clear_at_end,)),
    Claim("clearer-and-clearer", (clearer_and_clearer,)),
    Claim("hard-to-tell-from-mnist", (hard_to_tell,)),
    Claim("discriminator-finds-no-difference", (discriminator_finds_no_difference,)),
)


def picture_outcomes(runs: pd.DataFrame) -> dict[str, list[Outcome]]:
    """Return by the id of each claim what each run says of it; none where it was not measured."""
    outcomes = {}
    for claim in CLAIMS:
        (measure,) = claim.measures
        of_runs = [measure(run) for _, run in runs.iterrows()]
        outcomes[claim.id] = [outcome for outcome in of_runs if outcome is not None]
    return outcomes


def picture_verdicts(runs: pd.DataFrame) -> dict[str, Verdict | None]:
    """Return the verdict of a group of runs on each claim, None where it was not measured."""
    verdicts = {}
    for claim, outcomes in picture_outcomes(runs).items():
        verdicts[claim] = overall([outcome.verdict for outcome in outcomes]) if outcomes else None
    return verdicts


def verdict_rows(original: pd.DataFrame, ours: pd.DataFrame) -> list[list[str]]:
    """Return a row for each claim: its words, the verdicts of the original's recipe and ours, a link."""
    of_original, of_ours = picture_verdicts(original), picture_verdicts(ours)
    return quoted({claim.id: (of_original[claim.id], of_ours[claim.id]) for claim in CLAIMS})


def number_table(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each claim: what makes it true of a run, and the number of each run by its group."""
    outcomes = {name: picture_outcomes(runs) for name, runs in groups.items()}
    rows = []
    for claim in CLAIMS:
        row = {"True of a run if": measured(claim.measures[0])}
        for name in groups:
            numbers = ", ".join(pct(outcome.value, 1) for outcome in outcomes[name][claim.id])
            row[name] = numbers or "not measured"
        rows.append(row)
    return pd.DataFrame(rows)


def distance_falls(run: pd.Series) -> Outcome:
    """Say whether the Fréchet distance falls from each moment to the next; how often it does."""
    steps = by_batch(run)["frechet_distance"].diff().dropna()
    if steps.empty:
        return Outcome(0, Verdict.UNDECIDED)
    return Outcome(int((steps < 0).sum()), Verdict.HOLDS if (steps < 0).all() else Verdict.FAILS)


def discriminator_tosses_a_coin(run: pd.Series) -> Outcome:
    """Say whether the discriminator ends at the loss of a coin toss, ln 2; its loss.

    Where both networks collapse the loss is ln 2 too: it has to find no difference, either.
    """
    losses = run["discriminator_loss"]
    loss = float(np.mean(losses[-max(1, round(LAST * len(losses))) :]))
    near = Verdict.HOLDS if abs(loss - np.log(2)) < 0.01 else Verdict.FAILS
    return Outcome(loss, all_hold([near, discriminator_finds_no_difference(run).verdict]))


def no_network_can_tell(run: pd.Series) -> Outcome:
    """Say whether two tests are each right on at most 55 % of unseen images; the better one's share."""
    return two_sample_tests_at_most(run, NEAR_HALF)


PREDICTIONS = (distance_falls, discriminator_tosses_a_coin, no_network_can_tell)


def prediction_outcomes(runs: pd.DataFrame) -> list[tuple[Verdict, list[float]]]:
    """Return what became of each of PREDICTIONS in all runs, and the number of the first run."""
    predictions = []
    for prediction in PREDICTIONS:
        outcomes = [prediction(run) for _, run in runs.iterrows()]
        verdict = overall([outcome.verdict for outcome in outcomes])
        predictions.append((verdict, [outcomes[0].value]))
    return predictions
