"""What every run that trains a GAN is described by."""

from dataclasses import asdict, dataclass, fields, replace

from lib.checks import at_least, check_seed, require
from lib.gan.settings import GanSettings


@dataclass(frozen=True, kw_only=True)
class Run:
    """What both kinds of run have. Raises ValueError naming the setting that is out of range."""

    training: GanSettings
    dataset: str  # of single images: "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.weights.weights_digest` of the classifier

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
        if not variant_seeds:
            return {}
        settings = {}
        for name, change in recipes.items():
            try:
                runs = [
                    self.with_training(**change, seed=self.training.seed + k) for k in range(variant_seeds)
                ]
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
            settings[name] = [run.described() for run in runs]
        return settings

    def with_training(self, **changes: object) -> "Run":
        """Return this run with changes of what its training is decided by."""
        return replace(self, training=replace(self.training, **changes))

    def _check(self, *, images: int, least: int) -> None:
        size = self.training.batch_size
        require("batch_size", size, size <= images, f"at most the number of training images, {images}")
        check_seed("noise_seed", self.noise_seed)
        at_least("samples", self.samples, least)
