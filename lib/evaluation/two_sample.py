"""What networks trained afresh say of generated images: real or not, and what can be learnt from them."""

from collections.abc import Callable

import torch
from torch import Tensor

from lib.checks import at_least
from lib.evaluation.classifier import Classifier, evaluate, predict, train_classifier
from lib.gan.networks import Discriminator, Generator
from lib.gan.sampling import packed, sample


def predicted_right(
    discriminator: Discriminator, true: torch.Tensor, fake: torch.Tensor, *, packing: int = 1
) -> float:
    """Return the share of images (n, c, 28, 28) that a discriminator puts on the right side, in eval mode.

    Half of it is of the true images, half of the generated ones: 0.5 is a coin toss. With `packing` it is
    asked about so many together, as in training.
    """
    on_true, on_fake = (
        sample(discriminator, packed(images[: len(images) // packing * packing], packing), batch_size=500)
        for images in (true, fake)
    )
    return ((on_true > 0).double().mean() + (on_fake <= 0).double().mean()).item() / 2


def c2st(true: torch.Tensor, fake: torch.Tensor, *, seed: int) -> dict[str, float]:
    """Train a fresh network to tell true images from generated ones; ask it about images it has not seen.

    Equal numbers of both, 80 % to learn from (four passes), 20 % to be asked about. Returns `c2st`, the
    share of right answers (0.5 is a coin toss), and `c2st_of`, how many were asked.
    Source: Lopez-Paz and Oquab 2017, the classifier two-sample test.
    """
    n = min(len(true), len(fake))
    source = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Discriminator(width=16, topology="shuffle", channels=true.shape[1])
    network.to(true.device)
    kept = [
        images[torch.randperm(len(images), generator=source)[:n].to(images.device)] for images in (true, fake)
    ]
    cut = int(0.8 * n)
    learn = torch.cat([images[:cut] for images in kept])
    labels = torch.cat([torch.ones(cut), torch.zeros(cut)]).to(true.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    for _ in range(4):
        for chosen in torch.randperm(len(learn), generator=source).to(true.device).split(64):
            logits = network(learn[chosen])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    right = predicted_right(network, *(images[cut:] for images in kept))
    return {"c2st": right, "c2st_of": 2 * (n - cut)}


def classification_accuracy_score(
    generator: Generator,
    classifier: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    samples: int,
    noise_seed: int,
    settings: dict,
    progress: Callable[[int, int], None] | None = None,
) -> float:
    """Return the accuracy on real images (n, 1, 28, 28) of a classifier taught on generated ones.

    A fresh classifier learns from `samples` generated images, each labelled by `classifier`, whose part ends
    there: no feature of it is compared. Classes the generator leaves out, or draws alike, cost accuracy.

    Args:
        noise_seed: of the noise.
        settings: the keywords of `train_classifier`; with another seed than the judge's.
        progress: called after each step of that training with (step, steps).

    Source: Ravuri and Vinyals 2019 (classification accuracy score).
    """
    at_least("samples", samples, 1)
    source = torch.Generator().manual_seed(noise_seed)
    noise = torch.randn(samples, generator.latent_dim, generator=source).to(images.device)
    generated = sample(generator, noise, batch_size=500)
    seen = predict(classifier, generated).argmax(dim=1)
    return evaluate(train_classifier(generated, seen, **settings, progress=progress), images, labels)
