"""What decides the record of a GAN's run: its training, and what is looked at."""

from dataclasses import asdict, dataclass, fields, replace

from lib.checks import at_least, require
from lib.gan.settings import GanSettings, check_seed

TRAINING_IMAGES = 60_000  # of each data set


class Run:
    """What both kinds of run can do with their settings."""

    def described(self) -> dict:
        """Return the settings as records and models keep them, flat: those of the training, then the rest."""
        rest = asdict(self)
        return {"run": self.kind, **rest.pop("training"), **rest}

    @classmethod
    def read(cls, described: dict) -> "Run":
        """Return the run that `described` came from."""
        rest = {name: value for name, value in described.items() if name != "run"}
        training = GanSettings(**{field.name: rest.pop(field.name) for field in fields(GanSettings)})
        return cls(training=training, **rest)

    def seeded(self, recipes: dict[str, dict], *, variant_seeds: int) -> dict[str, list[dict]]:
        """Return by name, for so many seeds from the run's on, the settings with each change of the training.

        Raises ValueError with the name of a change that does not fit the other settings.
        """
        at_least("variant_seeds", variant_seeds, 0)
        seeds, found = range(self.training.seed, self.training.seed + variant_seeds), {}
        for name, change in recipes.items() if seeds else ():
            try:
                trainings = [replace(self.training, **change, seed=seed) for seed in seeds]
                found[name] = [replace(self, training=training).described() for training in trainings]
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return found

    def _check(self, *, images: int) -> None:
        rule, size = f"at most the number of training images, {images}", self.training.batch_size
        require("batch_size", size, size <= images, rule)
        check_seed("noise_seed", self.noise_seed)


@dataclass(frozen=True, kw_only=True)
class GanRun(Run):
    """A training run and how it is looked at. Raises ValueError naming the setting that is out of range."""

    kind = "gan"
    training: GanSettings
    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `bundle.runs.records.key` of the classifier's settings
    checkpoints: list[int]  # batches
    samples: int  # images measured at every checkpoint, and as many training images
    noise_sets: int  # of 25 noises each, drawn once and shown at every checkpoint
    noise_seed: int  # of these and of the measured samples' noises

    def __post_init__(self):
        self._check(images=TRAINING_IMAGES)
        at_least("samples", self.samples, 4)
        rule = f"fewer than the training images, {TRAINING_IMAGES}"
        require("samples", self.samples, self.samples < TRAINING_IMAGES, rule)
        at_least("noise_sets", self.noise_sets, 1)


@dataclass(frozen=True, kw_only=True)
class StackedRun(Run):
    """A training run on stacked digits. Raises ValueError naming the setting that is out of range."""

    kind = "stacked"
    training: GanSettings
    dataset: str  # of single images
    judge: str  # `bundle.runs.records.key` of the classifier's settings
    stacks: int  # training images, drawn once
    samples: int  # generated images whose modes are counted
    noise_seed: int  # of these

    def __post_init__(self):
        at_least("stacks", self.stacks, 2)
        at_least("samples", self.samples, 2)
        self._check(images=self.stacks)
        channels = self.training.channels
        require("channels", channels, channels == 3, "3, one for each digit of a stack")
