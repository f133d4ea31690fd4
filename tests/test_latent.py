import math

import pytest
import torch

from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.gan.sampling import sample
from lib.latent.end_points import endpoints
from lib.latent.interpolation import INTERPOLATIONS, between, path
from lib.latent.projection import project


@pytest.fixture
def networks() -> tuple[Generator, Classifier]:
    torch.manual_seed(0)
    generator, classifier = Generator(latent_dim=4, width=2, topology="shuffle"), Classifier(width=2)
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics: untrained networks that tell images apart
            classifier(generator(torch.randn(50, 4)))
    return generator.eval(), classifier.eval()


def source(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def digits_seen(generator, classifier, candidates) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    noise = torch.randn(candidates, 4, generator=source())
    with torch.no_grad():
        probabilities = predict(classifier, generator(noise))
    return noise, probabilities, probabilities.argmax(dim=1)


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


def test_the_path_of_zero_to_one_is_alpha_itself():
    alpha = path(torch.zeros(1), torch.ones(1)).flatten().tolist()
    assert alpha == [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]


def test_the_path_leaves_its_ends_unchanged_and_takes_other_numbers_of_steps():
    begin, end = torch.randn(2, 3, generator=source())
    copies = begin.clone(), end.clone()
    path(begin, end, steps=2)[0] += 1
    assert torch.equal(begin, copies[0])
    assert torch.equal(path(begin, end, steps=3)[1], (begin + end) / 2)


@pytest.mark.parametrize("steps", [1, 0])
def test_too_few_steps_are_refused(steps):
    with pytest.raises(ValueError, match=f"steps is {steps}; it must be at least 2"):
        path(torch.zeros(3), torch.ones(3), steps=steps)


def test_ends_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"begin has shape \(3,\), end \(4,\)"):
        path(torch.zeros(3), torch.ones(4))


def test_endpoints_are_the_most_confident_candidates_of_the_two_digits(networks):
    noise, probabilities, classes = digits_seen(*networks, 200)
    first, second = classes.unique()[:2].tolist()
    for point in endpoints(*networks, first, second, candidates=200, noise_source=source()):
        mine = classes == point.digit
        assert torch.equal(point.noise, noise[point.candidate])
        assert classes[point.candidate] == point.digit
        assert point.confidence == pytest.approx(probabilities[mine, point.digit].max().item(), abs=1e-6)
        assert (point.of_digit, point.candidates, point.rank) == (int(mine.sum()), 200, 0)
        assert "highest confidence" in point.rule


def test_the_next_rank_is_another_candidate_no_more_confident(networks):
    _, _, classes = digits_seen(*networks, 200)
    common = classes.bincount(minlength=10).argsort(descending=True)[:2].tolist()
    best, _ = endpoints(*networks, *common, candidates=200, noise_source=source())
    next_best, _ = endpoints(*networks, *common, candidates=200, noise_source=source(), rank=1)
    assert next_best.candidate != best.candidate
    assert next_best.confidence <= best.confidence


def test_the_choice_is_the_same_for_the_same_seed(networks):
    _, _, classes = digits_seen(*networks, 200)
    first, second = classes.unique()[:2].tolist()
    chosen = [endpoints(*networks, first, second, candidates=200, noise_source=source())[0] for _ in range(2)]
    assert torch.equal(chosen[0].noise, chosen[1].noise)


def test_equal_digits_are_refused(networks):
    with pytest.raises(ValueError, match="first and second are both 3; they must be two different digits"):
        endpoints(*networks, 3, 3, candidates=5, noise_source=source())


@pytest.mark.parametrize("digits", [(10, 3), (-1, 3)])
def test_a_digit_out_of_range_is_refused(networks, digits):
    with pytest.raises(ValueError, match=f"first is {digits[0]}; it must be a digit from 0 to 9"):
        endpoints(*networks, *digits, candidates=5, noise_source=source())


def test_a_digit_that_no_candidate_shows_is_named_with_the_way_out(networks):
    _, _, classes = digits_seen(*networks, 3)
    absent = next(digit for digit in range(10) if digit not in classes)
    present = int(classes[0])
    with pytest.raises(
        ValueError, match=f"0 of 3 candidates are classified as {absent}.*draw more candidates"
    ):
        endpoints(*networks, present, absent, candidates=3, noise_source=source())


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


def test_between_noises_of_one_direction_the_circle_is_the_line():
    begin = torch.randn(20, generator=source())
    torch.testing.assert_close(path(begin, 3 * begin, kind="circle"), path(begin, 3 * begin))
    torch.testing.assert_close(path(begin, begin, kind="circle"), begin.expand(9, 20))


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


def test_another_kind_of_path_is_refused():
    with pytest.raises(ValueError, match="kind is 'arc'; it must be one of line, circle"):
        path(torch.ones(3), torch.ones(3), kind="arc")


SEARCH = {"starts": 4, "learning_rate": 0.1, "feature_weight": 0.01, "norm_weight": 0.1}


def test_the_search_finds_noises_whose_images_are_nearer_than_the_best_of_the_random_ones(networks):
    generator, classifier = networks
    hidden = torch.randn(3, 4, generator=source(5))
    images = sample(generator, hidden, batch_size=3)
    search = SEARCH | {"norm_weight": 0}  # four numbers have no shell to stay in
    found = project(*networks, images, steps=200, noise_source=source(), **search)
    made = sample(generator, found.noise, batch_size=3)
    errors = ((made - images) / 2).square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(found.residual, errors)
    random = sample(generator, torch.randn(400, 4, generator=source()), batch_size=100)
    best = ((random[None] - images[:, None]) / 2).square().mean(dim=(2, 3, 4)).sqrt().amin(dim=1)
    torch.testing.assert_close(found.before, best, rtol=1e-3, atol=1e-5)
    assert (found.residual < found.before / 2).all()


def test_the_search_ends_in_the_same_noises_for_the_same_seed_and_leaves_the_networks_alone(networks):
    before = [parameter.clone() for network in networks for parameter in network.parameters()]
    images = sample(networks[0], torch.randn(2, 4, generator=source(5)), batch_size=2)
    one, two = (project(*networks, images, steps=5, noise_source=source(), **SEARCH) for _ in range(2))
    assert torch.equal(one.noise, two.noise)
    after = [parameter for network in networks for parameter in network.parameters()]
    assert all(torch.equal(x, y) and y.grad is None for x, y in zip(before, after, strict=True))


def test_a_heavy_weight_on_the_norm_keeps_it_at_that_of_random_noise(networks):
    images = torch.ones(2, 1, 28, 28)  # nothing that the generator makes
    search = SEARCH | {"norm_weight": 100.0}
    found = project(*networks, images, steps=200, noise_source=source(), **search)
    torch.testing.assert_close(found.noise.norm(dim=1), torch.full((2,), 2.0), rtol=0.01, atol=0)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("starts", 0, "at least 1"),
        ("learning_rate", 0, "a positive number"),
        ("norm_weight", -1, "at least 0"),
    ],
)
def test_a_search_out_of_range_is_refused(networks, name, value, rule):
    with pytest.raises(ValueError, match=f"{name} is {value}; it must be {rule}"):
        project(
            *networks, torch.ones(1, 1, 28, 28), steps=1, noise_source=source(), **(SEARCH | {name: value})
        )
