"""What the original says of its GAN's pictures, and what was predicted of ours, judged run by run.

A share of images decides where all of its 95 % interval says the same; else a sentence is undecided. A run
has two generators: the average of its weights, whose images are shown, and the one as trained. The average
decides, unless the other is decided in the opposite direction; so does the first of several runs.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bundle.analysis.claims import Verdict, all_hold, interval, overall, quoted, sentences
from bundle.analysis.formatting import pct
from bundle.analysis.quality import COIN, by_batch
from bundle.original import PRINTED_BATCHES, scaled_batch

FEW_CLEAR = 0.05  # of noise, at most
CONSISTENT = 0.95  # of noises, at least, keep their digit at the end
NEAR_HALF = 0.55  # right answers, at most, of what cannot tell samples from real digits
EASY = 0.75  # right answers, at least, of what tells them apart easily
AVERAGED, AS_TRAINED = "clear", "raw_clear"  # the share of clear images of each generator of a run
LAST = 0.05  # of a training, over which the discriminator's loss at the end is averaged
DURING = range(8, 14)  # figures of the original that show some digits
CLAIMS = [claim for claim, entry in sentences().items() if "true_if" in entry]


class Share(NamedTuple):
    """A share of n images with its interval."""

    value: float
    low: float
    high: float


class Outcome(NamedTuple):
    value: float  # the number that decides
    verdict: Verdict


def share_of(value: float, n: int) -> Share:
    return Share(value, *interval(round(value * n), n))


def answers_of(accuracy: float, n: int) -> Share:
    """Return the larger share, of right or of wrong answers: turned round, wrong ones are right."""
    return share_of(max(accuracy, 1 - accuracy), n)


def below(share: Share, limit: float) -> Verdict:
    if share.high < limit:
        return Verdict.HOLDS
    return Verdict.FAILS if share.low >= limit else Verdict.UNDECIDED


def at_least(share: Share, limit: float) -> Verdict:
    if share.low >= limit:
        return Verdict.HOLDS
    return Verdict.FAILS if share.high < limit else Verdict.UNDECIDED


def holds_if(condition: bool) -> Verdict:
    return Verdict.HOLDS if condition else Verdict.FAILS


def claim_outcomes(run: pd.Series, *, clear: str = AVERAGED) -> dict[str, Outcome]:
    """Return what a run says of each sentence whose numbers were measured, by its id in CLAIMS.

    `clear` is AVERAGED or AS_TRAINED: whose images are looked at. What has to be true for a sentence to hold
    is said in words in report/original.yaml, as `true_if`.
    """
    samples = run["samples"]
    moments = {batch: share_of(value, samples) for batch, value in by_batch(run).get(clear, {}).items()}
    batches = {figure: scaled_batch(batch, run["batches"]) for figure, batch in PRINTED_BATCHES.items()}
    shown = {figure: moments[batch] for figure, batch in batches.items() if batch in moments}
    at_end = share_of(run[clear], samples)
    real = share_of(run["real_clear"], samples) if "real_clear" in run else None
    outcomes = {}
    if 7 in shown:
        outcomes["noise-at-first"] = shown[7].value, [below(shown[7], FEW_CLEAR)]
    if set(DURING) <= set(shown):
        during = [shown[figure] for figure in DURING]
        conditions = [at_least(min(during), FEW_CLEAR), below(max(during), at_end.low)]
        outcomes["some-figures-during"] = max(during).value, conditions
    if 14 in shown and real:
        conditions = [at_least(shown[14], 0.5), below(shown[14], real.low)]
        outcomes["most-clear-at-79500"] = shown[14].value, conditions
    if real and run["class_kept"]:
        same_digit = share_of(run["class_kept"][-1], 25 * run["noise_sets"])
        conditions = [at_least(at_end, real.low), at_least(same_digit, CONSISTENT)]
        outcomes["all-clear-at-end"] = at_end.value, conditions
    if len(moments) >= 5:
        shares = list(moments.values())
        loss = max(share.value for share in shares) - shares[-1].value
        outcomes["clearer-and-clearer"] = loss, [below(shares[0], shares[-1].low), never_falls(shares)]
    outcomes["hard-to-tell-from-mnist"] = two_sample_tests_at_most(run, EASY)
    outcomes["discriminator-finds-no-difference"] = discriminator_finds_no_difference(run)
    return {claim: Outcome(value, all_hold(conditions)) for claim, (value, conditions) in outcomes.items()}


def claim_verdicts(run: pd.Series) -> dict[str, Verdict]:
    """Return the verdict of a run on each sentence, of its averaged generator and the one as trained."""
    both = [claim_outcomes(run, clear=clear) for clear in (AVERAGED, AS_TRAINED)]
    return {claim: overall([outcomes[claim].verdict for outcomes in both]) for claim in both[0]}


def never_falls(shares: Sequence[Share]) -> Verdict:
    """Say whether no share is surely below one before it."""
    best = np.maximum.accumulate([share.low for share in shares])
    falls = any(now.high < before for now, before in zip(shares[1:], best, strict=False))
    return holds_if(not falls)


def two_sample_tests_at_most(run: pd.Series, limit: float) -> tuple[float, list[Verdict]]:
    """Return the share of images on which the better of two tests is right, and whether it is at most this.

    A network that has learnt nothing says nothing.
    """
    network, grey = (answers_of(run[name], run["c2st_count"]) for name in ("c2st", "grey_level_accuracy"))
    better = max(network, grey)
    learnt = Verdict.HOLDS if network.value > COIN else Verdict.UNDECIDED
    return better.value, [below(better, limit), learnt]


def discriminator_finds_no_difference(run: pd.Series) -> tuple[float, list[Verdict]]:
    """Return how often the discriminator is right, and whether it is a toss of a coin.

    Where a fresh network tells them apart easily, it is its own failure that it does not.
    """
    accuracy = run["discriminator_accuracy"]
    easy = at_least(answers_of(run["c2st"], run["c2st_count"]), EASY) is Verdict.HOLDS
    near_half = below(answers_of(accuracy, 2 * run["samples"]), NEAR_HALF)
    return accuracy, [near_half, Verdict.UNDECIDED if easy else Verdict.HOLDS]


def verdicts_by_run(groups: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each claim, `case` (a group's name) and run that has it measured: its `verdict`."""
    rows = []
    for case, runs in groups.items():
        for _, run in runs.iterrows():
            rows += [(claim, case, verdict) for claim, verdict in claim_verdicts(run).items()]
    return pd.DataFrame(rows, columns=["claim", "case", "verdict"])


def picture_verdicts(runs: pd.DataFrame) -> dict[str, Verdict | None]:
    """Return the verdict of a group of runs on each claim, None where it was not measured."""
    by_claim = verdicts_by_run({"": runs}).groupby("claim")["verdict"]
    measured = {claim: overall(list(verdicts)) for claim, verdicts in by_claim}
    return {claim: measured.get(claim) for claim in CLAIMS}


def verdict_rows(original: pd.DataFrame, ours: pd.DataFrame) -> list[list[str]]:
    """Return a row for each claim: its words, the verdicts of the original's recipe and ours, a link."""
    of_original, of_ours = picture_verdicts(original), picture_verdicts(ours)
    return quoted({claim: (of_original[claim], of_ours[claim]) for claim in CLAIMS})


def number_table(original: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim: what makes it true of a run, and the number of each run by its recipe.

    The original's recipe has no average.
    """
    groups = {
        "Its recipe": (original, AS_TRAINED),
        "Ours, averaged": (ours, AVERAGED),
        "Ours, as trained": (ours, AS_TRAINED),
    }
    table = pd.DataFrame({"True of a run if": [sentences()[claim]["true_if"] for claim in CLAIMS]})
    for name, (runs, clear) in groups.items():
        outcomes = [claim_outcomes(run, clear=clear) for _, run in runs.iterrows()]
        cells = []
        for claim in CLAIMS:
            numbers = [pct(outcome[claim].value, 1) for outcome in outcomes if claim in outcome]
            cells.append(", ".join(numbers) or "not measured")
        table[name] = cells
    return table


def predictions(run: pd.Series) -> list[Outcome]:
    """Return what became of each prediction in a run.

    The Fréchet distance falls from each moment to the next: how often it does. The discriminator ends at the
    loss of a coin toss, ln 2, which is the loss of two collapsed networks too: it has to find no difference,
    either. Two tests are each right on hardly more unseen images than where one side is real training images,
    which other people wrote than the test images: the better one's share.
    """
    steps = by_batch(run)["frechet_distance"].diff().dropna()
    n_falls = int((steps < 0).sum())
    losses = run["discriminator_loss"]
    last = max(1, round(LAST * len(losses)))
    loss = float(np.mean(losses[-last:]))
    _, no_difference = discriminator_finds_no_difference(run)
    share, cannot_tell = two_sample_tests_at_most(run, NEAR_HALF - 0.5 + run.get("real_c2st", 0.5))
    return [
        Outcome(n_falls, holds_if(n_falls == len(steps)) if len(steps) else Verdict.UNDECIDED),
        Outcome(loss, all_hold([holds_if(abs(loss - np.log(2)) < 0.01), *no_difference])),
        Outcome(share, all_hold(cannot_tell)),
    ]


def prediction_outcomes(runs: pd.DataFrame) -> list[tuple[Verdict, list[float]]]:
    """Return what became of each prediction in all runs, and the number of the first run."""
    by_run = [predictions(run) for _, run in runs.iterrows()]
    return [
        (overall([outcome.verdict for outcome in outcomes]), [outcomes[0].value])
        for outcomes in zip(*by_run, strict=True)
    ]
