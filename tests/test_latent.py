import pytest
import torch

from lib.classifier import Classifier, predict
from lib.gan import Generator
from lib.latent import endpoints, path


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
