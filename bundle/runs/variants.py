"""Which runs Task 2 compares with ours: other seeds and recipes, the original's recipe, stacked digits."""

from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import product

from bundle.layout import Output
from bundle.original import GAN_RECIPE, checkpoint_batches
from bundle.runs.gan import GanRun, measured_gan
from bundle.runs.generators import GeneratorRun, run_generator
from bundle.runs.sampled import SampledRun, run_sampled
from bundle.runs.shaded import ShadedRun, run_shaded
from bundle.runs.stacked import StackedRun, run_stacked
from bundle.runs.told import AGAINST, GENERATED, REAL, ToldRun, run_told
from lib.checks import at_least, sizes
from lib.evaluation.ladder import LADDER
from lib.evaluation.thorough import BRIEF, STRONG
from lib.gan.settings import GanSettings

STACKS, STACKS_SEEN = 60_000, 26_000  # trained on, and judged, as published
SHADED_FROM = 50_000
SHADER = {"thresholds": (96, 128, 160), "units": 192, "epochs": 1, "batch_size": 20, "learning_rate": 0.002}
APART = 100  # of the noise seeds: those of the samples that are judged are others
UNDAMAGED = ("16 grey levels", "pairs")  # tests that the damage is not shown to: it shows in those beside
NARROW = {"generator_width": 16, "discriminator_width": 16}  # what two cores can train of the original's
AS_WRITTEN = GAN_RECIPE | NARROW
GAN_ABLATION = {  # of our recipe: one part put back to the original's, or one added that is not in it
    "the original's topology, 16 channels": {"topology": "as-written"} | NARROW,
    "the original's batch size": {"batch_size": 64},
    "the original's learning rate": {"learning_rate": 0.0002},
    "the original's betas": {"beta1": 0.9, "beta2": 0.999},
    "without averaging": {"ema_decay": 0.0},
    "without decay of the learning rate": {"decay_from": 1.0},
    "with decay of the discriminator's too": {"discriminator_decay_from": 0.9},
    "with a relativistic loss": {"loss": "relativistic"},
    "without gradient penalties": {"gradient_penalty": 0.0},
    "with two images packed": {"packing": 2},
    "with bfloat16": {"bfloat16": True},
}


@dataclass(frozen=True, kw_only=True)
class Comparisons:
    """How much Task 2 compares; 0 seeds leave a comparison out."""

    generator_seeds: int  # of further generators, as long as the one that is kept; and two of other rates
    variant_seeds: int  # of every other recipe
    variant_batches: int
    original_batches: int  # of the original's recipe, narrower than it was
    full_width_batches: int  # of the original's recipe as wide as it was; 0 leaves it out
    stacked_batches: int  # of stacked digits; 0 leaves them out
    ladder_seeds: int  # of every test on the ladder
    ladder_images: int  # of each kind that a test learns from
    ladder_most: int  # the same, of the strongest ones
    ladder_steps: int  # batches that a convolutional one learns for
    shading_seeds: int  # of what draws the grey levels of samples afresh
    sampled_seeds: int  # sets of noises
    sampled_images: int  # samples of each
    output: Output  # where the networks are that are compared, and the states of long runs

    def runs(self, run: GanRun, *, generator: str = "") -> dict[str, dict]:
        """Return by kind the arguments of a study: what makes its runs, groups of their settings, a folder.

        `generator` is the digest of the one that is kept. Raises ValueError naming what cannot be compared.
        """
        seeds = {"variant_seeds": self.variant_seeds}
        recipes = variant_runs(run, **seeds, variant_batches=self.variant_batches)
        recipes |= as_written_runs(run, **seeds, original_batches=self.original_batches)
        amount = {"stacked_batches": self.stacked_batches, "stacks": STACKS, "samples": STACKS_SEEN}
        tests = {"learned": self.ladder_images, "most": self.ladder_most, "steps": self.ladder_steps}
        climbed = tests | {"seeds": self.ladder_seeds}
        afresh = tests | {"seeds": self.shading_seeds}
        noises = {"seeds": self.sampled_seeds, "samples": self.sampled_images}
        fully = tests | {"sampled": self.sampled_images}
        others = generator_runs(run, seeds=self.generator_seeds, **fully)
        others["wide"] = full_width_runs(run, batches=self.full_width_batches, **fully)
        further = partial(run_generator, states=self.output.results("task2") / "generators")
        groups = {
            "generators": (further, others),
            "variants": (measured_gan, recipes),
            "stacked": (run_stacked, stacked_runs(run, **seeds, **amount)),
            "ladder": (run_told, {"ladder": ladder_runs(run, generator=generator, **climbed)}),
            "shaded": (run_shaded, {"shaded": shaded_runs(run, generator=generator, **afresh)}),
            "sampled": (run_sampled, {"sampled": sampled_runs(run, generator=generator, **noises)}),
        }
        return {
            kind: {"run": partial(make, models=self.output.models), "settings": settings, "below": kind}
            for kind, (make, settings) in groups.items()
        }


def checked(run: GanRun, **amounts) -> Comparisons:
    """Return what is compared with a run, by the fields of Comparisons; ValueError for what cannot be."""
    compared = Comparisons(**amounts)
    compared.runs(run)
    return compared


def generator_runs(run: GanRun, *, seeds: int, **amounts: int) -> dict[str, list[dict]]:
    """Return the settings of this run with so many other seeds, and of the last with other learning rates.

    "generators"; "steady", where both rates stay; "falling", where the discriminator's falls as the
    generator's does. All are empty for no seeds, the last two where the run is so itself. `amounts`
    are `learned`, `most`, `steps` and `sampled` of GeneratorRun; a `most` of at most `learned` counts as 0.
    """
    at_least("generator_seeds", seeds, 0)
    own, last = run.training, replace(run.training, seed=run.training.seed + seeds)
    training = {"generators": [replace(own, seed=own.seed + 1 + k) for k in range(seeds)]}
    steady = replace(last, decay_from=1.0, discriminator_decay_from=1.0)
    falling = replace(last, discriminator_decay_from=last.decay_from)
    for name, other in {"steady": steady, "falling": falling}.items():
        training[name] = [other] * (seeds > 0 and other not in sum(training.values(), []))
    return {name: [_like(run, one, **amounts) for one in of] for name, of in training.items()}


def full_width_runs(run: GanRun, *, batches: int, **amounts: int) -> list[dict]:
    """Return the settings of the original's recipe with its own width, none for 0 batches.

    It is measured as a further generator is: `amounts` as in `generator_runs`.
    """
    at_least("full_width_batches", batches, 0)
    if not batches:
        return []
    training = replace(run.training, **GAN_RECIPE, batches=batches)
    looked_at = replace(run, checkpoints=checkpoint_batches(batches), noise_sets=1)
    return [_like(looked_at, training, **amounts)]


def _like(run: GanRun, training: GanSettings, *, learned: int, most: int, **amounts: int) -> dict:
    about = amounts | {"learned": learned, "most": most if most > learned else 0}
    about |= {"other_noise_seed": run.noise_seed + 3 * APART}
    rest = {field.name: getattr(run, field.name) for field in fields(run) if field.name != "training"}
    return GeneratorRun(training=training, **rest | about).described()


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
    """Return the same of our recipe on stacks, and of an eighth of its length alone and with two packed.

    Packing halves how many inputs the discriminator sees at once, so the last two recipes change that alone:
    half the batch without packing, twice the batch with it. None for `stacked_batches` 0.
    """
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches, packing=1)
    short, size = {"batches": max(1, stacked_batches // 8)}, training.batch_size
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    recipes = {
        "ours": {},
        "ours, an eighth as long": short,
        "the same with two images packed": short | {"packing": 2},
        "the same, half the batch": short | {"batch_size": max(2, size // 2)},
        "the same, two packed, twice the batch": short | {"packing": 2, "batch_size": 2 * size},
    }
    return ours.seeded(recipes, variant_seeds=variant_seeds)


def ladder_runs(
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
        one = ToldRun(**common, **about, generator=generator if side == GENERATED else "")
        found.append(one.described())
    return found


def shaded_runs(
    run: GanRun, *, generator: str, seeds: int, learned: int, most: int, steps: int
) -> list[dict]:
    """Return the settings of what draws the grey levels of this generator's samples afresh, and tests them.

    A shader learns from five times as many images as a test does, at most from SHADED_FROM.
    """
    at_least("shading_seeds", seeds, 0)
    common = {"dataset": run.dataset, "judge": run.judge, "generator": generator, **SHADER}
    common |= {"learned": learned, "most": most if most > learned else 0, "steps": steps}
    common |= {"taught": min(5 * learned, SHADED_FROM), "noise_seed": run.noise_seed + 4 * APART}
    return [ShadedRun(**common, seed=seed).described() for seed in range(seeds)]


def sampled_runs(run: GanRun, *, generator: str, seeds: int, samples: int) -> list[dict]:
    """Return the settings of what measures this generator, a digest, on so many sets of other noises."""
    at_least("sampled_seeds", seeds, 0)
    common = {"dataset": run.dataset, "judge": run.judge, "generator": generator, "samples": samples}
    noise_seed = run.noise_seed + 2 * APART
    return [SampledRun(**common, noise_seed=noise_seed, seed=k).described() for k in range(seeds)]


def cost(settings: dict) -> float:
    """Return about how long a run takes, in milliseconds: a convolution's batch, or ten images to prepare."""
    return settings["learned"] / 10 + (0 if settings["test"] in BRIEF else 13 * settings["steps"])
