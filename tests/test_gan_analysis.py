"""What is said of a GAN's runs, on runs whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from bundle.analysis.claims import Verdict
from bundle.analysis.pictures import (
    CLAIMS,
    front_rows,
    picture_outcomes,
    picture_table,
    picture_verdicts,
    prediction_outcomes,
)
from bundle.analysis.quality import by_batch, extrapolated, quality_table, stacked_table, variant_table
from bundle.original import GAN_BATCHES, PRINTED_BATCHES

HOLDS, FAILS, UNDECIDED, DEPENDS = Verdict
BATCHES = [batch for figure, batch in PRINTED_BATCHES.items() if figure != 15]
CLEAR = (0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.86)
COIN = [float(np.log(2))] * 40


def gan(clear=CLEAR, **change) -> pd.Series:
    """A run as long as the original's, of which all is true: its shares of clear images at nine moments."""
    run = {
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
    return picture_verdicts(picture_outcomes({"ours": pd.DataFrame(runs)}), "ours")


def predictions(*runs: pd.Series) -> list[Verdict]:
    return [verdict for verdict, _ in prediction_outcomes(pd.DataFrame(runs))]


def test_a_run_that_does_all_the_original_says_makes_every_sentence_hold():
    assert verdicts(gan()) == {claim.id: HOLDS for claim in CLAIMS}


@pytest.mark.parametrize(
    ("claim", "change", "verdict"),
    [
        ("noise-at-first", {"clear": (0.2, *CLEAR[1:])}, FAILS),
        ("noise-at-first", {"clear": (0.05, *CLEAR[1:])}, UNDECIDED),
        ("some-figures-during", {"clear": (0, 0.01, *CLEAR[2:])}, FAILS),
        ("some-figures-during", {"clear": (*CLEAR[:6], 0.86, 0.87, 0.88)}, FAILS),
        ("most-clear-at-79500", {"clear": (0, 0.3, 0.4, 0.42, 0.44, 0.45, 0.46, 0.47, 0.86)}, FAILS),
        ("most-clear-at-79500", {"clear": (*CLEAR[:7], 0.86, 0.87)}, FAILS),
        ("all-clear-at-end", {"clear": CLEAR, "real_clear": 0.92}, FAILS),
        ("all-clear-at-end", {"real_clear": 0.865}, UNDECIDED),
        ("all-clear-at-end", {"class_kept": [0.7]}, FAILS),
        ("all-clear-at-end", {"class_kept": [0.955]}, UNDECIDED),
        ("clearer-and-clearer", {"clear": (0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.745, 0.746)}, HOLDS),
        ("clearer-and-clearer", {"clear": (0, 0.3, 0.4, 0.5, 0.6, 0.84, 0.83, 0.82, 0.806)}, FAILS),
        ("clearer-and-clearer", {"clear": (0.5,) * 9}, FAILS),
        ("hard-to-tell-from-mnist", {"c2st": 0.8}, FAILS),
        ("hard-to-tell-from-mnist", {"c2st": 0.75}, UNDECIDED),
        ("hard-to-tell-from-mnist", {"grey_level_accuracy": 1.0}, FAILS),
        ("discriminator-finds-no-difference", {"discriminator_accuracy": 0.6}, FAILS),
        ("discriminator-finds-no-difference", {"discriminator_accuracy": 0.55}, UNDECIDED),
    ],
)
def test_each_sentence_is_decided_by_its_numbers(claim, change, verdict):
    assert verdicts(gan(**change))[claim] is verdict


def test_a_network_that_has_learnt_nothing_says_nothing():
    assert verdicts(gan(c2st=0.5))["hard-to-tell-from-mnist"] is UNDECIDED
    assert verdicts(gan(c2st=0.5, grey_level_accuracy=1.0))["hard-to-tell-from-mnist"] is FAILS
    assert verdicts(gan(c2st=0.5, c2st_train_accuracy=0.9))["hard-to-tell-from-mnist"] is HOLDS


def test_predictions_come_true_or_not_by_what_was_measured():
    assert predictions(gan()) == [HOLDS, HOLDS, HOLDS]
    other = gan(quality_frechet_distance=[*range(9)], discriminator_loss=[0.5] * 40, c2st=0.6)
    assert predictions(other) == [FAILS, FAILS, FAILS]
    assert predictions(gan(), other) == [DEPENDS, DEPENDS, DEPENDS]


@pytest.mark.parametrize(
    ("change", "verdict"), [({"c2st": 1.0}, UNDECIDED), ({"discriminator_accuracy": 0.019}, FAILS)]
)
def test_the_loss_of_a_coin_toss_alone_is_no_coin_toss(change, verdict):
    assert predictions(gan(**change))[1] is verdict
    assert verdicts(gan(**change))["discriminator-finds-no-difference"] is verdict


def test_a_few_images_do_not_show_that_no_network_can_tell():
    assert predictions(gan(c2st=0.5, c2st_train_accuracy=0.9, grey_level_accuracy=0.5, c2st_count=10))[2] is (
        UNDECIDED
    )


def test_the_first_run_decides_unless_another_is_decided_the_other_way():
    claim = "hard-to-tell-from-mnist"
    easy, unclear = gan(c2st=0.8), gan(c2st=0.75)
    assert verdicts(gan(), unclear)[claim] is HOLDS
    assert verdicts(unclear, easy)[claim] is UNDECIDED
    assert verdicts(gan(), easy)[claim] is DEPENDS


def test_the_front_table_has_the_first_group_and_the_last():
    brief = gan().drop(["quality_batch", "quality_clear", "quality_frechet_distance"])
    groups = {"the original's recipe": [gan(c2st=0.9)], "brief": [brief], "ours": [gan(c2st=0.75)]}
    outcomes = picture_outcomes({name: pd.DataFrame(runs) for name, runs in groups.items()})
    rows = {quote: verdicts for quote, *verdicts, _ in front_rows(outcomes, list(groups))}
    assert rows["“hard to discriminate from the mnist dataset”"] == ["fails", "undecided"]
    alone = front_rows(outcomes, ["ours"])
    assert {row[1] for row in alone} == {"not run"}


def test_nothing_is_said_of_what_was_not_measured():
    short = gan().drop(["quality_batch", "quality_clear", "quality_frechet_distance"])
    assert list(verdicts(short)) == ["all-clear-at-end", *list(verdicts(gan()))[5:]]
    bare = verdicts(gan().drop("real_clear"))
    assert set(verdicts(gan())) - set(bare) == {"most-clear-at-79500", "all-clear-at-end"}
    _, rows = picture_table(picture_outcomes({"ours": pd.DataFrame([short])}), ["ours"])
    assert len(rows) == len(CLAIMS)
    assert rows[0][2] == "not looked at"
    assert rows[5][2] == "holds: 53.0%"


def test_what_was_measured_at_a_checkpoint_is_found_by_its_batch():
    moments = by_batch(gan())
    assert list(moments.index) == BATCHES
    assert moments["clear"][79500] == 0.75
    assert by_batch(pd.Series({"seed": 0})).empty


def test_a_power_law_is_continued_exactly():
    batches = [0, 50, 100]
    run = gan(quality_batch=batches, quality_frechet_distance=[99, *(8 * b**-0.5 for b in batches[1:])])
    assert extrapolated(run.drop("quality_clear"), 10_000) == pytest.approx(0.08)


def test_a_change_is_worse_or_better_only_where_all_its_seeds_are():
    def runs(*distances):
        return pd.DataFrame([gan(frechet_distance=d, recall=0.5, class_imbalance=0.1) for d in distances])

    recipes = {"ours": runs(0.5, 0.6), "a": runs(0.7, 0.8), "b": runs(0.3, 0.4), "c": runs(0.4, 0.9)}
    _, rows = variant_table(recipes, {"a": 1.5})
    assert [row[-1] for row in rows] == ["", "worse", "better", "undecided"]
    assert [row[-2] for row in rows] == ["", "1.50", "", ""]
    assert rows[0][1] == "0.50, 0.60"


def test_measures_stand_beside_those_of_other_seeds_where_there_are_any():
    runs = pd.DataFrame({"cas": [0.5, 0.25, 0.125], "real_cas": 0.75})
    header, rows = quality_table({}, runs)
    assert header[2] == "Other seeds"
    assert rows[0][1:3] == ["0.5000", "0.250, 0.125"]
    assert rows[0][4] == "0.7500"
    header, rows = quality_table({}, runs[:1])
    assert "Other seeds" not in header
    assert {len(row) for row in rows} == {4}


def test_stacks_are_counted_seed_by_seed_beside_real_ones():
    runs = {"seed": [0, 1], "modes": [990, 980], "reverse_kl": [0.1, 0.2]}
    real = {"real_modes": 1000, "real_reverse_kl": 0.025}
    _, rows = stacked_table(pd.DataFrame(runs).assign(**real))
    assert rows == [["seed 0", "990", "0.100"], ["seed 1", "980", "0.200"], ["real stacks", "1000", "0.025"]]
