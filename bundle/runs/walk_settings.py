"""How many walks are counted and measured, and how some of them are shown."""

import itertools
from dataclasses import dataclass

from bundle.original import WALKS
from lib.checks import at_least, require, sizes
from lib.gan.settings import SEEDS
from lib.latent.interpolation import INTERPOLATIONS

MOST = 60_000  # paths and samples: as many as there are training images to compare with


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How much is counted and measured. Raises ValueError naming the setting that is out of range."""

    pairs: int  # of noises, for each of the original's three walks
    table_pairs: int  # of noises, for every other two digits
    steps: int  # images of a path as the original shows it, both ends included
    looks: int  # images of a path that are looked at, the steps among them
    samples: int  # random pairs of noises, for quality and smoothness; at least 100
    starts: int  # of each search for a real digit's noise
    searches: int  # steps of each search
    seed: int  # of the noises that are counted; the next two of those measured and those searched from

    def __post_init__(self):
        _check_steps_and_seed(self)
        counts = {"pairs": self.pairs, "table_pairs": self.table_pairs}
        sizes(starts=self.starts, searches=self.searches, **counts)
        at_least("samples", self.samples, 100)
        for name, value in {"samples": self.samples, **counts}.items():
            require(name, value, value <= MOST, f"at most {MOST}")
        gaps = self.steps - 1
        rule = f"1 more than a multiple of {gaps}, so that the {self.steps} steps are among them"
        require("looks", self.looks, self.looks > 1 and (self.looks - 1) % gaps == 0, rule)

    @property
    def paths(self) -> dict[tuple[int, int], int]:
        """How many paths are walked of each kind between every two digits."""
        every = dict.fromkeys(itertools.combinations(range(10), 2), self.table_pairs)
        return every | dict.fromkeys(WALKS, self.pairs)

    @property
    def images(self) -> tuple[int, int, int]:
        """How many images counting, measuring and searching make."""
        counted = len(INTERPOLATIONS) * self.looks * sum(self.paths.values())
        measured = (len(INTERPOLATIONS) * (self.steps + 2) + 1) * self.samples
        return counted, measured, 3 * 10 * self.starts * self.searches  # 3: forward and backward


@dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """How single walks are shown and counted ones read; decides no record. Raises ValueError likewise."""

    steps: int  # images of a walk, both ends included
    candidates: int  # noises drawn, of which the ends are chosen
    seed: int  # of these
    sure: float  # confidence that both ends need in the stricter count, 0 to 1

    def __post_init__(self):
        _check_steps_and_seed(self)
        at_least("candidates", self.candidates, 2)
        require("sure", self.sure, 0 <= self.sure <= 1, "between 0 and 1")


def _check_steps_and_seed(settings: WalkSettings | ViewSettings) -> None:
    at_least("steps", settings.steps, 3)
    require("seed", settings.seed, 0 <= settings.seed < SEEDS, f"at least 0 and below {SEEDS}")
