"""The runs of two-sample tests, and what is said of them."""

import itertools
import re

import pytest
import torch

from bundle.analysis import findings
from bundle.analysis.detectability import (
    SEEN,
    accuracy_by_test,
    converged,
    detectability,
    detectability_table,
)
from bundle.analysis.gan import decide_pictures
from bundle.analysis.verdicts import mean_interval
from bundle.experiments.comparisons import Comparisons, two_sample_runs
from bundle.experiments.two_sample_tests import (
    AGAINST,
    GENERATED,
    REAL,
    TwoSampleRun,
    run_two_sample_test,
    sides,
)
from bundle.figures.detectability import draw_detectability
from bundle.study.layout import Output
from bundle.study.records import Record
from lib.evaluation.damage import blurred, copied, one_level_up
from lib.evaluation.two_sample_tests import TESTS
from lib.gan.networks import Generator, as_bytes, load_generator, save_generator
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest
from tests.test_gan_analysis import record as gan
from tests.test_gan_runs import RUN

IMAGES = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1
SIZES = {"seeds": 2, "images": 20, "most": 40, "steps": 3}


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder with a generator, and its digest."""
    data = Mnist(IMAGES, torch.arange(60) % 10, IMAGES, torch.arange(60) % 10)
    monkeypatch.setattr("lib.mnist.load", lambda name: data)
    folder = tmp_path / "models"
    save_generator(generator := Generator(latent_dim=4, width=2, topology="shuffle"), folder, settings={})
    return folder, weights_digest(generator)


def two_sample_run(models, **change) -> TwoSampleRun:
    settings = {"test": "all levels", "against": GENERATED, "train_count": 20, "test_count": 10, "steps": 3}
    settings |= {"dataset": "MNIST", "seed": 1, "generator": models[1], "noise_seed": 7}
    return TwoSampleRun(**settings | change)


def test_every_test_is_listed_against_every_side_and_the_convolutional_ones_once_more(models):
    listed = two_sample_runs(RUN, generator="g", **SIZES)
    runs = {(one["test"], one["against"], one["train_count"], one["seed"]) for one in listed}
    plain = set(itertools.product(TESTS, AGAINST, [20], [0, 1]))
    most = set(itertools.product(["black and white", "all levels"], [GENERATED], [40], [0, 1]))
    assert runs == plain | most
    assert len(listed) == len(runs)
    assert all((one["generator"] == "g") == (one["against"] == GENERATED) for one in listed)
    assert two_sample_runs(RUN, generator="g", **SIZES | {"seeds": 0}) == []


def test_a_run_leaves_its_accuracy_and_does_so_again(models):
    folder, _ = models
    found = run_two_sample_test(two_sample_run(models).described(), models=folder).summary
    assert found["test_images"] == 20
    assert 0 <= found["accuracy"] <= 1
    assert 0 <= found["train_accuracy"] <= 1
    again = run_two_sample_test(two_sample_run(models).described(), models=folder).summary
    assert again == found


def test_both_sides_are_other_images_and_samples_are_the_generators(models):
    folder, _ = models
    data = Mnist(IMAGES, IMAGES, IMAGES, IMAGES)
    true, rest = sides(two_sample_run(models, against=REAL), data, models=folder)
    both = torch.cat([true, rest]).flatten(1)
    assert len(both.unique(dim=0)) == 60
    same, fake = sides(two_sample_run(models), data, models=folder)
    assert torch.equal(same, true)
    noise = torch.randn(30, 4, generator=torch.Generator().manual_seed(8))
    assert torch.equal(fake, answers(load_generator(folder), noise, batch_size=500))
    with pytest.raises(ValueError, match="the settings ask for other"):
        sides(two_sample_run(models, generator="other"), data, models=folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": "taste"}, "test is 'taste'"),
        ({"against": "cats"}, "against is 'cats'"),
        ({"test_count": 1}, "test_count is 1"),
        ({"test_count": 30}, "train_count is 20"),
        ({"train_count": 60_000}, "at most 60000"),
        ({"train_count": 30_000, "against": REAL}, "at most 30000"),
        ({"noise_seed": -1}, "noise_seed is -1"),
    ],
)
def test_a_run_that_cannot_be_made_is_refused(models, change, words):
    with pytest.raises(ValueError, match=words):
        two_sample_run(models, **change)


def test_damage_is_small_and_what_it_says():
    levels = (torch.tensor([0, 1, 100, 254, 255]) / 127.5 - 1).expand(1, 1, 28, 5)
    raised = as_bytes(one_level_up(torch.nn.functional.pad(levels, [0, 23])))[0, 0, :5].int()
    assert raised.tolist() == [0, 2, 101, 255, 255]
    dot = torch.full((1, 1, 28, 28), -1.0)
    dot[0, 0, 10, 10] = 1
    soft = (blurred(dot) + 1) / 2
    assert soft.sum().item() == pytest.approx(1, abs=1e-4)
    assert soft[0, 0, 10, 11] / soft[0, 0, 10, 10] == pytest.approx(2.718281828 ** (-1 / 0.18), rel=1e-3)
    twins = copied(IMAGES.repeat(4, 1, 1, 1)[:200])
    assert torch.equal(twins[100], twins[0])
    assert torch.equal(twins[101], IMAGES[41])


def run(test: str, against: str, right: float, learned: int = 100) -> Record:
    return Record({"test": test, "against": against, "learned": learned}, {}, {"right": right, "of": 100})


TWO_SAMPLE_RECORDS = [run("grey levels", GENERATED, right) for right in (1.0, 1.0, 1.0)]
TWO_SAMPLE_RECORDS += [run("grey levels", REAL, right) for right in (0.49, 0.5, 0.51)]
TWO_SAMPLE_RECORDS += [run("binarised", GENERATED, right) for right in (0.54, 0.55, 0.56)]
TWO_SAMPLE_RECORDS += [
    run("pixels", GENERATED, 0.6),
    run("pixels", GENERATED, 0.7, 500),
    run("pixels", GENERATED, 0.72, 500),
]


def further(right: float, *, most: int = 500) -> Record:
    summary = {f"right_{test}": right for test in SEEN} | {"right_most_pixels": right + 0.1}
    return Record({"learned": 100, "most": most, "seed": 7}, {}, summary)


def test_the_table_has_a_row_for_each_rung_with_mean_and_interval():
    header, rows = detectability_table(TWO_SAMPLE_RECORDS)
    assert header[1:] == ["Samples (%)", "Real digits (%)"]
    names = ["twelve shares of grey levels, 100", "black and white, 100", "256 grey levels, 100"]
    assert [row[0] for row in rows] == [*names, "256 grey levels, 500"]
    assert rows[0][1:] == ["100.0 ± 0.0", "50.0 ± 2.5"]
    assert rows[1][1:] == ["55.0 ± 2.5", ""]
    assert rows[2][1:] == ["60.0", ""]
    others = [further(0.7), further(0.8)]
    header, rows = detectability_table(TWO_SAMPLE_RECORDS, others)
    assert header[-1] == "Samples, other seeds (%)"
    assert [row[-1] for row in rows] == ["70.0, 80.0"] * 3 + ["80.0, 90.0"]


def test_it_is_said_whether_the_convolutional_tests_have_learnt_anything():
    def learned(test: str, against: str, share: float) -> Record:
        return Record({"test": test, "against": against}, {}, {"right_learned": share})

    records = [learned("pixels", GENERATED, 0.9), learned("binarised", GENERATED, 0.8)]
    assert converged(records) == ""
    records += [learned("pixels", REAL, 0.7), learned("grey levels", REAL, 0.5)]
    said = converged(records)
    assert said.endswith("80% of the time where one side is samples, and 70% where both are real.")


def test_a_test_that_has_learnt_nothing_is_counted_and_left_out_of_the_mean():
    def run(seed: int, right: float, learned: float, against: str = GENERATED) -> Record:
        settings = {"test": "pixels", "learned": 100, "against": against, "seed": seed}
        return Record(settings, {}, {"right": right, "right_learned": learned})

    records = [run(0, 0.5, 0.5), run(1, 0.7, 0.9), run(2, 0.8, 0.95), run(0, 0.5, 0.8, REAL)]
    assert accuracy_by_test(records)["pixels", 100] == {GENERATED: [0.7, 0.8], REAL: [0.5]}
    assert accuracy_by_test(records[:1])["pixels", 100] == {GENERATED: [0.5]}
    weak = [Record(run.settings | {"test": "features"}, {}, run.summary) for run in records[:2]]
    assert accuracy_by_test(weak)["features", 100] == {GENERATED: [0.5, 0.7]}
    said = converged(records)
    assert "90% of the time where one side is samples, and 80% where both" in said
    assert said.endswith("intervals: 1 by 256 grey levels, 100 of each kind, against samples.")


def test_how_hard_they_are_is_said_by_the_strongest_test_of_pixels_and_leads_the_findings():
    said = detectability(TWO_SAMPLE_RECORDS)
    assert re.search(r"black and white.*55\.0 %.*from 500 of each kind 71\.0 %.*grey levels 100\.0 %", said)
    others = [further(0.8, most=0)]
    assert "from 100 of each kind 60.0 % (with other seeds 80.0), from 500 of" in detectability(
        TWO_SAMPLE_RECORDS, others
    )
    assert detectability(TWO_SAMPLE_RECORDS[:6]) == ""
    one = gan(real_frechet_distance=0.5, told_grey_levels=1.0)
    first = findings.gan_findings(one, decide_pictures({"ours": [one]}), TWO_SAMPLE_RECORDS)[0]
    assert said in first
    assert "“Hard to discriminate” *does not hold*" in first


def test_a_mean_has_the_interval_of_students_t():
    assert mean_interval([1, 2, 3]) == pytest.approx((2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))
    assert mean_interval([5]) == (5, -float("inf"), float("inf"))


def test_the_figure_shows_every_mean():
    (axes,) = draw_detectability(TWO_SAMPLE_RECORDS).axes
    points = {line.get_label(): line for line in axes.containers}
    assert list(points) == [GENERATED, REAL]
    assert points[GENERATED][0].get_xdata().tolist() == pytest.approx([100, 55, 60, 71])
    assert axes.get_yticklabels()[0].get_text() == "twelve shares of grey levels, 100"


def test_what_is_compared_is_what_a_study_takes_and_nothing_where_no_seeds_are_asked_for(models):
    folder, generator = models
    amounts = {"variant_batches": 2, "original_batches": 5, "stacked_batches": 4, "two_sample_images": 20}
    amounts |= {"two_sample_steps": 3, "two_sample_most": 0, "output": Output(folder.parent)}
    seeds = ("generator_seeds", "variant_seeds", "two_sample_seeds")
    compared = Comparisons(**amounts, **dict.fromkeys(seeds, 1))
    some = compared.runs(RUN, generator=generator)
    assert list(some) == ["variants", "stacked", "two-sample-tests"]
    for kind, study in some.items():
        assert study["file"] == kind
        assert sum(map(len, study["settings"].values())) > 0
    tests = some["two-sample-tests"]
    assert 0 <= tests["run"](tests["settings"]["tests"][0]).summary["accuracy"] <= 1
    assert compared.further_generators(RUN) == {"generator-1": RUN.with_training(seed=RUN.training.seed + 1)}
    none = Comparisons(**amounts, **dict.fromkeys(seeds, 0))
    assert none.further_generators(RUN) == {}
    for study in none.runs(RUN).values():
        assert not any(study["settings"].values())
