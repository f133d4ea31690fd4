"""What is said of the measures along a GAN's training, on curves whose answer is known."""

import pytest

from bundle.analysis.gan_training import decay_in_words, extrapolated, lead_to
from bundle.study.records import Record


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
    said = decay_in_words([run(), run(precision=(0.5, 0.8, 0.9))])
    assert "precision is 0.900 and 0.700 at batch 50, precision is 0.800 and 0.790 at batch 100" in said
    assert "recall is 0.600 and 0.550 at batch 50, recall is 0.700 and 0.710 at batch 100" in said
    assert "in 1 of 2 trainings" in said


def test_nothing_is_said_where_the_rate_does_not_fall():
    assert decay_in_words([run(decay_from=1.0)]) == ""
