"""Which runs Task 2 compares with ours: other seeds and recipes, the original's recipe, stacked digits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from bundle.experiments.gan import GanRun, measured_gan
from bundle.experiments.stacked import StackedRun, run_stacked
from bundle.experiments.two_sample_tests import AGAINST, GENERATED, TwoSampleRun, run_two_sample_test
from bundle.original import GAN_RECIPE
from bundle.study.layout import Output
from lib.checks import at_least, sizes
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


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """How much Task 2 compares; 0 seeds leave a comparison out."""

    generator_seeds: int  # of further generators, as long as the first
    variant_seeds: int  # of every other recipe
    variant_batches: int
    original_batches: int  # of the original's recipe, narrower than it was
    stacked_batches: int  # of stacked digits; 0 leaves them out
    two_sample_seeds: int  # of every two-sample test
    two_sample_images: int  # of each kind that a test learns from
    two_sample_most: int  # the same, of the convolutional ones once more
    two_sample_steps: int  # batches that a convolutional one learns for
    output: Output  # where the networks are that are compared

    def further_generators(self, run: GanRun) -> dict[str, GanRun]:
        """Return by the name of its weights each run that differs from this one by its seed alone."""
        at_least("generator_seeds", self.generator_seeds, 0)
        seed = run.training.seed
        numbers = range(1, self.generator_seeds + 1)
        return {f"generator-{k}": run.with_training(seed=seed + k) for k in numbers}

    def runs(self, run: GanRun, *, generators: Sequence[str] = ("",)) -> dict[str, dict]:
        """Return by kind the arguments of a study: what makes its runs, groups of their settings, a file.

        `generators` are the digests of the first one and of the further ones. Raises ValueError naming what
        cannot be compared.
        """
        seeds = {"variant_seeds": self.variant_seeds}
        recipes = variant_runs(run, **seeds, variant_batches=self.variant_batches)
        recipes.update(as_written_runs(run, **seeds, original_batches=self.original_batches))
        stacks = stacked_runs(
            run, **seeds, stacked_batches=self.stacked_batches, stacks=STACKS, samples=STACKS_SEEN
        )
        tests = two_sample_runs(
            run,
            generators=generators,
            seeds=self.two_sample_seeds,
            images=self.two_sample_images,
            most=self.two_sample_most,
            steps=self.two_sample_steps,
        )
        return {
            "variants": self._study(measured_gan, recipes, file="variants"),
            "stacked": self._study(run_stacked, stacks, file="stacked"),
            "two-sample-tests": self._study(run_two_sample_test, {"tests": tests}, file="two-sample-tests"),
        }

    def _study(self, run, settings: dict[str, list[dict]], *, file: str) -> dict:
        return {"run": partial(run, models=self.output.models), "settings": settings, "file": file}


def checked(run: GanRun, **amounts) -> Comparisons:
    """Return what is compared with a run, by the fields of Comparisons; ValueError for what cannot be."""
    comparisons = Comparisons(**amounts)
    comparisons.further_generators(run)
    comparisons.runs(run)
    return comparisons


def variant_runs(run: GanRun, *, variant_seeds: int, variant_batches: int) -> dict[str, list[dict]]:
    """Return the settings of our recipe and of each change in GAN_ABLATION; see `Run.seeded`."""
    sizes(variant_batches=variant_batches)
    recipes = {"ours": {"batches": variant_batches}}
    for name, change in GAN_ABLATION.items():
        recipes[name] = {"batches": variant_batches, **change}
    return replace(run, checkpoints=[], noise_sets=1).seeded(recipes, variant_seeds=variant_seeds)


def as_written_runs(run: GanRun, *, variant_seeds: int, original_batches: int) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, measured six times on its way."""
    sizes(original_batches=original_batches)
    checkpoints = sorted({k * original_batches // 5 for k in range(6)})
    recipe = {"the original's recipe": {"batches": original_batches, **AS_WRITTEN}}
    return replace(run, checkpoints=checkpoints, noise_sets=1).seeded(recipe, variant_seeds=variant_seeds)


def stacked_runs(
    run: GanRun, *, variant_seeds: int, stacked_batches: int, stacks: int, samples: int
) -> dict[str, list[dict]]:
    """Return the same of our recipe on stacks; none for `stacked_batches` 0."""
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    return ours.seeded({"ours": {}}, variant_seeds=variant_seeds)


def two_sample_runs(
    run: GanRun, *, generators: Sequence[str], seeds: int, images: int, most: int, steps: int
) -> list[dict]:
    """Return the settings of every test, each with so many seeds, of the generators of these digests.

    Seed k tests samples of generator k, counted round where there are fewer generators. A test learns from
    `images` of each side and is put to a fifth as many, so that both sides of 25 000 and 5000 are all the
    training images. Where `most` is more, the convolutional ones learn once more, from `most` generated ones.
    """
    at_least("two_sample_seeds", seeds, 0)
    at_least("two_sample_images", images, 2 * TESTED)
    at_least("the number of generators", len(generators), 1)
    common = {"steps": steps, "dataset": run.dataset, "noise_seed": run.noise_seed + NOISE_SEED_OFFSET}
    tests = [(test, side, images) for test, side in product(TESTS, AGAINST)]
    if most > images:
        tests += [(test, GENERATED, most) for test in CONVOLUTIONAL]
    settings = []
    for seed, (test, side, train_count) in product(range(seeds), tests):
        test_run = TwoSampleRun(
            test=test,
            against=side,
            train_count=train_count,
            test_count=train_count // TESTED,
            generator=generators[seed % len(generators)] if side == GENERATED else "",
            seed=seed,
            **common,
        )
        settings.append(test_run.described())
    return settings


def cost(settings: dict) -> float:
    """Return about how long a run takes, in milliseconds: a convolution's batch, or ten images to prepare."""
    training = 13 * settings["steps"] if settings["test"] in CONVOLUTIONAL else 0
    return settings["train_count"] / 10 + training
