"""Everything that decides a GAN's training."""

import dataclasses

from lib.checks import at_least, check_seed, finite, one_of, require, sizes
from lib.gan.networks import TOPOLOGIES

MOST = {
    "generator_width": 512,
    "discriminator_width": 512,
    "latent_dim": 4096,
    "channels": 3,
    "batches": 10**7,
    "batch_size": 4096,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class GanSettings:
    """What decides a run, apart from images, fixed noise and checkpoints; recipes differ in nothing else.

    Raises ValueError naming the setting that is out of range.
    """

    topology: str  # "as-written" (the original's) or "shuffle"
    generator_width: int
    discriminator_width: int
    latent_dim: int
    channels: int  # of an image: 1, or 3 where digits are stacked
    batches: int  # optimiser steps of each network
    batch_size: int  # images
    learning_rate: float  # Adam, both networks
    beta1: float
    beta2: float
    decay_from: float  # fraction of the run after which the generator's rate falls linearly to 0; 1 = never
    ema_decay: float  # of the generator's weights, per batch; 0 = the average is the generator itself
    gradient_penalty: float  # weight, on true and generated images; 0 = none
    penalty_every: int  # batches between two penalties, each weighted by it
    seed: int

    def __post_init__(self):
        values = dataclasses.asdict(self)
        one_of("topology", self.topology, TOPOLOGIES)
        sizes(**{name: values[name] for name in (*MOST, "penalty_every")})
        require("batch_size", self.batch_size, self.batch_size >= 2, "at least 2: batch norm needs two")
        for name, most in MOST.items():
            require(name, values[name], values[name] <= most, f"at most {most}")
        finite(**{name: value for name, value in values.items() if isinstance(value, float)})
        require("learning_rate", self.learning_rate, 0 < self.learning_rate <= 10, "above 0 and at most 10")
        at_least("gradient_penalty", self.gradient_penalty, 0)
        for name in ("beta1", "beta2", "ema_decay"):
            require(name, values[name], 0 <= values[name] < 1, "at least 0 and below 1")
        require("decay_from", self.decay_from, 0 <= self.decay_from <= 1, "between 0 and 1")
        check_seed("seed", self.seed)

    def generator_rate_at(self, batch: int) -> float:
        """Return the generator's learning rate at `batch`: constant, then linear to 0 at the run's end."""
        left, share = 1 - batch / self.batches, 1 - self.decay_from
        return self.learning_rate * (min(1.0, left / share) if share > 0 else 1.0)
