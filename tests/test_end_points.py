import pytest
import torch

from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.latent.end_points import endpoints
from tests.test_interpolation import source


@pytest.fixture
def networks() -> tuple[Generator, Classifier]:
    return untrained()


def untrained() -> tuple[Generator, Classifier]:
    """Networks that tell images apart."""
    torch.manual_seed(0)
    generator, classifier = Generator(latent_dim=4, width=2, topology="shuffle"), Classifier(width=2)
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(generator(torch.randn(50, 4)))
    return generator.eval(), classifier.eval()


def drawn(candidates: int) -> torch.Tensor:
    return torch.randn(candidates, 4, generator=source())


def digits_seen(generator, classifier, candidates) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    noise = drawn(candidates)
    with torch.no_grad():
        probabilities = predict(classifier, generator(noise))
    return noise, probabilities, probabilities.argmax(dim=1)


def test_endpoints_are_the_most_confident_candidates_of_the_two_digits(networks):
    noise, probabilities, classes = digits_seen(*networks, 200)
    first, second = classes.unique()[:2].tolist()
    for point in endpoints(*networks, drawn(200), first, second):
        mine = classes == point.digit
        assert torch.equal(point.noise, noise[point.candidate])
        assert classes[point.candidate] == point.digit
        assert point.confidence == pytest.approx(probabilities[mine, point.digit].max().item(), abs=1e-6)
        assert (point.of_digit, point.candidates) == (int(mine.sum()), 200)
        assert "highest confidence" in point.rule


def test_the_choice_is_the_same_for_the_same_seed(networks):
    _, _, classes = digits_seen(*networks, 200)
    first, second = classes.unique()[:2].tolist()
    chosen = [endpoints(*networks, drawn(200), first, second)[0] for _ in range(2)]
    assert torch.equal(chosen[0].noise, chosen[1].noise)


def test_equal_digits_are_refused(networks):
    with pytest.raises(ValueError, match="first and second are both 3; they must be two different digits"):
        endpoints(*networks, drawn(5), 3, 3)


@pytest.mark.parametrize("digits", [(10, 3), (-1, 3)])
def test_a_digit_out_of_range_is_refused(networks, digits):
    with pytest.raises(ValueError, match=f"first is {digits[0]}; it must be a digit from 0 to 9"):
        endpoints(*networks, drawn(5), *digits)


def test_a_digit_that_no_candidate_shows_is_named_with_the_way_out(networks):
    _, _, classes = digits_seen(*networks, 3)
    absent = next(digit for digit in range(10) if digit not in classes)
    present = int(classes[0])
    with pytest.raises(
        ValueError, match=f"0 of 3 candidates are classified as {absent}.*draw more candidates"
    ):
        endpoints(*networks, drawn(3), present, absent)


def test_too_few_candidates_are_named(networks):
    with pytest.raises(ValueError, match="the number of candidates is 1; it must be at least 2"):
        endpoints(*networks, drawn(1), 2, 7)
