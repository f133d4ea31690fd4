"""What is said of a GAN's runs, on runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from bundle.analysis.claims import Verdict
from bundle.analysis.pictures import CLAIMS, picture_verdicts, prediction_outcomes
from bundle.analysis.quality import variant_table
from bundle.original import GAN_BATCHES, PRINTED_BATCHES

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
BATCHES = [batch for figure, batch in PRINTED_BATCHES.items() if figure != 15]
CLEAR = (0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.86)
COIN = [float(np.log(2))] * 40


def gan(clear=CLEAR, **change) -> pd.Series:
    """A run as long as the original's, of which all is true: its shares of clear images at nine moments."""
    run = {
        "quality_raw_clear": list(clear),
        "raw_clear": 0.86,
        "seed": 0,
        "batches": GAN_BATCHES,
        "samples": 10_000,
        "noise_sets": 8,
        "quality_batch": BATCHES,
        "quality_clear": list(clear),
        "quality_frechet_distance": [9 - place for place in range(len(BATCHES))],
        "class_kept": [1.0],
        "discriminator_loss": COIN,
        "clear": 0.86,
        "real_clear": 0.86,
        "c2st": 0.53,
        "c2st_count": 4000,
        "grey_level_accuracy": 0.51,
        "discriminator_accuracy": 0.51,
    }
    return pd.Series({**run, **change})


def verdicts(*runs: pd.Series) -> dict[str, Verdict]:
    return picture_verdicts(pd.DataFrame(runs))


def predictions(*runs: pd.Series) -> list[Verdict]:
    return [verdict for verdict, _ in prediction_outcomes(pd.DataFrame(runs))]


def test_a_run_that_does_all_the_original_says_makes_every_sentence_hold():
    assert verdicts(gan()) == dict.fromkeys(CLAIMS, HOLDS)
    assert verdicts() == dict.fromkeys(CLAIMS)  # not run


@pytest.mark.parametrize(
    ("claim", "change", "verdict"),
    [
        ("noise-at-first", {"clear": (0.2, *CLEAR[1:])}, FAILS),
        ("noise-at-first", {"clear": (0.05, *CLEAR[1:])}, UNDECIDED),
        ("some-figures-during", {"clear": (0, 0.01, *CLEAR[2:])}, FAILS),
        ("most-clear-at-79500", {"clear": (0, 0.3, 0.4, 0.42, 0.44, 0.45, 0.46, 0.47, 0.86)}, FAILS),
        ("all-clear-at-end", {"clear": CLEAR, "real_clear": 0.92}, FAILS),
        ("all-clear-at-end", {"class_kept": [0.7]}, FAILS),
        ("clearer-and-clearer", {"clear": (0, 0.3, 0.4, 0.5, 0.6, 0.84, 0.83, 0.82, 0.806)}, FAILS),
        ("hard-to-tell-from-mnist", {"c2st": 0.8}, FAILS),
        ("hard-to-tell-from-mnist", {"c2st": 0.75}, UNDECIDED),
        ("hard-to-tell-from-mnist", {"c2st": 0.5}, UNDECIDED),  # a network that has learnt nothing
        ("hard-to-tell-from-mnist", {"c2st": 0.5, "grey_level_accuracy": 1.0}, FAILS),
        ("discriminator-finds-no-difference", {"discriminator_accuracy": 0.6}, FAILS),
        ("discriminator-finds-no-difference", {"discriminator_accuracy": 0.55}, UNDECIDED),
        # the generator as trained contradicts its average
        ("clearer-and-clearer", {"quality_clear": [0, 0.3, 0.4, 0.5, 0.6, 0.84, 0.83, 0.82, 0.806]}, DEPENDS),
        ("all-clear-at-end", {"raw_clear": 0.5}, DEPENDS),
    ],
)
def test_each_sentence_is_decided_by_its_numbers(claim, change, verdict):
    assert verdicts(gan(**change))[claim] is verdict


def test_predictions_come_true_or_not_by_what_was_measured():
    assert predictions(gan()) == [HOLDS, HOLDS, HOLDS]
    other = gan(quality_frechet_distance=[*range(9)], discriminator_loss=[0.5] * 40, c2st=0.6)
    assert predictions(other) == [FAILS, FAILS, FAILS]
    assert predictions(gan(), other) == [DEPENDS, DEPENDS, DEPENDS]
    single = {"quality_batch": [0], "quality_clear": [0], "quality_raw_clear": [0]}
    one_moment = gan(**single, quality_frechet_distance=[9])
    assert predictions(one_moment)[0] is UNDECIDED  # nothing fell, and nothing could


def test_the_first_run_decides_unless_another_is_decided_the_other_way():
    claim = "hard-to-tell-from-mnist"
    easy, unclear = gan(c2st=0.8), gan(c2st=0.75)
    assert verdicts(gan(), unclear)[claim] is HOLDS
    assert verdicts(unclear, easy)[claim] is UNDECIDED
    assert verdicts(gan(), easy)[claim] is DEPENDS


def test_a_change_is_worse_or_better_only_where_all_its_seeds_are():
    def runs(*distances):
        return pd.DataFrame([gan(frechet_distance=d, recall=0.5, class_imbalance=0.1) for d in distances])

    recipes = {"ours": runs(0.5, 0.6), "a": runs(0.7, 0.8), "b": runs(0.3, 0.4), "c": runs(0.4, 0.9)}
    table = variant_table(recipes)
    assert [*table["Than ours"]] == ["", "worse", "better", "undecided"]
    assert table["Fréchet distance"][0] == "0.50, 0.60"
