"""What is out of range is named before any network is loaded."""

import pytest

from bundle.experiments.strips import ViewSettings
from bundle.experiments.walks import WalkSettings
from lib.checks import SEEDS
from tests.test_walks import SETTINGS, VIEW


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": 0}, "pairs is 0; it must be at least 1"),
        ({"samples": 255}, "samples is 255; it must be at least 256"),
        ({"looks": 10}, "looks is 10; it must be 1 more than a multiple of 4"),
        ({"looks": 1}, "looks is 1; it must be 1 more than a multiple of 4"),
        ({"looks": 1001}, "looks is 1001; it must be at most 1000"),
        ({"starts": 1001}, "starts is 1001; it must be at most 1000"),
        ({"steps": 2}, "steps is 2; it must be at least 3"),
        ({"searches": 0}, "searches is 0; it must be at least 1"),
        ({"pairs": 60_001}, "pairs is 60001; it must be at most 60000"),
        ({"table_pairs": 10**12}, "table_pairs is 1000000000000; it must be at most 60000"),
        ({"samples": 60_001}, "samples is 60001; it must be at most 60000"),
        ({"walks": []}, "the number of walks is 0; it must be at least 1"),
        ({"walks": [[7, 2]]}, r"a walk is \[7, 2\]; it must be two digits from 0 to 9, the lower one first"),
        ({"walks": [[2, 7], [2, 7]]}, "all different"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        (
            {"seed": 2**63 - 2**33},
            "seed is 9223372028264841216; it must be at least 0 and below 922337202826",
        ),
    ],
)
def test_walks_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        WalkSettings(**(vars(SETTINGS) | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": 1}, "candidates is 1; it must be from 2 to 1000000"),
        ({"steps": 2}, "steps is 2; it must be at least 3"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
        ({"seed": 2**64}, "seed is 18446744073709551616; it must be below 9223372028264841216"),
    ],
)
def test_views_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        ViewSettings(**(vars(VIEW) | change))


def test_the_largest_that_is_allowed_is_not_refused():
    most = {"pairs": 60_000, "table_pairs": 60_000, "samples": 60_000, "seed": SEEDS - 1}
    WalkSettings(**(vars(SETTINGS) | most))
    ViewSettings(steps=3, candidates=2, seed=SEEDS - 1)
