"""Walks with the committed networks: only what is true of any generator that makes all ten digits."""

import copy
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from bundle.original import WALKS
from bundle.runs.records import Record
from bundle.runs.strips import make_strip, real_and_found, real_strip, side_by_side
from bundle.runs.walk_counts import draw, route
from bundle.runs.walk_measures import squared_speed
from bundle.runs.walks import WalkSettings, describe_walks, ready_walks, run_walks, weights_digest
from lib.evaluation.classifier import features, load_classifier, predict
from lib.evaluation.distances import frechet_distance
from lib.gan.networks import load_generator
from lib.gan.sampling import sample
from lib.latent.interpolation import INTERPOLATIONS, between, path

SETTINGS = WalkSettings(pairs=6, table_pairs=2, steps=5, looks=9, samples=100, starts=1, searches=3, seed=3)


@pytest.fixture(scope="module")
def networks():
    return load_generator("models"), load_classifier("models")


@pytest.fixture(scope="module")
def data(networks):
    """Stand-ins for MNIST: generated images, named by the classifier."""
    noise = torch.randn(500, networks[0].latent_dim, generator=torch.Generator().manual_seed(0))
    images = sample(networks[0], noise, batch_size=500)
    labels = predict(networks[1], images).argmax(dim=1)
    return images[:200], labels[:200], images[200:], labels[200:]


@pytest.fixture(scope="module")
def record(networks, data) -> Record:
    return run_walks(*networks, settings=SETTINGS, data=data, progress=lambda *_: None)


def seen(networks, noises: torch.Tensor) -> torch.Tensor:
    return predict(networks[1], sample(networks[0], noises, batch_size=50))


def test_the_counted_paths_are_those_between_the_kth_noises_of_each_digit(networks, record):
    """Everything once more, one noise and one path at a time."""
    source = torch.Generator().manual_seed(3)
    drawn = torch.randn(500, networks[0].latent_dim, generator=source)
    classes = seen(networks, drawn).argmax(dim=1)
    for (first, second), kind in itertools.product(WALKS, INTERPOLATIONS):
        name = f"{kind} {first}-{second}"
        ends = [drawn[classes == digit][:6] for digit in (first, second)]
        for k, (begin, end) in enumerate(zip(*ends, strict=True)):
            probabilities = seen(networks, path(begin, end, steps=9, kind=kind))
            digits = probabilities.argmax(dim=1).tolist()
            changed = [d for i, d in enumerate(digits) if i == 0 or d != digits[i - 1]]
            assert record.columns[f"{name} route"][k] == "".join(map(str, changed))
            shown = [digits[i] for i in (0, 2, 4, 6, 8)]
            assert set(record.columns[f"{name} route of steps"][k]) == set(map(str, shown))
            high = (probabilities[1:-1] >= 0.2).any(dim=0).nonzero().flatten().tolist()
            assert record.columns[f"{name} glimpsed"][k] == "".join(map(str, high))
            least = min(probabilities[0, first], probabilities[-1, second])
            assert record.columns[f"{first}-{second} confidence"][k] == pytest.approx(least.item(), abs=1e-4)


def test_the_table_counts_the_routes_of_every_two_digits(record):
    c = record.columns
    assert list(zip(c["first"], c["second"], strict=True)) == list(itertools.combinations(range(10), 2))
    for i, ends in enumerate(zip(c["first"], c["second"], strict=True)):
        assert c["paths"][i] == (6 if ends in WALKS else 2)
        for kind in INTERPOLATIONS:
            assert 0 <= c[f"{kind} once"][i] <= c["paths"][i]
            assert [c[f"{kind} visits"][i][end] for end in ends] == [0, 0]
            if ends in WALKS:
                routes = c[f"{kind} {ends[0]}-{ends[1]} route"]
                assert c[f"{kind} once"][i] == routes.count(f"{ends[0]}{ends[1]}")
                for digit in set(range(10)) - set(ends):
                    assert c[f"{kind} visits"][i][digit] == sum(str(digit) in route for route in routes)


def test_the_middle_of_a_line_is_short_and_that_of_a_circle_is_not(networks, record):
    size = networks[0].latent_dim ** 0.5
    assert record.columns["line norm"][2] == pytest.approx(size * 0.5**0.5, rel=0.05)
    assert record.columns["circle norm"][2] == pytest.approx(size, rel=0.05)
    for end in (0, -1):
        for name in ("norm", "frechet_distance", "confidence", "nearest"):
            line, circle = (record.columns[f"{kind} {name}"][end] for kind in INTERPOLATIONS)
            assert line == pytest.approx(circle, abs=2e-6)


def test_what_is_measured_of_real_digits_is_what_the_metrics_say(networks, data, record):
    (found, probabilities), (real, _) = features(networks[1], data[0][:100]), features(networks[1], data[2])
    s = record.summary
    assert s["real frechet_distance"] == pytest.approx(frechet_distance(found, real), abs=1e-6)
    assert s["real confidence"] == pytest.approx(probabilities.amax(dim=1).mean().item(), abs=1e-5)
    apart = (found[:, None].double() - real[None].double()).square().sum(dim=2).sqrt()
    assert s["real nearest"] == pytest.approx(apart.amin(dim=1).mean().item(), abs=1e-3)


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_the_squared_speed_is_that_of_the_exact_derivative(networks, kind):
    generator, classifier = (copy.deepcopy(network).double() for network in networks)
    source = torch.Generator().manual_seed(0)
    begin, end = torch.randn(2, 20, generator.latent_dim, generator=source, dtype=torch.float64)
    alpha = torch.rand(20, generator=source, dtype=torch.float64)

    def moved(at: torch.Tensor) -> torch.Tensor:
        return classifier.features(generator(between(begin, end, at, kind=kind)))

    _, speed = torch.autograd.functional.jvp(moved, alpha, torch.ones_like(alpha))
    exact = speed.square().sum(dim=1)
    found = squared_speed(generator, classifier, begin, end, alpha, kind=kind)
    assert (found / exact - 1).abs().median() < 0.005  # a step over a kink of a ReLU is less exact
    assert found.mean().item() == pytest.approx(exact.mean().item(), rel=0.05)
    single = [part.float() for part in (begin, end, alpha)]
    rounded = squared_speed(*networks, *single, kind=kind)
    assert rounded.mean().item() == pytest.approx(found.mean().item(), rel=0.05)


def test_real_digits_are_the_first_of_each_and_their_walk_ends_in_them(networks, data, record):
    assert record.columns["real image"] == [int((data[3] == digit).nonzero()[0]) for digit in range(10)]
    walk = real_strip(*networks, 2, 7, record=record, images=data[2], steps=5, kind="circle")
    assert walk.images.shape == (7, 28, 28)
    for place, digit in ((0, 2), (-1, 7)):
        real = data[2][record.columns["real image"][digit], 0]
        assert np.abs(walk.images[place] / 127.5 - 1 - real.numpy()).max() < 0.005
        assert walk.captions[place] == "real"
    assert len(walk.facts["digits"]) == len(walk.facts["confidences"]) == 5
    assert [end["digit"] for end in walk.facts["end_points"]] == [2, 7]
    twenty = real_and_found(networks[0], record, data[2])
    assert (twenty[2] == walk.images[0]).all()
    assert (twenty[12] == walk.images[1]).all()


def test_the_same_settings_give_the_same_record(networks, data, record):
    again = run_walks(*networks, settings=SETTINGS, data=data, progress=lambda *_: None)
    assert (again.settings, again.columns, again.summary) == (record.settings, record.columns, record.summary)


def test_progress_ends_at_its_total(networks, data):
    calls = []
    run_walks(*networks, settings=SETTINGS, data=data, progress=lambda *call: calls.append(call))
    done, totals = zip(*calls, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == totals[0] == totals[-1]


def test_a_stored_record_is_used_for_the_same_networks_alone(networks, data, record, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(
        "bundle.runs.walks.run_walks", lambda *models, **_: ran.append(models) or made(*models)
    )

    def made(*models) -> Record:
        return Record(settings=describe_walks(*models, SETTINGS))

    def ready(*models, fresh=False) -> bool:
        return ready_walks(
            *models, settings=SETTINGS, data=data, directory=tmp_path, fresh=fresh, progress=lambda *_: None
        )[1]

    other = copy.deepcopy(networks[0])
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1e-3
    assert [ready(*networks), ready(*networks), ready(*networks, fresh=True)] == [True, False, True]
    assert [ready(other, networks[1]), ready(*networks)] == [True, False]
    assert len(ran) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pairs": 0}, "pairs is 0; it must be at least 1"),
        ({"samples": 99}, "samples is 99; it must be at least 100"),
        ({"looks": 10}, "looks is 10; it must be 1 more than a multiple of 4"),
        ({"looks": 1}, "looks is 1; it must be 1 more than a multiple of 4"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        WalkSettings(**(vars(SETTINGS) | change))


def test_a_generator_that_makes_too_few_of_a_digit_is_named_with_the_way_out(networks):
    class Stuck(torch.nn.Module):
        latent_dim = 4

        def forward(self, z):
            return torch.zeros(len(z), 1, 28, 28)

    with pytest.raises(ValueError, match=r"classified as 0 to 9, and \[1, 1.*walk between fewer pairs"):
        draw(Stuck(), networks[1], [1] * 10, noise_source=torch.Generator())


@pytest.mark.parametrize(("digits", "expected"), [([2, 2, 7, 7], "27"), ([2, 7, 2], "272"), ([4], "4")])
def test_a_route_names_each_stay_once(digits, expected):
    assert route(digits) == expected


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_a_strip_names_its_kind_its_rule_and_what_is_seen(networks, kind):
    strip = make_strip(*networks, 2, 7, steps=5, candidates=300, seed=0, kind=kind)
    assert strip.name == {"line": "strip-2-7", "circle": "strip-2-7-circle"}[kind]
    assert (strip.facts["digits"][0], strip.facts["digits"][-1]) == (2, 7)
    assert strip.captions[0].startswith("2\n")
    assert {"seed", "kind", "alpha", "digits", "confidences", "end_points"} == set(strip.facts)
    assert {"rule", "candidates", "rank"} <= set(strip.facts["end_points"][0])


def test_side_by_side_the_left_half_is_the_line_and_the_right_the_circle(networks):
    recipe = {"steps": 5, "candidates": 300, "seed": 0}
    both = side_by_side(*networks, 2, 7, **recipe)
    for half, kind, name in (
        (both.images[:, :, :28], "line", "left"),
        (both.images[:, :, 30:], "circle", "right"),
    ):
        one = make_strip(*networks, 2, 7, kind=kind, **recipe)
        assert (half == one.images).all()
        assert both.facts[name] == one.facts


def test_the_committed_record_belongs_to_the_committed_networks(networks):
    prints = [weights_digest(network) for network in networks]
    stored = [path.read_text() for path in Path("results/task3").glob("walks-*.json")]
    assert any(all(f'"{mark}"' in text for mark in prints) for text in stored)
