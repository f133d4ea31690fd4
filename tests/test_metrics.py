import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import poly_mmd

from lib.evaluation.classifier import Classifier, evaluate, features, predict, train_classifier
from lib.evaluation.distances import class_imbalance, class_shares, frechet_distance, inception_score, kid
from lib.evaluation.judge import Judge
from lib.evaluation.neighbours import NEIGHBOURS, nearest_distances, precision_recall
from lib.evaluation.two_sample import classification_accuracy_score
from lib.gan.networks import Generator
from lib.gan.sampling import sample


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


@pytest.mark.parametrize("measure", [frechet_distance, kid])
@pytest.mark.parametrize("shapes", [((5, 3), (5, 4)), ((5,), (5,)), ((1, 3), (5, 3))])
def test_features_that_cannot_be_compared_are_refused(measure, shapes):
    with pytest.raises(ValueError, match="features"):
        measure(*(torch.zeros(shape) for shape in shapes))


def test_kernel_distance_agrees_with_torchmetrics_and_with_its_definition():
    a, b = gaussians(230, 16, 1), gaussians(230, 16, 2)
    assert kid(a, b) == pytest.approx(poly_mmd(a, b).item(), rel=1e-9)
    b = b[:150]
    within = [(rows @ rows.T / 16 + 1).pow(3).fill_diagonal_(0).sum() for rows in (a, b)]
    expected = within[0] / (230 * 229) + within[1] / (150 * 149) - 2 * (a @ b.T / 16 + 1).pow(3).mean()
    assert kid(a, b) == pytest.approx(expected.item(), rel=1e-9)


def test_kernel_distance_of_two_samples_of_one_distribution_is_about_nought_on_both_sides():
    rows = gaussians(4000, 8, 1)
    found = [kid(*rows[start : start + 400].split(200)) for start in range(0, 4000, 400)]
    assert min(found) < 0 < max(found)
    assert abs(sum(found)) / 10 < kid(rows[:200], rows[200:400] * 1.5) / 4


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save", "ignore:std()")
def test_inception_score_agrees_with_torchmetrics():
    source = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(300, 10, generator=source, dtype=torch.float64)
    theirs = InceptionScore(feature=torch.nn.Identity(), splits=1).set_dtype(torch.float64)
    theirs.update(logits)
    assert inception_score(logits.softmax(dim=1)) == pytest.approx(theirs.compute()[0].item(), rel=1e-9)


def test_inception_score_is_ten_for_certain_and_even_classes_and_one_for_a_single_one():
    assert inception_score(torch.eye(10)) == pytest.approx(10)
    assert inception_score(torch.eye(10)[[4] * 10]) == pytest.approx(1)
    assert inception_score(torch.full((5, 10), 0.1)) == pytest.approx(1)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_precision_and_recall_agree_with_their_definition(neighbours):
    generated = gaussians(620, 2, 1).float() * 0.5  # more than one block of rows
    real = gaussians(540, 2, 2).float()

    def share_inside(rows, others):  # of rows within some other's distance to its k-th nearest neighbour
        radii = [
            sorted((other - others).norm(dim=1).tolist())[neighbours]  # [0] is the other itself
            for other in others
        ]
        return np.mean([((row - others).norm(dim=1) <= torch.tensor(radii)).any().item() for row in rows])

    expected = share_inside(generated, real), share_inside(real, generated)
    assert 0.05 < min(expected) < max(expected) < 1
    assert precision_recall(generated, real, neighbours=neighbours) == pytest.approx(expected, abs=1e-9)


def test_one_good_image_many_times_is_precise_and_recalls_nothing():
    real = gaussians(200, 4, 1)
    collapsed = real[:1] + 1e-6 * gaussians(200, 4, 2)
    precision, recall = precision_recall(collapsed, real, neighbours=3)
    assert precision == 1
    assert recall <= 1 / 200


def test_precision_needs_more_rows_than_neighbours():
    with pytest.raises(ValueError, match="at least 4"):
        precision_recall(torch.zeros(3, 2), torch.zeros(9, 2), neighbours=3)
    with pytest.raises(ValueError, match="neighbours is 0"):
        precision_recall(torch.zeros(3, 2), torch.zeros(9, 2), neighbours=0)


def test_nearest_distances_agree_with_every_pair_and_are_nought_for_copies():
    source = torch.Generator().manual_seed(0)
    reference = torch.rand(2100, 1, 6, 6, generator=source)  # more than one block
    images = torch.rand(40, 1, 6, 6, generator=source)
    expected = [(image - reference).flatten(1).norm(dim=1).min() for image in images]
    assert torch.allclose(nearest_distances(images, reference), torch.stack(expected))
    assert nearest_distances(reference[2050:2090], reference).eq(0).all()


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


@pytest.fixture(scope="module")
def judged() -> tuple[Judge, torch.Tensor, torch.Tensor]:
    """A judge of random images, the real ones and those for training."""
    torch.manual_seed(0)
    classifier = Classifier(width=2)
    real, training = (torch.rand(n, 1, 28, 28) * 2 - 1 for n in (80, 200))
    with torch.no_grad():
        for _ in range(30):  # moves the running statistics
            classifier(real)
    return Judge(classifier, real, predict(classifier, real).argmax(dim=1), training), real, training


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
    found, here = features(judge.classifier, training[:50])[0], features(judge.classifier, real)[0]
    measured = judge(training[:50])
    assert measured["frechet_distance"] == frechet_distance(found, here)
    assert measured["kid"] == kid(found, here)
    both = precision_recall(found, here, neighbours=NEIGHBOURS)
    assert (measured["precision"], measured["recall"]) == both


def test_copies_of_training_images_show_even_with_noise_on_them(judged):
    judge, _, training = judged
    assert judge(training[:60])["nearest_training"] == 0
    noisy = training[:60] + 0.1 * torch.randn(60, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert 0 < judge(noisy)["nearest_training"] < 0.3


def test_the_floor_is_what_real_images_measure_and_leaves_each_ones_own_copy_out(judged):
    judge, _, training = judged
    floor, as_generated = judge.baseline(60), judge(training[:60])
    assert 0.9 < floor.pop("nearest_training") < 1.1
    assert as_generated.pop("nearest_training") == 0
    assert floor == as_generated
    with pytest.raises(ValueError, match="samples is 200"):
        judge.baseline(200)


def test_the_judge_refuses_images_too_few_for_neighbours_and_training_images_that_are_the_real_ones(judged):
    judge, real, training = judged
    with pytest.raises(ValueError, match="is 3; it must be at least 4"):
        judge(real[:3])
    with pytest.raises(ValueError, match="is 3; it must be at least 4"):
        Judge(judge.classifier, real[:3], torch.zeros(3, dtype=torch.long), training)
    with pytest.raises(ValueError, match="training_images"):
        Judge(judge.classifier, real, judge.labels, torch.cat([training, real]))


def test_judging_a_generator_is_judging_its_images(judged):
    generator, noise = Generator(latent_dim=4, width=2, topology="shuffle"), torch.randn(30, 4)
    expected = judged[0](sample(generator, noise, batch_size=500))
    assert judged[0].generator(generator, noise) == expected


@pytest.fixture(scope="module")
def tasks():
    """A source of two classes, a judge of them, real images and labels, and settings."""

    class Halves(torch.nn.Module):  # the upper or the lower half is brighter, by the sign of the first noise
        latent_dim = 3

        def forward(self, z: torch.Tensor) -> torch.Tensor:
            upper = torch.arange(28)[:, None] < 14
            brighter = upper == (z[:, 0] > 0)[:, None, None, None]  # (n, 1, 28, 1)
            return (torch.where(brighter, 0.1, -0.9) + 0.1 * z[:, 1, None, None, None]).expand(-1, 1, 28, 28)

    settings = {"epochs": 6, "width": 2, "batch_size": 20, "learning_rate": 0.02, "weight_decay": 0.0}
    settings |= {"max_shift": 1, "label_smoothing": 0.0, "seed": 0}
    z = torch.randn(300, 3, generator=torch.Generator().manual_seed(5))
    images, labels = Halves()(z), (z[:, 0] > 0).long()
    judge = train_classifier(images[:200], labels[:200], **settings)
    assert evaluate(judge, images[200:], labels[200:]) > 0.95
    return Halves(), judge, images[200:], labels[200:], settings | {"seed": 1}


def test_a_faithful_generator_teaches_what_the_judge_knows(tasks):
    generator, judge, images, labels, settings = tasks
    steps = []

    def taught(noise_seed: int = 9) -> float:
        return classification_accuracy_score(
            generator,
            judge,
            images,
            labels,
            samples=200,
            noise_seed=noise_seed,
            settings=settings,
            progress=lambda step, of: steps.append((step, of)),
        )

    first = taught()
    assert first > 0.95
    assert steps[-1] == (60, 60)
    assert taught() == first


def test_a_generator_of_one_class_teaches_nothing_of_the_other(tasks):
    generator, judge, images, labels, settings = tasks

    class Upper(type(generator)):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return super().forward(z.abs())

    accuracy = classification_accuracy_score(
        Upper(), judge, images, labels, samples=200, noise_seed=9, settings=settings
    )
    assert accuracy == pytest.approx(labels.double().mean().item())


def test_no_sample_is_no_lesson(tasks):
    generator, judge, images, labels, settings = tasks
    with pytest.raises(ValueError, match="samples is 0"):
        classification_accuracy_score(
            generator, judge, images, labels, samples=0, noise_seed=9, settings=settings
        )
