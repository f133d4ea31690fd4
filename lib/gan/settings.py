"""Everything that decides a GAN's training."""

import dataclasses

from lib.checks import at_least, check_seed, finite, fits_memory, one_of, require, sizes
from lib.gan.losses import LOSSES
from lib.gan.networks import TOPOLOGIES


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
    discriminator_decay_from: float  # the same of the discriminator's rate
    ema_decay: float  # of the generator's weights, per batch; 0 = the average is the generator itself
    loss: str  # "minimax" (the original's) or "relativistic"
    gradient_penalty: float  # weight, on true and generated images; 0 = none
    penalty_every: int  # batches between two penalties, each weighted by it
    packing: int  # images that the discriminator judges together; 1 = each alone
    bfloat16: bool  # forward and backward in bfloat16 where safe; False = float32 throughout
    seed: int

    def __post_init__(self):
        values = dataclasses.asdict(self)
        one_of("topology", self.topology, TOPOLOGIES)
        one_of("loss", self.loss, LOSSES)
        counted = ("generator_width", "discriminator_width", "latent_dim", "channels", "batches")
        sizes(**{name: values[name] for name in (*counted, "penalty_every", "packing")})
        whole = self.batch_size % self.packing == 0 and self.batch_size >= 2 * self.packing
        rule = f"a multiple of packing ({self.packing}), at least twice it (batch norm needs two)"
        require("batch_size", self.batch_size, whole, rule)
        finite(**{name: value for name, value in values.items() if isinstance(value, float)})
        require("learning_rate", self.learning_rate, 0 < self.learning_rate <= 10, "above 0 and at most 10")
        at_least("gradient_penalty", self.gradient_penalty, 0)
        for name in ("beta1", "beta2", "ema_decay"):
            require(name, values[name], 0 <= values[name] < 1, "at least 0 and below 1")
        for name in ("decay_from", "discriminator_decay_from"):
            require(name, values[name], 0 <= values[name] <= 1, "between 0 and 1")
        check_seed("seed", self.seed)
        # six numbers for each weight, at most; an image's channels on their way; both loss curves
        width = max(self.generator_width, self.discriminator_width)
        weights = 1000 * width**2 + 130 * width * self.latent_dim
        images = self.batch_size * (self.latent_dim + 2 * 784 * (4 * width + self.channels))
        named = ("generator_width", "discriminator_width", "latent_dim", "batch_size", "batches")
        fits_memory(4 * (6 * weights + images + 2 * self.batches), **{name: values[name] for name in named})

    def learning_rates_at(self, batch: int) -> tuple[float, float]:
        """Return Adam's rates at `batch`, the generator's and the discriminator's.

        Each is constant, then linear towards 0 at the end of the run.
        """
        left, shares = 1 - batch / self.batches, (1 - self.decay_from, 1 - self.discriminator_decay_from)
        return tuple(self.learning_rate * (min(1.0, left / share) if share > 0 else 1.0) for share in shares)
