import pytest
import torch

from bundle.analysis.detectability import CONVOLUTIONAL
from lib.evaluation.classifier import Classifier
from lib.evaluation.ladder import LADDER, two_sample_accuracy
from lib.evaluation.thorough import BRIEF, thorough_accuracy
from tests.test_ladder import blobs


@pytest.fixture(scope="module")
def asked():
    torch.manual_seed(0)
    return {"asked": 200, "steps": 60, "classifier": Classifier(width=2).eval(), "seed": 0}


@pytest.mark.parametrize("test", LADDER)
def test_no_test_tells_images_of_one_kind_apart_and_each_says_the_same_again(test, asked):
    one, two = blobs(1000, seed=1), blobs(1000, seed=2)
    told = thorough_accuracy(test, one, two, **asked)
    assert abs(told.right - 0.5) < 0.1
    assert thorough_accuracy(test, one, two, **asked) == told


@pytest.mark.parametrize("test", LADDER)
def test_every_test_sees_another_size(test, asked):
    told = thorough_accuracy(test, blobs(1000, seed=1), blobs(1000, seed=2, size=14), **asked)
    assert min(told) > 0.9


def test_the_claims_know_which_tests_are_convolutional():
    assert tuple(test for test in LADDER if test not in BRIEF) == CONVOLUTIONAL


@pytest.mark.parametrize("test", BRIEF)
def test_brief_tests_are_those_of_the_ladder_whatever_the_steps(test, asked):
    one, two = blobs(600, seed=1), blobs(600, seed=2, size=9)
    told = thorough_accuracy(test, one, two, **asked)
    kept = {name: value for name, value in asked.items() if name != "steps"}
    assert told.right == two_sample_accuracy(test, one, two, **kept)
    assert thorough_accuracy(test, one, two, **asked | {"steps": 1}) == told


def test_with_time_a_test_learns_by_heart_what_it_cannot_tell_and_without_it_learns_nothing(asked):
    one, two = blobs(400, seed=1), blobs(400, seed=2)
    brief, long = (thorough_accuracy("pixels", one, two, **asked | {"steps": n}) for n in (1, 1500))
    assert abs(brief.learned - 0.5) < 0.1
    assert long.learned > 0.9
    assert abs(long.right - 0.5) < 0.1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": "taste"}, "test is 'taste'"),
        ({"asked": 600}, "asked is 600"),
        ({"asked": 1}, "asked is 1"),
        ({"steps": 0}, "steps is 0"),
        ({"fake": blobs(9, seed=2)}, "number of fakes is 9"),
    ],
)
def test_what_cannot_be_asked_is_refused(change, words, asked):
    wanted = {"test": "pixels", "true": blobs(1000, seed=1), "fake": blobs(1000, seed=2)} | asked
    with pytest.raises(ValueError, match=words):
        thorough_accuracy(**wanted | change)
