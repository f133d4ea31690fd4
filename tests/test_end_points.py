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


def test_a_digit_that_no_candidate_shows_is_named_with_the_way_out(networks):
    _, _, classes = digits_seen(*networks, 3)
    absent = next(digit for digit in range(10) if digit not in classes)
    words = f"0 of 3 candidates are classified as {absent}.*draw more candidates"
    with pytest.raises(ValueError, match=words):
        endpoints(*networks, drawn(3), int(classes[0]), absent)


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
