"""What decides a GAN's run: its training and what is looked at; and the runs that ours is compared with."""

from dataclasses import asdict, dataclass, fields, replace

from bundle.original import GAN_RECIPE
from lib.checks import at_least, require, sizes
from lib.gan.settings import GanSettings, check_seed

TRAINING_IMAGES = 60_000  # of each data set


@dataclass(frozen=True, kw_only=True)
class Run:
    """What both kinds of run have. Raises ValueError naming the setting that is out of range."""

    training: GanSettings
    dataset: str  # of single images: "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `bundle.runs.records.key` of the classifier's settings

    def described(self) -> dict:
        """Return the settings as records and models keep them, flat: those of the training, then the rest."""
        rest = asdict(self)
        return {"run": self.kind, **rest.pop("training"), **rest}

    @classmethod
    def read(cls, described: dict) -> "Run":
        rest = {name: value for name, value in described.items() if name != "run"}
        training = GanSettings(**{field.name: rest.pop(field.name) for field in fields(GanSettings)})
        return cls(training=training, **rest)

    def seeded(self, recipes: dict[str, dict], *, variant_seeds: int) -> dict[str, list[dict]]:
        """Return by name the settings with each change, for so many seeds; a ValueError names the change."""
        at_least("variant_seeds", variant_seeds, 0)
        found, first = {}, self.training.seed
        for name, change in recipes.items() if variant_seeds else ():
            try:
                seeded = (replace(self.training, **change, seed=first + k) for k in range(variant_seeds))
                found[name] = [replace(self, training=training).described() for training in seeded]
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return found

    def _check(self, *, images: int, least: int) -> None:
        size = self.training.batch_size
        require("batch_size", size, size <= images, f"at most the number of training images, {images}")
        check_seed("noise_seed", self.noise_seed)
        at_least("samples", self.samples, least)


@dataclass(frozen=True, kw_only=True)
class GanRun(Run):
    kind = "gan"
    checkpoints: list[int]  # batches
    samples: int  # images measured at every checkpoint, and as many training images
    noise_sets: int  # of 25 noises each, drawn once and shown at every checkpoint
    noise_seed: int  # of these and of the measured samples' noises

    def __post_init__(self):
        self._check(images=TRAINING_IMAGES, least=4)
        fewer = self.samples < TRAINING_IMAGES
        require("samples", self.samples, fewer, f"fewer than the training images, {TRAINING_IMAGES}")
        sizes(noise_sets=self.noise_sets)


@dataclass(frozen=True, kw_only=True)
class StackedRun(Run):
    kind = "stacked"
    stacks: int  # training images, drawn once
    samples: int  # generated images whose modes are counted
    noise_seed: int  # of these

    def __post_init__(self):
        at_least("stacks", self.stacks, 2)
        self._check(images=self.stacks, least=2)
        channels = self.training.channels
        require("channels", channels, channels == 3, "3, one for each digit of a stack")


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
    """Return the same of our recipe on stacks, each alone and two packed; none for `stacked_batches` 0."""
    at_least("stacked_batches", stacked_batches, 0)
    if not stacked_batches:
        return {}
    training = replace(run.training, channels=3, batches=stacked_batches, packing=1)
    common = {"dataset": run.dataset, "judge": run.judge, "noise_seed": run.noise_seed}
    ours = StackedRun(training=training, stacks=stacks, samples=samples, **common)
    recipes = {"ours": {"packing": 1}, "ours, two images packed": {"packing": 2}}
    return ours.seeded(recipes, variant_seeds=variant_seeds)
