"""Stacked digits: three in one image, one per channel, so that there are 1000 kinds to cover.

The published protocol (Metz et al. 2017; Lin et al. 2018, PacGAN) counts, over 26 000 samples, how many of
the 1000 kinds a classifier of single digits sees, and how far their shares are from equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from lib import mnist
from lib.adversarial import GanSettings, train_gan
from lib.checks import at_least
from lib.classifier import Classifier, load_classifier, predict
from lib.gan import sample
from lib.records import Record, provenance

KINDS = 1000


@dataclass(frozen=True, kw_only=True)
class StackedRun(GanSettings):
    """A training run on stacked digits: everything that decides its record."""

    dataset: str  # of single images
    judge: str  # `lib.records.key` of the classifier's settings
    stacks: int  # training images, drawn once
    samples: int  # generated images whose kinds are counted
    noise_seed: int  # of these

    def __post_init__(self):
        super().__post_init__()
        for name in ("stacks", "samples"):
            at_least(name, getattr(self, name), 2)
        if self.channels != 3:
            raise ValueError(f"channels is {self.channels}; it must be 3, one for each digit of a stack")

    def described(self) -> dict:
        return {"recipe": "stacked", **asdict(self)}


def run_stacked(settings: dict, *, models: Path) -> Record:
    """Train on stacks and count kinds: the record has `kinds` seen, of 1000, and `reverse_kl` (nats).

    Beside them `real_kinds` and `real_reverse_kl`, of as many stacks of test images: the floor.
    """
    run = StackedRun(**{name: value for name, value in settings.items() if name != "recipe"})
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_images, _, test_images, _ = (part.to(device) for part in mnist.load(name=run.dataset))
    classifier = load_classifier(models).to(device)
    images = stack(train_images, run.stacks, seed=run.seed)
    noise = torch.randn(run.samples, run.latent_dim, generator=torch.Generator().manual_seed(run.noise_seed))
    result = train_gan(images, settings=run, checkpoints=[], noise=noise[:25])
    generated = sample(result.average, noise.to(device), batch_size=500)
    real = stack(test_images, run.samples, seed=run.noise_seed)
    (kinds, far), (real_kinds, real_far) = (coverage(classifier, x) for x in (generated, real))
    return Record(
        settings=run.described(),
        summary={"kinds": kinds, "reverse_kl": far, "real_kinds": real_kinds, "real_reverse_kl": real_far},
        provenance=provenance(seconds=result.seconds, device=device, threads=torch.get_num_threads()),
    )


def stack(images: Tensor, count: int, *, seed: int) -> Tensor:
    """Return `count` stacks (count, 3, 28, 28) of images (n, 1, 28, 28), each drawn anew with replacement."""
    source = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(images), (count, 3), generator=source).to(images.device)
    return images[chosen, 0]


def coverage(classifier: Classifier, images: Tensor) -> tuple[int, float]:
    """Return how many of the 1000 kinds stacks (n, 3, 28, 28) show, and KL(their shares || equal shares)."""
    digits = predict(classifier, images.reshape(-1, 1, 28, 28)).argmax(dim=1).view(-1, 3)
    kinds = digits @ torch.tensor([100, 10, 1], device=digits.device)
    shares = torch.bincount(kinds, minlength=KINDS).double() / len(kinds)
    return int((shares > 0).sum()), torch.xlogy(shares, shares * KINDS).sum().item()


def runs(run: GanSettings, *, batches: int, seeds: Sequence[int], **rest) -> dict[str, list[dict]]:
    """Return by name, for every seed, the settings of our recipe on stacks: each alone, and two packed.

    Args:
        run: our recipe on single digits.
        rest: what `StackedRun` has beside it.
    """
    ours = {name: getattr(run, name) for name in GanSettings.__dataclass_fields__}
    return {
        name: [
            StackedRun(
                **ours | {"channels": 3, "batches": batches, "packing": packing, "seed": seed}, **rest
            ).described()
            for seed in seeds
        ]
        for name, packing in {"ours": 1, "ours, two images packed": 2}.items()
    }


HEADER = [
    "Recipe",
    "Kinds, each seed",
    "Distance (nats), each seed",
    "Real stacks: kinds",
    "Real stacks: distance",
]


def rows(groups: Mapping[str, Sequence[Record]]) -> Iterator[list[str]]:
    """Yield a table row for each recipe's records."""
    for name, found in groups.items():
        cells = []
        for key, form in (
            ("kinds", "d"),
            ("reverse_kl", ".3f"),
            ("real_kinds", "d"),
            ("real_reverse_kl", ".3f"),
        ):
            values = [format(record.summary[key], form) for record in found]
            cells.append(", ".join(values if not key.startswith("real") else dict.fromkeys(values)))
        yield [name, *cells]
