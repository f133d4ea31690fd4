"""A GAN on stacked digits, from settings to a record."""

from dataclasses import replace
from pathlib import Path

import torch

from bundle.runs.gan_settings import GanRun, StackedRun
from bundle.runs.judge import loaded
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.checks import at_least
from lib.evaluation.modes import coverage, stack
from lib.gan.training import train_gan
from lib.networks import answers


def stacked_runs(
    run: GanRun, *, variant_seeds: int, stacked_batches: int, stacks: int, samples: int
) -> dict[str, list[dict]]:
    """Return the settings of our recipe on stacks, each image alone and two packed; see `Run.seeded`.

    None where `stacked_batches` is 0. `run` is our recipe on single digits.
    """
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches, packing=1)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    recipes = {"ours": {"packing": 1}, "ours, two images packed": {"packing": 2}}
    return ours.seeded(recipes, variant_seeds=variant_seeds)


def run_stacked(settings: dict, *, models: Path) -> Record:
    """Train on stacks and count modes: the record has `modes` seen, of 1000, and `reverse_kl` (nats).

    Beside them `real_modes` and `real_reverse_kl`, of as many stacks of test images: the baseline.
    """
    run = StackedRun.read(settings)
    classifier, data = loaded(models, run.dataset)
    device, source = data.train_images.device, torch.Generator().manual_seed(run.noise_seed)
    images = stack(data.train_images, run.stacks, seed=run.training.seed)
    noise = torch.randn(run.samples, run.training.latent_dim, generator=source)
    result = train_gan(images, settings=run.training, checkpoints=[], noise=noise[:25])
    generated = answers(result.ema, noise.to(device), batch_size=500)
    modes, far = coverage(classifier, generated)
    real_modes, real_far = coverage(classifier, stack(data.test_images, run.samples, seed=run.noise_seed))
    return Record(
        settings=run.described(),
        summary={"modes": modes, "reverse_kl": far, "real_modes": real_modes, "real_reverse_kl": real_far},
        provenance=provenance(seconds=result.seconds, device=str(device), threads=torch.get_num_threads()),
    )
