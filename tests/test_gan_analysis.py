import pytest

from bundle.analysis.gan import PICTURES, picture_table, quality_by_batch, quality_table, variant_table
from bundle.analysis.gan_training import quality_columns
from bundle.original import GAN_BATCHES, PRINTED_BATCHES
from bundle.study.records import Record

ALL = tuple(batch for figure, batch in PRINTED_BATCHES.items() if figure != 15)


def record(
    clear=(0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.86), end=0.86, real=0.86, kept=1.0, **summary
) -> Record:
    """A run as long as the original's, with these shares of clear images at nine moments."""
    return Record(
        settings={"batches": GAN_BATCHES, "samples": 10000, "noise_sets": 8},
        columns={
            "quality_batch": list(ALL),
            "quality_clear": list(clear),
            "class_kept": [kept] if kept else [],
        },
        summary={
            "clear": end,
            "real_clear": real,
            "c2st": 0.6,
            "c2st_of": 4000,
            "told_grey_levels": 0.55,
            "told_features": 0.51,
            "discriminator_right": 0.52,
            "frechet_distance": 1.0,
            **summary,
        },
    )


def words(*records: Record) -> list[str]:
    return [row[2].partition(":")[0] for row in picture_table({"ours": records})[1]]


def test_a_run_that_does_all_the_original_says_makes_every_sentence_hold():
    assert words(record()) == ["holds"] * len(PICTURES)


@pytest.mark.parametrize(
    ("sentence", "change"),
    [
        (0, {"clear": (0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.86)}),
        (1, {"clear": (0, 0.01, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.86)}),
        (1, {"clear": (0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.86, 0.87, 0.88)}),
        (2, {"clear": (0, 0.3, 0.4, 0.42, 0.44, 0.45, 0.46, 0.47, 0.86)}),
        (2, {"clear": (0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.86, 0.87)}),
        (3, {"end": 0.8, "clear": (0, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8)}),
        (5, {"c2st": 0.8}),
        (5, {"told_grey_levels": 1.0}),
        (6, {"discriminator_right": 0.6}),
    ],
)
def test_each_sentence_fails_where_its_numbers_do(sentence, change):
    found = words(record(**change))
    assert found[sentence] == "does not hold"


def test_more_and_more_clear_fails_with_a_fall_that_is_no_chance_and_without_a_rise():
    assert words(record(clear=(0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.745, 0.746)))[4] == "holds"
    assert words(record(clear=(0, 0.3, 0.4, 0.5, 0.6, 0.84, 0.83, 0.82, 0.806)))[4] == "does not hold"
    assert words(record(clear=(0.5,) * 9))[4] == "does not hold"


def test_consistent_asks_that_noises_keep_their_digit():
    assert words(record(kept=0.7))[3] == "does not hold"
    assert words(record(kept=0.955))[3] == "undecided"
    assert words(record(kept=None))[3] == "not looked at"


def test_runs_that_disagree_or_an_interval_across_the_line_leave_a_sentence_undecided():
    assert words(record(), record(c2st=0.8))[5] == "undecided"
    assert words(record(c2st=0.75))[5] == "undecided"
    assert words(record(end=0.855))[3] == "undecided"


def test_a_run_that_nobody_looked_at_on_its_way_says_nothing_of_its_way():
    short = record()
    short.columns = {}
    rows = picture_table({"short": [short]})[1]
    assert [row[2] == "not looked at" for row in rows] == [True] * 5 + [False, False]


def test_a_run_without_the_floor_beside_it_is_not_compared_with_real_images():
    bare = record()
    del bare.summary["real_clear"]
    rows = picture_table({"bare": [bare]})[1]
    assert [row[2] == "not looked at" for row in rows] == [False, False, True, True, False, False, False]


def test_a_change_is_worse_or_better_only_where_all_its_seeds_are():
    def group(*distances):
        return [record(frechet_distance=d, recall=0.5, class_imbalance=0.1) for d in distances]

    groups = {"ours": group(0.5, 0.6), "a": group(0.7, 0.8), "b": group(0.3, 0.4), "c": group(0.4, 0.9)}
    _, rows = variant_table(groups, {"a": 1.5})
    assert [row[-1] for row in rows] == ["", "worse", "better", "undecided"]
    assert [row[-2] for row in rows] == ["", "1.50", "", ""]
    assert rows[0][1] == "0.50, 0.60"


def test_what_was_measured_at_a_checkpoint_is_found_by_its_batch():
    found = quality_by_batch(record())
    assert list(found) == quality_columns(record())["batch"] == list(ALL)
    assert found[79500] == {"batch": 79500, "clear": 0.75}
    assert quality_by_batch(Record(settings={})) == {}


def test_measures_stand_beside_those_of_other_seeds_where_there_are_any():
    ours, other, third = (Record({}, {}, {"cas": share, "real_cas": 0.75}) for share in (0.5, 0.25, 0.125))
    header, rows = quality_table({}, ours, other, third)
    names = ["Measure", "Averaged (kept)", "Other seeds", "As trained", "Real images"]
    assert header == names
    assert rows[0][1:3] == ["0.5000", "0.250, 0.125"]
    assert rows[0][4] == "0.7500"
    header, rows = quality_table({}, ours)
    assert header == names[:2] + names[3:]
    assert {len(row) for row in rows} == {4}
