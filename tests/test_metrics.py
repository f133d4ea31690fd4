import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from lib.classifier import Classifier, predict
from lib.gan import Generator, sample
from lib.metrics import Judge, class_imbalance, class_shares, features, frechet_distance


def gaussians(n: int, d: int, seed: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    mixing = torch.randn(d, d, generator=source, dtype=torch.float64)
    shift = torch.randn(d, generator=source, dtype=torch.float64)
    return torch.randn(n, d, generator=source, dtype=torch.float64) @ mixing + shift


@pytest.mark.parametrize("rows", [400, 20])  # 20 rows: covariances without full rank
def test_frechet_distance_agrees_with_scipy_and_torchmetrics(rows):
    a, b = gaussians(rows, 32, 1), gaussians(400, 32, 2)
    found = frechet_distance(a, b)
    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    by_scipy = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert found == pytest.approx(by_scipy.item(), rel=1e-6)
    identity = torch.nn.Flatten()
    identity.num_features = 32
    theirs = FrechetInceptionDistance(feature=identity, normalize=False).set_dtype(torch.float64)
    theirs.update(a[:, None, None], real=True)
    theirs.update(b[:, None, None], real=False)
    assert found == pytest.approx(theirs.compute().item(), rel=1e-5)


def test_frechet_distance_of_one_feature_is_its_closed_form():
    a, b = gaussians(50, 1, 1), gaussians(60, 1, 2)
    expected = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected.item())


def test_frechet_distance_is_symmetric_and_nought_only_for_the_same():
    a, b = gaussians(50, 4, 1), gaussians(60, 4, 2)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert 0 <= frechet_distance(a, a) < 1e-9
    assert frechet_distance(a, a + 1) == pytest.approx(4)


@pytest.mark.parametrize("shapes", [((5, 3), (5, 4)), ((5,), (5,)), ((1, 3), (5, 3))])
def test_features_that_cannot_be_compared_are_refused(shapes):
    with pytest.raises(ValueError, match="features"):
        frechet_distance(*(torch.zeros(shape) for shape in shapes))


def test_class_imbalance_is_the_total_variation_of_the_shares():
    a = torch.tensor([0, 0, 1, 1])
    assert class_shares(a).tolist() == [0.5, 0.5] + [0] * 8
    assert class_imbalance(a, a.flip(0)) == 0
    assert class_imbalance(a, torch.tensor([2, 3])) == 1
    assert class_imbalance(a, torch.tensor([0, 0, 0, 1])) == 0.25


def test_features_and_probabilities_are_those_of_the_classifier_in_eval_mode():
    classifier = Classifier(width=2).train()
    images = torch.rand(10, 1, 28, 28) * 2 - 1
    found, probabilities = features(classifier, images, batch_size=4)
    assert classifier.training
    assert torch.allclose(probabilities, predict(classifier, images), atol=1e-6)
    with torch.no_grad():
        assert torch.allclose(found, classifier.eval().features(images), atol=1e-6)


def test_the_judge_finds_the_real_images_themselves_perfect_and_noise_far_off():
    torch.manual_seed(0)
    classifier = Classifier(width=2)
    real = torch.rand(80, 1, 28, 28) * 2 - 1
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(real)
    labels = predict(classifier, real).argmax(dim=1)
    judge = Judge(classifier, real, labels)
    of_itself = judge(real)
    assert of_itself["frechet_distance"] < 1e-6
    assert of_itself["class_imbalance"] == 0
    assert judge(torch.full_like(real, 0.5).bernoulli() * 2 - 1)["frechet_distance"] > 1
    expected = predict(classifier, real).max(dim=1).values.mean().item()
    assert of_itself["confidence"] == pytest.approx(expected)


def test_judging_a_generator_is_judging_its_images():
    torch.manual_seed(0)
    classifier, generator = Classifier(width=2), Generator(latent_dim=4, width=2, topology="shuffle")
    real, noise = torch.rand(30, 1, 28, 28) * 2 - 1, torch.randn(30, 4)
    judge = Judge(classifier, real, torch.arange(30) % 10)
    assert judge.generator(generator, noise) == judge(sample(generator, noise, batch_size=500))
