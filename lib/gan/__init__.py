"""Generator and discriminator, their losses, and how they are trained against each other."""

from lib.gan.networks import Discriminator, Generator, load_generator
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanTrainer
