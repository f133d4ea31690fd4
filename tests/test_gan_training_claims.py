"""What is said of the measures along a GAN's training, on curves whose answer is known."""

import pytest

from bundle.claims.gan_training import (
    apart,
    came_true,
    decay_told,
    extrapolated,
    lead_to,
    learnt_by_heart,
    rates_told,
)
from bundle.runs.records import Record


def run(*, precision=(0.5, 0.9, 0.8), recall=(0.5, 0.6, 0.7), decay_from=0.5, power=-0.5) -> Record:
    batches = [0, 50, 100]
    quality = {"batch": batches, "precision": list(precision), "recall": list(recall)}
    quality |= {"raw_precision": [0.1, 0.7, 0.79], "raw_recall": [0.1, 0.55, 0.71]}
    quality["frechet_distance"] = [99, *(8 * b**power for b in batches[1:])]
    columns = {f"quality_{name}": values for name, values in quality.items()}
    return Record({"batches": 100, "decay_from": decay_from}, columns)


def test_a_power_law_is_continued_exactly():
    assert extrapolated(run(), 10_000) == pytest.approx(0.08)
    assert lead_to([run(), run(power=-0.25)], 10_000) == "0.08 to 0.80"


def test_what_the_decay_does_is_said_of_the_first_and_counted_over_all():
    said = decay_told([run(), run(precision=(0.5, 0.8, 0.9))])
    assert "precision is 0.900 and 0.700 at batch 50, precision is 0.800 and 0.790 at batch 100" in said
    assert "recall is 0.600 and 0.550 at batch 50, recall is 0.700 and 0.710 at batch 100" in said
    assert "in 1 of 2 trainings" in said


def ended(precision: float, training: float) -> Record:
    summary = {"precision": precision, "recall": 0.5, "clear": 0.75, "frechet_distance": precision / 10}
    summary |= {"discriminator_right": 0.5, "discriminator_right_training": training}
    return Record({"seed": 7}, {}, summary)


def test_further_generators_are_told_apart_by_what_they_are_for():
    kept, other, wide, falling = (ended(share, 0.6) for share in (0.5, 0.6, 0.7, 0.8))
    found = {"generators": [other], "steady": [], "falling": [falling], "wide": [wide]}
    assert apart(kept, found) == ([kept, other], [wide], {"steady": [], "falling": [falling]})


def test_where_other_rates_end_is_said_beside_the_record():
    kept, rates = (
        ended(0.8, 0.6),
        {"steady": [ended(0.9, 0.7)], "falling": [ended(0.7, 0.8), ended(0.6, 0.9)]},
    )
    said = rates_told(kept, rates)
    assert said.startswith("Of the training with seed 7")
    assert (
        "precision 0.800 with ours, 0.900 where both rates stay, 0.700, 0.600 where both rates fall; " in said
    )
    assert said.endswith(
        "Fréchet distance 0.080 with ours, 0.090 where both rates stay, 0.070, 0.060 where both rates fall."
    )
    assert "where both rates fall" not in rates_told(kept, rates | {"falling": []})
    assert rates_told(kept, {"steady": [], "falling": []}) == ""


def test_how_often_a_discriminator_is_right_on_what_it_has_learnt_from_and_on_the_rest():
    said = learnt_by_heart(ended(0.8, 0.6), {"steady": [], "falling": [ended(0.7, 0.8), ended(0.6, 0.9)]})
    assert "training with seed 7" in said
    assert "with our rates 60.0% and 50.0%" in said
    assert said.endswith("where both rates fall 80.0%, 90.0% and 50.0%, 50.0%.")


def test_a_prediction_on_rates_counts_only_where_it_is_seen():
    summary = {"frechet_sampled": 0.06, "right_binarised": 0.6, "raw_precision": 0.7}
    kept, steady, falling = ended(0.8, 0.6), ended(0.9, 0.6), ended(0.7, 0.8)
    for run in (kept, steady, falling):
        run.summary.update(summary)
    falling.summary["right_binarised"] = 0.7
    said = came_true(kept, {"steady": [steady], "falling": [falling]})
    seen, not_seen = said.split("Predicted and not seen")
    for words in ("more precision", "as trained below", "further ahead", "easier to tell"):
        assert words in seen
    assert not_seen == ": there, samples that are farther from real digits."
    kept.summary["precision"], steady.summary["raw_precision"] = 0.95, 0.96
    assert came_true(kept, {"steady": [steady], "falling": []}).startswith(
        "Predicted and not seen: where both"
    )
    assert came_true(kept, {"steady": [], "falling": []}) == ""


def test_nothing_is_said_where_the_rate_does_not_fall():
    assert decay_told([run(decay_from=1.0)]) == ""
