"""Other recipes than ours, each trained briefly and measured the same way."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from bundle.original import GAN_RECIPE
from bundle.runs.gan import GanRun, run_gan
from bundle.runs.judge import Data
from bundle.runs.records import Record
from lib import mnist
from lib.evaluation.classifier import load_classifier
from lib.evaluation.judge import Judge

GAN_ABLATION = {  # of our recipe: one part put back to the original's, or one added that is not in it
    "the original's topology, 16 channels": {
        "topology": "as-written",
        "generator_width": 16,
        "discriminator_width": 16,
    },
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

AS_WRITTEN = GAN_RECIPE | {"generator_width": 16, "discriminator_width": 16}  # what two cores can train


def measured_gan(settings: dict, *, models: Path) -> Record:
    """Return the record of a run that `GanRun.described` described, judged by the classifier in `models`."""
    judge, data = _judge(models, settings["dataset"])
    run = GanRun(**{name: value for name, value in settings.items() if name != "run"})
    return run_gan(run, judge=judge, data=data, state_path=None, progress=lambda done, total: None)[1]


@functools.cache
def _judge(models: Path, dataset: str) -> tuple[Judge, Data]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = [part.to(device) for part in mnist.load(name=dataset)]
    return Judge(load_classifier(models).to(device), mnist.Mnist(*data)), data


def variant_runs(run: GanRun, *, batches: int, seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Return by name, for every seed, the settings of our recipe and of each change in GAN_ABLATION."""
    plain = replace(run, batches=batches, checkpoints=[], noise_sets=1)
    return {
        name: [replace(plain, seed=seed, **change).described() for seed in seeds]
        for name, change in {"ours": {}, **GAN_ABLATION}.items()
    }


def as_written_runs(run: GanRun, *, batches: int, seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, looked at six times on its way."""
    looks = sorted({k * batches // 5 for k in range(6)})
    plain = replace(run, batches=batches, checkpoints=looks, noise_sets=1)
    return {"the original's recipe": [replace(plain, seed=seed, **AS_WRITTEN).described() for seed in seeds]}
