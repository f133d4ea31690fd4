"""Which runs Task 2 compares with ours: other seeds and recipes, the original's recipe, stacked digits."""

from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import product

from bundle.experiments.gan import GanRun, measured_gan
from bundle.experiments.generators import GeneratorRun, run_generator
from bundle.experiments.stacked import StackedRun, run_stacked
from bundle.experiments.two_sample_tests import AGAINST, GENERATED, REAL, TwoSampleRun, run_two_sample_test
from bundle.original import GAN_RECIPE
from bundle.study.layout import Output
from lib.checks import at_least, sizes
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import BRIEF, STRONG

STACKS, STACKS_SEEN = 60_000, 26_000  # trained on, and judged, as published
APART = 100  # of the noise seeds: those of the samples that are judged are others
UNDAMAGED = ("16 grey levels", "pairs")  # tests that the damage is not shown to: it shows in those beside
NARROW = {"generator_width": 16, "discriminator_width": 16}  # what two cores can train of the original's
AS_WRITTEN = GAN_RECIPE | NARROW
GAN_ABLATION = {  # of our recipe: one part put back to the original's
    "the original's topology, 16 channels": {"topology": "as-written"} | NARROW,
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

    generator_seeds: int  # of further generators, as long as the one that is kept
    variant_seeds: int  # of every other recipe
    variant_batches: int
    original_batches: int  # of the original's recipe, narrower than it was
    stacked_batches: int  # of stacked digits; 0 leaves them out
    ladder_seeds: int  # of every test on the ladder
    ladder_images: int  # of each kind that a test learns from
    ladder_most: int  # the same, of the strongest ones
    ladder_steps: int  # batches that a convolutional one learns for
    sampled_images: int  # samples of a further generator
    output: Output  # where the networks are that are compared, and the states of long runs

    def runs(self, run: GanRun, *, generator: str = "") -> dict[str, dict]:
        """Return by kind the arguments of a study: what makes its runs, groups of their settings, a file.

        `generator` is the digest of the one that is kept. Raises ValueError naming what cannot be compared.
        """
        seeds = {"variant_seeds": self.variant_seeds}
        recipes = variant_runs(run, **seeds, variant_batches=self.variant_batches)
        recipes |= as_written_runs(run, **seeds, original_batches=self.original_batches)
        amount = {"stacked_batches": self.stacked_batches, "stacks": STACKS, "samples": STACKS_SEEN}
        tests = {"learned": self.ladder_images, "most": self.ladder_most, "steps": self.ladder_steps}
        climbed = tests | {"seeds": self.ladder_seeds}
        fully = tests | {"sampled": self.sampled_images}
        others = generator_runs(run, seeds=self.generator_seeds, **fully)
        further = partial(run_generator, states=self.output.results("task2"))
        groups = {
            "generators": (further, {"generators": others}),
            "variants": (measured_gan, recipes),
            "stacked": (run_stacked, stacked_runs(run, **seeds, **amount)),
            "ladder": (run_two_sample_test, {"ladder": two_sample_runs(run, generator=generator, **climbed)}),
        }
        return {
            kind: {"run": partial(make, models=self.output.models), "settings": settings, "file": kind}
            for kind, (make, settings) in groups.items()
        }


def checked(run: GanRun, **amounts) -> Comparisons:
    """Return what is compared with a run, by the fields of Comparisons; ValueError for what cannot be."""
    compared = Comparisons(**amounts)
    compared.runs(run)
    return compared


def generator_runs(run: GanRun, *, seeds: int, learned: int, most: int, **amounts: int) -> list[dict]:
    """Return the settings of this run with so many other seeds.

    `learned`, `most` and `amounts` (`steps`, `sampled`) are of GeneratorRun; a `most` of at most `learned`
    counts as 0.
    """
    at_least("generator_seeds", seeds, 0)
    about = amounts | {"learned": learned, "most": most if most > learned else 0}
    about |= {"other_noise_seed": run.noise_seed + 3 * APART}
    rest = {field.name: getattr(run, field.name) for field in fields(run) if field.name != "training"}
    found, own = [], run.training
    for k in range(seeds):
        training = replace(own, seed=own.seed + 1 + k)
        found.append(GeneratorRun(training=training, **rest | about).described())
    return found


def variant_runs(run: GanRun, *, variant_seeds: int, variant_batches: int) -> dict[str, list[dict]]:
    """Return the settings of our recipe and of each change in GAN_ABLATION; see `Run.seeded`."""
    sizes(variant_batches=variant_batches)
    changes, batches = {"ours": {}, **GAN_ABLATION}, {"batches": variant_batches}
    recipes = {name: batches | change for name, change in changes.items()}
    return replace(run, checkpoints=[], noise_sets=1).seeded(recipes, variant_seeds=variant_seeds)


def as_written_runs(run: GanRun, *, variant_seeds: int, original_batches: int) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, looked at six times on its way."""
    sizes(original_batches=original_batches)
    looks = sorted({k * original_batches // 5 for k in range(6)})
    recipe = {"the original's recipe": {"batches": original_batches, **AS_WRITTEN}}
    return replace(run, checkpoints=looks, noise_sets=1).seeded(recipe, variant_seeds=variant_seeds)


def stacked_runs(
    run: GanRun, *, variant_seeds: int, stacked_batches: int, stacks: int, samples: int
) -> dict[str, list[dict]]:
    """Return the same of our recipe on stacks, and of an eighth of its length.

    None for `stacked_batches` 0.
    """
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    recipes = {"ours": {}, "ours, an eighth as long": {"batches": max(1, stacked_batches // 8)}}
    return ours.seeded(recipes, variant_seeds=variant_seeds)


def two_sample_runs(
    run: GanRun, *, generator: str, seeds: int, learned: int, most: int, steps: int
) -> list[dict]:
    """Return the settings of every test of the generator of this digest, each with so many seeds.

    A test learns from `learned` images of each side and is asked about half as many; those in STRONG are
    made once more of generated ones with `most` to learn from.
    """
    at_least("ladder_seeds", seeds, 0)
    at_least("ladder_images", learned, 4)
    wanted = [(test, side, learned, learned // 2) for test in LADDER for side in AGAINST]
    wanted = [one for one in wanted if one[1] in (GENERATED, REAL) or one[0] not in UNDAMAGED]
    wanted += [(test, GENERATED, most, most // 5) for test in STRONG if most > learned]
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed + APART}
    common["steps"] = steps
    found = []
    for seed, (test, side, learns, asks) in product(range(seeds), wanted):
        about = {"test": test, "against": side, "learned": learns, "asked": asks, "seed": seed}
        one = TwoSampleRun(**common, **about, generator=generator if side == GENERATED else "")
        found.append(one.described())
    return found


def cost(settings: dict) -> float:
    """Return about how long a run takes, in milliseconds: a convolution's batch, or ten images to prepare."""
    return settings["learned"] / 10 + (0 if settings["test"] in BRIEF else 13 * settings["steps"])
