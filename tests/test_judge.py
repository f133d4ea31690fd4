import pytest
import torch

from lib.evaluation.classifier import Classifier, features, predict
from lib.evaluation.distances import frechet_distance, inception_score, kid, precise_and_recalled
from lib.evaluation.judge import Judge
from lib.mnist import Mnist


@pytest.fixture(scope="module")
def judged() -> tuple[Judge, torch.Tensor, torch.Tensor]:
    """A judge of random images, the real ones and those for training."""
    torch.manual_seed(0)
    classifier = Classifier(width=2)
    real, training = (torch.rand(n, 1, 28, 28) * 2 - 1 for n in (260, 400))
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(real)
    seen = (predict(classifier, images).argmax(dim=1) for images in (training, real))
    return Judge(classifier, Mnist(training, next(seen), real, next(seen))), real, training


def test_the_judge_finds_the_real_images_themselves_perfect_and_noise_far_off(judged):
    judge, real, _ = judged
    of_itself = judge(real)
    assert of_itself["frechet_distance"] < 1e-6
    assert of_itself["kid"] < 0  # below the mean of two samples: each image meets itself
    assert of_itself["class_imbalance"] == 0
    assert of_itself["precision"] == of_itself["recall"] == of_itself["nearest_training"] == 1
    assert of_itself["inception_score"] == inception_score(predict(judge.classifier, real))
    expected = predict(judge.classifier, real).max(dim=1).values.mean().item()
    assert of_itself["confidence"] == pytest.approx(expected)
    of_noise = judge(torch.full_like(real, 0.5).bernoulli() * 2 - 1)
    assert of_noise["frechet_distance"] > 1
    assert of_noise["kid"] > 0.01
    assert of_noise["precision"] < 0.2
    assert of_noise["nearest_training"] > 1.1


def test_the_judge_measures_as_the_functions_do(judged):
    judge, real, training = judged
    found, here = features(judge.classifier, training[:256])[0], features(judge.classifier, real)[0]
    measured = judge(training[:256])
    assert measured["frechet_distance"] == frechet_distance(found, here)
    assert measured["kid"] == kid(found, here)
    both = [mask.double().mean().item() for mask in precise_and_recalled(found, here)]
    assert [measured["precision"], measured["recall"]] == both


def test_copies_of_training_images_show_even_with_noise_on_them(judged):
    judge, real, training = judged
    assert judge(training[:260])["nearest_training"] == 0
    with_a_copy = judge(torch.cat([real[:252], training[:8]]))
    assert with_a_copy["nearest_training"] > 0.9  # the median does not see eight in 260
    assert with_a_copy["nearest_training_1pct"] == 0
    noisy = training[:260] + 0.1 * torch.randn(260, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert 0 < judge(noisy)["nearest_training"] < 0.3


def test_the_baseline_is_what_real_images_measure_and_leaves_each_ones_own_copy_out(judged):
    judge, _, training = judged
    baseline, as_generated = judge.baseline(260), judge(training[:260])
    assert 0.9 < baseline.pop("nearest_training") < 1.1
    assert as_generated.pop("nearest_training") == 0
    assert baseline.pop("nearest_training_1pct") > 0.8
    assert as_generated.pop("nearest_training_1pct") == 0
    assert baseline == as_generated
    with pytest.raises(ValueError, match="samples is 400"):
        judge.baseline(400)


def test_an_image_that_is_precise_and_doubtful_is_not_clear(judged):
    judge, real, _ = judged
    confidence = predict(judge.classifier, real).amax(dim=1).double()
    assert judge(real)["clear"] == (confidence >= confidence.quantile(0.01)).double().mean().item() < 1


def test_training_images_that_hold_the_real_ones_are_refused(judged):
    judge, real, training = judged
    with pytest.raises(ValueError, match="train_images"):
        Judge(judge.classifier, judge.data._replace(train_images=torch.cat([training, real])))
