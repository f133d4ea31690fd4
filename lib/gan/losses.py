"""The two losses of the game, and a penalty on the discriminator's slope."""

import torch
import torch.nn.functional as F
from torch import Tensor


def minimax_losses(true_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the generator's loss and the discriminator's for logits (n,) each.

    The cross-entropy of generated images against "true"; the mean of the cross-entropies of true images
    against "true" and of generated ones against "generated".
    Source: Goodfellow et al. 2014, section 3 (the non-saturating form).
    """
    generator = F.softplus(-fake_logits).mean()
    return generator, (F.softplus(-true_logits).mean() + F.softplus(fake_logits).mean()) / 2


def gradient_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """Return the mean squared norm of the logits' gradients by the images (n, ...), to be lowered.

    Source: Mescheder et al. 2018, equation 9 (R1, R2), without the factor of one half.
    """
    (slopes,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return slopes.square().sum() / len(images)
