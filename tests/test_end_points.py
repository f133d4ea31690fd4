import pytest
import torch

from lib.evaluation.classifier import Classifier, predict
from lib.gan.networks import Generator
from lib.latent.end_points import endpoints
from lib.networks import answers
from tests.test_interpolation import source


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
