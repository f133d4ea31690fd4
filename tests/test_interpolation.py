import copy
import math

import pytest
import torch

from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator
from lib.latent.interpolation import INTERPOLATIONS, between, path, squared_path_speeds


def source(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_path_has_nine_equal_steps_and_ends_in_the_two_noises_bit_for_bit():
    begin, end = torch.randn(2, 100, generator=source())
    begin[0] = -0.0
    noises = path(begin, end)
    assert noises.shape == (9, 100)
    assert noises[0].numpy().tobytes() == begin.numpy().tobytes()
    assert noises[-1].numpy().tobytes() == end.numpy().tobytes()
    for step in range(9):
        alpha = step / 8
        expected = (1 - alpha) * begin.double() + alpha * end.double()
        assert torch.allclose(noises[step].double(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_many_paths_at_once_are_the_single_ones_with_ends_bit_for_bit(kind):
    begin, end = torch.randn(2, 5, 64, generator=source())
    begin[0, 0] = -0.0
    together = path(begin, end, steps=7, kind=kind)
    assert together.shape == (5, 7, 64)
    for one, *ends in zip(together, begin, end, strict=True):
        torch.testing.assert_close(one, path(*ends, steps=7, kind=kind))
        assert one[0].numpy().tobytes() == ends[0].numpy().tobytes()
        assert one[-1].numpy().tobytes() == ends[1].numpy().tobytes()


def test_on_the_circle_a_quarter_turn_is_a_rotation_and_the_norm_grows_evenly():
    noises = path(torch.tensor([1.0, 0]), torch.tensor([0, 2.0]), steps=7, kind="circle")
    for step, (x, y) in enumerate(noises.tolist()):
        assert math.hypot(x, y) == pytest.approx(1 + step / 6, rel=1e-6)
        assert math.degrees(math.atan2(y, x)) == pytest.approx(15 * step, abs=1e-4)


def test_the_circle_is_shoemakes_formula_where_both_noises_are_equally_long():
    begin, end = torch.randn(2, 100, generator=source(), dtype=torch.float64)
    end *= begin.norm() / end.norm()
    angle = torch.acos(begin @ end / begin.norm() ** 2)
    for alpha in (0.1, 0.5, 0.9):
        expected = (torch.sin((1 - alpha) * angle) * begin + torch.sin(alpha * angle) * end) / angle.sin()
        found = between(begin, end, torch.tensor(alpha, dtype=torch.float64), kind="circle")
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("end", "message"), [(-2.0, "begin and end are opposite"), (0.0, "all zeros and has no direction")]
)
def test_the_circle_refuses_opposite_noises_and_zeros_and_names_the_way_out(end, message):
    begin = torch.randn(3, 20, generator=source())
    ends = begin.flip(0)
    ends[1] = end * begin[1]
    with pytest.raises(ValueError, match=f"{message}.*use kind='line'"):
        path(begin, ends, kind="circle")
    path(begin, ends)


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_the_squared_speed_is_that_of_the_exact_derivative(kind):
    networks = load_generator("models"), load_classifier("models")
    generator, classifier = (copy.deepcopy(network).double() for network in networks)
    source = torch.Generator().manual_seed(0)
    begin, end = torch.randn(2, 20, generator.latent_dim, generator=source, dtype=torch.float64)
    alpha = torch.rand(20, generator=source, dtype=torch.float64)

    def moved(at: torch.Tensor) -> torch.Tensor:
        return classifier.features(generator(between(begin, end, at, kind=kind)))

    _, speed = torch.autograd.functional.jvp(moved, alpha, torch.ones_like(alpha))
    exact = speed.square().sum(dim=1)
    found = squared_path_speeds(generator, classifier, begin, end, alpha, kind=kind)
    assert (found / exact - 1).abs().median() < 0.005  # a step over a kink of a ReLU is less exact
    assert found.mean().item() == pytest.approx(exact.mean().item(), rel=0.05)
    single = [part.float() for part in (begin, end, alpha)]
    rounded = squared_path_speeds(*networks, *single, kind=kind)
    assert rounded.mean().item() == pytest.approx(found.mean().item(), rel=0.05)
