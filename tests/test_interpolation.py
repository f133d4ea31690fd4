import copy

import pytest
import torch

from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator
from lib.latent.interpolation import INTERPOLATIONS, between, path, squared_path_speeds


def source(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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


def test_a_line_has_equal_steps_and_a_circle_is_shoemakes_formula_with_a_norm_that_grows_evenly():
    begin, end = torch.randn(2, 20, 10, generator=source(), dtype=torch.float64)
    norms = begin.norm(dim=1, keepdim=True), end.norm(dim=1, keepdim=True)
    first, last = begin / norms[0], end / norms[1]
    angle = torch.acos((first * last).sum(dim=1, keepdim=True))
    lines, circles = (path(begin, end, kind=kind).unbind(1) for kind in ("line", "circle"))
    assert len(lines) == len(circles) == 9
    for step, (line, circle) in enumerate(zip(lines, circles, strict=True)):
        alpha = step / 8
        torch.testing.assert_close(line, (1 - alpha) * begin + alpha * end)
        direction = (torch.sin((1 - alpha) * angle) * first + torch.sin(alpha * angle) * last) / angle.sin()
        torch.testing.assert_close(circle, ((1 - alpha) * norms[0] + alpha * norms[1]) * direction)


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
    draws = source(0)
    begin, end = torch.randn(2, 20, generator.latent_dim, generator=draws, dtype=torch.float64)
    alpha = torch.rand(20, generator=draws, dtype=torch.float64)

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
