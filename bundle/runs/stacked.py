"""A GAN on stacked digits, from settings to a record."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib import mnist
from lib.checks import at_least
from lib.evaluation.classifier import load_classifier
from lib.evaluation.modes import coverage, stack
from lib.gan.sampling import sample
from lib.gan.settings import GanSettings
from lib.gan.training import train_gan


@dataclass(frozen=True, kw_only=True)
class StackedRun(GanSettings):
    """A training run on stacked digits: everything that decides its record."""

    dataset: str  # of single images
    judge: str  # `bundle.runs.records.key` of the classifier's settings
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
        return {"run": "stacked", **asdict(self)}


def run_stacked(settings: dict, *, models: Path) -> Record:
    """Train on stacks and count kinds: the record has `modes` seen, of 1000, and `reverse_kl` (nats).

    Beside them `real_modes` and `real_reverse_kl`, of as many stacks of test images: the floor.
    """
    run = StackedRun(**{name: value for name, value in settings.items() if name != "run"})
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
        summary={"modes": kinds, "reverse_kl": far, "real_modes": real_kinds, "real_reverse_kl": real_far},
        provenance=provenance(seconds=result.seconds, device=device, threads=torch.get_num_threads()),
    )


def stacked_runs(run: GanSettings, *, batches: int, seeds: Sequence[int], **rest) -> dict[str, list[dict]]:
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
