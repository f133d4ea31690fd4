"""Everything that decides a GAN's training."""

import dataclasses

from lib.checks import between, check_seed, one_of, require
from lib.gan.networks import TOPOLOGIES

LIMITS = {
    "generator_width": (1, 512),
    "discriminator_width": (1, 512),
    "latent_dim": (1, 4096),
    "channels": (1, 3),
    "batches": (1, 10**7),
    "batch_size": (2, 4096),  # batch norm needs two
    "learning_rate": (0, 10),
    "beta1": (0, 1),
    "beta2": (0, 1),
    "decay_from": (0, 1),
    "ema_decay": (0, 1),
    "gradient_penalty": (0, 10**6),
    "penalty_every": (1, 10**7),
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
        one_of("topology", self.topology, TOPOLOGIES)
        for name, (low, high) in LIMITS.items():
            between(name, getattr(self, name), low, high)
        require("learning_rate", self.learning_rate, self.learning_rate > 0, "above 0")
        for name in ("beta1", "beta2", "ema_decay"):
            require(name, getattr(self, name), getattr(self, name) < 1, "below 1")
        check_seed("seed", self.seed)

    def generator_rate_at(self, batch: int) -> float:
        """Return the generator's learning rate at `batch`: constant, then linear to 0 at the run's end."""
        if self.decay_from == 1:
            return self.learning_rate
        remaining = (1 - batch / self.batches) / (1 - self.decay_from)
        return self.learning_rate * min(1.0, remaining)
