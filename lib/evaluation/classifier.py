"""The classifier of digits: a small convolutional network, its training, and what it makes of images."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.checks import at_least, require, sizes
from lib.networks import answers, eval_mode
from lib.progress import Progress, silent
from lib.weights import load_network, save_network

FEATURES = 64


class Classifier(nn.Module):
    """Map images (n, 1, 28, 28) in [-1, 1] to logits (n, 10), by way of `features` (n, 64)."""

    def __init__(self, *, width: int):
        super().__init__()
        sizes(width=width)
        self.width = w = width
        self.trunk = nn.Sequential(
            nn.PixelUnshuffle(2),  # (n, 4, 14, 14): no one-channel layer, which a CPU computes slowly
            *_block(4, w),
            *_block(w, w),
            nn.MaxPool2d(2),  # (n, w, 7, 7)
            *_block(w, 2 * w),
            *_block(2 * w, 2 * w),
            nn.Flatten(),
            nn.Linear(2 * w * 49, FEATURES, bias=False),
            nn.BatchNorm1d(FEATURES),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(FEATURES, 10)
        self.to(memory_format=torch.channels_last)

    def features(self, images: Tensor) -> Tensor:
        require("the images' shape", tuple(images.shape), images.shape[1:] == (1, 28, 28), "(n, 1, 28, 28)")
        return self.trunk(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def train_classifier(
    images: Tensor,
    labels: Tensor,
    *,
    seed: int,
    epochs: int,
    width: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    max_shift: int,
    label_smoothing: float,
    progress: Progress = silent,
) -> Classifier:
    """Train on images (n, 1, 28, 28) in [-1, 1] and labels (n,) int64; return the network in eval mode.

    AdamW under a one-cycle schedule with peak `learning_rate`; every batch is shifted by up to `max_shift`
    pixels each way. Progress counts steps. Raises ValueError for arguments out of range.
    """
    n = len(images)
    require("the number of labels", len(labels), len(labels) == n, f"that of images, {n}")
    require("batch_size", batch_size, 2 <= batch_size <= n, f"between 2 and the number of images, {n}")
    at_least("epochs", epochs, 1)
    at_least("max_shift", max_shift, 0)
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        model = Classifier(width=width).to(images.device)
    source = torch.Generator().manual_seed(seed)
    epoch_batches = n // batch_size  # the last, smaller one is dropped
    steps = epochs * epoch_batches
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.2)
    padded = F.pad(images, [max_shift] * 4, value=-1.0)
    for epoch in range(epochs):
        order = torch.randperm(n, generator=source)[: epoch_batches * batch_size].to(images.device)
        for number, batch in enumerate(order.split(batch_size), 1):
            down, right = torch.randint(2 * max_shift + 1, (2,), generator=source).tolist()
            x = padded[batch, :, down : down + 28, right : right + 28]  # (batch, 1, 28, 28)
            loss = F.cross_entropy(model(x), labels[batch], label_smoothing=label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            progress(epoch * epoch_batches + number, steps)
    return model.eval()


def predict(model: Classifier, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """Return class probabilities (n, 10) of images (n, 1, 28, 28), in eval mode."""
    return answers(model, images, batch_size=batch_size).softmax(dim=1)


def features(model: Classifier, images: Tensor, *, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Return features (n, 64) and class probabilities (n, 10) of images (n, 1, 28, 28), in eval mode."""
    with eval_mode(model):
        parts = [model.features(part) for part in images.split(batch_size)]
        return torch.cat(parts), torch.cat([model.head(part).softmax(dim=1) for part in parts])


def evaluate(model: Classifier, images: Tensor, labels: Tensor) -> float:
    """Return the share of images (n, 1, 28, 28) that the model gives their label (n,), in eval mode."""
    return (predict(model, images).argmax(dim=1) == labels).double().mean().item()


def classification_accuracy_score(
    generated: Tensor, images: Tensor, labels: Tensor, *, judge: Classifier, settings: dict
) -> float:
    """Return the accuracy on real images (n, 1, 28, 28) of a classifier trained on generated ones (CAS).

    Generated images (m, 1, 28, 28) are labelled by the judge. Classes that are missing among them, or look
    alike, cost accuracy. `settings`: keywords of `train_classifier`, with another seed than the judge's.
    Source: Ravuri and Vinyals 2019.
    """
    generated_labels = predict(judge, generated).argmax(dim=1)
    return evaluate(train_classifier(generated, generated_labels, **settings), images, labels)


def save_classifier(model: Classifier, directory: Path, **about: dict) -> None:
    """Write classifier.safetensors and, beside it, classifier.json with its size and `about`."""
    save_network(model, directory, "classifier", sizes={"width": model.width}, **about)


def load_classifier(directory: Path) -> Classifier:
    """Return the classifier that `save_classifier` wrote, in eval mode; see `load_network`."""
    return load_network(Classifier, directory, "classifier")
