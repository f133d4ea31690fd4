"""Which runs Task 2 compares with ours: other seeds and recipes, the original's recipe, stacked digits."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from bundle.experiments.gan import GanRun
from bundle.experiments.stacked import StackedRun
from bundle.experiments.two_sample_tests import AGAINST, GENERATED, TwoSampleRun
from bundle.original import GAN_CHECKPOINTS, GAN_RECIPE
from lib.evaluation.two_sample_tests import CONVOLUTIONAL, TESTS

STACKS, STACKS_SEEN = 60_000, 26_000  # trained on, and judged, as published
NOISE_SEED_OFFSET = 100  # of the images of two-sample tests: those of the measured samples are others
TESTED = 5  # images that a two-sample test learns from, for each one that it is put to
NARROW = {"generator_width": 16, "discriminator_width": 16}  # what two cores can train of the original's
AS_WRITTEN = GAN_RECIPE | NARROW
GAN_ABLATION = {  # of our recipe: one part put back to the original's
    "the original's topology, 16 channels": {"topology": "as-written", **NARROW},
    "the original's batch size": {"batch_size": 64},
    "the original's learning rate": {"learning_rate": 0.0002},
    "the original's betas": {"beta1": 0.9, "beta2": 0.999},
    "without averaging": {"ema_decay": 0.0},
    "without decay of the learning rate": {"decay_from": 1.0},
    "without gradient penalties": {"gradient_penalty": 0.0},
}


def further_generators(run: GanRun, count: int) -> dict[str, GanRun]:
    """Return by the name of its weights each run that differs from this one by its seed alone."""
    seed = run.training.seed
    return {f"generator-{k}": run.with_training(seed=seed + k) for k in range(1, count + 1)}


def variant_runs(run: GanRun, *, variant_seeds: int, variant_batches: int) -> dict[str, list[dict]]:
    """Return the settings of our recipe and of each change in GAN_ABLATION; see `Run.seeded`."""
    recipes = {"ours": {"batches": variant_batches}}
    for name, change in GAN_ABLATION.items():
        recipes[name] = {"batches": variant_batches, **change}
    return replace(run, checkpoints=[], noise_sets=1).seeded(recipes, variant_seeds=variant_seeds)


def as_written_runs(run: GanRun, *, seeds: int, original_batches: int) -> list[dict]:
    """Return the settings of the original's recipe, narrower, measured six times on its way.

    None for `original_batches` 0.
    """
    if not original_batches:
        return []
    checkpoints = sorted({k * original_batches // 5 for k in range(6)})
    recipe = {"recipe": {"batches": original_batches, **AS_WRITTEN}}
    return replace(run, checkpoints=checkpoints, noise_sets=1).seeded(recipe, variant_seeds=seeds)["recipe"]


def own_width_run(run: GanRun, batches: int) -> GanRun:
    """Return the original's recipe at its own width, measured at those of its moments that it reaches."""
    checkpoints = [batch for batch in GAN_CHECKPOINTS if batch <= batches]
    return replace(run, checkpoints=checkpoints, noise_sets=1).with_training(batches=batches, **GAN_RECIPE)


def stacked_runs(
    run: GanRun, *, seeds: int, stacked_batches: int, stacks: int = STACKS, samples: int = STACKS_SEEN
) -> list[dict]:
    """Return the settings of our recipe on stacks of three digits."""
    training = replace(run.training, channels=3, batches=stacked_batches)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    return ours.seeded({"ours": {}}, variant_seeds=seeds)["ours"]


def two_sample_runs(
    run: GanRun,
    *,
    generators: Sequence[str],
    seeds: int,
    images: int,
    steps: int,
    tests: Sequence[str] = tuple(TESTS),
    against: Sequence[str] = AGAINST,
) -> list[dict]:
    """Return the settings of every test against every side, each with so many seeds.

    Seed k tests samples of generator k, by its digest in `generators`, counted round where there are fewer
    generators. A test learns from `images` of each side and is put to a fifth as many, so that both sides of
    25 000 and 5000 are all the training images.
    """
    settings = []
    for seed, test, side in product(range(seeds), tests, against):
        test_run = TwoSampleRun(
            test=test,
            against=side,
            train_count=images,
            test_count=images // TESTED,
            steps=steps,
            dataset=run.dataset,
            generator=generators[seed % len(generators)] if side == GENERATED else "",
            noise_seed=run.noise_seed + NOISE_SEED_OFFSET,
            seed=seed,
        )
        settings.append(test_run.described())
    return settings


def cost(settings: dict) -> float:
    """Return about how long a run takes, in milliseconds: a convolution's batch, or ten images to prepare."""
    training = 13 * settings["steps"] if settings["test"] in CONVOLUTIONAL else 0
    return settings["train_count"] / 10 + training
