"""Generator and discriminator, their losses, and how they are trained against each other."""

from lib.gan.networks import Discriminator, Generator, load_generator, save_generator
from lib.gan.sampling import sample

__all__ = ["Discriminator", "Generator", "load_generator", "sample", "save_generator"]
