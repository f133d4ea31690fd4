"""Generator and discriminator, their losses, and how they are trained against each other."""

from lib.gan.networks import Discriminator, Generator, load_generator
