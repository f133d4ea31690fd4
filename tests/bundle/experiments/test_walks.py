"""Walks with the committed networks: only what is true of any generator that makes all ten digits."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from bundle.experiments.generators import generator_names
from bundle.experiments.strips import Walker
from bundle.experiments.walks import WalkSettings, describe_walks, run_walks
from bundle.study.records import Record
from bundle.study.store import load
from lib.evaluation.classifier import load_classifier, predict
from lib.gan.networks import load_generator
from lib.latent.interpolation import INTERPOLATIONS, path
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest

WALKS = [(2, 7), (3, 8)]
SETTINGS = WalkSettings(
    walks=[[2, 7], [3, 8]],
    pairs=6,
    table_pairs=2,
    steps=5,
    looks=9,
    samples=256,
    starts=1,
    searches=3,
    seed=3,
)


@pytest.fixture(scope="module")
def networks():
    return load_generator("models"), load_classifier("models")


@pytest.fixture(scope="module")
def data(networks):
    """Stand-ins for MNIST: generated images, named by the classifier."""
    noise = torch.randn(600, networks[0].latent_dim, generator=torch.Generator().manual_seed(0))
    images = answers(networks[0], noise, batch_size=500)
    labels = predict(networks[1], images).argmax(dim=1)
    return Mnist(images[:300], labels[:300], images[300:], labels[300:])


@pytest.fixture(scope="module")
def record(networks, data) -> Record:
    outcome = run_walks(*networks, settings=SETTINGS, data=data)
    return Record(describe_walks(*networks, SETTINGS), outcome.columns, outcome.summary)


def seen(networks, noises: torch.Tensor) -> torch.Tensor:
    return predict(networks[1], answers(networks[0], noises, batch_size=50))


def routes(networks, first: int, second: int, *, kind: str) -> list[str]:
    """Everything once more, one noise and one path at a time."""
    source = torch.Generator().manual_seed(3)
    drawn = torch.randn(500, networks[0].latent_dim, generator=source)
    classes = seen(networks, drawn).argmax(dim=1)
    ends = [drawn[classes == digit][:6] for digit in (first, second)]
    rows = []
    for begin, end in zip(*ends, strict=True):
        digits = seen(networks, path(begin, end, steps=9, kind=kind)).argmax(dim=1).tolist()
        rows.append("".join(str(digit) for digit, _ in itertools.groupby(digits)))
    return rows


def test_the_counted_paths_are_those_between_the_kth_noises_of_each_digit(networks, record):
    for first, second in WALKS:
        assert record.columns[f"line {first}-{second} route"] == routes(networks, first, second, kind="line")


def test_the_table_counts_the_routes_of_every_two_digits(networks, record):
    c = record.columns
    pairs = list(zip(c["first"], c["second"], strict=True))
    assert pairs == list(itertools.combinations(range(10), 2))
    assert c["paths"] == [6 if ends in WALKS else 2 for ends in pairs]
    for (first, second), kind in itertools.product(WALKS, INTERPOLATIONS):
        walked, place = routes(networks, first, second, kind=kind), pairs.index((first, second))
        assert c[f"{kind} once"][place] == walked.count(f"{first}{second}")
        for digit, visits in enumerate(c[f"{kind} visits"][place]):
            others = 0 if digit in (first, second) else sum(str(digit) in route for route in walked)
            assert visits == others


def test_real_digits_are_the_first_of_each_and_their_walk_ends_in_them(networks, data, record):
    labels = data.test_labels.tolist()
    assert record.columns["real image"] == [labels.index(digit) for digit in range(10)]
    walker = Walker(*networks, steps=5, candidates=300, seed=0)
    walk = walker.real_strip(2, 7, run=record.columns, images=data.test_images)
    for place, digit in ((0, 2), (-1, 7)):
        real = data.test_images[record.columns["real image"][digit], 0]
        assert np.abs(walk.images[place] / 127.5 - 1 - real.numpy()).max() < 0.005


def test_there_is_a_committed_record_of_every_committed_generator(networks):
    classifier, stored = weights_digest(networks[1]), load(Path("results/task3/walks.jsonl"))
    walked = {run.settings["generator"] for run in stored if run.settings["classifier"] == classifier}
    for name in generator_names(Path("models")):
        assert weights_digest(load_generator("models", name)) in walked
