import pytest
import torch

from lib.evaluation.classifier import Classifier
from lib.evaluation.ladder import GREY_BANDS, LADDER, grey_levels, two_sample_accuracy
from lib.gan.networks import as_bytes


def blobs(n: int, *, seed: int, size: int = 8) -> torch.Tensor:
    """Draw n images (n, 1, 28, 28) with a bright square each, at random places, grey edges around it."""
    source = torch.Generator().manual_seed(seed)
    down, right = torch.randint(4, 12, (2, n, 1, 1), generator=source)
    y, x = torch.arange(28)[:, None], torch.arange(28)
    inside = (y >= down) & (y < down + size) & (x >= right) & (x < right + size)
    noise = torch.rand(n, 28, 28, generator=source)
    return torch.where(inside, 0.8 + 0.2 * noise, torch.tensor(-1.0))[:, None]


@pytest.fixture(scope="module")
def asked():
    torch.manual_seed(0)
    return {"asked": 200, "classifier": Classifier(width=2).eval(), "seed": 0}


@pytest.mark.parametrize("test", LADDER)
def test_no_test_tells_images_of_one_kind_apart_and_each_says_the_same_again(test, asked):
    one, two = blobs(1000, seed=1), blobs(1000, seed=2)
    right = two_sample_accuracy(test, one, two, **asked)
    assert abs(right - 0.5) < 0.1
    assert two_sample_accuracy(test, one, two, **asked) == right


@pytest.mark.parametrize("test", LADDER)
def test_every_test_sees_another_size(test, asked):
    assert two_sample_accuracy(test, blobs(1000, seed=1), blobs(1000, seed=2, size=14), **asked) > 0.9


def test_a_faint_grey_is_seen_by_grey_levels_and_not_in_binary(asked):
    one, two = blobs(1000, seed=1), blobs(1000, seed=2)
    two[:, :, 0] = -1 + 2 * 3 / 255  # a line of grey level 3
    assert two_sample_accuracy("grey levels", one, two, **asked) == 1
    assert two_sample_accuracy("binarised", one, two, **asked) == two_sample_accuracy(
        "binarised", one, blobs(1000, seed=2), **asked
    )


def test_what_rounding_takes_away_is_not_seen(asked):
    one, two = ((as_bytes(blobs(1000, seed=seed)) / 127.5 - 1)[:, None] for seed in (1, 2))
    for test in LADDER:
        assert two_sample_accuracy(test, one, two + 0.001, **asked) == two_sample_accuracy(
            test, one, two, **asked
        )


def test_grey_levels_are_shares_of_pixels_and_their_mean():
    images = as_bytes(blobs(5, seed=0))[:, None]
    found = grey_levels(images)
    flat = images.flatten(1).double()
    for band, (low, high) in enumerate(zip(GREY_BANDS, (*GREY_BANDS[1:], 256), strict=True)):
        assert torch.allclose(found[:, band].double(), ((flat >= low) & (flat < high)).double().mean(dim=1))
    assert torch.allclose(found[:, -1].double(), flat.mean(dim=1) / 255)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": "taste"}, "test is 'taste'"),
        ({"asked": 600}, "asked is 600"),
        ({"asked": 1}, "asked is 1"),
        ({"fake": blobs(9, seed=2)}, "number of fakes is 9"),
    ],
)
def test_what_cannot_be_asked_is_refused(change, words, asked):
    wanted = {"test": "pixels", "true": blobs(1000, seed=1), "fake": blobs(1000, seed=2)} | asked
    with pytest.raises(ValueError, match=words):
        two_sample_accuracy(**wanted | change)
