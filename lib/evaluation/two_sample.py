"""What networks trained afresh say of generated images: real or not, and what can be learnt from them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.checks import sizes
from lib.evaluation.classifier import Classifier, evaluate, predict, train_classifier
from lib.evaluation.two_sample_tests import accuracy
from lib.gan.networks import Discriminator, Generator
from lib.networks import answers
from lib.progress import Progress, silent


def c2st(true: Tensor, fake: Tensor, *, seed: int) -> dict[str, float]:
    """Make a classifier two-sample test (C2ST): can a fresh network tell true images from generated ones?

    Of both (n, c, 28, 28) as many: 80 % to learn from (four epochs), 20 % to be tested on. Returns `c2st`,
    the share of right answers (0.5 is a coin toss), and `c2st_count`, how many images were tested.
    Source: Lopez-Paz and Oquab 2017.
    """
    n = min(len(true), len(fake))
    source = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        network = Discriminator(width=16, topology="shuffle", channels=true.shape[1]).to(true.device)
    chosen = [x[torch.randperm(len(x), generator=source)[:n].to(x.device)] for x in (true, fake)]
    cut = int(0.8 * n)
    train = torch.cat([x[:cut] for x in chosen])
    labels = torch.cat([torch.ones(cut), torch.zeros(cut)]).to(true.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    for _ in range(4):
        for batch in torch.randperm(2 * cut, generator=source).to(true.device).split(64):
            loss = F.binary_cross_entropy_with_logits(network(train[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return {"c2st": accuracy(network, *(x[cut:] for x in chosen)), "c2st_count": 2 * (n - cut)}


def classification_accuracy_score(
    generator: Generator,
    classifier: Classifier,
    images: Tensor,
    labels: Tensor,
    *,
    samples: int,
    noise_seed: int,
    settings: dict,
    progress: Progress = silent,
) -> float:
    """Return the accuracy on real images (n, 1, 28, 28) of a classifier taught on generated ones (CAS).

    A fresh one learns from `samples` generated images, each labelled by `classifier`, whose part ends there.
    Classes that the generator leaves out, or draws alike, cost accuracy. `settings` are the keywords of
    `train_classifier`, whose steps are reported; its seed is not the judge's.
    Source: Ravuri and Vinyals 2019.
    """
    sizes(samples=samples)
    source = torch.Generator().manual_seed(noise_seed)
    noise = torch.randn(samples, generator.latent_dim, generator=source).to(images.device)
    generated = answers(generator, noise, batch_size=500)
    seen = predict(classifier, generated).argmax(dim=1)
    return evaluate(train_classifier(generated, seen, **settings, progress=progress), images, labels)
