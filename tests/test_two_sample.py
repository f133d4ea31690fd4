import pytest
import torch

from lib.evaluation.classifier import evaluate, train_classifier
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right


def test_images_of_one_kind_cannot_be_told_apart_and_of_two_kinds_can():
    source = torch.Generator().manual_seed(1)
    one, two = (torch.rand(1000, 1, 28, 28, generator=source) for _ in range(2))
    alike = c2st(one, two, seed=0)
    assert alike["c2st_of"] == 400
    assert abs(alike["c2st"] - 0.5) < 0.1
    assert c2st(one, two.sqrt(), seed=0)["c2st"] > 0.95
    assert c2st(one, two, seed=0) == alike


def test_a_discriminators_right_answers_are_counted_over_both_kinds():
    class Brightness(torch.nn.Module):
        def forward(self, images):
            return images.mean(dim=(1, 2, 3))

    bright, dark = torch.ones(4, 1, 28, 28), -torch.ones(6, 1, 28, 28)
    assert predicted_right(Brightness(), bright, dark) == 1
    assert predicted_right(Brightness(), dark, bright) == 0
    assert predicted_right(Brightness(), torch.cat([bright, dark[:4]]), dark) == 0.75


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
