"""Measure generated digits against real ones in the features of a classifier."""

import torch
from torch import Tensor

from lib.checks import at_least, require
from lib.evaluation.classifier import Classifier, features
from lib.evaluation.distances import (
    class_imbalance,
    discrepancy,
    frechet_distance,
    inception_score,
    third_moments,
)
from lib.evaluation.neighbours import (
    NEIGHBOURS,
    nearest_distances,
    neighbour_radii,
    precise_and_recalled,
    share,
)
from lib.gan.networks import Generator
from lib.gan.sampling import sample

QUERIES = 1000  # images whose nearest training image is looked for: each costs 60 000 distances in 784 pixels


class Judge:
    """Measure generators against one set of real images, about which all is computed once.

    `images` (n, 1, 28, 28) and `labels` (n,) are the real ones: the test set. `training_images`
    are those that the generators learn from. All are in [-1, 1]. A call returns, as floats:

    frechet_distance, kid: of the features from those of the real images; 0 = the same.
    inception_score: from 1 to 10. The real images do not reach 10: the judge is taught with smoothed labels.
    confidence: mean of the highest probability. Noise can have much of it.
    clear: share of images that count for precision and of which the judge is at least as sure as of all but
        one in a hundred of the real ones.
    class_imbalance: total variation of the classes that the judge sees from the real labels.
    precision, recall: share of images like some real one; of real images like some generated one.
    nearest_training: median distance to the nearest training image over that of the real images. About 1 =
        as far off as new digits, 0 = copies. In pixels, since a classifier's features hide copies: with
        noise of 0.1 added, training images measure 0.24 in pixels and 1.14 in features (shifts of a pixel
        hide in both: 1.08 and 0.90). Every training image, but at most QUERIES images drawn once.

    Raises ValueError for fewer than 4 images, or where the training images hold most of the real ones.
    """

    def __init__(self, classifier: Classifier, images: Tensor, labels: Tensor, training_images: Tensor):
        at_least("the number of images", len(images), NEIGHBOURS + 1)
        self.classifier, self.labels, self.training_images = classifier, labels, training_images
        self.real, probabilities = features(classifier, images)
        self.sure = probabilities.amax(dim=1).double().quantile(0.01)
        self.real_moments, self.real_radii = third_moments(self.real), neighbour_radii(self.real, NEIGHBOURS)
        self.real_nearest = nearest_distances(_drawn(images), training_images).median()
        if self.real_nearest == 0:
            raise ValueError("training_images hold most of the real images; they must be others")

    def __call__(self, images: Tensor) -> dict[str, float]:
        """Return the measures of images (n, 1, 28, 28) in [-1, 1], named above."""
        return self._measures(images, self.training_images)

    def generator(self, generator: Generator, noise: Tensor, *, batch_size: int = 500) -> dict[str, float]:
        """Return the measures of the images that `generator` makes of noise (n, latent_dim)."""
        return self(sample(generator, noise, batch_size=batch_size))

    def baseline(self, samples: int) -> dict[str, float]:
        """Return the measures of the first `samples` training images: what a perfect generator would reach.

        Their nearest training image is looked for among the others, beyond the first `samples`.
        Raises ValueError unless at least 4 and fewer than the training images.
        """
        size = len(self.training_images)
        require("samples", samples, samples < size, f"fewer than the training images, {size}")
        return self._measures(self.training_images[:samples], self.training_images[samples:])

    def _measures(self, images: Tensor, others: Tensor) -> dict[str, float]:
        at_least("the number of images", len(images), NEIGHBOURS + 1)
        found, probabilities = features(self.classifier, images)
        confidence, classes = probabilities.max(dim=1)
        precise, recalled = precise_and_recalled(found, self.real, self.real_radii, NEIGHBOURS)
        nearest = nearest_distances(_drawn(images), others).median()
        return {
            "frechet_distance": frechet_distance(found, self.real),
            "kid": discrepancy(third_moments(found), self.real_moments),
            "inception_score": inception_score(probabilities),
            "confidence": confidence.double().mean().item(),
            "clear": (precise & (confidence.double() >= self.sure)).double().mean().item(),
            "class_imbalance": class_imbalance(classes, self.labels),
            "precision": share(precise),
            "recall": share(recalled),
            "nearest_training": (nearest / self.real_nearest).item(),
        }


def _drawn(images: Tensor) -> Tensor:
    """Return at most QUERIES of the images, drawn by a fixed seed: MNIST's own order has a pattern."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[order[:QUERIES].to(images.device)]
