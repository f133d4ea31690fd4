"""What became of the predictions at the head of Tasks 2 and 3, a line of Markdown each."""

from collections.abc import Sequence

import numpy as np

from bundle.analysis.findings import percent
from bundle.analysis.gan_training import quality_columns
from bundle.analysis.verdicts import Verdict, interval
from bundle.analysis.walks import WALK_CLAIMS, decide_walks
from bundle.study.records import Record

CAME_TRUE = {True: "came true", False: "did not come true", None: "undecided"}
LAST = 0.05  # of a training, over which the discriminator's loss at the end is averaged


def outcome_list(outcomes: Sequence[tuple[str, str, bool | None]]) -> str:
    """Return a numbered list of predictions, what was measured, and whether they came true."""
    return "\n".join(
        f"{k}. {what}: *{CAME_TRUE[true]}* ({measured})."
        for k, (what, measured, true) in enumerate(outcomes, 1)
    )


def gan_predictions(records: Sequence[Record]) -> str:
    """Say of the first run what was measured, and of all of them whether a prediction came true."""
    told = []
    for outcomes in zip(*map(gan_outcomes, records), strict=True):
        what, measured, _ = outcomes[0]
        true = [outcome[2] for outcome in outcomes]
        if len(records) > 1:
            measured += f"; it came true in {true.count(True)} of {len(true)} trainings"
        told.append((what, measured, true[0] if len(set(true)) == 1 else None))
    return outcome_list(told)


def gan_outcomes(record: Record) -> list[tuple[str, str, bool | None]]:
    """Return of one run each prediction, what was measured, and whether it came true."""
    batches, distances = (quality_columns(record)[name] for name in ("batch", "frechet_distance"))
    falls = int(np.sum(np.diff(distances) < 0))
    lowest = batches[int(np.argmin(distances))]
    losses = record.columns["discriminator_loss"]
    loss = float(np.mean(losses[-max(1, round(LAST * len(losses))) :]))
    s = record.summary
    told = max(s["c2st"], s["told_grey_levels"], s["told_features"])
    low, high = interval(round(told * s["c2st_of"]), s["c2st_of"])
    return [
        (
            "The distance from real digits falls throughout",
            f"in {falls} of {len(distances) - 1} steps from moment to moment; lowest at batch {lowest}",
            falls == len(distances) - 1,
        ),
        (
            "The discriminator ends at the loss of a coin toss",
            f"{loss:.3f} over the last twentieth of the training; ln 2 is {np.log(2):.3f}",
            abs(loss - np.log(2)) < 0.01,
        ),
        (
            "No network can tell samples from real digits",
            f"the best of three is right on {percent(told, 1)} ({percent(low, 1)} to {percent(high, 1)})",
            low <= 0.5,
        ),
    ]


def came_true(verdicts: Sequence[Verdict]) -> bool | None:
    """Return whether all these hold; None where none fails but some are undecided."""
    holds = [verdict.holds for verdict in verdicts]
    if False in holds:
        return False
    return None if None in holds else True


def walk_predictions(record: Record) -> str:
    found = [v for v in decide_walks(record) if v.case == "line"]
    named = {claim.sentence for claim in WALK_CLAIMS if claim.third is not None}
    most = [v for v in found if v.sentence in named and v.test.startswith("most paths")]
    more = [v for v in found if v.sentence in named and not v.test.startswith("most paths")]
    c, s = record.columns, record.summary
    line, circle = (np.array(c[f"{kind} frechet_distance"]) for kind in ("line", "circle"))
    chance = max(float(np.abs(of - of[::-1]).max()) for of in (line, circle))  # the same on other noises
    middle = len(line) // 2
    worse = {"line": line[middle] - line[0], "circle": circle[middle] - circle[0]}
    worse["short noises"] = s["short frechet_distance"] - line[0]
    low, high = (s[f"difference path_length {end}"] for end in ("low", "high"))
    return outcome_list(
        [
            ("Most paths show the digits of Figures 18 and 19", counts_in_words(most), came_true(most)),
            ("These are seen more often than any other third digit", counts_in_words(more), came_true(more)),
            (
                "Middles of lines are further from real digits, so are noises as short, those of circles not",
                ", ".join(f"{name} {value:+.2f}" for name, value in worse.items())
                + f"; chance makes up to {chance:.2f}",
                bool(worse["line"] > chance >= worse["circle"] and worse["short noises"] > chance),
            ),
            (
                "The circle is the smoother path",
                f"perceptual path length, line less circle, {low:.0f} to {high:.0f}",
                True if low > 0 else False if high < 0 else None,
            ),
        ]
    )


def counts_in_words(verdicts: Sequence) -> str:
    return "; ".join(f"{v.count} of {v.n}" for v in verdicts)
