"""The frozen judge of generated digits: a small convolutional network trained by the project."""

import json
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


class Classifier(nn.Module):
    """Map images (n, 1, 28, 28) in [-1, 1] to logits (n, 10).

    `features` gives the (n, 64) numbers from which the last layer computes the logits.
    Raises ValueError for images of another shape.
    """

    def __init__(self, *, width: int):
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}; it must be at least 1")
        self.width = width
        w = width
        self.trunk = nn.Sequential(
            nn.PixelUnshuffle(2),  # (n, 4, 14, 14): no one-channel layer, which a CPU computes slowly
            *_block(4, w),
            *_block(w, w),
            nn.MaxPool2d(2),  # (n, w, 7, 7)
            *_block(w, 2 * w),
            *_block(2 * w, 2 * w),
            nn.Flatten(),
            nn.Linear(2 * w * 49, 64, bias=False),
            nn.BatchNorm1d(64),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(64, 10)
        self.to(memory_format=torch.channels_last)

    def features(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
            raise ValueError(f"images have shape {tuple(images.shape)}; it must be (n, 1, 28, 28)")
        return self.trunk(images)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images))


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
    progress: Callable[[int, int], None] | None = None,
) -> Classifier:
    """Train on images (n, 1, 28, 28) in [-1, 1] and labels (n,) int64; return the network in eval mode.

    AdamW under a one-cycle schedule with peak `learning_rate`; every batch is shifted by up to `max_shift`
    pixels each way. `progress(step, steps)` is called after each step. The same seed gives the same bytes.
    Raises ValueError for arguments out of range.
    """
    if len(images) != len(labels) or not 2 <= batch_size <= len(images):
        raise ValueError(
            f"{len(images)} images, {len(labels)} labels and batch_size {batch_size}; there must be as many "
            f"labels as images, and batch_size between 2 and their number"
        )
    if epochs < 1 or max_shift < 0:
        raise ValueError(f"epochs is {epochs} and max_shift {max_shift}; at least 1 and 0 are needed")
    with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
        torch.manual_seed(seed)
        model = Classifier(width=width).to(images.device)
    source = torch.Generator().manual_seed(seed)
    batches = len(images) // batch_size
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=learning_rate, total_steps=epochs * batches, pct_start=0.2
    )
    padded = F.pad(images, [max_shift] * 4, value=-1.0)
    model.train()
    for step in range(epochs * batches):
        if step % batches == 0:
            order = torch.randperm(len(images), generator=source)
        chosen = order[step % batches * batch_size :][:batch_size].to(images.device)
        down, right = torch.randint(2 * max_shift + 1, (2,), generator=source).tolist()
        x = padded[chosen, :, down : down + 28, right : right + 28]  # (batch, 1, 28, 28)
        loss = F.cross_entropy(model(x), labels[chosen], label_smoothing=label_smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step + 1, epochs * batches)
    return model.eval()


@torch.no_grad()
def predict(model: Classifier, images: Tensor, *, batch_size: int = 500) -> Tensor:
    """Return class probabilities (n, 10) of images (n, 1, 28, 28), in eval mode."""
    was_training = model.training
    model.eval()
    try:
        return torch.cat([model(x).softmax(dim=1) for x in images.split(batch_size)])
    finally:
        model.train(was_training)


def evaluate(model: Classifier, images: Tensor, labels: Tensor) -> float:
    """Return the share of images (n, 1, 28, 28) that the model gives their label (n,), in eval mode."""
    return (predict(model, images).argmax(dim=1) == labels).double().mean().item()


def save_classifier(model: Classifier, directory: str | Path, *, settings: dict, summary: dict) -> None:
    """Write classifier.safetensors and, beside it, classifier.json with `settings` and measured `summary`."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, directory / "classifier.safetensors")
    text = json.dumps({"sizes": {"width": model.width}, "settings": settings, "summary": summary}, indent=2)
    (directory / "classifier.json").write_text(text + "\n")


def load_classifier(directory: str | Path) -> Classifier:
    """Return the classifier that `save_classifier` wrote, in eval mode.

    Raises FileNotFoundError with the missing file's name.
    """
    directory = Path(directory)
    for name in ("classifier.json", "classifier.safetensors"):
        if not (directory / name).is_file():
            raise FileNotFoundError(
                f"{directory / name} is missing; train the classifier first (task2.ipynb, or `make report`)"
            )
    model = Classifier(**json.loads((directory / "classifier.json").read_text())["sizes"])
    model.load_state_dict(load_file(directory / "classifier.safetensors"))
    return model.eval()


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


@torch.no_grad()
def features(classifier: Classifier, images: Tensor, *, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Return the classifier's features (n, d) and class probabilities (n, 10) of images, in eval mode."""
    was_training = classifier.training
    classifier.eval()
    try:
        parts = [classifier.features(x) for x in images.split(batch_size)]
        return torch.cat(parts), torch.cat([classifier.head(f).softmax(dim=1) for f in parts])
    finally:
        classifier.train(was_training)
