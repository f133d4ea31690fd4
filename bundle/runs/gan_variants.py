"""Other recipes than ours, each trained briefly and measured the same way."""

import functools
from dataclasses import replace
from pathlib import Path

from bundle.original import GAN_RECIPE
from bundle.runs.gan import run_gan
from bundle.runs.gan_settings import GanRun
from bundle.runs.judge import loaded
from bundle.runs.records import Record
from lib.checks import sizes
from lib.evaluation.judge import Judge
from lib.progress import silent

NARROW = {"generator_width": 16, "discriminator_width": 16}  # what two cores can train of the original's

AS_WRITTEN = GAN_RECIPE | NARROW

GAN_ABLATION = {  # of our recipe: one part put back to the original's, or one added that is not in it
    "the original's topology, 16 channels": {"topology": "as-written"} | NARROW,
    "the original's batch size": {"batch_size": 64},
    "the original's learning rate": {"learning_rate": 0.0002},
    "the original's betas": {"beta1": 0.9, "beta2": 0.999},
    "without averaging": {"ema_decay": 0.0},
    "without decay of the learning rate": {"decay_from": 1.0},
    "with a relativistic loss": {"loss": "relativistic"},
    "without gradient penalties": {"gradient_penalty": 0.0},
    "with two images packed": {"packing": 2},
    "with bfloat16": {"bfloat16": True},
}


def variant_runs(run: GanRun, *, variant_seeds: int, variant_batches: int) -> dict[str, list[dict]]:
    """Return the settings of our recipe and of each change in GAN_ABLATION; see `Run.seeded`."""
    sizes(variant_batches=variant_batches)
    plain, ours = replace(run, checkpoints=[], noise_sets=1), {"batches": variant_batches}
    recipes = {"ours": ours} | {name: ours | change for name, change in GAN_ABLATION.items()}
    return plain.seeded(recipes, variant_seeds=variant_seeds)


def as_written_runs(run: GanRun, *, variant_seeds: int, original_batches: int) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, looked at six times on its way."""
    sizes(original_batches=original_batches)
    looks = sorted({k * original_batches // 5 for k in range(6)})
    plain = replace(run, checkpoints=looks, noise_sets=1)
    recipe = {"the original's recipe": {"batches": original_batches, **AS_WRITTEN}}
    return plain.seeded(recipe, variant_seeds=variant_seeds)


def measured_gan(settings: dict, *, models: Path) -> Record:
    """Return the record of a run that `GanRun.described` described, judged by the classifier in `models`."""
    run = GanRun.read(settings)
    judge, (_, data) = _judge(models, run.dataset), loaded(models, run.dataset)
    return run_gan(run, judge=judge, data=data, state_path=None, progress=silent)[1]


@functools.cache
def _judge(models: Path, dataset: str) -> Judge:
    classifier, data = loaded(models, dataset)
    return Judge(classifier, data)
