"""Between noises and beyond: paths, end points, noises of real images."""

import pytest
import torch

from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.latent.end_points import endpoints
from lib.latent.interpolation import INTERPOLATIONS, path
from lib.latent.projection import project
from lib.networks import answers

SEARCH = {"starts": 4, "steps": 200, "learning_rate": 0.1, "feature_weight": 0.01}


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


def test_a_line_has_equal_steps_and_a_circle_is_shoemakes_formula():
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


@pytest.mark.parametrize(("end", "message"), [(-2.0, "begin and end are opposite"), (0.0, "all zeros")])
def test_the_circle_refuses_opposite_noises_and_zeros_and_names_the_way_out(end, message):
    begin = torch.randn(3, 20, generator=source())
    ends = begin.flip(0)
    ends[1] = end * begin[1]
    with pytest.raises(ValueError, match=f"{message}.*use kind='line'"):
        path(begin, ends, kind="circle")
    path(begin, ends)


def untrained() -> tuple[Generator, Classifier]:
    """Networks that tell images apart."""
    torch.manual_seed(0)
    generator, classifier = Generator(latent_dim=4, width=2, topology="shuffle"), Classifier(width=2)
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(generator(torch.randn(50, 4)))
    return generator.eval(), classifier.eval()


def test_endpoints_are_the_most_confident_candidates_and_a_digit_that_none_shows_is_named():
    generator, classifier = untrained()
    noise = torch.randn(200, 4, generator=source())
    probabilities = predict(classifier, answers(generator, noise, batch_size=200))
    classes = probabilities.argmax(dim=1)
    first, second = classes.unique()[:2].tolist()
    for point in endpoints(generator, classifier, noise, first, second):
        mine = classes == point.digit
        assert torch.equal(point.noise, noise[point.candidate])
        assert classes[point.candidate] == point.digit
        assert point.confidence == pytest.approx(probabilities[mine, point.digit].max().item(), abs=1e-6)
        assert (point.of_digit, point.candidates) == (int(mine.sum()), 200)
    absent = next(digit for digit in range(10) if digit not in classes[:3])
    words = f"0 of 3 candidates are classified as {absent}.*draw more candidates"
    with pytest.raises(ValueError, match=words):
        endpoints(generator, classifier, noise[:3], int(classes[0]), absent)


def test_the_search_finds_noises_whose_images_are_nearer_than_the_best_of_the_random_ones():
    generator, classifier = (network.train() for network in untrained())
    images = answers(generator, torch.randn(3, 4, generator=source(5)), batch_size=3)
    # four numbers have no shell to stay in: no weight on the norm
    found = project(generator, classifier, images, noise_source=source(), norm_weight=0, **SEARCH)
    assert generator.training  # what follows is in eval mode, as the search must have been
    made = answers(generator, found.noise, batch_size=3)
    errors = ((made - images) / 2).square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(found.residual, errors)
    random = answers(generator, torch.randn(400, 4, generator=source()), batch_size=100)
    best = ((random[None] - images[:, None]) / 2).square().mean(dim=(2, 3, 4)).sqrt().amin(dim=1)
    torch.testing.assert_close(found.before, best, rtol=1e-3, atol=1e-5)
    assert (found.residual < found.before / 2).all()


def test_a_heavy_weight_on_the_norm_keeps_it_at_that_of_random_noise():
    images = torch.ones(2, 1, 28, 28)  # nothing that the generator makes
    found = project(*untrained(), images, noise_source=source(), norm_weight=100, **SEARCH)
    torch.testing.assert_close(found.noise.norm(dim=1), torch.full((2,), 2.0), rtol=0.01, atol=0)
