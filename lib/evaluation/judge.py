"""Measure generated digits against real ones, as a judge sees them.

The judge is a classifier trained on real digits alone, in the place of a person. An image is clear if it
counts for precision and the judge is at least as sure of it as of all but one in a hundred of the real ones.
"""

import torch
from torch import Tensor

from lib.checks import at_least, require
from lib.evaluation import distances
from lib.evaluation.classifier import FEATURES, Classifier, features
from lib.gan.networks import Generator
from lib.mnist import Mnist
from lib.networks import answers

LEAST_IMAGES = distances.ROWS_PER_FEATURE * FEATURES  # that can be measured, and measured against
QUERIES = 1000  # images whose nearest training image is looked for: each costs 60 000 distances in 784 pixels


class Judge:
    """Measure generators against the test images of `data`, about which all is computed once. As floats:

    frechet_distance, kid: of the features from those of the test images; 0 = the same.
    inception_score: from 1 to 10. Real images do not reach 10: the judge learns from smoothed labels.
    confidence: mean of the highest probability. Noise can have much of it.
    clear: share of clear images.
    class_imbalance: total variation of the classes that the judge sees from the test labels.
    precision, recall: share of images like some test image; of test images like some generated one.
    nearest_training: median distance to the nearest training image over that of the test images; with _1pct
        the 1 % quantiles instead. About 1 = as far off as new digits, 0 = copies. In pixels, since features
        hide copies with noise on them.

    Raises ValueError for fewer than LEAST_IMAGES images, and where the training images hold most test images.
    """

    def __init__(self, classifier: Classifier, data: Mnist):
        at_least("the number of test images", len(data.test_images), LEAST_IMAGES)
        self.classifier, self.data = classifier, data
        self.real, probabilities = features(classifier, data.test_images)
        self.sure = probabilities.amax(dim=1).double().quantile(0.01)
        self.real_moments = distances.third_moments(self.real)
        self.real_radii = distances.neighbour_radii(self.real, distances.NEIGHBOURS)
        self.real_nearest = _nearest(data.test_images, data.train_images)
        if self.real_nearest[0] == 0:
            raise ValueError("train_images hold most of the test images; they must be others")

    def __call__(self, images: Tensor, *, training: Tensor | None = None) -> dict[str, float]:
        """Return the measures of images (n, 1, 28, 28) in [-1, 1]; `training` replaces the data's."""
        at_least("the number of images", len(images), LEAST_IMAGES)
        rows, probabilities = features(self.classifier, images)
        confidence, classes = probabilities.max(dim=1)
        confidence = confidence.double()
        others = self.data.train_images if training is None else training
        nearest = _nearest(images, others) / self.real_nearest
        precise, recalled = distances.precise_and_recalled(rows, self.real, real_radii=self.real_radii)
        return {
            "frechet_distance": distances.frechet_distance(rows, self.real),
            "kid": distances.kid(rows, self.real, second_moments=self.real_moments),
            "inception_score": distances.inception_score(probabilities),
            "confidence": confidence.mean().item(),
            "clear": (precise & (confidence >= self.sure)).double().mean().item(),
            "class_imbalance": distances.class_imbalance(classes, self.data.test_labels),
            "precision": precise.double().mean().item(),
            "recall": recalled.double().mean().item(),
            "nearest_training": nearest[0].item(),
            "nearest_training_1pct": nearest[1].item(),
        }

    def baseline(self, samples: int) -> dict[str, float]:
        """Return the measures of the first `samples` training images: what a perfect generator would reach.

        The nearest is sought among the others. Raises ValueError unless `samples` are fewer than there are.
        """
        images = self.data.train_images
        require("samples", samples, samples < len(images), f"fewer than the training images, {len(images)}")
        return self(images[:samples], training=images[samples:])


def _nearest(images: Tensor, others: Tensor) -> Tensor:
    """Return the median and the 1 % quantile (2,) of the distances of at most QUERIES images.

    They are drawn, since MNIST's own order has a pattern.
    """
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    nearest = distances.nearest_distances(images[order[:QUERIES].to(images.device)], others)
    return torch.stack([nearest.median(), nearest.quantile(0.01)])


def observe(generator: Generator, classifier: Classifier, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (n, 64) and class probabilities (n, 10) of the images of noise (n, latent_dim)."""
    parts = [features(classifier, answers(generator, z, batch_size=500)) for z in noise.split(500)]
    rows, probabilities = zip(*parts, strict=True)
    return torch.cat(rows), torch.cat(probabilities)
